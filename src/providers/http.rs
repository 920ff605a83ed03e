//! Owns the one outbound HTTP client: timeouts, a cap on bodies. Refuses redirects, repeats, and to name an address.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::Request;
use http::StatusCode;
use http::header::ACCEPT;
use tracing::debug;
use url::Url;
use zeroize::Zeroizing;

use crate::app::ports::provider::CallError;

/// How long a connection may take to be made, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection is kept for the next request: shorter than servers do, since a request on one that the
/// server is just closing is lost, and a lost create costs a reconciliation.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// How long a fetched document may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// The most bytes of a body, after decompression.
const BODY_CAP: usize = 1024 * 1024;

/// The most bytes of a body that nobody reads.
const DRAINED: usize = 16 * 1024;

/// The one outbound client. Cheap to clone; made once, in the composition root.
#[derive(Debug, Clone)]
pub struct HttpClient(Arc<dyn Transport>);

/// How requests go out and answers come in: sockets, or a test that has none.
#[async_trait::async_trait]
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends a request once. `timeout` covers all of it, from the connection to the last byte of the body.
    async fn send(&self, request: Request<Vec<u8>>, timeout: Duration) -> Result<Answer, Unanswered>;

    /// Sends a request once to somebody whose answer counts by its head alone: no body makes it fail.
    async fn notify(&self, request: Request<Vec<u8>>, timeout: Duration) -> Result<Answer, Unanswered> {
        self.send(request, timeout).await
    }
}

/// Requests on sockets of this machine.
#[derive(Debug)]
struct Sockets {
    outside: reqwest::Client,
    loopback: reqwest::Client,
}

/// The TLS library or the certificates of the machine cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the outbound HTTP client cannot be made")]
pub struct NoClient(#[source] reqwest::Error);

/// Why there is no answer, by what is known of the request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// Certainly not executed: no byte of it went out.
    #[error("the request was not sent")]
    NotSent(#[source] CallError),
    /// Perhaps executed.
    #[error("the answer was lost")]
    Lost(#[source] CallError),
}

/// An answer, whatever its status.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its whole body: it may hold tokens.
    pub body: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

impl HttpClient {
    /// Makes the client; fails where TLS cannot be set up.
    pub fn open() -> Result<Self, NoClient> {
        let outside = builder().build().map_err(NoClient)?;
        let loopback = builder().no_proxy().build().map_err(NoClient)?;
        Ok(Self::over(Arc::new(Sockets { outside, loopback })))
    }

    /// Makes the client over another way out.
    pub fn over(transport: Arc<dyn Transport>) -> Self {
        Self(transport)
    }

    /// Sends a request once; see [`Transport::send`].
    pub async fn send(&self, request: Request<Vec<u8>>, timeout: Duration) -> Result<Answer, Unanswered> {
        self.0.send(request, timeout).await
    }

    /// Sends a request once and takes the answer by its head; see [`Transport::notify`].
    pub async fn notify(&self, request: Request<Vec<u8>>, timeout: Duration) -> Result<Answer, Unanswered> {
        self.0.notify(request, timeout).await
    }

    /// Fetches a document: a 200, read whole; every other answer is an error.
    pub async fn fetch(&self, url: &Url) -> Result<Vec<u8>, CallError> {
        let request = Request::get(url.as_str()).header(ACCEPT, "application/json").body(Vec::new());
        let request = request.map_err(|_| CallError::Connect)?;
        let mut answer = self.send(request, FETCH_TIMEOUT).await.map_err(Unanswered::into_call_error)?;
        match answer.status {
            StatusCode::OK => Ok(std::mem::take(&mut *answer.body)),
            status => Err(CallError::Status(status.as_u16())),
        }
    }
}

#[async_trait::async_trait]
impl Transport for Sockets {
    async fn send(&self, request: Request<Vec<u8>>, timeout: Duration) -> Result<Answer, Unanswered> {
        read(self.execute(request, timeout).await?).await
    }

    async fn notify(&self, request: Request<Vec<u8>>, timeout: Duration) -> Result<Answer, Unanswered> {
        let mut response = self.execute(request, timeout).await?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        drain(response).await;
        Ok(Answer { status, headers, body: Zeroizing::default() })
    }
}

impl Sockets {
    async fn execute(
        &self,
        request: Request<Vec<u8>>,
        timeout: Duration,
    ) -> Result<reqwest::Response, Unanswered> {
        let client = if is_loopback(request.uri().host()) { &self.loopback } else { &self.outside };
        let mut request = reqwest::Request::try_from(request).map_err(not_sent)?;
        *request.timeout_mut() = Some(timeout);
        client.execute(request).await.map_err(unanswered)
    }
}

impl Unanswered {
    /// What went wrong, whether or not the request was executed.
    pub fn into_call_error(self) -> CallError {
        match self {
            Self::NotSent(error) | Self::Lost(error) => error,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one outbound client")]
fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("greenroom/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .gzip(true)
}

/// Whether a proxy has no part in reaching this host.
fn is_loopback(host: Option<&str>) -> bool {
    let host = host.unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

async fn read(mut response: reqwest::Response) -> Result<Answer, Unanswered> {
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let mut body = Zeroizing::new(Vec::new());
    while let Some(chunk) = response.chunk().await.map_err(unanswered)? {
        if body.len() + chunk.len() > BODY_CAP {
            return Err(Unanswered::Lost(CallError::Unreadable));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, headers, body })
}

/// Reads a small body away, so that the connection can be used again; of a large one the connection is given up.
async fn drain(mut response: reqwest::Response) {
    let mut read = 0;
    while let Ok(Some(chunk)) = response.chunk().await
        && read < DRAINED
    {
        read += chunk.len();
    }
}

/// Sorts an error of the transport. A connection that was not made carried nothing; of any other it is not known
/// how far the request came.
fn unanswered(error: reqwest::Error) -> Unanswered {
    let error = error.without_url();
    debug!(?error, "no answer to an outbound request");
    if error.is_connect() || error.is_builder() {
        Unanswered::NotSent(CallError::Connect)
    } else if error.is_timeout() {
        Unanswered::Lost(CallError::Timeout)
    } else {
        Unanswered::Lost(CallError::Broken)
    }
}

fn not_sent(error: reqwest::Error) -> Unanswered {
    let error = error.without_url();
    debug!(?error, "an outbound request that cannot be written");
    Unanswered::NotSent(CallError::Connect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_reached_without_a_proxy() {
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "[::1]"] {
            assert!(is_loopback(Some(host)), "{host}");
        }
        for host in ["api.zoom.us", "10.0.0.1", "localhost.example", ""] {
            assert!(!is_loopback(Some(host)), "{host}");
        }
        assert!(!is_loopback(None));
    }

    #[test]
    fn an_answer_does_not_show_its_body() {
        let answer = Answer {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Zeroizing::new(b"access-token-1".to_vec()),
        };
        assert_eq!(format!("{answer:?}"), "Answer { status: 200, .. }");
    }
}
