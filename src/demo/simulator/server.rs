//! Puts the simulator together, and serves it on an accept loop that can cut connections.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::extract::Path;
use axum::extract::Request;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use url::Url;

use crate::app::ports::clock::Clock;
use crate::demo::simulator::answer::Answer;
use crate::demo::simulator::clock::SimulatedClock;
use crate::demo::simulator::control;
use crate::demo::simulator::cut;
use crate::demo::simulator::entropy::Entropy;
use crate::demo::simulator::exchange::exchange;
use crate::demo::simulator::meetings::change;
use crate::demo::simulator::meetings::list::list;
use crate::demo::simulator::notices::Subscriber;
use crate::demo::simulator::oauth;
use crate::demo::simulator::operation::Operation;
use crate::demo::simulator::pages;
use crate::demo::simulator::received::Received;
use crate::demo::simulator::settings::Settings;
use crate::demo::simulator::state::Act;
use crate::demo::simulator::state::Call;
use crate::demo::simulator::state::Shared;
use crate::demo::simulator::users;
use crate::providers::http::HttpClient;
use crate::providers::http::NoClient;

const BODY_LIMIT: usize = 256 * 1024;
/// How long open connections may take to end at a shutdown.
const DRAIN: Duration = Duration::from_secs(5);

/// A stateful stand-in for Zoom, on one address.
pub struct Simulator {
    shared: Arc<Shared>,
    beside: Router,
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator").finish_non_exhaustive()
    }
}

impl Simulator {
    /// Starts empty; the same seed gives the same ids and tokens.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>, seed: u64) -> Self {
        let shared = Shared::new(settings, SimulatedClock::new(clock), Entropy::new(seed));
        Self { shared: Arc::new(shared), beside: Router::new() }
    }

    /// Tells the app at this address what happens, from the beginning. Fails where no client can be made.
    pub fn telling(self, url: Url) -> Result<Self, NoClient> {
        let http = HttpClient::open()?;
        self.shared.open().webhooks.subscribe(Some(Subscriber { url, http }));
        Ok(self)
    }

    /// Answers these routes, too: pages that live on the simulator's address without being Zoom's.
    #[must_use]
    pub fn beside(self, routes: Router) -> Self {
        Self { beside: self.beside.merge(routes), ..self }
    }

    /// All routes. Faults that cut the connection need [`Simulator::serve`]: elsewhere they become broken bodies.
    pub fn router(&self) -> Router {
        let user = get(rest(Operation::ShowUser, users::show));
        let meetings =
            get(rest(Operation::ListMeetings, list)).post(rest(Operation::CreateMeeting, change::create));
        let meeting = get(rest(Operation::FindMeeting, change::find))
            .patch(rest(Operation::UpdateMeeting, change::update))
            .delete(rest(Operation::DeleteMeeting, change::delete));
        Router::new()
            .route("/v2/users/{subject}", user)
            .route("/v2/users/{subject}/meetings", meetings)
            .route("/v2/meetings/{subject}", meeting)
            .route("/", get(pages::home))
            .route("/j/{id}", get(pages::join))
            .route("/s/{id}", get(pages::start))
            .route("/simulator.css", get(pages::style))
            .merge(oauth::routes())
            .merge(control::routes())
            .fallback(unknown_endpoint)
            .layer(DefaultBodyLimit::max(BODY_LIMIT))
            .with_state(Arc::clone(&self.shared))
            .merge(self.beside.clone())
    }

    /// Serves HTTP/1.1 until the shutdown, then lets open connections end.
    ///
    /// # Errors
    /// When the listener fails; a connection that fails does not end the others.
    pub async fn serve(self, listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
        let router = self.router();
        let connections = GracefulShutdown::new();
        loop {
            let accepted = tokio::select! {
                () = shutdown.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => serve_connection(stream, router.clone(), &connections),
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => return Err(error),
            }
        }
        let drained = tokio::time::timeout(DRAIN, connections.shutdown()).await;
        if drained.is_err() {
            tracing::debug!("connections to the Zoom simulator were cut at its shutdown");
        }
        Ok(())
    }
}

/// The route of a REST operation, whose path names a user or a meeting.
fn rest(
    operation: Operation,
    act: Act,
) -> impl Fn(Extract<Arc<Shared>>, Path<String>, Received) -> BoxFuture<'static, Response> + Clone {
    move |Extract(shared), Path(subject), received| {
        exchange(shared, Call { operation, received: received.naming(subject), act }).boxed()
    }
}

fn serve_connection(stream: TcpStream, router: Router, connections: &GracefulShutdown) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let router = router.clone();
        async move { cut::released(router.oneshot(request.map(Body::new)).await) }
    });
    let connection =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to the Zoom simulator ended early");
        }
    });
}

async fn unknown_endpoint(_request: Request) -> Answer {
    Answer::refusal(StatusCode::NOT_FOUND, 2300, "This API endpoint is not recognized.")
}
