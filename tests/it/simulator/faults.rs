//! Faults: lost requests, lost answers, late and broken ones.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use serde_json::json;

use crate::simulator::world::World;
use crate::simulator::world::scheduled;

const LUA: &str = "lua@example.com";

/// Sends a create whose answer is lost, and tells how it looked to the caller.
async fn lost(world: &World, token: &str) -> reqwest::Error {
    let body = Some(scheduled("2027-01-22T09:00:00Z"));
    let sent = world.send(Method::POST, "/v2/users/me/meetings", token, body).await;
    match sent {
        Err(error) => error,
        Ok(response) => panic!("answered {}", response.status()),
    }
}

async fn made(world: &World) -> usize {
    world.ledger().await["meetings"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_dropped_request_leaves_nothing_and_a_dropped_answer_leaves_a_meeting() {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    world.fault("meetings.create", json!({"kind": "drop_before"})).await;
    let error = lost(&world, &token).await;
    assert!(error.is_request() && !error.is_connect() && !error.is_timeout(), "{error:?}");
    assert_eq!(made(&world).await, 0);
    world.fault("meetings.create", json!({"kind": "process_then_drop"})).await;
    lost(&world, &token).await;
    assert_eq!(made(&world).await, 1);
    let requests = world.ledger().await["requests"].clone();
    let of_creates: Vec<&Value> =
        requests.as_array().unwrap().iter().filter(|each| each["operation"] == "meetings.create").collect();
    assert_eq!(of_creates[0]["status"], Value::Null);
    assert_eq!((&of_creates[1]["status"], &of_creates[1]["sent"]), (&json!(201), &Value::Null));
    assert_eq!(of_creates[1]["fault"], "process_then_drop");
    world.meeting(&token).await;
}

#[tokio::test]
async fn a_late_commit_makes_the_meeting_after_the_caller_gave_up() {
    let world = World::start().await;
    let token = world.connect(LUA).await;
    world.fault("meetings.create", json!({"kind": "late_commit", "seconds": 90})).await;
    lost(&world, &token.access).await;
    world.refresh(&token.refresh).await;
    world.advance(89).await;
    assert_eq!(made(&world).await, 0);
    world.advance(1).await;
    assert_eq!(made(&world).await, 1, "though its token died meanwhile");
}

#[tokio::test]
async fn a_status_can_replace_the_request_or_only_its_answer() {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    let fault = json!({
        "kind": "status", "status": 503, "body": "<error/>", "content_type": "text/xml",
        "headers": {"retry-after": "2027-01-16T00:00:00Z"},
    });
    world.fault("meetings.create", fault).await;
    let answer = world.create(&token, scheduled("2027-01-22T09:00:00Z")).await;
    assert_eq!((answer.status, answer.header("content-type")), (503, Some("text/xml")));
    assert_eq!(answer.header("retry-after"), Some("2027-01-16T00:00:00Z"));
    assert_eq!(made(&world).await, 0);
    world.fault("meetings.create", json!({"kind": "process_then_status", "status": 500})).await;
    assert_eq!(world.create(&token, scheduled("2027-01-22T09:00:00Z")).await.status, 500);
    assert_eq!(made(&world).await, 1);
    world.fault("meetings.create", json!({"kind": "html"})).await;
    let page = world.create(&token, json!({})).await;
    assert_eq!((page.status, page.header("content-type")), (502, Some("text/html")));
    assert_eq!(made(&world).await, 1);
}

#[tokio::test]
async fn a_truncated_answer_starts_well_and_breaks_off() {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    world.fault("meetings.create", json!({"kind": "truncated_body"})).await;
    let body = Some(scheduled("2027-01-22T09:00:00Z"));
    let response = world.send(Method::POST, "/v2/users/me/meetings", &token, body).await.unwrap();
    assert_eq!(response.status(), 201);
    assert!(response.text().await.is_err());
    assert_eq!(made(&world).await, 1);
}

#[tokio::test]
async fn a_caller_who_hangs_up_during_a_delay_has_made_a_meeting() {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    world.fault("meetings.create", json!({"kind": "delay", "seconds": 600})).await;
    let request = world.http.post(world.url("/v2/users/me/meetings")).bearer_auth(&token).json(&json!({}));
    let sent = request.timeout(Duration::from_millis(300)).send().await;
    assert!(sent.unwrap_err().is_timeout());
    assert_eq!(made(&world).await, 1);
}

#[tokio::test]
async fn a_lost_refresh_answer_loses_the_grant() {
    let world = World::start().await;
    let tokens = world.connect(LUA).await;
    world.fault("oauth.token.refresh", json!({"kind": "process_then_drop"})).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str())];
    let request =
        world.http.post(world.url("/oauth/token")).basic_auth("test-client", Some("current-secret"));
    assert!(request.form(&form).send().await.is_err());
    assert_eq!(world.refresh(&tokens.refresh).await.body["error"], "invalid_grant");
}

#[tokio::test]
async fn a_fault_can_strike_one_user_only_and_be_called_off() {
    let world = World::start().await;
    let (lua, ana) = (world.connect(LUA).await.access, world.connect("ana@example.com").await.access);
    let fault = json!({"operation": "users.me", "times": 9, "user": LUA, "fault": {"kind": "html"}});
    world.tell("faults", fault).await;
    assert_eq!(world.find("/v2/users/me", &ana).await.status, 200);
    assert_eq!(world.find("/v2/users/me", &lua).await.status, 502);
    let waiting = world.control(Method::GET, "faults", None).await;
    assert_eq!(waiting.body["faults"][0]["times"], 8);
    world.control(Method::DELETE, "faults", None).await;
    assert_eq!(world.find("/v2/users/me", &lua).await.status, 200);
}
