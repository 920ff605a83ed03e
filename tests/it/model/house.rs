//! Builds what the model's records are made of: one site, one session, and the small numbers that stand for their values.

use std::collections::BTreeSet;

use greenroom::domain::account::AccountState;
use greenroom::domain::account::Connection;
use greenroom::domain::account::Host as ProviderUser;
use greenroom::domain::account::HostedAccount;
use greenroom::domain::account::Owner;
use greenroom::domain::account::Plan;
use greenroom::domain::account::Revision;
use greenroom::domain::cause::Cause;
use greenroom::domain::concealed::LinkUrl;
use greenroom::domain::hash::HashKey;
use greenroom::domain::id::GrantId;
use greenroom::domain::id::ServiceId;
use greenroom::domain::id::SessionId;
use greenroom::domain::id::SiteId;
use greenroom::domain::id::StaffId;
use greenroom::domain::join::JoinKey;
use greenroom::domain::locale::Locale;
use greenroom::domain::meeting::Held;
use greenroom::domain::meeting::Meeting;
use greenroom::domain::meeting::MeetingId;
use greenroom::domain::meeting::Shown;
use greenroom::domain::minting::Intent;
use greenroom::domain::minting::Minting;
use greenroom::domain::minting::Reply;
use greenroom::domain::minting::Stray;
use greenroom::domain::pause::Pause;
use greenroom::domain::pause::PauseReason;
use greenroom::domain::service::Service;
use greenroom::domain::service::ServiceKind;
use greenroom::domain::session::Booking;
use greenroom::domain::session::NewSession;
use greenroom::domain::session::Past;
use greenroom::domain::session::Session;
use greenroom::domain::site::Site;
use greenroom::domain::site::SiteSettings;
use greenroom::domain::time_zone::TimeZoneName;
use greenroom::domain::visibility::ServiceVisibility;
use greenroom::domain::visibility::SiteVisibility;
use jiff::Timestamp;

use crate::model::world::Host;
use crate::model::world::Launch;
use crate::model::world::MeetingNumber;
use crate::model::world::Wish;

/// How long a tick is, at first: as long as a create may be under way.
const TICK_SECONDS: i64 = 30;
/// From this tick on, each is longer than the longest wait: whatever is due some day is due.
pub(super) const DAYS: u8 = 100;
const DAY_SECONDS: i64 = 25 * 3_600;
const BEGINNING: i64 = 1_800_000_000;
/// The session is far ahead, whatever the model does: not even a look at its meeting comes due.
const STARTS_AFTER: i64 = 1_000 * 86_400;

/// Whether a time is beyond all that the model does.
pub(super) fn is_never(at: Timestamp) -> bool {
    at > self::at(u8::MAX)
}

/// When a tick is.
pub(super) fn at(tick: u8) -> Timestamp {
    let seconds = match tick.checked_sub(DAYS) {
        None => i64::from(tick) * TICK_SECONDS,
        Some(days) => (i64::from(days) + 1) * DAY_SECONDS,
    };
    Timestamp::from_second(BEGINNING + seconds).unwrap()
}

/// Which tick it is.
fn tick_of(at: Timestamp) -> u8 {
    let seconds = at.as_second() - BEGINNING;
    let tick = match seconds / DAY_SECONDS {
        0 => seconds / TICK_SECONDS,
        days => days - 1 + i64::from(DAYS),
    };
    u8::try_from(tick).unwrap()
}

/// Before everything began.
pub(super) fn long_ago() -> Timestamp {
    Timestamp::from_second(BEGINNING - DAY_SECONDS).unwrap()
}

/// A site whose default account is Lua's, and that has an account of Ana's.
pub(super) fn site() -> Site {
    let settings = SiteSettings {
        display_name: "Studio Lua".into(),
        entitled: true,
        staff_self_service: false,
        locale: Locale::English,
        visibility: SiteVisibility::default(),
    };
    let mut site = Site::new(SiteId::parse("studio").unwrap(), settings, HashKey::new([1; 32]), at(0));
    site.put_service(&ServiceId::parse("yoga").unwrap(), |revision| Service {
        kind: ServiceKind::Class,
        name: "Yoga".into(),
        video: true,
        visibility: ServiceVisibility::default(),
        course_link: None,
        revision,
        updated_at: at(0),
    });
    site.put_account(&Owner::Default, hosted(Host::Lua), at(0));
    site.put_account(&Owner::Staff(ana()), hosted(Host::Ana), at(0));
    site
}

/// The session as it is booked first: nobody gives it whose account would come before the default one.
pub(super) fn session() -> Session {
    let booking = Booking {
        service_id: ServiceId::parse("yoga").unwrap(),
        staff_ids: Vec::new(),
        title: "Yoga".into(),
        starts_at: starts_at(0),
        duration_minutes: 60,
        time_zone: TimeZoneName::trusted("UTC"),
    };
    let new = NewSession { join: join_key(), first: Revision(1), now: at(0) };
    Session::new(SessionId::parse("s-1").unwrap(), booking, new)
}

