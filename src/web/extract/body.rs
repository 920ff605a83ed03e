//! Reads a body to its end, within a size and a time.

use std::time::Duration;

use axum::body::Body;
use axum::body::Bytes;
use http_body_util::BodyExt;
use http_body_util::LengthLimitError;
use http_body_util::Limited;

use crate::web::problem::Code;
use crate::web::problem::Problem;

/// How long a whole body may take to arrive: a connection that trickles is not held longer.
const BODY_DEADLINE: Duration = Duration::from_secs(15);

/// Reads a body of at most so many bytes.
///
/// Refuses with 413 `too_large`, 408 `request_timeout`, or 400 `malformed_json` where the connection breaks off.
pub async fn read_body(body: Body, limit: usize) -> Result<Bytes, Problem> {
    let whole = tokio::time::timeout(BODY_DEADLINE, Limited::new(body, limit).collect()).await;
    match whole {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(Problem::new(Code::TooLarge, format!("Send at most {limit} bytes.")))
        }
        Ok(Err(_)) => Err(Problem::new(Code::MalformedJson, "The body broke off. Send it again.")),
        Err(_) => Err(Problem::new(Code::RequestTimeout, Code::RequestTimeout.doc())),
    }
}
