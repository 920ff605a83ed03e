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
