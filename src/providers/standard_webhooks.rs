//! Tells endpoints of events as the Standard Webhooks specification says: three headers, the signature over id, time and
//! body (R24).

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::Hmac;
use hmac::Mac;
use http::HeaderValue;
use http::Request;
use http::header::CONTENT_TYPE;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use sha2::Sha256;
use url::Url;
use zeroize::Zeroizing;

use crate::app::ports::clock::Clock;
use crate::app::ports::outgoing::Push;
use crate::app::ports::provider::CallError;
use crate::app::settings::Endpoint;
use crate::domain::event::Event;
use crate::domain::reply::Answer;
use crate::domain::reply::Reply;
use crate::providers::http::HttpClient;
use crate::providers::http::Unanswered;
use crate::providers::retry_after::parse_retry_after;

/// How long one delivery may take, from the connection to the last byte of the answer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// The way to endpoints over HTTP.
#[derive(Debug)]
pub struct StandardWebhooks {
    parts: WebhookParts,
}

/// What it is made of.
#[derive(Debug)]
pub struct WebhookParts {
    /// The one outbound client.
    pub http: HttpClient,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Who is told; their secrets are swapped while running (R34).
    pub endpoints: Arc<ArcSwap<Vec<Endpoint>>>,
    /// Writes the JSON of an event.
    pub event_json: fn(&Event) -> Vec<u8>,
}

impl StandardWebhooks {
    /// Takes what it is made of.
    pub const fn new(parts: WebhookParts) -> Self {
        Self { parts }
    }

    fn request(&self, url: &Url, event: &Event) -> Option<Request<Vec<u8>>> {
        let endpoints = self.parts.endpoints.load();
        let secrets = &endpoints.iter().find(|endpoint| endpoint.url == *url)?.secrets;
        let body = (self.parts.event_json)(event);
        let (id, at) = (event.id.as_str(), self.parts.clock.now().as_second().to_string());
        let signatures = signatures(secrets, &[id.as_bytes(), at.as_bytes(), &body]);
        let mut signatures = HeaderValue::try_from(signatures).ok()?;
        signatures.set_sensitive(true);
        let request = Request::post(url.as_str())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", at)
            .header("webhook-signature", signatures);
        request.body(body).ok()
    }
}

#[async_trait::async_trait]
impl Push for StandardWebhooks {
    fn endpoints(&self) -> Vec<Url> {
        self.parts.endpoints.load().iter().map(|endpoint| endpoint.url.clone()).collect()
    }

    async fn push(&self, endpoint: &Url, event: &Event) -> Reply {
        let Some(request) = self.request(endpoint, event) else {
            return Reply { answer: Answer::Unreachable, retry_after: None };
        };
        match self.parts.http.notify(request, TIMEOUT).await {
            Ok(answer) => Reply {
                answer: Answer::Status(answer.status.as_u16()),
                retry_after: self.retry_after(&answer.headers),
            },
            Err(error) => Reply { answer: unanswered(error), retry_after: None },
        }
    }
}

impl StandardWebhooks {
    fn retry_after(&self, headers: &http::HeaderMap) -> Option<Timestamp> {
        parse_retry_after(headers, self.parts.clock.now())
    }
}

fn unanswered(error: Unanswered) -> Answer {
    match error.into_call_error() {
        CallError::Connect => Answer::Unreachable,
        CallError::Timeout => Answer::TimedOut,
        CallError::Broken | CallError::Unreadable => Answer::Broken,
        CallError::Status(status) => Answer::Status(status),
    }
}

/// One signature for each secret, separated by spaces: a receiver that knows any of them accepts.
fn signatures(secrets: &[SecretString], parts: &[&[u8]]) -> String {
    let signed = parts.join(&b'.');
    let signatures = secrets.iter().filter_map(|secret| Some(format!("v1,{}", signature(secret, &signed)?)));
    signatures.collect::<Vec<_>>().join(" ")
}

/// The signature under a secret; `None` for what is none, which the configuration refuses.
fn signature(secret: &SecretString, signed: &[u8]) -> Option<String> {
    let key = secret.expose_secret().strip_prefix("whsec_")?;
    let key = Zeroizing::new(STANDARD.decode(key).ok()?);
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key of HMAC has any length");
    mac.update(signed);
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    /// The example of the specification's reference libraries.
    #[test]
    fn a_signature_is_the_one_of_the_specification() {
        let parts: [&[u8]; 3] = [b"msg_p5jXN8AQM9LWM0D4loKWxJek", b"1614265330", br#"{"test": 2432232314}"#];
        let signed = signatures(&[SECRET.into()], &parts);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn two_secrets_make_two_signatures() {
        let other = format!("whsec_{}", STANDARD.encode([7; 32]));
        let both = signatures(&[SECRET.into(), other.clone().into()], &[b"id", b"1", b"{}"]);
        let each = [SECRET, other.as_str()].map(|secret| signatures(&[secret.into()], &[b"id", b"1", b"{}"]));
        assert_eq!(both, each.join(" "));
        assert_ne!(each[0], each[1]);
    }
}
