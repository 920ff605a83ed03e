//! Reads a body to its end, within a size and a time.

use std::time::Duration;

use axum::body::Body;
use axum::body::Bytes;
use axum::body::HttpBody;
use http_body_util::BodyExt;

use crate::web::problem::Code;
use crate::web::problem::Problem;

/// How long a whole body may take to arrive: a connection that trickles is not held longer.
const BODY_DEADLINE: Duration = Duration::from_secs(15);
/// How much of a body that is too large is read and thrown away: who still writes would not see the answer.
const DISCARDED: usize = 4 * 1024 * 1024;

/// Reads a body of at most so many bytes.
///
/// Refuses with 413 `too_large`, 408 `request_timeout`, or 400 `malformed_json` where the connection breaks off.
pub async fn read_body(body: Body, limit: usize) -> Result<Bytes, Problem> {
    read_body_within(body, (limit, BODY_DEADLINE), |_| {}).await
}

/// The same for a body that must be there within a time of its own; tells of each piece that is kept how many bytes it has.
pub async fn read_body_within(
    body: Body,
    (limit, deadline): (usize, Duration),
    kept: impl FnMut(usize) + Send,
) -> Result<Bytes, Problem> {
    match tokio::time::timeout(deadline, collect(body, limit, kept)).await {
        Ok(collected) => collected,
        Err(_) => Err(Problem::new(Code::RequestTimeout, Code::RequestTimeout.doc())),
    }
}

async fn collect(mut body: Body, limit: usize, mut kept: impl FnMut(usize) + Send) -> Result<Bytes, Problem> {
    let too_large = || Problem::new(Code::TooLarge, format!("Send at most {limit} bytes."));
    let most = limit.saturating_add(DISCARDED);
    if body.size_hint().lower() > most as u64 {
        return Err(too_large());
    }
    let (mut whole, mut size) = (Vec::new(), 0_usize);
    while let Some(frame) = body.frame().await {
        let frame =
            frame.map_err(|_| Problem::new(Code::MalformedJson, "The body broke off. Send it again."))?;
        let Ok(piece) = frame.into_data() else { continue };
        size = size.saturating_add(piece.len());
        if size <= limit {
            kept(piece.len());
            whole.extend_from_slice(&piece);
        } else if size > most {
            break;
        }
    }
    if size <= limit { Ok(Bytes::from(whole)) } else { Err(too_large()) }
}

#[cfg(test)]
mod tests {
    use std::io;

    use futures_util::StreamExt;
    use futures_util::stream;

    use super::*;

    async fn refusal(body: Body, limit: usize) -> Code {
        read_body(body, limit).await.unwrap_err().code()
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_given_up() {
        let trickle = stream::once(async { Ok::<_, io::Error>("a") }).chain(stream::pending());
        assert_eq!(refusal(Body::from_stream(trickle), 10).await, Code::RequestTimeout);
        let trickle = stream::once(async { Ok::<_, io::Error>("a") }).chain(stream::pending());
        let (begun, soon) = (tokio::time::Instant::now(), Duration::from_secs(3));
        let late = read_body_within(Body::from_stream(trickle), (10, soon), |_| {}).await.unwrap_err();
        assert_eq!((late.code(), begun.elapsed()), (Code::RequestTimeout, soon));
        let flood = stream::repeat_with(|| Ok::<_, io::Error>("a".repeat(1000)));
        assert_eq!(refusal(Body::from_stream(flood), 10).await, Code::TooLarge);
    }

    #[tokio::test]
    async fn the_limit_is_the_last_size_that_fits() {
        assert_eq!(read_body(Body::from("12345"), 5).await.unwrap(), "12345");
        assert_eq!(refusal(Body::from("123456"), 5).await, Code::TooLarge);
        let broken = stream::iter([Ok("1"), Err(io::Error::other("reset"))]);
        assert_eq!(refusal(Body::from_stream(broken), 5).await, Code::MalformedJson);
    }
}
