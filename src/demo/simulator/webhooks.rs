//! Tells the app what happens, in webhooks signed as Zoom signs them, and again where it did not take them (zoom/facts.md
//! 5.1 to 5.4).

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use http::Request;
use http::header;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use serde_json::Value;
use serde_json::json;
use url::Url;

use crate::demo::simulator::modes::WebhookCopies;
use crate::demo::simulator::notices::Notice;
use crate::demo::simulator::notices::Subscriber;
use crate::demo::simulator::state::Shared;

/// Zoom gives an app three seconds to answer.
const TIMEOUT: Duration = Duration::from_secs(3);
/// When Zoom tells again what the app did not take, each after the time before; then that event is gone.
const AGAIN: [Duration; 3] = [Duration::from_mins(5), Duration::from_mins(20), Duration::from_hours(1)];

/// Tells what is waiting to be told, one after the other: once this is done nothing of what waited is left, also where
/// others were telling it.
pub(super) async fn deliver(shared: &Arc<Shared>) {
    let _turn = shared.telling.lock().await;
    let (told, subscriber, copies) = {
        let mut state = shared.open();
        let copies = state.modes.webhook_copies.clone();
        let Some((subscriber, told)) = state.webhooks.take() else { return };
        (told, subscriber, copies)
    };
    for notice in told {
        let status = tell(shared, &subscriber, &notice).await;
        if copies == WebhookCopies::Two {
            tell(shared, &subscriber, &notice).await;
        }
        if is_to_be_told_again(status) {
            let shared = Arc::clone(shared);
            let subscriber = subscriber.clone();
            tokio::spawn(async move { tell_again(&shared, &subscriber, &notice).await });
        }
    }
}

/// Asks the app to prove that it holds the secret token; answers its status and what it said.
pub(super) async fn validate(shared: &Shared, plain_token: &str) -> Option<(u16, Value)> {
    let at = shared.clock.now();
    let subscriber = shared.open().webhooks.subscriber()?;
    let told = json!({
        "event": "endpoint.url_validation",
        "payload": {"plainToken": plain_token},
        "event_ts": at.as_millisecond(),
    });
    let name = shared.open().entropy.letters(32).to_lowercase().into();
    let body = told.to_string().into();
    let notice = Notice { event: "endpoint.url_validation", meeting: None, body, name };
    let secret = shared.open().settings.webhook_secret.clone();
    let request = request(&subscriber.url, &notice, &secret, at).ok()?;
    let answer = subscriber.http.send(request, TIMEOUT).await.ok()?;
    Some((answer.status.as_u16(), serde_json::from_slice(&answer.body).unwrap_or(Value::Null)))
}

/// Only the app's own failures, and its silence: what it refuses is never told again.
fn is_to_be_told_again(status: Option<u16>) -> bool {
    status.is_none_or(|status| status >= 500)
}

/// Tells the same again, signed anew: the body and its name stay as they were.
async fn tell_again(shared: &Shared, subscriber: &Subscriber, notice: &Notice) {
    for pause in AGAIN {
        shared.clock.wait(pause).await;
        if !is_to_be_told_again(tell(shared, subscriber, notice).await) {
            return;
        }
    }
}

async fn tell(shared: &Shared, subscriber: &Subscriber, notice: &Notice) -> Option<u16> {
    let at = shared.clock.now();
    let secret = shared.open().settings.webhook_secret.clone();
    let answer = match request(&subscriber.url, notice, &secret, at) {
        Ok(request) => subscriber.http.send(request, TIMEOUT).await.ok(),
        Err(_) => None,
    };
    let status = answer.map(|answer| answer.status.as_u16());
    shared.open().webhooks.told(notice, at, status);
    status
}

/// The request that tells it, with the headers that were seen at Zoom (zoom/facts.md 5.2).
fn request(
    url: &Url,
    notice: &Notice,
    secret: &SecretString,
    at: Timestamp,
) -> Result<Request<Vec<u8>>, http::Error> {
    let seconds = at.as_second().to_string();
    Request::post(url.as_str())
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .header(header::USER_AGENT, "Zoom Marketplace/1.0a")
        .header("x-zm-request-timestamp", &seconds)
        .header("x-zm-signature", signature(secret, &seconds, notice.body.as_bytes()))
        .header("x-zm-request-id", &*notice.name)
        .header("x-zm-trackingid", format!("v=2.0;clid=us02;rid=WEB_{}", notice.name))
        .body(notice.body.as_bytes().to_vec())
}

/// The signature of a body, `v0`.
fn signature(secret: &SecretString, seconds: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    let signed = [b"v0:", seconds.as_bytes(), b":", body].concat();
    format!("v0={}", HEXLOWER.encode(hmac::sign(&key, &signed).as_ref()))
}
