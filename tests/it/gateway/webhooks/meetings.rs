//! Meetings that are deleted, changed, started and ended at Zoom.

use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use greenroom::app::ports::store::WorkScope;
use jiff::Timestamp;
use reqwest::Method;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::webhooks::A_MINUTE;
use crate::gateway::webhooks::meeting_event;
use crate::gateway::world::Backend;
use crate::gateway::world::World;

#[rstest]
#[tokio::test]
async fn r32_meeting_deleted_at_zoom_is_made_anew(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.subscribe().await;
    let before = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    world.book("s-2", "yoga", &["ana"]).await;
    world.delete_at_zoom(&before).await;
    let after = world
        .link_when("s-1", |link| link["status"] == "ready" && link["meeting_id"] != before["meeting_id"])
        .await;
    assert_eq!(after["join_url"], before["join_url"]);
    assert_eq!(world.join(&before).await.1, after["provider_url"].as_str().unwrap());
    assert_eq!((world.creates().await, world.looks().await), (3, 1), "only the one that was told of");
    let told = ["meeting.created 200", "meeting.created 200", "meeting.deleted 200", "meeting.created 200"];
    world.until("all is told", async || world.told().await.len() == told.len()).await;
    assert_eq!(world.told().await, told);
}

#[rstest]
#[tokio::test]
async fn r32_a_meeting_that_is_restored_before_it_is_looked_at_stays_the_same(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let before = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    let (organisation, _) = world.zoom_user("lua@example.com").await;
    let id = json!(before["meeting_id"].as_str().unwrap().parse::<u64>().unwrap());
    let told = meeting_event("meeting.deleted", &organisation, (&id, 1_800_000_000_000));
    assert_eq!(world.tell(&told).await.status, StatusCode::OK);
    world.until("it is looked at", async || world.looks().await == 1).await;
    world.quiet().await;
    assert_eq!(world.link("s-1", "staff").await, before);
    assert_eq!(world.creates().await, 1);
}

#[rstest]
#[tokio::test]
async fn r32_a_meeting_that_is_changed_at_zoom_is_read_back(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.subscribe().await;
    let before = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    world.at_zoom(&before, "edit", json!({"password": "another1"})).await;
    let after = world.link_when("s-1", |link| link["password"] == "another1").await;
    assert_eq!((&after["meeting_id"], &after["join_url"]), (&before["meeting_id"], &before["join_url"]));
    assert_ne!(after["provider_url"], before["provider_url"]);
    let meeting = &world.meetings().await[0];
    assert_eq!(meeting["join_url"], after["provider_url"]);
    world.quiet().await;
    assert_eq!((world.looks().await, world.creates().await), (1, 1));
}

#[rstest]
#[tokio::test]
async fn r32_when_a_meeting_was_held_is_shown_and_changes_nothing_else(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.subscribe().await;
    let mut booking = world.booking("yoga", &["ana"]);
    let start = world.clock.now() + Duration::from_mins(5);
    booking["starts_at"] = json!(start.to_string());
    let booked = world.taken("/v1/sites/studio/sessions/s-1", &booking).await;
    assert_eq!(booked["held"], json!({"started_at": null, "ended_at": null}));
    let at = |session: &Value, field: &str| session["held"][field].as_str()?.parse::<Timestamp>().ok();
    let begun = world.clock.now();
    world.at_zoom(&booked["link"], "start", json!({})).await;
    world.until("it has begun", async || at(&world.session("s-1").await, "started_at").is_some()).await;
    world.clock.advance(Duration::from_mins(10));
    world.at_zoom(&booked["link"], "end", json!({})).await;
    world.until("it is over", async || at(&world.session("s-1").await, "ended_at").is_some()).await;
    let held = world.session("s-1").await;
    let (started, ended) = (at(&held, "started_at").unwrap(), at(&held, "ended_at").unwrap());
    assert!(started >= begun - A_MINUTE && started <= begun + A_MINUTE, "{held}");
    assert!(ended >= started + Duration::from_mins(10), "{held}");
    assert_eq!((&held["link"], &held["revision"]), (&booked["link"], &booked["revision"]));

    // What is told late is older than what is known.
    let (organisation, _) = world.zoom_user("lua@example.com").await;
    let late =
        meeting_event("meeting.started", &organisation, (&booked["link"]["meeting_id"], 1_700_000_000_000));
    assert_eq!(world.tell(&late).await.status, StatusCode::OK);
    world.quiet().await;
    assert_eq!(world.session("s-1").await, held);
}

#[tokio::test]
async fn r32_what_is_told_twice_is_looked_at_once_even_with_another_body() {
    let world = World::connected(Backend::Embedded).await;
    let link = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    let (organisation, _) = world.zoom_user("lua@example.com").await;
    let event = |event_ts| meeting_event("meeting.updated", &organisation, (&link["meeting_id"], event_ts));
    let first = event(1_800_000_000_000);
    let other = first.replace("Yoga with Ana", "Yoga");
    assert_ne!(first, other);
    for (body, looks) in [(&first, 1), (&first, 1), (&other, 1), (&event(1_800_000_000_001), 2), (&first, 2)]
    {
        assert_eq!(world.tell(body).await.status, StatusCode::OK);
        world.until("it is looked at", async || world.looks().await >= looks).await;
        world.quiet().await;
        assert_eq!(world.looks().await, looks);
    }
    world.subscribe().await;
    world.control(Method::POST, "modes", Some(&json!({"webhook_copies": "two"}))).await;
    world.at_zoom(&link, "edit", json!({"topic": "Pilates"})).await;
    world.until("it is looked at", async || world.looks().await >= 3).await;
    world.quiet().await;
    assert_eq!((world.looks().await, world.told().await.len()), (3, 2));
}

