//! The order in which a request is refused: 401, 403, tenancy, ids and query, body (contract.md section 2).

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::put;
use greenroom::domain::id::SessionId;
use greenroom::web::auth::OnSite;
use greenroom::web::auth::Verifier;
use greenroom::web::auth::authenticated;
use greenroom::web::auth::needs;
use greenroom::web::extract::Json;
use greenroom::web::extract::NoParameters;
use greenroom::web::extract::PathId;
use greenroom::web::extract::Query;
use greenroom::web::frame::Frame;
use greenroom::web::headers::Audience;
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;
use tower::ServiceExt;

use crate::auth::attacks::settings;
use crate::auth::issuer::KeySet;
use crate::auth::issuer::Signer;
use crate::auth::issuer::TestClock;
use crate::auth::issuer::claims;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
}

async fn name(
    site: OnSite<needs::LinksRead>,
    PathId(session): PathId<SessionId>,
    Query(NoParameters {}): Query<NoParameters>,
    Json(body): Json<Named>,
) -> String {
    format!("{} {session} {}", site.site.id(), body.name)
}

fn app() -> Router {
    let verifier = Verifier::new(&settings(), Arc::new(KeySet::of(&[])), Arc::new(TestClock::new()));
    let routes = Router::new().route("/v1/sites/{site_id}/sessions/{session_id}", put(name));
    Frame::new(Audience::Internal, 10).around_all(authenticated(routes, Arc::new(verifier)))
}

fn token(over: Value) -> String {
    Signer::shared().token(&json!({"alg": "HS256"}), &claims("dev", over))
}

/// What one more right thing in the request leads to.
struct Attempt {
    token: Option<String>,
    uri: &'static str,
    media: &'static str,
    body: String,
}

async fn answer(attempt: Attempt) -> (u16, Value, Option<String>) {
    let mut request = Request::put(attempt.uri).header("content-type", attempt.media);
    if let Some(token) = attempt.token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let response = app().oneshot(request.body(Body::from(attempt.body)).unwrap()).await.unwrap();
    let challenge = response.headers().get("www-authenticate");
    let challenge = challenge.map(|value| value.to_str().unwrap().to_owned());
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    if parts.status.as_u16() != 200 {
        assert_eq!(parts.headers["content-type"], "application/problem+json");
        assert_eq!(body["request_id"], parts.headers["x-request-id"].to_str().unwrap());
        assert_eq!(body["status"], parts.status.as_u16());
    }
    (parts.status.as_u16(), body, challenge)
}

#[tokio::test]
async fn a_request_that_is_wrong_in_every_way_is_refused_in_the_order_of_the_contract() {
    let bad = "/v1/sites/s9/sessions/a%20b?x=1";
    let on_site = "/v1/sites/s1/sessions/a%20b?x=1";
    let with_id = "/v1/sites/s1/sessions/a?x=1";
    let good = "/v1/sites/s1/sessions/a";
    let scoped = || Some(token(json!({})));
    let unscoped = Some(token(json!({"scope": "sites:write"})));
    let large = || "x".repeat(64 * 1024 + 1);
    let steps = [
        (None, bad, "text/plain", large(), 401, "unauthenticated"),
        (Some("a.b.c".to_owned()), bad, "text/plain", large(), 401, "unauthenticated"),
        (unscoped, bad, "text/plain", large(), 403, "missing_scope"),
        (scoped(), bad, "text/plain", large(), 404, "unknown_site"),
        (scoped(), on_site, "text/plain", large(), 400, "invalid_id"),
        (scoped(), with_id, "text/plain", large(), 400, "invalid_query"),
        (scoped(), good, "text/plain", large(), 413, "too_large"),
        (scoped(), good, "text/plain", "{".to_owned(), 415, "unsupported_media_type"),
        (scoped(), good, "application/json", "{".to_owned(), 400, "malformed_json"),
        (scoped(), good, "application/json", r#"{"name":1}"#.to_owned(), 422, "invalid_body"),
    ];
    for (token, uri, media, body, status, code) in steps {
        let (answered, problem, challenge) = answer(Attempt { token, uri, media, body }).await;
        assert_eq!((answered, problem["code"].as_str().unwrap()), (status, code));
        assert_eq!(challenge.is_some(), status == 401, "{code}");
    }
    let body = r#"{"name":"x"}"#.to_owned();
    let media = "application/json; charset=utf-8";
    let (status, text, _) = answer(Attempt { token: scoped(), uri: good, media, body }).await;
    assert_eq!((status, text), (200, json!("s1 a x")));
}

#[tokio::test]
async fn the_missing_scope_is_named() {
    let token = Some(token(json!({"scope": ""})));
    let attempt = Attempt { token, uri: "/v1/sites/s1/sessions/a", media: "", body: String::new() };
    let (_, problem, _) = answer(attempt).await;
    assert!(problem["detail"].as_str().unwrap().contains("links:read"), "{problem}");
}

#[tokio::test]
async fn a_token_for_all_sites_still_needs_a_site_id_that_fits() {
    let token = Some(token(json!({"sites": "*"})));
    let attempt = Attempt { token, uri: "/v1/sites/a%2Fb/sessions/a", media: "", body: String::new() };
    let (status, problem, _) = answer(attempt).await;
    assert_eq!((status, problem["code"].as_str().unwrap()), (400, "invalid_id"));
}

#[tokio::test]
async fn a_wrong_method_without_a_token_is_refused_for_the_token() {
    let request = Request::delete("/v1/sites/s1/sessions/a").body(Body::empty()).unwrap();
    let response = app().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 401);
    assert!(response.headers().contains_key("www-authenticate"));
}

#[tokio::test]
async fn a_wrong_method_and_an_unknown_route_are_problems_beside_the_guard() {
    for (uri, status) in [("/v1/sites/s1/sessions/a", 405), ("/v1/nowhere", 404)] {
        let request = Request::delete(uri).header("authorization", format!("Bearer {}", token(json!({}))));
        let response = app().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers().contains_key("allow"), status == 405, "{uri}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{uri}");
    }
}
