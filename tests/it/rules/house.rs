//! Applies changes to greenroom's own sites and sessions, by their own methods.

use std::collections::BTreeSet;

use greenroom::domain::account::AccountState;
use greenroom::domain::account::Connection;
use greenroom::domain::account::Host;
use greenroom::domain::account::HostedAccount;
use greenroom::domain::account::LapseReason;
use greenroom::domain::account::Owner;
use greenroom::domain::account::Plan;
use greenroom::domain::account::Revision;
use greenroom::domain::custom_link::CustomLink;
use greenroom::domain::hash::HashKey;
use greenroom::domain::id::GrantId;
use greenroom::domain::id::ServiceId;
use greenroom::domain::id::SessionId;
use greenroom::domain::id::SiteId;
use greenroom::domain::id::StaffId;
use greenroom::domain::join::JoinKey;
use greenroom::domain::locale::Locale;
use greenroom::domain::service::CourseLink;
use greenroom::domain::service::Service;
use greenroom::domain::service::ServiceKind;
use greenroom::domain::session::Booking;
use greenroom::domain::session::Choice;
use greenroom::domain::session::NewSession;
use greenroom::domain::session::Session;
use greenroom::domain::site::Site;
use greenroom::domain::site::SiteSettings;
use greenroom::domain::time_zone::TimeZoneName;
use greenroom::domain::visibility::ServiceVisibility;
use greenroom::domain::visibility::SiteVisibility;
use jiff::Timestamp;

use crate::rules::changes::Booked;
use crate::rules::changes::ByHand;
use crate::rules::changes::Change;
use crate::rules::changes::Connected;
use crate::rules::changes::Sold;

/// So many seconds after everything began.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

/// A site on a plan with video, and nothing else.
pub(super) fn site() -> Site {
    let settings = SiteSettings {
        display_name: "Studio Lua".into(),
        entitled: true,
        staff_self_service: false,
        locale: Locale::English,
        visibility: SiteVisibility::default(),
    };
    Site::new(SiteId::parse("studio").unwrap(), settings, HashKey::new([1; 32]), at(0))
}

/// A session that has just been booked.
pub(super) fn session(booked: &Booked, first: Revision, now: Timestamp) -> Session {
    let new = NewSession { join: join_key(now), first, now };
    Session::new(SessionId::parse("s-1").unwrap(), booking(booked), new)
}

/// Applies what concerns the site.
pub(super) fn change_site(site: &mut Site, change: &Change, now: Timestamp) {
    match change {
        Change::Plan { entitled } => {
            let settings = SiteSettings { entitled: *entitled, ..site.settings.clone() };
            site.put_settings(settings, now);
        }
        Change::Connect { owner, to } => drop(site.put_account(&owner_of(owner), connection(*to, now), now)),
        Change::Disconnect { owner } => drop(site.remove_account(&owner_of(owner), now)),
        Change::PutService { id, service } => {
            site.put_service(&service_id(id), |revision| sold(*service, revision, now));
        }
        Change::RemoveService { id } => site.remove_service(&service_id(id), now),
        Change::Book(_) | Change::Choose(_) | Change::Cancel => {}
    }
}

/// Applies what concerns a session.
pub(super) fn change_session(session: &mut Session, change: &Change, now: Timestamp) {
    match change {
        Change::Book(booked) => session.rebook(booking(booked), join_key(now)),
        Change::Choose(by_hand) => session.choose(choice(*by_hand)),
        Change::Cancel => session.cancel(),
        Change::Plan { .. }
        | Change::Connect { .. }
        | Change::Disconnect { .. }
        | Change::PutService { .. }
        | Change::RemoveService { .. } => {}
    }
}

/// Where the custom link of a number leads.
pub(super) fn url(number: u8) -> String {
    format!("https://link-{number}.example/")
}

/// The address of a Zoom user.
pub(super) fn email(user: &str) -> String {
    format!("{user}@example.com")
}

/// The grant of a Zoom user.
pub(super) fn grant(user: &str) -> GrantId {
    GrantId::parse(&format!("{user:a<26}")).unwrap()
}

fn owner_of(name: &str) -> Owner {
    if name == "default" { Owner::Default } else { Owner::Staff(StaffId::parse(name).unwrap()) }
}

fn service_id(name: &str) -> ServiceId {
    ServiceId::parse(name).unwrap()
}

/// Links of odd numbers have a password, that of the highest a description.
fn custom(number: u8) -> CustomLink {
    let password = (number % 2 == 1).then_some("1234");
    let description = (number == 3).then_some("Ring twice.");
    CustomLink::parse(&url(number), password, description).unwrap()
}

fn connection(to: Connected, now: Timestamp) -> Connection {
    match to {
        Connected::Link(number) => Connection::Custom(custom(number)),
        Connected::Zoom { user, works } => Connection::Hosted(HostedAccount {
            grant: grant(user),
            host: Host {
                user_id: user.into(),
                account_id: "account".into(),
                email: email(user),
                plan: Plan::Licensed,
                personal_room: None,
            },
            scopes: BTreeSet::new(),
            state: if works {
                AccountState::Active
            } else {
                AccountState::ReauthorizationRequired { since: now, reason: LapseReason::Refused }
            },
        }),
    }
}

fn sold(service: Sold, revision: Revision, now: Timestamp) -> Service {
    let course_link =
        service.course_link.map(|number| CourseLink { link: custom(number), revision, updated_at: now });
    Service {
        kind: ServiceKind::parse(service.kind).unwrap(),
        name: "Service".into(),
        video: service.video,
        visibility: ServiceVisibility::default(),
        course_link,
        revision,
        updated_at: now,
    }
}

fn booking(booked: &Booked) -> Booking {
    Booking {
        service_id: service_id(booked.service),
        staff_ids: booked.staff.iter().map(|member| StaffId::parse(member).unwrap()).collect(),
        title: "Yoga".into(),
        starts_at: at(86_400),
        duration_minutes: booked.minutes,
        time_zone: TimeZoneName::trusted("UTC"),
    }
}

fn choice(by_hand: ByHand) -> Choice {
    match by_hand {
        ByHand::Inherit => Choice::Inherit,
        ByHand::Account => Choice::Account,
        ByHand::Custom(number) => Choice::Custom(custom(number)),
        ByHand::None => Choice::None,
    }
}

fn join_key(now: Timestamp) -> JoinKey {
    let mut bytes = [0; 44];
    bytes[..8].copy_from_slice(&now.as_second().to_be_bytes());
    JoinKey::new(bytes)
}
