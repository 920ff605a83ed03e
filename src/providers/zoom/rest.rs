//! Owns how the REST API is called for a user: place, token, time limit, tracking id. Repeats nothing.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use http::Method;
use http::Request;
use http::header::ACCEPT;
use http::header::AUTHORIZATION;
use http::header::CONTENT_TYPE;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::debug;
use tracing::warn;
use url::Url;

use crate::app::ports::clock::Clock;
use crate::app::ports::provider::CallError;
use crate::app::ports::provider::Remaining;
use crate::app::ports::provider::Told;
use crate::providers::http::Answer;
use crate::providers::http::HttpClient;
use crate::providers::zoom::address::parse_api_url;
use crate::providers::zoom::error::Failure;
use crate::providers::zoom::error::classify;
use crate::providers::zoom::error::code_of;
use crate::providers::zoom::parts::Parts;
use crate::providers::zoom::settings::Settings;
use crate::providers::zoom::wire;

/// The REST API.
#[derive(Debug, Clone)]
pub(super) struct Rest {
    http: HttpClient,
    pub(super) settings: Arc<Settings>,
    pub(super) clock: Arc<dyn Clock>,
    timeout: Duration,
}

/// One call for a user.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) access: &'a SecretString,
    pub(super) api_url: Option<&'a Url>,
    /// Where to say what is left of the organisation's calls.
    pub(super) told: Option<&'a Told>,
    /// Below `/v2`.
    pub(super) path: &'a [&'a str],
    pub(super) query: &'a [(&'a str, &'a str)],
    /// JSON; empty for none.
    pub(super) body: Vec<u8>,
}

impl Rest {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            http: parts.http.clone(),
            settings: parts.settings.clone(),
            clock: parts.clock.clone(),
            timeout: parts.timeouts.api,
        }
    }

    /// Makes a call; an answer is a 2xx.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Answer, Failure> {
        let told = call.told;
        let request = self.request(call)?;
        let answer = self.http.send(request, self.timeout).await?;
        if let (Some(told), Some(remaining)) = (told, remaining(&answer)) {
            told.hear(remaining);
        }
        if answer.status.is_success() {
            return Ok(answer);
        }
        let failure = classify(&answer, self.clock.now());
        let (status, code) = (answer.status.as_u16(), code_of(&answer));
        if matches!(failure, Failure::Ambiguous(_)) {
            warn!(zoom.tracking_id = tracking_id(&answer), status, code, "zoom gave no clear answer");
        } else {
            debug!(zoom.tracking_id = tracking_id(&answer), status, code, "zoom refused a call");
        }
        Err(failure)
    }

    fn request(&self, call: Call<'_>) -> Result<Request<Vec<u8>>, Failure> {
        let url = self.url(&call);
        let bearer = format!("Bearer {}", call.access.expose_secret());
        let mut bearer = HeaderValue::try_from(bearer).map_err(|_| Failure::Token)?;
        bearer.set_sensitive(true);
        let request = Request::builder()
            .method(call.method)
            .uri(url.as_str())
            .header(AUTHORIZATION, bearer)
            .header(ACCEPT, "application/json");
        let request = if call.body.is_empty() {
            request
        } else {
            request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        };
        request.body(call.body).map_err(|_| Failure::NotExecuted(CallError::Connect))
    }

    /// The address of a call. Where a user's calls go was checked when it came, and is again: it may stem from
    /// before a change of the settings.
    fn url(&self, call: &Call<'_>) -> Url {
        let api_url = call.api_url.and_then(|url| parse_api_url(url.as_str(), &self.settings));
        let mut url = api_url.unwrap_or_else(|| self.settings.api_url.clone());
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push("v2").extend(call.path);
        }
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(call.query);
        }
        url
    }
}

/// Reads the body of a success. One that cannot be read leaves open what was done.
pub(super) fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, Failure> {
    wire::parse(&answer.body).ok_or_else(|| unreadable(answer))
}

/// Checks the answer to a call that gives nothing back: an edge's page in its place proves nothing.
pub(super) fn read_empty(answer: &Answer) -> Result<(), Failure> {
    if answer.body.is_empty() { Ok(()) } else { Err(unreadable(answer)) }
}

/// Says that a success cannot be read.
pub(super) fn unreadable(answer: &Answer) -> Failure {
    let status = answer.status.as_u16();
    warn!(zoom.tracking_id = tracking_id(answer), status, "zoom's answer cannot be read");
    Failure::Ambiguous(CallError::Unreadable)
}

/// Writes a body.
pub(super) fn write<T: Serialize>(body: &T) -> Vec<u8> {
    serde_json::to_vec(body).expect("texts, numbers and switches are always JSON")
}

/// What is left of the organisation's calls, where the answer says so (zoom/facts.md 4).
fn remaining(answer: &Answer) -> Option<Remaining> {
    let number = |name| answer.headers.get(name)?.to_str().ok()?.trim().parse().ok();
    Some(Remaining { limit: number("x-ratelimit-limit")?, left: number("x-ratelimit-remaining")? })
}

/// What Zoom's support asks for (zoom/facts.md 2.1).
pub(super) fn tracking_id(answer: &Answer) -> Option<&str> {
    answer.headers.get("x-zm-trackingid").and_then(|id| id.to_str().ok()).filter(|id| id.len() <= 128)
}
