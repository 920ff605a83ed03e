//! Owns what the app is told of, and how it is written and signed (zoom/facts.md 5.2 to 5.5). Sends nothing.

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use http::Request;
use http::header;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;
use url::Url;

use crate::providers::http::HttpClient;

/// Who is told of what happens, what they are yet to be told, and what they were told.
#[derive(Debug, Default)]
pub(super) struct Webhooks {
    pub(super) subscriber: Option<Subscriber>,
    waiting: Vec<Notice>,
    deliveries: Vec<Delivery>,
}

/// The app's webhook address.
#[derive(Debug, Clone)]
pub(super) struct Subscriber {
    pub(super) url: Url,
    pub(super) http: HttpClient,
}

/// Something the app is told.
#[derive(Debug, Clone)]
pub(super) struct Notice {
    event: &'static str,
    payload: Value,
}

/// What became of telling.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Delivery {
    event: &'static str,
    at: Timestamp,
    /// What the app answered; `None` where it gave no answer.
    status: Option<u16>,
    /// The meeting it was about.
    meeting_id: Option<u64>,
}

impl Notice {
    /// An event by Zoom's name for it, and what it says.
    pub(super) fn new(event: &'static str, payload: Value) -> Self {
        Self { event, payload }
    }

    fn meeting(&self) -> Option<u64> {
        self.payload.pointer("/object/id").and_then(Value::as_u64)
    }
}

impl Webhooks {
    /// Tells this address from here on; `None` tells nobody.
    pub(super) fn subscribe(&mut self, subscriber: Option<Subscriber>) {
        self.subscriber = subscriber;
        self.waiting.clear();
    }

    /// Notes what somebody is to be told, if anybody is.
    pub(super) fn note(&mut self, notice: Notice) {
        if self.subscriber.is_some() {
            self.waiting.push(notice);
        }
    }

    /// Takes what is waiting to be told.
    pub(super) fn take(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.waiting)
    }

    /// Notes what became of telling.
    pub(super) fn told(&mut self, notice: &Notice, at: Timestamp, status: Option<u16>) {
        let (event, meeting_id) = (notice.event, notice.meeting());
        self.deliveries.push(Delivery { event, at, status, meeting_id });
    }

    /// What was told, oldest first.
    pub(super) fn deliveries(&self) -> &[Delivery] {
        &self.deliveries
    }
}

/// The request that tells it, with the headers that were seen at Zoom (zoom/facts.md 5.2).
pub(super) fn request(
    url: &Url,
    (notice, name): (&Notice, &str),
    secret: &SecretString,
    at: Timestamp,
) -> Result<Request<Vec<u8>>, http::Error> {
    let told = json!({"event": notice.event, "event_ts": at.as_millisecond(), "payload": notice.payload});
    let body = told.to_string().into_bytes();
    let seconds = at.as_second().to_string();
    Request::post(url.as_str())
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .header(header::USER_AGENT, "Zoom Marketplace/1.0a")
        .header("x-zm-request-timestamp", &seconds)
        .header("x-zm-signature", signature(secret, &seconds, &body))
        .header("x-zm-request-id", name)
        .header("x-zm-trackingid", format!("v=2.0;clid=us02;rid=WEB_{name}"))
        .body(body)
}

/// The signature of a body, `v0`.
fn signature(secret: &SecretString, seconds: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    let signed = [b"v0:", seconds.as_bytes(), b":", body].concat();
    format!("v0={}", HEXLOWER.encode(hmac::sign(&key, &signed).as_ref()))
}
