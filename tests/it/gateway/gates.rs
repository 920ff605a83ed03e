//! The main gate, the plan and a service without video only hide: nothing is destroyed, all of it comes back (R8,
//! R9, R12).

use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::looking::DEFAULT;
use crate::gateway::looking::SITE;
use crate::gateway::looking::custom;
use crate::gateway::world::Backend;
use crate::gateway::world::World;

/// A session of each kind of link: of the default, of staff on Zoom and on a link, of a course, and by hand.
const SESSIONS: [(&str, &str, &[&str]); 5] = [
    ("by-default", "yoga", &["bob"]),
    ("by-ana", "yoga", &["ana"]),
    ("by-carla", "talk", &["carla"]),
    ("of-course", "series", &[]),
    ("by-hand", "talk", &["ana"]),
];

/// What a session had, in so far as it must come back.
async fn held(world: &World) -> Vec<Value> {
    let mut links = Vec::new();
    for (session, ..) in SESSIONS {
        let mut link = world.link(session, "staff").await;
        assert_eq!(link["status"], "ready", "{link}");
        for passing in ["revision", "updated_at", "warnings"] {
            link.as_object_mut().unwrap().remove(passing);
        }
        links.push(link);
    }
    links
}

/// A site with every kind of link; answers what each session has.
async fn full(backend: Backend) -> (World, Vec<Value>) {
    let world = World::connected(backend).await;
    world.connect("staff/ana", "ana@example.com").await;
    world.taken(&format!("{SITE}/accounts/staff/carla"), &custom("carla")).await;
    for (session, service, staff) in SESSIONS {
        world.book(session, service, staff).await;
    }
    world.taken(&format!("{SITE}/services/series/link"), &json!({"url": "https://course.example/"})).await;
    let by_hand = json!({"mode": "custom", "url": "https://own.example/", "password": "k-1"});
    world.taken(&format!("{SITE}/sessions/by-hand/link"), &by_hand).await;
    world.quiet().await;
    let held = held(&world).await;
    (world, held)
}

/// Everything is dark for this reason; the addresses are closed, and nothing was lost at Zoom.
async fn assert_closed(world: &World, reason: &str, (before, meetings): (&[Value], &[Value])) {
    for (session, ..) in SESSIONS {
        world.assert_dark(session, reason).await;
    }
    for link in before {
        let (status, location, page) = world.join(link).await;
        assert_eq!((status, location.as_str()), (StatusCode::NOT_FOUND, ""), "{link}");
        assert!(!page.contains("example/") && !page.contains("zoom.us") && !page.contains("k-1"), "{page}");
    }
    // Accepted all the same, and served like the others when it opens.
    let booked = world.book("meanwhile", "yoga", &["ana"]).await;
    assert_eq!((booked.status, &booked.body["link"]["reason"]), (StatusCode::CREATED, &json!(reason)));
    world.quiet().await;
    assert_eq!(
        (world.meetings().await.as_slice(), world.asked("meetings.delete").await.len()),
        (meetings, 0)
    );
}

/// Everything is as it was, and what came meanwhile is served.
async fn assert_open(world: &World, before: &[Value]) {
    world.ready("by-default").await;
    assert_eq!(world.ready("meanwhile").await["staff_id"], "ana");
    world.quiet().await;
    assert_eq!(held(world).await, before);
    for link in before {
        assert!(matches!(world.join(link).await.0, StatusCode::FOUND | StatusCode::OK), "{link}");
    }
    let count = before.iter().filter(|link| link["meeting_id"].is_string()).count();
    assert_eq!(count, 2);
    assert_eq!(world.asked("meetings.delete").await.len(), 0);
}

#[rstest]
#[tokio::test]
async fn r8_without_a_default_account_no_link_shows_and_all_are_back_with_one(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let (world, before) = full(backend).await;
    let meetings = world.meetings().await;
    assert_eq!(world.delete(DEFAULT).await.status, StatusCode::NO_CONTENT);
    assert_closed(&world, "no_default_account", (&before, &meetings)).await;
    let own = world.get(&format!("{SITE}/accounts/staff/ana")).await;
    assert_eq!((own.status, &own.body["state"]), (StatusCode::OK, &json!("active")));

    world.connect("default", "lua@example.com").await;
    assert_open(&world, &before).await;
    assert_eq!(world.meetings().await.len(), meetings.len() + 1);
}

#[rstest]
#[tokio::test]
async fn r9_a_site_that_is_not_entitled_shows_no_link_and_has_all_back_on_upgrade(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let (world, before) = full(backend).await;
    let meetings = world.meetings().await;
    let accounts = world.get(&format!("{SITE}/accounts")).await.body;
    world.settings(&[("entitled", json!(false))]).await;
    assert_closed(&world, "not_entitled", (&before, &meetings)).await;
    assert_eq!(world.get(&format!("{SITE}/accounts")).await.body, accounts);
    assert_eq!(world.succeeded("oauth.revoke").await, 0);

    world.settings(&[]).await;
    assert_open(&world, &before).await;
    assert_eq!(world.meetings().await.len(), meetings.len() + 1);
}

#[rstest]
#[tokio::test]
async fn r12_a_service_has_video_or_not_and_what_it_had_comes_back(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let before = world.book("s-1", "yoga", &[]).await.body["link"].clone();
    let other = world.book("s-2", "talk", &[]).await.body["link"].clone();
    let video = |video: bool| json!({"kind": "class", "name": "yoga", "video": video});
    let yoga = format!("{SITE}/services/yoga");
    world.taken(&yoga, &video(false)).await;
    world.assert_dark("s-1", "service_offline").await;
    assert_eq!(world.join(&before).await.0, StatusCode::NOT_FOUND);
    assert_eq!(world.link("s-2", "staff").await["meeting_id"], other["meeting_id"]);
    assert_eq!(world.book("s-3", "yoga", &[]).await.body["link"]["reason"], "service_offline");
    world.quiet().await;
    assert_eq!((world.meetings().await.len(), world.creates().await), (2, 2));

    world.taken(&yoga, &video(true)).await;
    world.ready("s-3").await;
    let after = world.link("s-1", "staff").await;
    assert_eq!((&after["meeting_id"], &after["join_url"]), (&before["meeting_id"], &before["join_url"]));
    assert_eq!(world.join(&before).await.1, before["provider_url"].as_str().unwrap());
    assert_eq!((world.creates().await, world.asked("meetings.delete").await.len()), (3, 0));
}
