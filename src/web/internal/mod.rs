//! What services and operators reach: the v1 API, health, and the pages of problems.

mod health;
mod metrics;
mod openapi;
mod readiness;
mod state;
mod v1;

use axum::Router;
use serde_json::Value;

use crate::web::auth::authenticated;
use crate::web::frame::Frame;
use crate::web::headers::Audience;
use crate::web::problem_pages;

pub use crate::web::internal::metrics::metrics;
pub use crate::web::internal::readiness::Readiness;
pub use crate::web::internal::state::Given;
pub use crate::web::internal::state::Internal;
pub use crate::web::internal::v1::event_json;

/// So many requests are answered at once; the next is told to come back.
const MOST_RUNNING: usize = 1_024;

/// The router of the internal listener. Liveness and readiness are never shed for the API's load.
pub fn router(state: Internal) -> Router {
    let verifier = state.verifier.clone();
    let v1 = authenticated(v1::router().into(), verifier).with_state(state.clone());
    let api = v1.merge(Router::from(problem_pages::pages())).merge(openapi::router(document().to_string()));
    let ready = Router::from(health::ready()).with_state(state);
    framed(api, [ready, health::alive().into()], MOST_RUNNING)
}

/// The OpenAPI document of this listener, as it is served at `/openapi.json`.
pub fn document() -> Value {
    openapi::complete([
        v1::router().into_openapi(),
        health::alive().into_openapi(),
        health::ready().into_openapi(),
        openapi::described().into_openapi(),
        problem_pages::pages::<()>().into_openapi(),
    ])
}

/// Puts a frame of its own around each, with a bound of its own; the API's knows what nobody knows.
fn framed(api: Router, health: [Router; 2], most_running: usize) -> Router {
    let frame = || Frame::new(Audience::Internal, most_running);
    let health = health.into_iter().map(|router| frame().around(router));
    health.fold(frame().around_all(api), Router::merge)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::Body;
    use axum::http::Request;
    use axum::http::StatusCode;
    use axum::routing::get;
    use tokio::sync::Notify;
    use tower::ServiceExt;

    use super::*;

    async fn ask(router: &Router, path: &str) -> StatusCode {
        let request = Request::get(path).body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn health_is_answered_while_the_api_is_full() {
        let entered = Arc::new(Notify::new());
        let bell = Arc::clone(&entered);
        let stuck = get(move || async move {
            bell.notify_one();
            std::future::pending::<()>().await;
        });
        let health = ["/readyz", "/livez"].map(|path| Router::new().route(path, get(|| async {})));
        let router = framed(Router::new().route("/v1/stuck", stuck), health, 1);
        let one = router.clone();
        let running = tokio::spawn(async move { ask(&one, "/v1/stuck").await });
        entered.notified().await;
        assert_eq!(ask(&router, "/v1/stuck").await, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(ask(&router, "/readyz").await, StatusCode::OK);
        assert_eq!(ask(&router, "/livez").await, StatusCode::OK);
        running.abort();
    }
}
