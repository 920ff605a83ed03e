//! Owns the sites and sessions that tests of the domain are laid on.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::domain::account::Account;
use crate::domain::account::AccountState;
use crate::domain::account::Connection;
use crate::domain::account::Host;
use crate::domain::account::HostedAccount;
use crate::domain::account::Owner;
use crate::domain::account::Plan;
use crate::domain::account::Revision;
use crate::domain::concealed::LinkUrl;
use crate::domain::custom_link::CustomLink;
use crate::domain::hash::HashKey;
use crate::domain::id::GrantId;
use crate::domain::id::ServiceId;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::id::StaffId;
use crate::domain::join::JoinKey;
use crate::domain::locale::Locale;
use crate::domain::meeting::Held;
use crate::domain::meeting::Meeting;
use crate::domain::meeting::MeetingId;
use crate::domain::meeting::Shown;
use crate::domain::service::CourseLink;
use crate::domain::service::Service;
use crate::domain::service::ServiceKind;
use crate::domain::session::Booking;
use crate::domain::session::NewSession;
use crate::domain::session::Session;
use crate::domain::site::Site;
use crate::domain::site::SiteSettings;
use crate::domain::time_zone::TimeZoneName;
use crate::domain::visibility::ServiceVisibility;
use crate::domain::visibility::SiteVisibility;

/// When every test takes place.
pub(super) const NOW: i64 = 1_800_000_000;

/// So many seconds after [`NOW`].
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(NOW + seconds).unwrap()
}

/// A site with a class `yoga`, an appointment `talk`, a course `series`, and these accounts.
pub(super) fn site(accounts: &[(&str, Connection)]) -> Site {
    let settings = SiteSettings {
        display_name: "Studio Lua".into(),
        entitled: true,
        staff_self_service: true,
        locale: Locale::English,
        visibility: SiteVisibility::default(),
    };
    let mut site = Site::new(SiteId::parse("studio").unwrap(), settings, HashKey::new([1; 32]), at(0));
    let kinds =
        [("yoga", ServiceKind::Class), ("talk", ServiceKind::Appointment), ("series", ServiceKind::Course)];
    site.services = kinds.map(|(id, kind)| (ServiceId::parse(id).unwrap(), service(kind))).into();
    let account = |connection: &Connection| Account {
        connection: connection.clone(),
        connected_at: at(0),
        updated_at: at(0),
        revision: Revision(1),
    };
    site.accounts = accounts
        .iter()
        .map(|(owner, connection)| (Owner::parse(owner).unwrap(), account(connection)))
        .collect::<BTreeMap<_, _>>();
    site
}

fn service(kind: ServiceKind) -> Service {
    Service {
        kind,
        name: "Service".into(),
        video: true,
        visibility: ServiceVisibility::default(),
        course_link: None,
        revision: Revision(1),
        updated_at: at(0),
    }
}

/// Gives every service of a site a course link.
pub(super) trait CourseLinks {
    fn with_course_links(self) -> Self;
}

impl CourseLinks for Site {
    fn with_course_links(mut self) -> Self {
        for service in self.services.values_mut() {
            let link = CustomLink::parse("https://course.example/", None, None).unwrap();
            service.course_link = Some(CourseLink { link, revision: Revision(1), updated_at: at(0) });
        }
        self
    }
}

/// A custom link at `https://<name>.example/`.
pub(super) fn custom(name: &str) -> Connection {
    Connection::Custom(CustomLink::parse(&format!("https://{name}.example/"), None, None).unwrap())
}

/// A licensed user `<name>@example.com`.
pub(super) fn hosted(name: &str) -> Connection {
    Connection::Hosted(HostedAccount {
        grant: grant(name),
        host: Host {
            user_id: name.into(),
            account_id: "account".into(),
            email: format!("{name}@example.com"),
            plan: Plan::Licensed,
            personal_room: None,
        },
        scopes: BTreeSet::new(),
        state: AccountState::Active,
    })
}

/// The grant of a user.
pub(super) fn grant(name: &str) -> GrantId {
    GrantId::parse(&format!("{name:a<26}")).unwrap()
}

/// A session of an hour that starts in an hour.
pub(super) fn session(service: &str, staff: &[&str]) -> Session {
    let booking = Booking {
        service_id: ServiceId::parse(service).unwrap(),
        staff_ids: staff.iter().map(|member| StaffId::parse(member).unwrap()).collect(),
        title: "Yoga".into(),
        starts_at: at(3_600),
        duration_minutes: 60,
        time_zone: TimeZoneName::parse("UTC").unwrap(),
    };
    let new = NewSession { join: JoinKey::new([2; 44]), first: Revision(1), now: at(0) };
    Session::new(SessionId::parse("s-1").unwrap(), booking, new)
}

/// A meeting of a user, as generation `generation` of a session, that shows the session as it is.
pub(super) fn meeting(of: &Session, host: &str, generation: u64) -> Meeting {
    Meeting {
        grant: grant(host),
        id: MeetingId::new(&format!("{host}-{generation}")),
        join_url: LinkUrl::new("https://zoom.example/j/1".parse().unwrap()),
        passcode: None,
        shown: shown(of),
        generation,
        bound_at: at(0),
        shown_at: at(0),
        doubt: None,
        // No look at it is due.
        seen_at: at(3_600),
        asked_at: None,
        held: Held::default(),
    }
}

/// What a meeting of a session shows.
pub(super) fn shown(of: &Session) -> Shown {
    of.booking.as_ref().unwrap().shown()
}
