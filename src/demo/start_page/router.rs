//! Owns which address leads to which part of the start page, and the headers of all of them.

use axum::Router;
use axum::http::HeaderName;
use axum::http::header;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::get;
use axum::routing::post;

use crate::demo::start_page::acts;
use crate::demo::start_page::page;
use crate::demo::start_page::start::StartPage;

/// The routes below `/demo`.
pub(in crate::demo) fn router(start: StartPage) -> Router {
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; \
         form-action 'self' {} {}",
        start.addresses.public.origin().ascii_serialization(),
        start.addresses.simulator.origin().ascii_serialization(),
    );
    Router::new()
        .route("/demo", get(page::show))
        .route("/demo/style.css", get(page::style))
        .route("/demo/token", get(acts::token))
        .route("/demo/portal/{who}", post(acts::portal))
        .route("/demo/sessions", post(acts::book).get(page::home))
        .route("/demo/sessions/{id}/cancel", post(acts::cancel).get(page::home))
        .layer(map_response(move |response| secured(response, policy.clone())))
        .with_state(start)
}

/// `same-origin`: under `no-referrer` browsers send `Origin: null` with a post.
async fn secured(mut response: Response, policy: String) -> Response {
    let values = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, "same-origin".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (HeaderName::from_static("x-content-type-options"), "nosniff".to_owned()),
    ];
    for (name, value) in values {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
