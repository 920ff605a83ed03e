//! Tells the app what happened, in webhooks signed as Zoom signs them (zoom/facts.md 5.2 to 5.5). Repeats none.

use std::time::Duration;

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

use crate::demo::simulator::meetings::record::Meeting;
use crate::demo::simulator::meetings::render;
use crate::demo::simulator::state::Shared;
use crate::demo::simulator::state::State;
use crate::providers::http::HttpClient;

/// Zoom gives an app three seconds to answer.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Who is told of what happens, what they are yet to be told, and what they were told.
#[derive(Debug, Default)]
pub(super) struct Webhooks {
    subscriber: Option<Subscriber>,
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
    /// What happened to a meeting; `event` is Zoom's name for it.
    pub(super) fn of_meeting(event: &'static str, state: &State, meeting: &Meeting) -> Self {
        let host = state.users.get(&meeting.host);
        let payload = json!({
            "account_id": host.map(|host| host.account_id.as_str()),
            "operator": host.map(|host| host.profile.email.as_str()),
            "operator_id": meeting.host.as_str(),
            "operation": "single",
            "object": render::noticed(state, meeting),
        });
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

    /// What was told, oldest first.
    pub(super) fn deliveries(&self) -> &[Delivery] {
        &self.deliveries
    }
}

/// Tells what is waiting to be told, one after the other.
pub(super) async fn deliver(shared: &Shared) {
    let at = shared.clock.now();
    let (told, subscriber, secret, names) = {
        let mut state = shared.open();
        let Some(subscriber) = state.webhooks.subscriber.clone() else { return };
        let told = std::mem::take(&mut state.webhooks.waiting);
        let names = told.iter().map(|_| state.entropy.letters(32).to_lowercase()).collect::<Vec<_>>();
        (told, subscriber, state.settings.webhook_secret.clone(), names)
    };
    for (notice, name) in told.into_iter().zip(names) {
        let (event, meeting_id) = (notice.event, notice.meeting());
        let request = request(&subscriber.url, (&notice, &name), &secret, at);
        let answer = match request {
            Ok(request) => subscriber.http.send(request, TIMEOUT).await.ok(),
            Err(_) => None,
        };
        let status = answer.map(|answer| answer.status.as_u16());
        shared.open().webhooks.deliveries.push(Delivery { event, at, status, meeting_id });
    }
}

/// The request that tells it, with the headers that were seen at Zoom (zoom/facts.md 5.2).
fn request(
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
