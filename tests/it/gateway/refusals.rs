//! Bad requests, on every route: each is a problem with the contract's code that says what to do, and writes nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Method;
use reqwest::StatusCode;
use reqwest::header::AUTHORIZATION;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use serde_json::json;

use crate::gateway::stored::dump;
use crate::gateway::world::Backend;
use crate::gateway::world::Reply;
use crate::gateway::world::World;
use crate::support::visitor::Answer;
use crate::support::visitor::Visitor;

const SITE: &str = "/v1/sites/studio";
const LIMIT: usize = 64 * 1024;

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
        (Method::PUT, at("/sessions/s-1"), "links:write", Some(world.booking("yoga", &["ana"]))),
        (Method::GET, at("/sessions/s-1"), "links:read", None),
        (Method::DELETE, at("/sessions/s-1"), "links:write", None),
        (Method::GET, at("/sessions/s-1/link"), "links:read", None),
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

#[tokio::test]
async fn who_does_not_say_who_it_is_learns_nothing_and_changes_nothing() {
    let world = world().await;
    let before = everything(&world).await;
    let expired = world.token_with(&json!({"iat": 1, "exp": 600}));
    let foreign = world.token_with(&json!({"iss": "somebody"}));
    let elsewhere = world.token_with(&json!({"aud": "billing"}));
    let eternal = world.token_with(&json!({"exp": 99_999_999_999_u64}));
    let tokens =
        [None, Some(""), Some("x.y.z"), Some(&*expired), Some(&*foreign), Some(&*elsewhere), Some(&*eternal)];
    for (method, path, _, body) in routes(&world) {
        for token in tokens {
            let mut request = world.anonymous(method.clone(), &path);
            if let Some(token) = token {
                request = request.header(AUTHORIZATION, format!("Bearer {token}"));
            }
            let reply = world.send(request, body.as_ref()).await;
            assert_problem(&format!("{method} {path} {token:?}"), &reply, 401, "unauthenticated");
            assert!(reply.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"), "{path}");
        }
    }
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn every_route_needs_its_scope_and_no_other_will_do() {
    let world = world().await;
    let before = everything(&world).await;
    let scopes =
        ["sites:write", "accounts:read", "accounts:write", "links:read", "links:write", "links:host"];
    for (method, path, needed, body) in routes(&world) {
        let others = scopes.into_iter().filter(|scope| !needed.split(" or ").any(|own| own == *scope));
        let others = others.collect::<Vec<_>>().join(" ");
        let token = world.token_with(&json!({"scope": others}));
        let request = world.anonymous(method.clone(), &path).bearer_auth(token);
        let reply = world.send(request, body.as_ref()).await;
        assert_problem(&format!("{method} {path}"), &reply, 403, "missing_scope");
        assert_eq!(
            reply.body["detail"],
            format!("Ask the issuer for a token with the scope {needed}."),
            "{path}"
        );
    }
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn a_site_of_another_tenant_is_answered_as_one_that_does_not_exist() {
    let world = world().await;
    let before = everything(&world).await;
    let theirs = world.token_with(&json!({"sites": ["theirs"]}));
    let ours = world.token_with(&json!({"sites": ["nowhere"]}));
    let bytes = async |token: &str, method: &Method, path: &str, body: Option<&Value>| {
        let mut request = world.anonymous(method.clone(), path).bearer_auth(token);
        request = request.header("x-request-id", "same");
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let (status, mut headers) = (response.status(), response.headers().clone());
        headers.remove("date");
        (status, headers, response.text().await.unwrap())
    };
    for (method, path, _, body) in routes(&world) {
        let nowhere = path.replace("/studio", "/nowhere");
        let foreign = bytes(&theirs, &method, &path, body.as_ref()).await;
        assert!(foreign.0 == 404 && foreign.2.contains("\"unknown_site\""), "{method} {path} {foreign:?}");
        assert_eq!(bytes(&theirs, &method, &nowhere, body.as_ref()).await, foreign, "{method} {path}");
        let makes_it = method == Method::PUT && path == SITE;
        if !makes_it && method != Method::DELETE {
            assert_eq!(bytes(&ours, &method, &nowhere, body.as_ref()).await, foreign, "{method} {path}");
        }
    }
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn an_id_that_cannot_be_one_is_refused_wherever_it_stands() {
    let world = world().await;
    let before = everything(&world).await;
    let long = "a".repeat(65);
    let ids = [
        &*long,
        "a%7Bb",
        "a%7Db",
        "%7Bs:studio%7D",
        "a%3Ab",
        "a%2Fb",
        "a%00",
        "%C3%A9",
        "%FF",
        "a%20b",
        "a%0Ab",
        "*",
        "a%25",
    ];
    let places = [
        ("/v1/sites/ID", "site_id"),
        ("/v1/sites/ID/accounts", "site_id"),
        ("/v1/sites/studio/accounts/staff/ID", "staff_id"),
        ("/v1/sites/studio/services/ID", "service_id"),
        ("/v1/sites/studio/sessions/ID", "session_id"),
        ("/v1/sites/studio/sessions/ID/link", "session_id"),
    ];
    for (place, name) in places {
        for id in ids {
            let path = place.replace("ID", id);
            let reply = world.get(&path).await;
            assert_problem(&path, &reply, 400, "invalid_id");
            assert!(reply.body["detail"].as_str().unwrap().contains(name), "{path}: {}", reply.body);
        }
        let empty = place.replace("ID", "");
        let (status, code) = if empty.ends_with('/') { (404, "not_found") } else { (400, "invalid_id") };
        assert_problem(&empty, &world.get(&empty).await, status, code);
    }
    for (method, path, body) in writes(&world) {
        let (parent, last) = path.rsplit_once('/').unwrap();
        let id = (parent.ends_with('s') || parent.ends_with("staff"))
            && last != "default"
            && last != "portal-links";
        if id {
            let path = format!("{parent}/a%7Bb");
            let reply = world.call(method.clone(), &path, Some(&body)).await;
            assert_problem(&format!("{method} {path}"), &reply, 400, "invalid_id");
        }
    }
    for id in [
        json!(""),
        json!(long),
        json!("a{b}"),
        json!("a:b"),
        json!("a/b"),
        json!("a\u{0}"),
        json!("é"),
        json!(".."),
        json!("."),
    ] {
        let booking = world.booking("yoga", &["ana"]);
        let what = id.to_string();
        let path = "/v1/sites/studio/sessions/s-2";
        assert_points(
            &what,
            &world.put(path, &with(booking.clone(), "service_id", &id)).await,
            "/service_id",
        );
        let staff = json!(["ana", id]);
        assert_points(&what, &world.put(path, &with(booking, "staff_ids", &staff)).await, "/staff_ids/1");
        let link = json!({"actor": {"role": "staff", "staff_id": id}, "page": "manage"});
        let reply = world.post("/v1/sites/studio/portal-links", &link).await;
        assert_points(&what, &reply, "/actor/staff_id");
    }
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused_before_it_is_looked_into() {
    let world = world().await;
    let before = everything(&world).await;
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let large = format!("\"{}\"", "x".repeat(LIMIT - 1));
    for (method, path, body) in writes(&world) {
        let text = body.to_string();
        let truncated = &text[..text.len() - 1];
        let twice = format!("{{\"x\":1,\"x\":1,{}", &text[1..]);
        let twice_inside = format!("{{\"x\":{{\"y\":1,\"y\":2}},{}", &text[1..]);
        let malformed: [&[u8]; 12] = [
            b"",
            b"{",
            b"nonsense",
            b"{\"a\":NaN}",
            b"{} {}",
            b"{'a':1}",
            b"\xef\xbb\xbf{}",
            b"{\"a\":\"\\ud800\"}",
            b"{\"a\":\"\xff\"}",
            truncated.as_bytes(),
            twice.as_bytes(),
            twice_inside.as_bytes(),
        ];
        for bytes in malformed {
            let what = format!("{method} {path} {}", String::from_utf8_lossy(bytes));
            let reply = send_text(&world, (&method, &path), bytes.to_vec()).await;
            assert_problem(&what, &reply, 400, "malformed_json");
        }
        let nested =
            if text == "{}" { format!("{{\"x\":{deep}}}") } else { format!("{{\"x\":{deep},{}", &text[1..]) };
        let reply = send_text(&world, (&method, &path), nested).await;
        assert_problem("deep", &reply, 400, "malformed_json");
        let reply = send_text(&world, (&method, &path), large.clone()).await;
        assert_problem("large", &reply, 413, "too_large");
        assert!(reply.body["detail"].as_str().unwrap().contains(&LIMIT.to_string()), "{}", reply.body);
        for kind in
            [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/jsonp")]
        {
            let mut request = world.request(method.clone(), &path).body(text.clone());
            if let Some(kind) = kind {
                request = request.header(CONTENT_TYPE, kind);
            }
            let what = format!("{method} {path} {kind:?}");
            assert_problem(&what, &world.send(request, None).await, 415, "unsupported_media_type");
        }
    }
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn a_body_of_another_shape_is_refused_with_the_place() {
    let world = world().await;
    let before = everything(&world).await;
    for (method, path, body) in writes(&world) {
        let call = async |body: &Value| world.call(method.clone(), &path, Some(body)).await;
        for other in [json!([]), json!([1]), json!("x"), json!(7), json!(null), json!(true)] {
            assert_points(&format!("{method} {path} {other}"), &call(&other).await, "");
        }
        let as_list = Value::Array(body.as_object().unwrap().values().cloned().collect());
        assert_points(&format!("{path} {as_list}"), &call(&as_list).await, "");
        let odd = with(body.clone(), "no~pe/", &json!(1));
        assert_points(&path, &call(&odd).await, "/no~0pe~1");
        for field in body.as_object().unwrap().keys().filter(|field| *field != "staff_ids") {
            let what = format!("{method} {path} {field}");
            assert_points(&what, &call(&without(body.clone(), field)).await, &format!("/{field}"));
        }
        for (field, value) in body.as_object().unwrap() {
            for wrong in [json!([[]]), json!({"x": {}}), json!(1.5), json!(null), json!(-1)] {
                let reply = call(&with(body.clone(), field, &wrong)).await;
                assert_problem(
                    &format!("{method} {path} {field} {wrong} for {value}"),
                    &reply,
                    422,
                    "invalid_body",
                );
                let pointer = reply.body["errors"][0]["pointer"].as_str().unwrap();
                assert!(pointer.starts_with(&format!("/{field}")), "{field} {wrong}: {}", reply.body);
            }
        }
    }
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn a_value_out_of_range_is_refused_with_the_place() {
    let world = world().await;
    let before = everything(&world).await;
    let many: Vec<_> = (0..21).map(|number| format!("staff-{number}")).collect();
    let sessions = [
        ("title", json!("x".repeat(501))),
        ("title", json!("")),
        ("title", json!("a\u{0}b")),
        ("duration_minutes", json!(0)),
        ("duration_minutes", json!(1441)),
        ("duration_minutes", json!(65_536)),
        ("duration_minutes", json!("30")),
        ("staff_ids", json!(many)),
        ("time_zone", json!("Mars/Olympus_Mons")),
        ("time_zone", json!("")),
        ("time_zone", json!("+03:00")),
        ("starts_at", json!("tomorrow")),
        ("starts_at", json!("2027-02-30T10:00:00Z")),
        ("starts_at", json!("2027-02-03T10:00:00")),
        ("starts_at", json!("9999-12-31T23:59:59Z")),
        ("starts_at", json!("+012027-01-01T00:00:00Z")),
    ];
    for (field, value) in sessions {
        let body = with(world.booking("yoga", &["ana"]), field, &value);
        let reply = world.put("/v1/sites/studio/sessions/s-2", &body).await;
        assert_points(&format!("{field} {value}"), &reply, &format!("/{field}"));
    }
    let url = |url: &str| json!({"provider": "custom_link", "url": url});
    let custom = url("https://meet.example.com/room");
    let bodies = [
        ("/v1/sites/studio", json!({"display_name": "x".repeat(201)}), "/display_name"),
        ("/v1/sites/studio", json!({"display_name": ""}), "/display_name"),
        ("/v1/sites/studio", json!({"locale": "fr"}), "/locale"),
        ("/v1/sites/studio", json!({"visibility": {"fax": true}}), "/visibility/fax"),
        ("/v1/sites/studio", json!({"visibility": [true]}), "/visibility"),
        ("/v1/sites/studio/services/yoga", json!({"kind": "gig", "name": "x", "video": true}), "/kind"),
        ("/v1/sites/studio/services/yoga", json!({"kind": "class", "name": "", "video": true}), "/name"),
        ("/v1/sites/studio/accounts/default", url("http://meet.example.com"), "/url"),
        ("/v1/sites/studio/accounts/default", url("https://127.0.0.1/"), "/url"),
        ("/v1/sites/studio/accounts/default", url("https://u:p@meet.example.com/"), "/url"),
        ("/v1/sites/studio/accounts/default", with(custom.clone(), "provider", &json!("zoom")), "/provider"),
        (
            "/v1/sites/studio/accounts/default",
            with(custom.clone(), "password", &json!("x".repeat(129))),
            "/password",
        ),
        (
            "/v1/sites/studio/accounts/staff/ana",
            with(custom, "description", &json!("x".repeat(4001))),
            "/description",
        ),
    ];
    for (path, body, pointer) in bodies {
        assert_points(&format!("{path} {body}"), &world.put(path, &body).await, pointer);
    }
    let owner = json!({"role": "owner"});
    let links = [
        (json!({"actor": owner, "page": "manage", "return_to": "https://elsewhere.example/"}), "/return_to"),
        (json!({"actor": owner, "page": "manage", "return_to": "javascript:alert(1)"}), "/return_to"),
        (
            json!({"actor": owner, "page": "manage", "return_to": "http://127.0.0.1:1@elsewhere.example/"}),
            "/return_to",
        ),
        (json!({"actor": owner, "page": "manage", "locale": "xx"}), "/locale"),
        (json!({"actor": owner, "page": "connect_zoom"}), "/owner"),
        (json!({"actor": owner, "page": "manage", "owner": {"kind": "default"}}), "/owner"),
        (json!({"actor": {"role": "owner", "staff_id": "ana"}, "page": "manage"}), "/actor/staff_id"),
        (json!({"actor": ["owner"], "page": "manage"}), "/actor"),
        (json!({"actor": {"role": "root"}, "page": "manage"}), "/actor/role"),
    ];
    for (body, pointer) in links {
        let reply = world.post("/v1/sites/studio/portal-links", &body).await;
        assert_problem(&body.to_string(), &reply, 422, "invalid_body");
        let found = reply.body["errors"][0]["pointer"].as_str().unwrap();
        assert!(pointer.starts_with(found) && !found.is_empty(), "{body}: {}", reply.body);
    }
    assert_eq!(everything(&world).await, before);
}

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
        "/accounts?limit=0",
        "/accounts?limit=201",
        "/accounts?limit=-1",
        "/accounts?limit=many",
        "/accounts?cursor=%00",
        "/accounts?cursor=bm9ib2R5",
        "/accounts?limit=1&limit=2",
    ];
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
        ("/v1/sites/studio/accounts/staff/bia", "not_found"),
    ];
    for (path, code) in gone {
        assert_problem(path, &world.get(path).await, 404, code);
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
async fn a_request_keeps_its_name_where_it_fits() {
    let world = world().await;
    for path in [SITE, "/v1/sites/nowhere", "/v1/nowhere", "/livez"] {
        for (given, kept) in [("r-1.a_b~C", true), ("a b", false), ("a/b", false), (&"x".repeat(65), false)] {
            let request = world.request(Method::GET, path).header("x-request-id", given);
            let reply = world.send(request, None).await;
            assert_eq!(reply.headers["x-request-id"] == given, kept, "{path} {given}");
            assert!(!reply.headers["x-request-id"].is_empty(), "{path} {given}");
        }
    }
}

#[tokio::test]
async fn the_same_put_changes_nothing_and_a_stale_revision_is_refused() {
    let world = world().await;
    let site = world.get(SITE).await.body;
    let site = json!({"display_name": site["display_name"], "staff_self_service": true});
    let custom = json!({"provider": "custom_link", "url": "https://meet.example.com/room", "password": "pw"});
    assert_eq!(world.put("/v1/sites/studio/accounts/staff/ana", &custom).await.status, StatusCode::CREATED);
    let puts = [
        (SITE.to_owned(), site),
        (format!("{SITE}/services/yoga"), json!({"kind": "class", "name": "yoga", "video": true})),
        (format!("{SITE}/accounts/staff/ana"), custom),
        (format!("{SITE}/sessions/s-1"), world.booking("yoga", &["ana"])),
    ];
    for (path, body) in &puts {
        world
            .until("a quiet site", async || {
                let before = world.get(path).await.body["revision"].clone();
                world.put(path, body).await.body["revision"] == before
            })
            .await;
        let before = world.get(path).await;
        let tag = before.headers["etag"].to_str().unwrap().to_owned();
        assert_eq!(tag, format!("\"{}\"", before.body["revision"]), "{path}");
        let again = world.put(path, body).await;
        assert_eq!((again.status, &again.body), (StatusCode::OK, &before.body), "{path}");
        assert_eq!(again.headers["etag"], tag, "{path}");

        let stored = everything(&world).await;
        for stale in ["\"0\"", "\"999999\"", "W/\"1\"", "nonsense"] {
            for method in [Method::PUT, Method::DELETE] {
                let request = world.request(method.clone(), path).header("if-match", stale);
                let body = (method == Method::PUT).then_some(body);
                let reply = world.send(request, body).await;
                assert_problem(&format!("{method} {path} {stale}"), &reply, 412, "revision_mismatch");
            }
        }
        assert_eq!(everything(&world).await, stored, "{path}");
        let request = world.request(Method::PUT, path).header("if-match", &tag);
        assert_eq!(world.send(request, Some(body)).await.status, StatusCode::OK, "{path}");
    }
    for path in ["/services/new", "/sessions/new"] {
        let body = if path.contains("service") { &puts[1].1 } else { &puts[3].1 };
        let request = world.request(Method::PUT, &format!("{SITE}{path}")).header("if-match", "*");
        assert_problem(path, &world.send(request, Some(body)).await, 412, "revision_mismatch");
    }
}

#[tokio::test]
async fn a_date_near_the_end_of_time_and_one_long_past_are_answered() {
    let world = world().await;
    for (session, starts_at) in [
        ("last", "9999-12-30T22:00:00Z"),
        ("first", "1601-01-01T00:00:00Z"),
        ("year-0", "0000-01-01T00:00:00Z"),
    ] {
        let mut body = world.booking("yoga", &["ana"]);
        body["starts_at"] = json!(starts_at);
        body["duration_minutes"] = json!(1440);
        let path = format!("{SITE}/sessions/{session}");
        let reply = world.put(&path, &body).await;
        assert!(matches!(reply.status.as_u16(), 201 | 422), "{starts_at}: {} {}", reply.status, reply.body);
        if reply.status == StatusCode::CREATED {
            assert_eq!(world.get(&path).await.status, StatusCode::OK, "{starts_at}");
            assert_eq!(world.get(&format!("{path}/link")).await.status, StatusCode::OK, "{starts_at}");
        }
    }
    assert_eq!(world.book("s-2", "yoga", &["ana"]).await.body["link"]["status"], "ready");
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
