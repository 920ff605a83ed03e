//! Booking core books, moves and cancels: every session gets one meeting of its own (R11, R13, R18, R20, R28).

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::world::Backend;
use crate::gateway::world::World;

#[rstest]
#[tokio::test]
async fn three_sessions_of_a_class_have_three_meetings(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let mut ids = BTreeSet::new();
    for session in ["s-1", "s-2", "s-3"] {
        let booked = world.book(session, "yoga", &["ana"]).await;
        assert_eq!(booked.status, StatusCode::CREATED, "{}", booked.body);
        let link = &booked.body["link"];
        assert_eq!(link["status"], "ready", "{link}");
        assert_eq!((&link["provider"], &link["source"]), (&json!("zoom"), &json!("site_default")));
        ids.insert(link["meeting_id"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids.len(), 3);
    assert_eq!(world.meetings().await.len(), 3);
}

#[rstest]
#[tokio::test]
async fn a_hundred_equal_puts_twenty_at_once_leave_one_meeting(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let mut seen = BTreeSet::new();
    for _ in 0..5 {
        let puts = (0..20).map(|_| world.book("s-1", "yoga", &["ana"]));
        for put in join_all(puts).await {
            assert!(put.status.is_success(), "{} {}", put.status, put.body);
            seen.insert((put.body["revision"].to_string(), put.body["link"]["meeting_id"].to_string()));
        }
    }
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!((world.meetings().await.len(), world.creates().await), (1, 1));
}

#[rstest]
#[tokio::test]
async fn a_staff_account_overrides_the_default_and_a_custom_link_is_the_same_for_all(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.connect("staff/ana", "ana@example.com").await;
    let carla =
        json!({"provider": "custom_link", "url": "https://meet.example.com/carla?x=1", "password": "p-1"});
    let put = world.put("/v1/sites/studio/accounts/staff/carla", &carla).await;
    assert_eq!(put.status, StatusCode::CREATED, "{}", put.body);

    let by_ana = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    assert_eq!((&by_ana["source"], &by_ana["staff_id"]), (&json!("staff_account"), &json!("ana")));
    let by_first_with_account =
        world.book("s-2", "talk", &["nobody", "ana", "carla"]).await.body["link"].clone();
    assert_eq!(by_first_with_account["staff_id"], "ana");
    let course = world.book("s-3", "series", &["ana"]).await.body["link"].clone();
    assert_eq!((&course["source"], &course["staff_id"]), (&json!("site_default"), &Value::Null));
    let meetings = world.meetings().await;
    let mut hosts = meetings.iter().map(|meeting| meeting["host"].as_str().unwrap()).collect::<Vec<_>>();
    hosts.sort_unstable();
    assert_eq!(hosts, ["ana@example.com", "ana@example.com", "lua@example.com"]);

    for session in ["s-4", "s-5"] {
        let link = world.book(session, "talk", &["carla"]).await.body["link"].clone();
        assert_eq!((&link["status"], &link["provider"]), (&json!("ready"), &json!("custom_link")));
        assert_eq!(link["provider_url"], "https://meet.example.com/carla?x=1");
        assert_eq!((&link["password"], &link["meeting_id"]), (&json!("p-1"), &Value::Null));
    }
    assert_eq!(world.creates().await, 3);
}

#[rstest]
#[tokio::test]
async fn what_is_moved_and_renamed_keeps_its_link_and_shows_it_at_zoom(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let before = world.book("s-1", "yoga", &["ana"]).await.body;
    let mut booking = world.booking("yoga", &["ana"]);
    booking["title"] = json!("Pilates with Ana");
    booking["starts_at"] = json!(world.in_days(9));
    let after = world.put("/v1/sites/studio/sessions/s-1", &booking).await.body;
    assert!(after["revision"].as_u64() > before["revision"].as_u64());
    assert_eq!(after["link"]["meeting_id"], before["link"]["meeting_id"]);
    assert_eq!(after["link"]["join_url"], before["link"]["join_url"]);
    world
        .until("the meeting shows the change", async || {
            let meetings = world.meetings().await;
            meetings.len() == 1 && meetings[0]["topic"] == "Pilates with Ana"
        })
        .await;
    assert_eq!(world.meetings().await[0]["start_time"], world.in_days(9));
    assert_eq!(world.creates().await, 1);
}

#[rstest]
#[tokio::test]
async fn a_change_of_staff_moves_the_meeting_to_the_new_host(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.connect("staff/ana", "ana@example.com").await;
    let before = world.book("s-1", "yoga", &["bob"]).await.body["link"].clone();
    assert_eq!(before["source"], "site_default");
    let moved = world.put("/v1/sites/studio/sessions/s-1", &world.booking("yoga", &["ana"])).await.body;
    assert_eq!(moved["link"]["status"], "ready");
    world
        .until("one meeting is left, at the new host", async || {
            let meetings = world.meetings().await;
            meetings.len() == 1 && meetings[0]["host"] == "ana@example.com"
        })
        .await;
    let after = world.link("s-1", "staff").await;
    assert_ne!(after["meeting_id"], before["meeting_id"]);
    assert_eq!(after["join_url"], before["join_url"]);
    assert!(after["revision"].as_u64() > before["revision"].as_u64());
}

#[rstest]
#[tokio::test]
async fn a_cancelled_session_loses_its_meeting_and_a_new_booking_gets_a_new_one(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let first = world.book("s-1", "yoga", &["ana"]).await.body;
    for _ in 0..2 {
        assert_eq!(world.delete("/v1/sites/studio/sessions/s-1").await.status, StatusCode::NO_CONTENT);
    }
    let gone = world.get("/v1/sites/studio/sessions/s-1").await;
    assert_eq!((gone.status, &gone.body["code"]), (StatusCode::NOT_FOUND, &json!("unknown_session")));
    world.until("the meeting is removed", async || world.meetings().await.is_empty()).await;
    let again = world.book("s-1", "yoga", &["ana"]).await;
    assert_eq!(again.status, StatusCode::CREATED);
    assert_ne!(again.body["link"]["meeting_id"], first["link"]["meeting_id"]);
    assert_ne!(again.body["link"]["join_url"], first["link"]["join_url"]);
    assert!(again.body["revision"].as_u64() > first["revision"].as_u64());
    assert_eq!(world.meetings().await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn a_meeting_that_is_gone_at_zoom_is_made_anew_when_the_session_changes(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let before = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    let path = format!("meetings/{}/delete", before["meeting_id"].as_str().unwrap());
    world.control(reqwest::Method::POST, &path, Some(&json!({}))).await;
    let mut booking = world.booking("yoga", &["ana"]);
    booking["title"] = json!("Another title");
    world.put("/v1/sites/studio/sessions/s-1", &booking).await;
    world.until("another meeting is made", async || world.meetings().await.len() == 1).await;
    world
        .until("it is handed out", async || {
            let link = world.link("s-1", "staff").await;
            link["status"] == "ready" && link["meeting_id"] != before["meeting_id"]
        })
        .await;
}

#[rstest]
#[tokio::test]
async fn while_the_main_gate_or_the_plan_is_closed_nothing_is_shown_and_nothing_is_lost(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let before = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    world.put("/v1/sites/studio", &json!({"entitled": false, "staff_self_service": true})).await;
    let closed = world.link("s-1", "staff").await;
    assert_eq!((&closed["status"], &closed["reason"]), (&json!("none"), &json!("not_entitled")));
    assert_eq!((&closed["join_url"], &closed["provider_url"]), (&Value::Null, &Value::Null));
    assert!(closed["revision"].as_u64() > before["revision"].as_u64());
    world.put("/v1/sites/studio", &json!({"staff_self_service": true})).await;
    let back = world.link("s-1", "staff").await;
    assert_eq!((&back["status"], &back["meeting_id"]), (&json!("ready"), &before["meeting_id"]));

    world.delete("/v1/sites/studio/accounts/default").await;
    assert_eq!(world.link("s-1", "staff").await["reason"], "no_default_account");
    assert_eq!(world.meetings().await.len(), 1);
    world.connect("default", "lua@example.com").await;
    world
        .until("the same meeting is back", async || {
            world.link("s-1", "staff").await["meeting_id"] == before["meeting_id"]
        })
        .await;
}
