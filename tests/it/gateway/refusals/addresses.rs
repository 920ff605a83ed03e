//! Queries, methods and addresses that lead nowhere, what a body refers to, and strangers at the public door.

use reqwest::Method;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;

use crate::gateway::refusals::LIMIT;
use crate::gateway::refusals::SITE;
use crate::gateway::refusals::assert_problem;
use crate::gateway::refusals::everything;
use crate::gateway::refusals::routes;
use crate::gateway::refusals::world;
use crate::gateway::world::Backend;
use crate::gateway::world::World;
use crate::support::visitor::Answer;
use crate::support::visitor::Visitor;

#[tokio::test]
async fn a_query_that_is_not_known_is_refused_on_every_route() {
    let world = world().await;
    let before = everything(&world).await;
    for (method, path, _, body) in routes(&world) {
        let path = format!("{path}?nope=1");
        let reply = world.call(method.clone(), &path, body.as_ref()).await;
        assert_problem(&format!("{method} {path}"), &reply, 400, "invalid_query");
    }
    let queries = [
        "/sessions/s-1/link?audience=",
        "/sessions/s-1/link?audience=everybody",
        "/sessions/s-1/link?audience=Staff",
        "/sessions/s-1/link?audience=staff&audience=sms",
        "/sessions?from=tomorrow",
        "/sessions?from=2027-02-30T10:00:00Z",
        "/sessions?from=2027-02-03T10:00:00",
        "/sessions?to=9999-12-31T23:59:59Z",
        "/sessions?from=2027-02-03T10:00:00Z&to=2027-02-02T10:00:00Z",
        "/sessions?status=hidden",
        "/sessions?status=",
        "/sessions?service_id=",
        "/sessions?service_id=a%7Bb",
        "/sessions?staff_id=a%2Fb",
        "/sessions?staff_id=..",
        "/sessions?staff_id=%FF",
        "/stale-deliveries?session_id=a%3Ab",
        "/stale-deliveries?session_id=",
    ];
    let lists = ["/accounts", "/sessions", "/stale-deliveries", "/sessions/s-1/link/history"];
    let paged = lists.map(|list| format!("{SITE}{list}?cursor"));
    for list in paged.into_iter().chain(["/v1/events?after".to_owned()]) {
        // Not base64url, not UTF-8, not ours; `MC8u` is `0/.`, which looks like a place and names none.
        for cursor in ["", "%00", "x", "*", "====", "_w", "bm9ib2R5", "MC8u", "LTEvLS0v", &"A".repeat(4_000)]
        {
            let path = format!("{list}={cursor}");
            assert_problem(&path, &world.get(&path).await, 400, "invalid_query");
        }
        let (list, name) = list.split_once('?').unwrap();
        for limit in ["0", "201", "-1", "many", "1.5", "", "99999999999999999999", "1&limit=2", "%00"] {
            let path = format!("{list}?limit={limit}");
            assert_problem(&path, &world.get(&path).await, 400, "invalid_query");
        }
        let path = format!("{list}?{name}=x&{name}=x");
        assert_problem(&path, &world.get(&path).await, 400, "invalid_query");
    }
    for wait in ["31", "-1", "x", "", "1.5", "1&wait=1"] {
        let path = format!("/v1/events?wait={wait}");
        assert_problem(&path, &world.get(&path).await, 400, "invalid_query");
    }
    for query in queries {
        let path = format!("{SITE}{query}");
        assert_problem(&path, &world.get(&path).await, 400, "invalid_query");
    }
    let path = format!("{SITE}/accounts/default?meetings=burn");
    assert_problem(&path, &world.delete(&path).await, 400, "invalid_query");
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn an_address_or_method_that_is_not_there_is_named_so() {
    let world = world().await;
    let before = everything(&world).await;
    for (_, path, _, _) in routes(&world) {
        let reply = world.call(Method::PATCH, &path, Some(&json!({}))).await;
        assert_problem(&path, &reply, 405, "method_not_allowed");
        assert!(!reply.headers["allow"].is_empty(), "{path}");
    }
    for path in [
        "/",
        "/v1",
        "/v1/sites",
        "/v1/nowhere",
        "/portal",
        "/j/x",
        "/oauth/zoom/callback",
        "/webhooks/zoom",
        "/v1/sites/studio/",
    ] {
        assert_problem(path, &world.get(path).await, 404, "not_found");
    }
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn what_a_body_refers_to_must_be_there() {
    let world = world().await;
    let before = everything(&world).await;
    let booking = world.booking("nothing", &[]);
    let reply = world.put("/v1/sites/studio/sessions/s-2", &booking).await;
    assert_problem("service", &reply, 404, "unknown_service");
    let gone = [
        ("/v1/sites/nowhere", "unknown_site"),
        ("/v1/sites/studio/services/nothing", "unknown_service"),
        ("/v1/sites/studio/sessions/s-2", "unknown_session"),
        ("/v1/sites/studio/sessions/s-2/link", "unknown_session"),
        ("/v1/sites/studio/sessions/s-2/link/explain", "unknown_session"),
        ("/v1/sites/studio/sessions/s-2/link/history", "unknown_session"),
        ("/v1/sites/studio/sessions/s-2/host-link", "unknown_session"),
        ("/v1/sites/studio/services/nothing/link", "unknown_service"),
        ("/v1/sites/studio/services/series/link", "not_found"),
        ("/v1/sites/studio/accounts/staff/bia", "not_found"),
    ];
    for (path, code) in gone {
        assert_problem(path, &world.get(path).await, 404, code);
    }
    let delivery = json!({"recipient": "r-1", "channel": "sms", "revision": 1});
    let mut later = delivery.clone();
    later["revision"] = json!(999_999);
    let (course, choice) = (json!({"url": "https://a.example/"}), json!({"mode": "none"}));
    let refused = [
        (Method::POST, "/sessions/s-2/deliveries", &delivery, 404, "unknown_session"),
        (Method::POST, "/sessions/s-1/deliveries", &later, 422, "invalid_body"),
        (Method::PUT, "/sessions/s-2/link", &choice, 404, "unknown_session"),
        (Method::PUT, "/services/nothing/link", &course, 404, "unknown_service"),
        (Method::PUT, "/services/yoga/link", &course, 409, "not_a_course"),
        (Method::PUT, "/services/series/link", &course, 409, "no_sessions_yet"),
    ];
    for (method, path, body, status, code) in refused {
        let reply = world.call(method, &format!("{SITE}{path}"), Some(body)).await;
        assert_problem(path, &reply, status, code);
    }
    let staff = |id: &str, owner: &str| json!({"actor": {"role": "staff", "staff_id": id}, "page": "connect_zoom", "owner": {"kind": "staff", "staff_id": owner}});
    let reply = world.post("/v1/sites/studio/portal-links", &staff("ana", "bia")).await;
    assert_problem("another's account", &reply, 403, "not_your_account");
    for path in [
        "/v1/sites/studio/services/nothing",
        "/v1/sites/studio/sessions/s-2",
        "/v1/sites/studio/accounts/staff/bia",
    ] {
        assert_eq!(world.delete(path).await.status, StatusCode::NO_CONTENT, "{path}");
    }
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn a_site_without_what_it_takes_refuses_in_the_contracts_words() {
    let world = World::start(Backend::Redis).await;
    let put = async |id: &str, body: Value| world.put(&format!("/v1/sites/{id}"), &body).await;
    assert_eq!(put("bare", json!({"staff_self_service": true})).await.status, StatusCode::CREATED);
    assert_eq!(put("closed", json!({})).await.status, StatusCode::CREATED);
    assert_eq!(put("poor", json!({"entitled": false})).await.status, StatusCode::CREATED);
    let before = everything(&world).await;
    let own = json!({"actor": {"role": "staff", "staff_id": "ana"}, "page": "manage"});
    let owner = json!({"actor": {"role": "owner"}, "page": "manage"});
    let cases = [
        ("/v1/sites/bare/portal-links", &own, 409, "default_account_required"),
        ("/v1/sites/closed/portal-links", &own, 403, "self_service_disabled"),
        ("/v1/sites/poor/portal-links", &owner, 403, "not_entitled"),
    ];
    for (path, body, status, code) in cases {
        assert_problem(path, &world.post(path, body).await, status, code);
    }
    let custom = json!({"provider": "custom_link", "url": "https://meet.example.com/room"});
    let reply = world.put("/v1/sites/bare/accounts/staff/ana", &custom).await;
    assert_problem("staff first", &reply, 409, "default_account_required");
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn a_stranger_at_the_public_door_gets_a_page_and_changes_nothing() {
    let world = world().await;
    let before = everything(&world).await;
    let guess = "A".repeat(43);
    let join = "A".repeat(38);
    let long = "x".repeat(4000);
    let gets = [
        (format!("/j/{join}"), 404),
        ("/j/x".to_owned(), 404),
        (format!("/j/{long}"), 404),
        ("/j/%00%FF".to_owned(), 404),
        ("/portal/open/%FF".to_owned(), 404),
        ("/j/".to_owned(), 404),
        (format!("/portal/open/{guess}"), 404),
        ("/portal/open/x%2Fy".to_owned(), 404),
        ("/portal".to_owned(), 403),
        ("/portal/connect?owner=default".to_owned(), 403),
        ("/portal/confirm".to_owned(), 403),
        ("/portal/custom-link?owner=default".to_owned(), 403),
        ("/portal/disconnect?owner=default".to_owned(), 403),
        ("/oauth/zoom/callback".to_owned(), 200),
        (format!("/oauth/zoom/callback?code=x&state={guess}"), 400),
        (format!("/oauth/zoom/callback?code=x&code=y&state={guess}"), 400),
        ("/v1/sites/studio".to_owned(), 404),
        ("/readyz".to_owned(), 404),
        ("/portal/assets/nothing.css".to_owned(), 404),
        ("/portal/assets/..%2Fstyle.css".to_owned(), 404),
    ];
    for (path, status) in gets {
        let answer = Visitor::new().get(world.public.join(&path).unwrap()).await;
        assert_page(&path, &answer, status);
    }
    let posts = [
        "/portal/connect?owner=default",
        "/portal/confirm",
        "/portal/use-another",
        "/portal/cancel",
        "/portal/custom-link?owner=default",
        "/portal/disconnect?owner=default",
        "/portal/done",
    ];
    for path in posts {
        let form = [("form_token".to_owned(), guess.clone()), ("url".to_owned(), "x".repeat(LIMIT))];
        let answer = Visitor::new().post(world.public.join(path).unwrap(), &form).await;
        assert_page(path, &answer, 403);
    }
    let answer = Visitor::new().post(world.public.join(&format!("/j/{join}")).unwrap(), &[]).await;
    assert_page("POST /j", &answer, 404);
    assert_eq!(everything(&world).await, before);
}

/// Asserts a page of ours with this status: whole, named, not to be kept.
#[track_caller]
fn assert_page(what: &str, answer: &Answer, status: u16) {
    assert_eq!(answer.status.as_u16(), status, "{what}: {}", answer.text);
    assert!(!answer.header("x-request-id").is_empty(), "{what}");
    assert_eq!(answer.header("cache-control"), "no-store", "{what}");
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'"), "{what}");
    if !what.contains("assets") {
        assert!(
            answer.text.contains("<html lang=") && answer.text.contains("<h1>"),
            "{what}: {}",
            answer.text
        );
    }
}