/// The session booked anew after it was forgotten: its generations begin above those before.
pub(super) fn session_above(generation: u64) -> Session {
    Session { minting: Minting::new(generation + 1), ..session() }
}

/// The booking that a wish makes of the one before.
pub(super) fn rebooked(before: Option<&Booking>, wish: Wish) -> Booking {
    let mut booking = before.cloned().or_else(|| session().booking).unwrap();
    match wish {
        Wish::ChangeHost => booking.staff_ids = vec![ana()],
        Wish::Reschedule => booking.starts_at = starts_at(1),
        Wish::Cancel | Wish::BookAgain => {}
    }
    booking
}

/// Fresh join addresses play no part here.
pub(super) fn join_key() -> JoinKey {
    JoinKey::new([2; 44])
}

/// The session without what tells one history from another and decides nothing about meetings.
pub(super) fn plain(session: Session) -> Session {
    Session {
        revision: Revision(1),
        link_base: 1,
        link_changed_at: at(0),
        link_cause: Cause::Booked,
        link_since: 0,
        is_failing: false,
        past: Past::default(),
        ..session
    }
}

/// The grant of a host.
pub(super) fn grant(host: Host) -> GrantId {
    let name = match host {
        Host::Lua => "lua",
        Host::Ana => "ana",
    };
    GrantId::parse(&format!("{name:a<26}")).unwrap()
}

/// Whose grant it is.
fn host_of(grant: &GrantId) -> Host {
    if *grant == self::grant(Host::Lua) { Host::Lua } else { Host::Ana }
}

/// The provider's id of a meeting.
pub(super) fn id_of(number: MeetingNumber) -> MeetingId {
    MeetingId::new(&number.0.to_string())
}

/// Which meeting has this id.
pub(super) fn number_of(id: &MeetingId) -> MeetingNumber {
    MeetingNumber(id.as_str().parse().unwrap())
}

/// What participants of a meeting open.
fn url_of(number: MeetingNumber) -> LinkUrl {
    LinkUrl::new(format!("https://zoom.example/j/{}", number.0).parse().unwrap())
}

/// What a meeting shows that starts then.
pub(super) fn shown(start: u8) -> Shown {
    let booking = session().booking.unwrap();
    Shown { starts_at: starts_at(start), ..booking.shown() }
}

/// Which start it shows.
pub(super) fn start_of(shown: &Shown) -> u8 {
    u8::from(shown.starts_at != starts_at(0))
}

/// What is sent of an intent.
pub(super) fn launch(generation: u64, intent: &Intent) -> Launch {
    Launch {
        generation: u8::try_from(generation).expect("few generations"),
        attempt: intent.attempt,
        host: host_of(&intent.grant),
        shows: start_of(&intent.shown),
        begun: tick_of(intent.begun_at),
    }
}

/// A create that was given up, as far as it is told from others.
pub(super) fn launch_of(stray: &Stray) -> Launch {
    Launch {
        generation: u8::try_from(stray.generation).expect("few generations"),
        attempt: 0,
        host: host_of(&stray.grant),
        shows: start_of(&stray.shown),
        begun: tick_of(stray.begun_at),
    }
}

/// The create that was given up, looked for so often.
pub(super) fn stray(launch: Launch, looks: u8) -> Stray {
    Stray {
        grant: grant(launch.host),
        generation: u64::from(launch.generation),
        shown: shown(launch.shows),
        begun_at: at(launch.begun),
        looks,
    }
}

/// The intent of what was sent, as far as it is told from others.
pub(super) fn intent(launch: Launch) -> Intent {
    Intent {
        attempt: launch.attempt,
        grant: grant(launch.host),
        shown: shown(launch.shows),
        begun_at: at(launch.begun),
        reply: Reply::Awaited,
        scans: 0,
        replaces: None,
    }
}

/// The meeting that a create made.
pub(super) fn meeting(launch: Launch, made: MeetingNumber, now: u8) -> Meeting {
    Meeting {
        grant: grant(launch.host),
        id: id_of(made),
        join_url: url_of(made),
        passcode: None,
        shown: shown(launch.shows),
        generation: u64::from(launch.generation),
        bound_at: at(0),
        shown_at: at(now),
        doubt: None,
        seen_at: at(0),
        asked_at: None,
        held: Held::default(),
    }
}

/// A host that is left alone until the next tick.
pub(super) fn pause(host: Host, now: u8) -> Pause {
    Pause { grant: grant(host), until: at(now + 1), reason: PauseReason::Unavailable, failures: 1 }
}

fn starts_at(start: u8) -> Timestamp {
    Timestamp::from_second(BEGINNING + STARTS_AFTER + i64::from(start) * 3_600).unwrap()
}

fn ana() -> StaffId {
    StaffId::parse("ana").unwrap()
}

fn hosted(host: Host) -> Connection {
    Connection::Hosted(HostedAccount {
        grant: grant(host),
        host: ProviderUser {
            user_id: format!("{host:?}"),
            account_id: "account".into(),
            email: "host@example.com".into(),
            plan: Plan::Licensed,
            personal_room: None,
        },
        scopes: BTreeSet::new(),
        state: AccountState::Active,
    })
}
