//! Owns what surrounds every request: its name and span, the bound on how many run, panics, problem bodies, headers.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use axum::Router;
use axum::extract::MatchedPath;
use axum::extract::Request;
use axum::extract::State;
use axum::http::header;
use axum::middleware::Next;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::response::Response;
use futures_util::FutureExt;
use tokio::sync::Semaphore;
use tracing::Instrument;
use tracing::Span;
use tracing::field::Empty;

use crate::domain::id::RequestId;
use crate::web::headers::Audience;
use crate::web::problem::Problem;
use crate::web::problem::method_not_allowed;
use crate::web::problem::not_found;
use crate::web::request_id;

/// How long a caller is asked to stay away when too many requests run.
pub(in crate::web) const SHED_RETRY: Duration = Duration::from_secs(1);

/// What surrounds every request of a router.
#[derive(Debug, Clone)]
pub struct Frame {
    audience: Audience,
    running: Arc<Semaphore>,
}

impl Frame {
    /// For this audience, with at most so many requests running at a time (correctness.md section 8).
    pub fn new(audience: Audience, most_running: usize) -> Self {
        Self { audience, running: Arc::new(Semaphore::new(most_running.min(Semaphore::MAX_PERMITS))) }
    }

    /// The same for routes that bound by themselves what they run.
    pub fn unbounded(audience: Audience) -> Self {
        Self::new(audience, Semaphore::MAX_PERMITS)
    }

    /// Puts the frame around a router's routes and fallbacks. Routers framed apart, then merged, keep their own bounds.
    ///
    /// The request id stands in the request's extensions as a [`RequestId`].
    pub fn around<S: Clone + Send + Sync + 'static>(self, router: Router<S>) -> Router<S> {
        router.layer(from_fn_with_state(self, surround))
    }

    /// The same, and everything the router does not know is answered as a problem.
    pub fn around_all<S: Clone + Send + Sync + 'static>(self, router: Router<S>) -> Router<S> {
        self.around(router.fallback(not_found).method_not_allowed_fallback(method_not_allowed))
    }
}

async fn surround(State(frame): State<Frame>, mut request: Request, next: Next) -> Response {
    let id = request_id::of(request.headers());
    let span = span(&id, &request);
    request.extensions_mut().insert(id.clone());
    let started = Instant::now();
    let mut response = frame.run(request, next).instrument(span.clone()).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = with_body(&response, &problem, &id);
    }
    response.headers_mut().insert(request_id::X_REQUEST_ID, request_id::value(&id));
    frame.audience.complete(response.headers_mut());
    span.record("status", response.status().as_u16());
    span.record("latency_ms", u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX));
    span.in_scope(|| tracing::debug!("request answered"));
    response
}

impl Frame {
    async fn run(&self, request: Request, next: Next) -> Response {
        let Ok(_running) = self.running.try_acquire() else {
            tracing::warn!("request refused: too many run");
            return Problem::overloaded(SHED_RETRY).into_response();
        };
        AssertUnwindSafe(next.run(request)).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!("request panicked");
            Problem::internal().into_response()
        })
    }
}

/// Writes the problem's body, and keeps headers that were set around it (`Allow`, cookies).
fn with_body(response: &Response, problem: &Problem, id: &RequestId) -> Response {
    let mut answer = problem.answer(id);
    for (name, value) in response.headers() {
        if !matches!(*name, header::CONTENT_LENGTH | header::CONTENT_TYPE) {
            answer.headers_mut().append(name, value.clone());
        }
    }
    answer
}

/// The path as it was routed, never as it was sent: raw paths hold tokens.
fn span(id: &RequestId, request: &Request) -> Span {
    let path = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
    tracing::info_span!(
        "request",
        request.id = %id,
        method = %request.method(),
        path,
        status = Empty,
        latency_ms = Empty,
    )
}
