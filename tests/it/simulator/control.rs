//! The control address: what it shows, changes and refuses.

use reqwest::Method;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::simulator::world::World;

const LUA: &str = "lua@example.com";

#[rstest]
#[case("faults", json!({"operation": "meetings.explode", "fault": {"kind": "html"}}), 400)]
#[case("faults", json!({"operation": "users.me", "times": 0, "fault": {"kind": "html"}}), 400)]
#[case("faults", json!({"operation": "users.me", "user": "x@y", "fault": {"kind": "html"}}), 404)]
#[case("modes", json!({"unkind": true}), 400)]
#[case("modes", json!({"refresh": "never"}), 400)]
#[case("modes", json!([]), 400)]
#[case("clock", json!({"advance_seconds": -1}), 400)]
#[case("clock", json!({"advance_seconds": u64::MAX}), 400)]
#[case("users", json!({"email": LUA, "plan": "gold"}), 400)]
#[case("users", json!({"email": LUA, "account": "nowhere"}), 404)]
#[case("users", json!({"email": "new@example.com"}), 400)]
#[case("client-secrets", json!({"client_secrets": []}), 400)]
#[case("meetings/1/delete", json!({}), 404)]
#[case("meetings/first/delete", json!({}), 404)]
#[case("weather", json!({}), 404)]
#[tokio::test]
async fn bad_input_is_refused_with_a_sentence(#[case] path: &str, #[case] body: Value, #[case] status: u16) {
    let world = World::start().await;
    let answer = world.control(Method::POST, path, Some(body)).await;
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(answer.body["error"].as_str().is_some_and(|text| text.len() > 8), "{answer:?}");
}

#[tokio::test]
async fn the_ledger_tells_every_request_in_order_and_no_token() {
    let world = World::start().await;
    let tokens = world.connect(LUA).await;
    let id = world.meeting(&tokens.access).await;
    world.find("/v2/users/me", "wrong").await;
    world.delete(&tokens.access, id).await;
    let ledger = world.ledger().await;
    let told: Vec<_> = ledger["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| (each["operation"].as_str().unwrap(), each["status"].as_u64().unwrap(), &each["user"]))
        .collect();
    let (lua, nobody) = (json!(LUA), Value::Null);
    assert_eq!(
        told,
        [
            ("oauth.token.code", 200, &lua),
            ("meetings.create", 201, &lua),
            ("users.me", 401, &nobody),
            ("meetings.delete", 204, &lua),
        ]
    );
    assert_eq!(ledger["requests"][1]["meeting_id"], id);
    assert_eq!(ledger["counts"]["meetings.create"], json!({"requests": 1, "succeeded": 1}));
    assert_eq!(ledger["meetings"][0]["agenda"], "Ref gr1-test");
    assert_eq!(ledger["grants"][0]["user"], LUA);
    assert_eq!(ledger["daily"], json!([{"user": LUA, "date": "2027-01-15", "count": 1}]));
    assert!(!ledger.to_string().contains("eyJ"));
}

#[tokio::test]
async fn the_host_can_edit_delete_and_recover_a_meeting() {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    let path = format!("/v2/meetings/{}", world.meeting(&token).await);
    let host = |what: &str| format!("meetings/{}/{what}", path.trim_start_matches("/v2/meetings/"));
    world.tell(&host("edit"), json!({"topic": "Edited", "start_time": "2027-01-23T10:00:00Z"})).await;
    let found = world.find(&path, &token).await.body;
    assert_eq!((&found["topic"], &found["start_time"]), (&json!("Edited"), &json!("2027-01-23T10:00:00Z")));
    world.control(Method::POST, &host("delete"), None).await;
    assert_eq!(world.find(&path, &token).await.refusal(), (404, 3001));
    world.control(Method::POST, &host("recover"), None).await;
    assert_eq!(world.find(&path, &token).await.status, 200);
    world.control(Method::POST, &host("end"), None).await;
    assert_ne!(world.find(&path, &token).await.body["uuid"], found["uuid"], "a new instance");
}

#[tokio::test]
async fn users_and_accounts_can_be_added() {
    let world = World::start().await;
    world.tell("accounts", json!({"name": "new", "plan": "free"})).await;
    let user = json!({
        "email": "eva@example.com", "first_name": "Eva", "last_name": "Reis", "account": "new",
        "plan": "basic", "timezone": "Europe/Lisbon",
    });
    let added = world.tell("users", user).await;
    let token = world.connect("eva@example.com").await.access;
    let me = world.find("/v2/users/me", &token).await.body;
    assert_eq!((&me["id"], &me["account_id"]), (&added["id"], &added["account_id"]));
}

#[tokio::test]
async fn a_reset_forgets_everything_and_repeats_no_token() {
    let world = World::start().await;
    let before = world.connect(LUA).await;
    let id = world.meeting(&before.access).await;
    world.tell("modes", json!({"list_lag_seconds": 5})).await;
    world.advance(60).await;
    assert_eq!(world.control(Method::POST, "reset", None).await.status, 204);
    let ledger = world.ledger().await;
    assert_eq!((&ledger["requests"], &ledger["meetings"]), (&json!([]), &json!([])));
    assert_eq!(ledger["now"], "2027-01-15T12:00:00Z");
    assert_eq!(world.control(Method::GET, "modes", None).await.body["list_lag_seconds"], 0);
    let after = world.connect(LUA).await;
    assert_ne!(after.access, before.access);
    assert_ne!(world.meeting(&after.access).await, id);
}

#[tokio::test]
async fn an_endpoint_zoom_does_not_have_is_not_recognized() {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    assert_eq!(world.find("/v2/webinars/1", &token).await.refusal(), (404, 2300));
}
