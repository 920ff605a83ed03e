//! Accepts connections and bounds what they may cost: how many, how slow, how long idle. Knows no routes.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioExecutor;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// What a connection may cost (correctness.md section 8).
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many connections are open at a time; the next is told 503 and closed.
    pub connections: usize,
    /// How long the head of a request may take, and how long HTTP/1 waits for the next one.
    pub header_read: Duration,
    /// How long a connection without a running request stays open.
    pub idle: Duration,
    /// How long an idle connection gets to say goodbye, and to take what was answered.
    pub farewell: Duration,
    /// How long running requests get to finish once we stop.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            header_read: Duration::from_secs(20),
            idle: Duration::from_secs(75),
            farewell: Duration::from_secs(10),
            drain: Duration::from_secs(20),
        }
    }
}

/// Larger heads are refused: a token has 8 KiB at most.
const HEAD_LIMIT: usize = 32 * 1024;
/// How many requests one HTTP/2 connection may run at a time.
const STREAMS: u32 = 100;
/// How long accepting rests where the system has no more sockets.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);
/// What a connection beyond the limit is told.
const REFUSED: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 1\r\nconnection: close\r\n\r\n";

/// A bound address that answers with a router.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    limits: Limits,
}

impl Listener {
    /// Binds the address. Fails where it is taken or not ours.
    pub async fn bind(address: SocketAddr, limits: Limits) -> io::Result<Self> {
        Ok(Self { socket: TcpListener::bind(address).await?, limits })
    }

    /// The address that was bound: port 0 has become a real one.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Answers until `stop` is cancelled; then accepts no more, and returns when all running requests are answered or the
    /// drain time is over.
    pub async fn serve(self, router: Router, stop: CancellationToken) {
        let connections = TaskTracker::new();
        let free = Arc::new(Semaphore::new(self.limits.connections.min(Semaphore::MAX_PERMITS)));
        while let Some(stream) = self.accept(&stop).await {
            let Ok(permit) = Arc::clone(&free).try_acquire_owned() else {
                refuse(&stream);
                continue;
            };
            let connection = Connection { limits: self.limits, activity: Arc::default() };
            let (router, stop) = (router.clone(), stop.clone());
            connections.spawn(async move {
                connection.serve(stream, router, stop).await;
                drop(permit);
            });
        }
        drop(self.socket);
        connections.close();
        connections.wait().await;
    }

    /// The next connection; none once we stop.
    async fn accept(&self, stop: &CancellationToken) -> Option<TcpStream> {
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.cancelled() => return None,
                accepted = self.socket.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => return Some(stream),
                Err(error) if concerns_the_peer(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "connections cannot be accepted");
                    pause().await;
                }
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the system is out of sockets: no clock of ours says for how long"
)]
async fn pause() {
    tokio::time::sleep(EXHAUSTED_PAUSE).await;
}

fn concerns_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::ConnectionAborted;
    use io::ErrorKind::ConnectionRefused;
    use io::ErrorKind::ConnectionReset;
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Tells a connection beyond the limit so, if it takes it at once.
fn refuse(stream: &TcpStream) {
    tracing::warn!("connection refused: too many are open");
    if let Err(error) = stream.try_write(REFUSED) {
        tracing::debug!(%error, "refused connection did not take the answer");
    }
}

/// One connection while it is served.
struct Connection {
    limits: Limits,
    activity: Arc<Activity>,
}

impl Connection {
    async fn serve(self, stream: TcpStream, router: Router, stop: CancellationToken) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "connection keeps small packets back");
        }
        let activity = Arc::clone(&self.activity);
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            answer(router.clone(), request, Running::begin(&activity))
        });
        let builder = self.builder();
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let left = tokio::select! {
            ended = connection.as_mut() => return report(ended),
            () = self.activity.idle(self.limits) => self.limits.farewell,
            () = stop.cancelled() => self.limits.drain,
        };
        connection.as_mut().graceful_shutdown();
        if let Ok(ended) = tokio::time::timeout(left, connection).await {
            report(ended);
        } else {
            tracing::debug!("connection cut off");
        }
    }

    fn builder(&self) -> Builder<TokioExecutor> {
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.header_read)
            .max_buf_size(HEAD_LIMIT);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(u32::try_from(HEAD_LIMIT).unwrap_or(u32::MAX))
            .keep_alive_interval(self.limits.header_read)
            .keep_alive_timeout(self.limits.farewell);
        builder
    }
}

async fn answer(
    router: Router,
    request: hyper::Request<Incoming>,
    running: Running,
) -> Result<Response, Infallible> {
    let response = router.oneshot(request.map(Body::new)).await;
    drop(running);
    response
}

fn report(ended: Result<(), Box<dyn std::error::Error + Send + Sync>>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended badly");
    }
}

/// What runs on a connection, to know when it is idle.
#[derive(Debug, Default)]
struct Activity {
    running: AtomicUsize,
    changed: Notify,
}

impl Activity {
    /// Returns when nothing has run for too long. The first request has only the time to read its head: before it is
    /// known which HTTP is spoken, hyper itself waits for ever.
    async fn idle(&self, limits: Limits) {
        let mut allowed = limits.header_read;
        loop {
            let changed = tokio::time::timeout(allowed, self.changed.notified()).await;
            if changed.is_err() && self.running.load(Ordering::Acquire) == 0 {
                return;
            }
            allowed = limits.idle;
        }
    }
}

/// One running request; it ends when this is dropped.
struct Running(Arc<Activity>);

impl Running {
    fn begin(activity: &Arc<Activity>) -> Self {
        activity.running.fetch_add(1, Ordering::AcqRel);
        activity.changed.notify_one();
        Self(Arc::clone(activity))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::AcqRel);
        self.0.changed.notify_one();
    }
}
