//! Bad requests, on every route: each is a problem with the contract's code that says what to do, and writes nothing.

mod addresses;
mod bodies;
mod callers;
mod revisions;

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use serde_json::json;

use crate::gateway::stored::dump;
use crate::gateway::world::Backend;
use crate::gateway::world::Reply;
use crate::gateway::world::World;

const SITE: &str = "/v1/sites/studio";
const LIMIT: usize = 64 * 1024;
const BATCH_LIMIT: usize = 1024 * 1024;

/// Every route of the API, with the scope that it needs and a body that it takes.
fn routes(world: &World) -> Vec<(Method, String, &'static str, Option<Value>)> {
    let custom = json!({"provider": "custom_link", "url": "https://meet.example.com/room"});
    let service = json!({"kind": "class", "name": "Yoga", "video": true});
    let at = |path: &str| format!("{SITE}{path}");
    vec![
        (Method::PUT, at(""), "sites:write", Some(json!({}))),
        (Method::GET, at(""), "sites:write or links:read", None),
        (Method::DELETE, at(""), "sites:write", None),
        (Method::GET, at("/accounts"), "accounts:read", None),
        (Method::PUT, at("/accounts/default"), "accounts:write", Some(custom.clone())),
        (Method::GET, at("/accounts/default"), "accounts:read", None),
        (Method::DELETE, at("/accounts/default"), "accounts:write", None),
        (Method::PUT, at("/accounts/staff/ana"), "accounts:write", Some(custom)),
        (Method::GET, at("/accounts/staff/ana"), "accounts:read", None),
        (Method::DELETE, at("/accounts/staff/ana"), "accounts:write", None),
        (
            Method::POST,
            at("/portal-links"),
            "accounts:write",
            Some(json!({"actor": {"role": "owner"}, "page": "manage"})),
        ),
        (Method::PUT, at("/services/yoga"), "links:write", Some(service)),
        (Method::GET, at("/services/yoga"), "links:write", None),
        (Method::DELETE, at("/services/yoga"), "links:write", None),
        (Method::PUT, at("/services/yoga/link"), "links:write", Some(json!({"url": "https://a.example/"}))),
        (Method::GET, at("/services/yoga/link"), "links:write", None),
        (Method::DELETE, at("/services/yoga/link"), "links:write", None),
        (Method::POST, at("/sessions:batch"), "links:write", Some(json!({"sessions": []}))),
        (Method::PUT, at("/sessions/s-1"), "links:write", Some(world.booking("yoga", &["ana"]))),
        (Method::GET, at("/sessions/s-1"), "links:read", None),
        (Method::DELETE, at("/sessions/s-1"), "links:write", None),
        (Method::GET, at("/sessions/s-1/link"), "links:read", None),
        (Method::GET, at("/sessions/s-1/link/explain"), "links:read", None),
        (Method::GET, at("/sessions/s-1/host-link"), "links:host", None),
        (Method::PUT, at("/sessions/s-1/link"), "links:write", Some(json!({"mode": "none"}))),
        (Method::DELETE, at("/sessions/s-1/link"), "links:write", None),
    ]
}

/// The routes that take a body.
fn writes(world: &World) -> Vec<(Method, String, Value)> {
    routes(world).into_iter().filter_map(|(method, path, _, body)| Some((method, path, body?))).collect()
}

/// A gateway with all there is to damage: a Zoom account, services, a booked session.
async fn world() -> World {
    let world = World::connected(Backend::Redis).await;
    assert_eq!(world.book("s-1", "yoga", &["ana"]).await.body["link"]["status"], "ready");
    let mut before = everything(&world).await;
    let mut quiet = 0;
    while quiet < 5 {
        world.clock.advance(Duration::from_millis(500));
        let now = everything(&world).await;
        quiet = if now == before { quiet + 1 } else { 0 };
        before = now;
    }
    world
}

/// All that is stored, and all that Zoom was asked.
async fn everything(world: &World) -> (BTreeMap<String, Vec<u8>>, usize) {
    (dump(world.redis.as_ref().unwrap()).await, world.requests().await)
}

/// Asserts that an answer is a whole problem; `what` names the request that it answers.
#[track_caller]
fn assert_problem(what: &str, reply: &Reply, status: u16, code: &str) {
    let body = &reply.body;
    assert_eq!((reply.status.as_u16(), body["code"].as_str()), (status, Some(code)), "{what}: {body}");
    assert_eq!(reply.headers[CONTENT_TYPE], "application/problem+json", "{what}");
    assert_eq!(body["type"], format!("/problems/{code}"), "{what}");
    assert_eq!(body["status"], status, "{what}");
    assert_eq!(body["request_id"], reply.headers["x-request-id"].to_str().unwrap(), "{what}");
    assert!(!body["title"].as_str().unwrap().is_empty(), "{what}");
    let detail = body["detail"].as_str().unwrap();
    assert!(detail.ends_with('.') && detail.split(' ').count() > 3, "{what}: {detail}");
    assert_eq!(body["errors"].is_array(), code == "invalid_body", "{what}: {body}");
}

/// Asserts a 422 that points to this place in the body.
#[track_caller]
fn assert_points(what: &str, reply: &Reply, pointer: &str) {
    assert_problem(what, reply, 422, "invalid_body");
    let errors = reply.body["errors"].as_array().unwrap();
    assert!(errors.iter().any(|error| error["pointer"] == pointer), "{what}: {pointer}: {errors:?}");
    for error in errors {
        assert!(error["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{what}: {error}");
    }
}

async fn send_text(world: &World, (method, path): (&Method, &str), body: impl Into<reqwest::Body>) -> Reply {
    let request = world.request(method.clone(), path).header(CONTENT_TYPE, "application/json").body(body);
    world.send(request, None).await
}

fn with(mut body: Value, field: &str, value: &Value) -> Value {
    body[field] = value.clone();
    body
}

fn without(mut body: Value, field: &str) -> Value {
    body.as_object_mut().unwrap().remove(field);
    body
}
