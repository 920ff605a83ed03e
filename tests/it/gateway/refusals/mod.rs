//! Bad requests, on every route: each is a problem with the contract's code that says what to do, and writes nothing.

mod addresses;
mod bodies;
mod callers;
mod revisions;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
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
/// The ids in paths, and what they name here.
const IDS: [(&str, &str); 4] =
    [("site_id", "studio"), ("staff_id", "ana"), ("service_id", "yoga"), ("session_id", "s-1")];

/// Every route of the API as the contract writes it, with the scope that it needs and a body that it takes.
fn templates(world: &World) -> Vec<(Method, String, &'static str, Option<Value>)> {
    let custom = json!({"provider": "custom_link", "url": "https://meet.example.com/room"});
    let service = json!({"kind": "class", "name": "Yoga", "video": true});
    let course = json!({"url": "https://a.example/"});
    let portal = json!({"actor": {"role": "owner"}, "page": "manage"});
    let booking = world.booking("yoga", &["ana"]);
    let delivery = json!({"recipient": "r-1", "channel": "sms", "revision": 1});
    let routes = [
        ("PUT", "", "sites:write", Some(json!({}))),
        ("GET", "", "sites:write or links:read", None),
        ("DELETE", "", "sites:write", None),
        ("GET", "/accounts", "accounts:read", None),
        ("PUT", "/accounts/default", "accounts:write", Some(custom.clone())),
        ("GET", "/accounts/default", "accounts:read", None),
        ("DELETE", "/accounts/default", "accounts:write", None),
        ("PUT", "/accounts/staff/{staff_id}", "accounts:write", Some(custom)),
        ("GET", "/accounts/staff/{staff_id}", "accounts:read", None),
        ("DELETE", "/accounts/staff/{staff_id}", "accounts:write", None),
        ("POST", "/portal-links", "accounts:write", Some(portal)),
        ("PUT", "/services/{service_id}", "links:write", Some(service)),
        ("GET", "/services/{service_id}", "links:write", None),
        ("DELETE", "/services/{service_id}", "links:write", None),
        ("PUT", "/services/{service_id}/link", "links:write", Some(course)),
        ("GET", "/services/{service_id}/link", "links:write", None),
        ("DELETE", "/services/{service_id}/link", "links:write", None),
        ("GET", "/sessions", "links:read", None),
        ("POST", "/sessions:batch", "links:write", Some(json!({"sessions": []}))),
        ("PUT", "/sessions/{session_id}", "links:write", Some(booking)),
        ("GET", "/sessions/{session_id}", "links:read", None),
        ("DELETE", "/sessions/{session_id}", "links:write", None),
        ("GET", "/sessions/{session_id}/link", "links:read", None),
        ("PUT", "/sessions/{session_id}/link", "links:write", Some(json!({"mode": "none"}))),
        ("DELETE", "/sessions/{session_id}/link", "links:write", None),
        ("GET", "/sessions/{session_id}/link/explain", "links:read", None),
        ("GET", "/sessions/{session_id}/link/history", "links:read", None),
        ("GET", "/sessions/{session_id}/host-link", "links:host", None),
        ("POST", "/sessions/{session_id}/deliveries", "links:write", Some(delivery)),
        ("GET", "/stale-deliveries", "links:read", None),
        ("POST", "/links:batch", "links:read", Some(json!({"session_ids": ["s-1"]}))),
    ];
    let on_site = routes.into_iter().map(|(method, path, scope, body)| {
        (method.parse().unwrap(), format!("/v1/sites/{{site_id}}{path}"), scope, body)
    });
    on_site.chain([(Method::GET, "/v1/events".to_owned(), "events:read", None)]).collect()
}

/// A path of the contract with what its ids name, all of which is there.
fn filled(template: &str) -> String {
    IDS.iter().fold(template.to_owned(), |path, (name, id)| path.replace(&format!("{{{name}}}"), id))
}

/// Every route of the API, on what is there.
fn routes(world: &World) -> Vec<(Method, String, &'static str, Option<Value>)> {
    let filled =
        |(method, template, scope, body): (_, String, _, _)| (method, filled(&template), scope, body);
    templates(world).into_iter().map(filled).collect()
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

#[tokio::test]
async fn no_route_that_is_described_is_missing_among_those_that_are_tried() {
    let world = World::start(Backend::Embedded).await;
    let tried = templates(&world).into_iter().map(|(method, path, ..)| (method.to_string(), path));
    let tried = tried.collect::<BTreeSet<_>>();
    let document = world.get("/openapi.json").await.body;
    let mut described = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let methods = operations.as_object().unwrap().keys().filter(|key| !key.starts_with("x-"));
        let methods = methods.filter(|key| !["parameters", "summary", "description"].contains(&key.as_str()));
        described.extend(methods.map(|method| (method.to_uppercase(), path.clone())));
    }
    described.retain(|(_, path)| path.starts_with("/v1/"));
    assert!(described.len() > 20, "{described:?}");
    let forgotten = described.difference(&tried).collect::<Vec<_>>();
    assert!(forgotten.is_empty(), "add to the table of routes: {forgotten:?}");
}
