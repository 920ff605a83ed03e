//! Owns how a connection is cut: no answer at all, or half of one. Works on the simulator's own accept loop.

use std::convert::Infallible;
use std::io;

use axum::body::Body;
use axum::body::Bytes;
use axum::http::header;
use axum::response::Response;
use futures_util::StreamExt;
use futures_util::stream;
use http_body_util::BodyExt;

/// Marks a response that never goes out: the connection closes without a byte of it.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the simulator cut the connection before answering")]
pub(super) struct Cut;

/// A response that never goes out.
///
/// On a server other than the simulator's own it goes out as an answer whose body breaks off.
pub(super) fn no_answer() -> Response {
    let mut response = Response::new(broken_after(Bytes::new()));
    response.extensions_mut().insert(Cut);
    response
}

/// The same response with the second half of its body missing: the connection breaks off.
pub(super) async fn truncated(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    parts.headers.insert(header::CONTENT_LENGTH, whole.len().max(2).into());
    Response::from_parts(parts, broken_after(whole.slice(..whole.len() / 2)))
}

/// A body that ends in an error; the pause before it lets hyper send what came first.
fn broken_after(start: Bytes) -> Body {
    let broken = stream::once(async {
        tokio::task::yield_now().await;
        Err(io::Error::new(io::ErrorKind::ConnectionReset, Cut))
    });
    Body::from_stream(stream::once(async { Ok(start) }).chain(broken))
}

/// What the accept loop makes of a response: an error makes hyper close the connection without answering.
pub(super) fn released(response: Result<Response, Infallible>) -> Result<Response, Cut> {
    match response {
        Ok(response) if response.extensions().get::<Cut>().is_some() => Err(Cut),
        Ok(response) => Ok(response),
        Err(never) => match never {},
    }
}
