//! Answers whether the process runs (`/livez`) and takes work (`/readyz`).

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::web::internal::state::Internal;
use crate::web::problem::Body;

/// How long the store may take to answer before it counts as away.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the process takes work.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Readiness, examples(json!({"status": "ok", "checks": {"store": "ok", "shutdown": "ok"}})))]
struct Health {
    /// `ok`, or `unavailable` where a check fails.
    status: &'static str,
    /// What was looked at.
    checks: Checks,
}

/// What readiness depends on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReadinessChecks)]
struct Checks {
    /// `ok`, or `unavailable` where the store does not answer.
    store: &'static str,
    /// `ok`, or `shutting_down`.
    shutdown: &'static str,
}

/// That the process runs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Liveness, examples(json!({"status": "ok"})))]
struct Alive {
    /// Always `ok`.
    status: &'static str,
}

/// `/livez`: depends on nothing but the process itself.
pub(super) fn alive() -> OpenApiRouter {
    OpenApiRouter::default().routes(routes!(liveness))
}

/// `/readyz`: 200 when the store answers and the process is not shutting down, else 503 with the failing check.
pub(super) fn ready() -> OpenApiRouter<Internal> {
    OpenApiRouter::default().routes(routes!(readiness))
}

/// Ask whether the process runs
///
/// Depends on nothing but the process itself.
#[utoipa::path(
    get,
    path = "/livez",
    operation_id = "isAlive",
    tag = "Service",
    responses((status = 200, description = "It runs.", body = Alive)),
)]
async fn liveness() -> Json<Alive> {
    Json(Alive { status: "ok" })
}

/// Ask whether the process takes work
///
/// It does while the store answers and it is not shutting down.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "isReady",
    tag = "Service",
    responses(
        (status = 200, description = "It takes work.", body = Health),
        (status = 503, description = "It takes none, as the failing check says; or it has too much to do.", content(
            (Health = "application/json"),
            (Body = "application/problem+json"),
        )),
    ),
)]
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
