//! Tells the app of meetings that are made, in webhooks signed as Zoom signs them (zoom/facts.md 5.2 to 5.5). Tells of
//! nothing else that happens, and repeats none.

use std::time::Duration;

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use http::Request;
use http::header;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use serde_json::json;
use url::Url;

use crate::demo::simulator::meetings::record::Meeting;
use crate::demo::simulator::meetings::render;
use crate::demo::simulator::notices::Notice;
use crate::demo::simulator::state::Shared;
use crate::demo::simulator::state::State;

/// Zoom gives an app three seconds to answer.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Notes that the app is to be told of a meeting that was made.
pub(super) fn note_created(state: &mut State, meeting: &Meeting) {
    let host = state.users.get(&meeting.host);
    let payload = json!({
        "account_id": host.map(|host| host.account_id.as_str()),
        "operator": host.map(|host| host.profile.email.as_str()),
        "operator_id": meeting.host.as_str(),
        "operation": "single",
        "object": render::noticed(state, meeting),
    });
    state.webhooks.note(Notice { event: "meeting.created", payload });
}

/// Tells what is waiting to be told, one after the other: once this is done nothing of what waited is left, also where
/// others were telling it.
pub(super) async fn deliver(shared: &Shared) {
    let _turn = shared.telling.lock().await;
    let at = shared.clock.now();
    let (told, subscriber, secret, names) = {
        let mut state = shared.open();
        let Some((subscriber, told)) = state.webhooks.take() else { return };
        let names = told.iter().map(|_| state.entropy.letters(32).to_lowercase()).collect::<Vec<_>>();
        (told, subscriber, state.settings.webhook_secret.clone(), names)
    };
    for (notice, name) in told.into_iter().zip(names) {
        let request = request(&subscriber.url, (&notice, &name), &secret, at);
        let answer = match request {
            Ok(request) => subscriber.http.send(request, TIMEOUT).await.ok(),
            Err(_) => None,
        };
        let status = answer.map(|answer| answer.status.as_u16());
        shared.open().webhooks.told(&notice, at, status);
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