#[tokio::test]
async fn r32_an_old_event_after_a_newer_one_changes_nothing() {
    let world = World::connected(Backend::Embedded).await;
    world.subscribe().await;
    let before = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    world.delete_at_zoom(&before).await;
    let anew = world
        .link_when("s-1", |link| link["status"] == "ready" && link["meeting_id"] != before["meeting_id"])
        .await;
    let (organisation, _) = world.zoom_user("lua@example.com").await;
    for event in ["meeting.updated", "meeting.recovered", "meeting.permanently_deleted", "meeting.started"] {
        let late = meeting_event(event, &organisation, (&before["meeting_id"], 1_700_000_000_000));
        assert_eq!(world.tell(&late).await.status, StatusCode::OK);
    }
    world.quiet().await;
    assert_eq!(world.link("s-1", "staff").await, anew);
    assert_eq!((world.looks().await, world.creates().await), (1, 2));
}

#[tokio::test]
async fn r32_what_zoom_told_while_the_store_was_away_is_told_again_and_done() {
    let world = World::connected(Backend::Redis).await;
    world.subscribe().await;
    let before = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    let server = world.redis.as_ref().unwrap();
    server.pause();
    world.delete_at_zoom(&before).await;
    assert_eq!(world.told().await.last().unwrap(), "meeting.deleted 503");
    server.resume();
    world.until("it is ready again", async || world.get("/readyz").await.status == StatusCode::OK).await;
    world.quiet().await;
    assert_eq!(world.link("s-1", "staff").await["meeting_id"], before["meeting_id"]);
    world.clock.advance(Duration::from_mins(5));
    let anew = world
        .link_when("s-1", |link| link["status"] == "ready" && link["meeting_id"] != before["meeting_id"])
        .await;
    assert_eq!((&anew["join_url"], world.creates().await), (&before["join_url"], 2));
    assert!(world.told().await.contains(&"meeting.deleted 200".to_owned()));
}

#[tokio::test]
async fn r32_a_webhook_is_acted_on_by_whoever_starts_after_the_one_that_took_it_died() {
    let mut world = World::connected(Backend::Embedded).await;
    let before = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    let (organisation, _) = world.zoom_user("lua@example.com").await;
    world
        .fault(
            "meetings.find",
            1,
            json!({"kind": "status", "status": 503, "body": "{}", "content_type": "application/json"}),
        )
        .await;
    world.delete_at_zoom(&before).await;
    let told = meeting_event("meeting.deleted", &organisation, (&before["meeting_id"], 1_800_000_000_000));
    assert_eq!(world.tell(&told).await.status, StatusCode::OK);
    world.restart().await;
    let anew = world
        .link_when("s-1", |link| link["status"] == "ready" && link["meeting_id"] != before["meeting_id"])
        .await;
    assert_eq!((&anew["join_url"], world.creates().await), (&before["join_url"], 2));
}

#[tokio::test]
async fn r32_a_site_that_cannot_be_read_hides_a_notice_from_no_other_site_and_is_tried_ever_later() {
    let mut world = World::connected(Backend::Redis).await;
    let site = json!({"display_name": "Gym"});
    world.taken("/v1/sites/gym", &site).await;
    world
        .taken("/v1/sites/gym/services/yoga", &json!({"kind": "class", "name": "yoga", "video": true}))
        .await;
    world.connect_by(&world.portal_link_of("gym", "default").await, "lua@example.com").await;
    let path = "/v1/sites/gym/sessions/s-1";
    let before = world.taken(path, &world.booking("yoga", &[])).await["link"].clone();
    assert_eq!(before["status"], "ready", "{before}");
    // Notes of sites are old enough to be looked at.
    world.clock.advance(Duration::from_hours(2));
    world.quiet().await;
    world.stop().await;
    let mut redis = world.redis.as_ref().unwrap().connect().await;
    let key = "gr:{s:studio}:r:site/self";
    let whole: Vec<u8> = redis::cmd("GET").arg(key).query_async(&mut redis).await.unwrap();
    let mut damaged = whole.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let () = redis::cmd("SET").arg(key).arg(damaged).query_async(&mut redis).await.unwrap();
    world.restart_stopped().await;

    let (organisation, _) = world.zoom_user("lua@example.com").await;
    world.delete_at_zoom(&before).await;
    let told = meeting_event("meeting.deleted", &organisation, (&before["meeting_id"], 1_800_000_000_000));
    assert_eq!(world.tell(&told).await.status, StatusCode::OK);
    let link = async || world.get(&format!("{path}/link?audience=staff")).await.body;
    world
        .until("the other site has a meeting again", async || {
            let after = link().await;
            after["status"] == "ready" && after["meeting_id"] != before["meeting_id"]
        })
        .await;
    let inboxes: fn(&WorkScope) -> bool = |scope| matches!(scope, WorkScope::Inbox(_));
    for _ in 0..75 {
        world.clock.advance(A_MINUTE);
        world.rests().await;
    }
    assert_eq!(world.looked_at(Duration::from_mins(30), inboxes).await, [], "not each minute");
    assert_eq!(world.looked_at(Duration::from_mins(65), inboxes).await.len(), 1, "but in the end");

    let () = redis::cmd("SET").arg(key).arg(whole).query_async(&mut redis).await.unwrap();
    world.clock.advance(Duration::from_mins(65));
    let is_done = async || world.looked_at(Duration::from_hours(9 * 24), inboxes).await.is_empty();
    world.until("it is done", is_done).await;
}
