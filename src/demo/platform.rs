//! Speaks to the gateway as a bookings platform does: over HTTP, with a token. Knows no use case of the gateway.

use std::fmt;
use std::time::Duration;

use http::Request;
use http::StatusCode;
use http::header;
use http::request::Builder;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use crate::demo::issuer::Issuer;
use crate::providers::http::HttpClient;
use crate::providers::http::Unanswered;

/// Longer than the longest wait a request may ask for.
const TIMEOUT: Duration = Duration::from_secs(40);

/// The platform that the demo plays.
#[derive(Debug)]
pub(super) struct Platform {
    pub(super) http: HttpClient,
    /// Where the gateway's API is.
    pub(super) api: Url,
    pub(super) issuer: Issuer,
}

/// An answer of the API. Shows no body: it may hold a link.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    /// Null where the answer is empty or no JSON.
    pub(super) body: Value,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Reply {
    /// The text at a JSON pointer; empty where there is none.
    pub(super) fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// "409 default_account_required", or the status alone.
    pub(super) fn summary(&self) -> String {
        format!("{} {}", self.status.as_u16(), self.text("/code")).trim_end().to_owned()
    }
}

impl Platform {
    /// A fresh token.
    pub(super) fn token(&self) -> SecretString {
        self.issuer.token()
    }

    /// Reads. `path` starts at the root.
    pub(super) async fn get(&self, path: &str) -> Result<Reply, Unanswered> {
        self.send(Request::get(self.at(path)), &Value::Null).await
    }

    /// Puts a body.
    pub(super) async fn put(&self, path: &str, body: &Value) -> Result<Reply, Unanswered> {
        self.send(Request::put(self.at(path)), body).await
    }

    /// Puts a session, and waits for its meeting as long as one may.
    pub(super) async fn put_waiting(&self, path: &str, body: &Value) -> Result<Reply, Unanswered> {
        self.send(Request::put(self.at(path)).header("prefer", "wait=30"), body).await
    }

    /// Posts a body.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Reply, Unanswered> {
        self.send(Request::post(self.at(path)), body).await
    }

    /// Deletes.
    pub(super) async fn delete(&self, path: &str) -> Result<Reply, Unanswered> {
        self.send(Request::delete(self.at(path)), &Value::Null).await
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.api.as_str().trim_end_matches('/'))
    }

    async fn send(&self, request: Builder, body: &Value) -> Result<Reply, Unanswered> {
        let bearer = format!("Bearer {}", self.token().expose_secret());
        let mut request = request.header(header::AUTHORIZATION, bearer);
        let mut bytes = Vec::new();
        if !body.is_null() {
            request = request.header(header::CONTENT_TYPE, "application/json");
            bytes = body.to_string().into_bytes();
        }
        let request = request.body(bytes).expect("a method, an address and headers of printable ASCII");
        let answer = self.http.send(request, TIMEOUT).await?;
        let body = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        Ok(Reply { status: answer.status, body })
    }
}
