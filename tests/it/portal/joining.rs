//! The permanent join address: every answer of the contract.

use std::time::Duration;

use greenroom::domain::account::AccountState;
use greenroom::domain::account::Connection;
use greenroom::domain::account::HostedAccount;
use greenroom::domain::account::Owner;
use greenroom::domain::account::Plan;
use greenroom::domain::account::Revision;
use greenroom::domain::concealed::LinkUrl;
use greenroom::domain::custom_link::CustomLink;
use greenroom::domain::id::GrantId;
use greenroom::domain::id::ServiceId;
use greenroom::domain::id::SessionId;
use greenroom::domain::meeting::Held;
use greenroom::domain::meeting::Meeting;
use greenroom::domain::meeting::MeetingId;
use greenroom::domain::minting::BlockReason;
use greenroom::domain::minting::Blocked;
use greenroom::domain::minting::MeetingState;
use greenroom::domain::service::Service;
use greenroom::domain::service::ServiceKind;
use greenroom::domain::session::Booking;
use greenroom::domain::session::Choice;
use greenroom::domain::session::NewSession;
use greenroom::domain::session::Session;
use greenroom::domain::time_zone::TimeZoneName;
use greenroom::domain::visibility::Audience;
use greenroom::domain::visibility::ServiceVisibility;
use greenroom::web::urls;
use reqwest::StatusCode;
use url::Url;

use crate::portal::provider::host;
use crate::portal::world::World;
use crate::portal::world::lua;
use crate::support::visitor::Answer;
use crate::support::visitor::Visitor;

const ZOOM: &str = "https://us02web.zoom.us/j/92674392836?pwd=abc";

fn grant() -> GrantId {
    GrantId::parse(&"a".repeat(26)).unwrap()
}

/// A yoga class in an hour, on Zoom, without a meeting yet.
pub(super) fn session(world: &World) -> Session {
    let now = world.gateway.clock.now();
    world.change(|site| {
        let account = HostedAccount {
            grant: grant(),
            host: host("ana", Plan::Licensed),
            scopes: ["meeting:write".to_owned()].into(),
            state: AccountState::Active,
        };
        site.put_account(&Owner::Default, Connection::Hosted(account), now);
        let yoga = Service {
            kind: ServiceKind::Class,
            name: "Yoga".into(),
            video: true,
            visibility: ServiceVisibility::default(),
            course_link: None,
            revision: Revision(1),
            updated_at: now,
        };
        site.services.insert(ServiceId::parse("yoga").unwrap(), yoga);
    });
    let booking = Booking {
        service_id: ServiceId::parse("yoga").unwrap(),
        staff_ids: Vec::new(),
        title: "Yoga with Ana <3".into(),
        starts_at: now.checked_add(Duration::from_hours(1)).unwrap(),
        duration_minutes: 60,
        time_zone: TimeZoneName::parse("America/Sao_Paulo").unwrap(),
    };
    let new = NewSession { join: world.gateway.join_key(), first: Revision(1), now };
    Session::new(SessionId::parse("s-1").unwrap(), booking, new)
}

pub(super) fn with_meeting(mut session: Session) -> Session {
    let booking = session.booking.as_ref().unwrap();
    session.minting.state = MeetingState::Bound(Meeting {
        grant: grant(),
        id: MeetingId::new("92674392836"),
        join_url: LinkUrl::new(Url::parse(ZOOM).unwrap()),
        passcode: None,
        shown: booking.shown(),
        generation: 1,
        bound_at: booking.starts_at,
        shown_at: booking.starts_at,
        doubt: None,
        seen_at: booking.starts_at,
        asked_at: None,
        held: Held::default(),
    });
    session
}

pub(super) fn with_link(
    mut session: Session,
    url: &str,
    password: Option<&str>,
    description: Option<&str>,
) -> Session {
    session.choice = Choice::Custom(CustomLink::parse(url, password, description).unwrap());
    session
}

async fn follow(world: &World, session: &Session, audience: Audience) -> Answer {
    world.memory.put_session(&lua(), session.clone());
    Visitor::new().get(urls::join(&world.base, &session.join.token(audience))).await
}

