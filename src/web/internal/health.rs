//! Answers whether the process runs (`/livez`) and takes work (`/readyz`).

use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::routing::get;
use serde::Serialize;

use crate::web::internal::state::Internal;

/// How long the store may take to answer before it counts as away.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug, Serialize)]
struct Health {
    status: &'static str,
    checks: Checks,
}

#[derive(Debug, Serialize)]
struct Checks {
    store: &'static str,
    shutdown: &'static str,
}

/// `/livez`: depends on nothing but the process itself.
pub(super) fn alive() -> Router {
    Router::new().route("/livez", get(|| async { Json(serde_json::json!({ "status": "ok" })) }))
}

/// `/readyz`: 200 when the store answers and the process is not shutting down, else 503 with the failing check.
pub(super) fn ready(state: Internal) -> Router {
    Router::new().route("/readyz", get(readiness)).with_state(state)
}

async fn readiness(State(state): State<Internal>) -> Response {
    let stopping = state.readiness.has_ended();
    let answered = tokio::select! {
        answer = state.gateway.work.ping() => answer.is_ok(),
        () = state.gateway.clock.wait(PATIENCE) => false,
    };
    let ready = answered && !stopping;
    let checks = Checks {
        store: if answered { "ok" } else { "unavailable" },
        shutdown: if stopping { "shutting_down" } else { "ok" },
    };
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Health { status: if ready { "ok" } else { "unavailable" }, checks })).into_response()
}
