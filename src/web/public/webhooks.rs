//! `/webhooks/zoom`: where Zoom tells unasked what happened (R32). No page: Zoom reads statuses, operators problems.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::routing::post;
use tokio::sync::Semaphore;
use tracing::warn;

use crate::app::gateway::Gateway;
use crate::app::webhooks;
use crate::app::webhooks::Answer;
use crate::web::frame::SHED_RETRY;
use crate::web::metrics::Metrics;
use crate::web::problem::Problem;
use crate::web::problem::method_not_allowed;
use crate::web::public::waiting::WaitingBodies;
use crate::web::urls;

/// The largest body that is read: 1 MiB (correctness.md section 7).
const LARGEST: usize = 1024 * 1024;
/// How long a whole body may take to arrive: Zoom waits no longer for the answer (zoom/facts.md 5.1).
const BODY_DEADLINE: Duration = Duration::from_secs(3);
/// So many bytes are held at once of bodies that are waited for.
const MOST_WAITING_BYTES: usize = 64 * 1024 * 1024;
/// So many are verified and kept at once.
const MOST_RUNNING: usize = 64;

/// The address for webhooks: apart from the pages, whose forms, cookies and limits it does not share. What comes of each
/// is counted.
pub fn webhooks(gateway: Gateway, metrics: Metrics) -> Router {
    let hooks = Hooks {
        gateway,
        metrics,
        waiting: WaitingBodies::new(MOST_WAITING_BYTES),
        running: Arc::new(Semaphore::new(MOST_RUNNING)),
    };
    Router::new()
        .route(urls::ZOOM_WEBHOOKS, post(zoom))
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(hooks)
}

#[derive(Clone)]
struct Hooks {
    gateway: Gateway,
    metrics: Metrics,
    waiting: WaitingBodies,
    running: Arc<Semaphore>,
}

/// Takes in what Zoom tells: 200 once it is kept, or known, or of no use. 401 `bad_signature` where it is not proven to be
/// Zoom's; 408 `request_timeout` where its body takes too long; 503 `overloaded` where there are too many, and
/// `store_unavailable` where it cannot be kept: Zoom tells it again.
async fn zoom(State(hooks): State<Hooks>, request: Request) -> Result<Response, Problem> {
    let taken = take(&hooks, request).await;
    hooks.metrics.count_webhook(&taken);
    Ok(match taken? {
        Answer::Challenge(json) => {
            let kind = HeaderValue::from_static("application/json");
            ([(header::CONTENT_TYPE, kind)], json).into_response()
        }
        Answer::Taken(_) => StatusCode::OK.into_response(),
    })
}

async fn take(hooks: &Hooks, request: Request) -> Result<Answer, Problem> {
    let (parts, body) = request.into_parts();
    let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
    let headers =
        parts.headers.iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), text(value)?)));
    let headers = headers.collect::<Vec<_>>();
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>();
    // Before the body: who cannot be Zoom keeps nobody waiting.
    let claim = webhooks::claim(&hooks.gateway, &headers)?;
    let body = hooks.waiting.read(body, (LARGEST, BODY_DEADLINE)).await?;
    // Only now: a seat that is held while a body is waited for could be held by anybody.
    let Ok(_running) = hooks.running.try_acquire() else {
        warn!("webhook put off: too many are kept at once");
        return Err(Problem::overloaded(SHED_RETRY));
    };
    Ok(webhooks::receive(&hooks.gateway, &claim, &body).await?)
}
