//! A link chosen by hand: added, replaced, removed, and kept through every change until it is reset (R16).

use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::world::Backend;
use crate::gateway::world::World;

const LINK: &str = "/v1/sites/studio/sessions/s-1/link";

async fn choose(world: &World, choice: Value) -> Value {
    let put = world.put(LINK, &choice).await;
    assert_eq!(put.status, StatusCode::OK, "{}", put.body);
    put.body
}

#[rstest]
#[tokio::test]
async fn r16_a_choice_by_hand_survives_rescheduling_and_a_change_of_staff_until_it_is_reset(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let before = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    let own = json!({"mode": "custom", "url": "https://own.example/room", "password": "p", "description": "Knock."});
    let custom = choose(&world, own.clone()).await;
    assert_eq!(
        (&custom["source"], &custom["provider_url"]),
        (&json!("session_link"), &json!("https://own.example/room"))
    );
    assert!(custom["revision"].as_u64() > before["revision"].as_u64());
    assert_eq!(choose(&world, own).await["revision"], custom["revision"]);
    let mut moved = world.booking("yoga", &["bob"]);
    moved["starts_at"] = json!(world.in_days(9));
    let moved = world.put("/v1/sites/studio/sessions/s-1", &moved).await.body;
    assert_eq!(moved["link"]["provider_url"], "https://own.example/room");
    let reset = choose(&world, json!({"mode": "inherit"})).await;
    assert_eq!((&reset["status"], &reset["meeting_id"]), (&json!("ready"), &before["meeting_id"]));
}

#[rstest]
#[tokio::test]
async fn r16_a_removed_link_closes_its_address_and_removes_the_meeting(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let before = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    assert_eq!(world.delete(LINK).await.status, StatusCode::NO_CONTENT);
    let removed = world.link("s-1", "staff").await;
    assert_eq!((&removed["status"], &removed["reason"]), (&json!("none"), &json!("removed_by_hand")));
    assert_eq!(world.join(&before).await.0, StatusCode::NOT_FOUND);
    world.until("the meeting is removed", async || world.meetings().await.is_empty()).await;
    choose(&world, json!({"mode": "inherit"})).await;
    world.until("a new one is made", async || world.link("s-1", "staff").await["status"] == "ready").await;
    assert_ne!(world.link("s-1", "staff").await["meeting_id"], before["meeting_id"]);
    assert_eq!(world.join(&before).await.0, StatusCode::FOUND);
}

#[rstest]
#[tokio::test]
async fn r16_a_link_may_be_added_to_a_session_of_a_service_without_video(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let service = json!({"kind": "class", "name": "In the park", "video": false});
    world.put("/v1/sites/studio/services/park", &service).await;
    let offline = world.book("s-1", "park", &[]).await.body["link"].clone();
    assert_eq!((&offline["status"], &offline["reason"]), (&json!("none"), &json!("service_offline")));
    assert_eq!(world.creates().await, 0);
    choose(&world, json!({"mode": "account"})).await;
    world.until("it has a meeting", async || world.link("s-1", "staff").await["status"] == "ready").await;
    assert_eq!(world.creates().await, 1);
}