#[tokio::test]
async fn a_zoom_link_and_a_bare_link_to_a_known_host_lead_straight_on() {
    let world = World::start().await;
    let session = session(&world);
    let bare = with_link(session.clone(), "https://acme.webex.com/meet/lua", None, None);
    for (session, url) in [(with_meeting(session), ZOOM), (bare, "https://acme.webex.com/meet/lua")] {
        let answer = follow(&world, &session, Audience::ConfirmationEmail).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::FOUND, url));
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn any_other_link_is_shown_before_it_is_followed() {
    let world = World::start().await;
    let session = session(&world);
    let cases = [
        ("https://bücher.example/raum", None, None, "xn--bcher-kva.example"),
        ("https://zoom.us/j/1", Some("k3J\"9<aQ"), None, "zoom.us"),
        ("https://zoom.us/j/1", None, Some("Bring a <mat>\nRing twice"), "zoom.us"),
    ];
    for (url, password, description, plain) in cases {
        let answer =
            follow(&world, &with_link(session.clone(), url, password, description), Audience::Sms).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert!(answer.text.contains(&format!("<p class=\"host\">{plain}</p>")), "{}", answer.text);
        assert!(answer.text.contains("Studio Lua") && answer.text.contains("Yoga with Ana &#60;3"));
        let (leads_to, _) = answer.form("join", None);
        assert_eq!(leads_to.host_str(), Some(plain));
        assert_eq!(answer.offers("copy_password"), password.is_some());
        assert!(password.is_none() || answer.text.contains("readonly value=\"k3J&#34;9&#60;aQ\""));
        assert!(description.is_none() || answer.text.contains("Bring a &#60;mat&#62;\nRing twice"));
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
    }
}

#[tokio::test]
async fn a_link_that_is_not_there_yet_is_tried_again_by_its_page() {
    let world = World::start().await;
    let session = session(&world);
    let answer = follow(&world, &session, Audience::Staff).await;
    assert_eq!((answer.status, answer.header("refresh")), (StatusCode::OK, "10"));
    assert!(answer.text.contains("still being set up"), "{}", answer.text);

    let mut blocked = session.clone();
    let shown = blocked.booking.as_ref().unwrap().shown();
    blocked.minting.state =
        MeetingState::Blocked(Blocked { reason: BlockReason::Rejected, grant: grant(), shown, kept: None });
    let answer = follow(&world, &blocked, Audience::Staff).await;
    assert_eq!((answer.status, answer.header("refresh")), (StatusCode::OK, "60"));
    assert!(answer.text.contains("has to look at it"), "{}", answer.text);
}

#[tokio::test]
async fn hidden_removed_cancelled_gated_and_unknown_are_all_alike() {
    let world = World::start().await;
    let session = with_meeting(session(&world));
    let strip = |answer: Answer| {
        let path = answer.url.path().to_owned();
        (answer.status, answer.text.replace(&path, ""))
    };
    let foreign = Session { join: world.gateway.join_key(), ..session.clone() };
    world.memory.put_session(&lua(), session.clone());
    let token = foreign.join.token(Audience::Staff);
    let unknown = strip(Visitor::new().get(urls::join(&world.base, &token)).await);
    assert_eq!(unknown.0, StatusCode::NOT_FOUND);

    world.change(|site| site.settings.visibility.confirmation_email = false);
    for audience in [Audience::ConfirmationEmail, Audience::ReminderEmail, Audience::CalendarFile] {
        assert_eq!(strip(follow(&world, &session, audience).await), unknown, "{audience:?}");
    }
    assert_eq!(follow(&world, &session, Audience::MembersArea).await.status, StatusCode::FOUND);
    let removed = Session { choice: Choice::None, ..session.clone() };
    assert_eq!(strip(follow(&world, &removed, Audience::Staff).await), unknown);
    let cancelled = Session { booking: None, ..session.clone() };
    assert_eq!(strip(follow(&world, &cancelled, Audience::Staff).await), unknown);
    world.change(|site| site.settings.entitled = false);
    assert_eq!(strip(follow(&world, &session, Audience::Staff).await), unknown);
}

#[tokio::test]
async fn a_day_after_its_end_a_session_is_over() {
    let world = World::start().await;
    let session = with_meeting(session(&world));
    world.clock.advance(Duration::from_hours(25));
    assert_eq!(follow(&world, &session, Audience::Staff).await.status, StatusCode::FOUND);
    world.clock.advance(Duration::from_hours(2));
    let over = follow(&world, &session, Audience::Staff).await;
    assert_eq!((over.status, over.text.contains("This session is over")), (StatusCode::GONE, true));
    world.change(|site| site.settings.visibility.sms = Some(false));
    assert_eq!(follow(&world, &session, Audience::Sms).await.status, StatusCode::NOT_FOUND);
}
