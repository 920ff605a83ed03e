//! `/metrics`: what operators watch, as `OpenMetrics` text. Needs no token, as readiness.

use axum::Router;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::routing::get;

use crate::app::gateway::Gateway;
use crate::app::vitals;
use crate::web::metrics::Metrics;
use crate::web::problem::Problem;
use crate::web::problem::method_not_allowed;

const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// The address of metrics: apart from the API, whose load does not concern it. Not in the API's document.
pub fn metrics(gateway: Gateway, metrics: Metrics) -> Router {
    Router::new()
        .route("/metrics", get(scrape))
        .method_not_allowed_fallback(method_not_allowed)
        .with_state((gateway, metrics))
}

/// Answers 200 also while the store is away: that is one of the metrics.
async fn scrape(State((gateway, metrics)): State<(Gateway, Metrics)>) -> Result<Response, Problem> {
    let vitals = vitals::read(&gateway).await;
    let written = metrics.render(&vitals, gateway.clock.now()).map_err(|_| Problem::internal())?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], written).into_response())
}
