//! Somebody who is told of events: writes down what comes, checks signatures in its own way, answers as a test says.

use std::collections::BTreeMap;
use std::fmt;
use std::future::pending;
use std::sync::Arc;
use std::sync::Mutex;

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::Hmac;
use hmac::Mac;
use serde_json::Value;
use sha2::Sha256;
use tokio::net::TcpListener;
use url::Url;

/// What somebody was told.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) id: String,
    pub(crate) at: String,
    pub(crate) signatures: Vec<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) event: Value,
    /// What it was answered; `None` while it was not.
    pub(crate) said: Says,
}

/// How somebody answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    Status(u16),
    /// A status with a header.
    With(u16, &'static str, &'static str),
    /// Nothing, and keeps the connection.
    Nothing,
    /// 200, and a body without end.
    Endless,
}

type Answer = Box<dyn Fn(&Heard) -> Says + Send>;

/// A receiver of events. Its address holds a secret, as those of many do.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: Url,
    secrets: Vec<String>,
    heard: Arc<Mutex<Vec<Heard>>>,
    answer: Arc<Mutex<Answer>>,
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

/// A secret of the form of Standard Webhooks.
pub(crate) fn secret(number: u8) -> String {
    format!("whsec_{}", STANDARD.encode([number; 32]))
}

impl Receiver {
    /// One that takes everything, with these secrets.
    pub(crate) async fn start(secrets: &[u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook-5ecret", listener.local_addr().unwrap());
        let receiver = Self {
            url: Url::parse(&url).unwrap(),
            secrets: secrets.iter().copied().map(secret).collect(),
            heard: Arc::default(),
            answer: Arc::new(Mutex::new(Box::new(|_| Says::Status(200)))),
        };
        let hears = receiver.clone();
        let hear = move |headers: HeaderMap, body: Bytes| async move { hears.hear(&headers, &body).await };
        let router = axum::Router::new().fallback(hear);
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    /// The setting that has these told.
    pub(crate) fn setting(receivers: &[&Self]) -> String {
        let entry =
            |receiver: &&Self| format!("{{ url = \"{}\", secrets = {:?} }}", receiver.url, receiver.secrets);
        format!("[{}]", receivers.iter().map(entry).collect::<Vec<_>>().join(", "))
    }

    /// Answers like this from now on.
    pub(crate) fn says(&self, answer: impl Fn(&Value) -> Says + Send + 'static) {
        self.answers(move |heard| answer(&heard.event));
    }

    /// The same, by all that was said with an event.
    pub(crate) fn answers(&self, answer: impl Fn(&Heard) -> Says + Send + 'static) {
        *self.answer.lock().unwrap() = Box::new(answer);
    }

    async fn hear(&self, headers: &HeaderMap, body: &[u8]) -> Response {
        let header = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let event: Value = serde_json::from_slice(body).unwrap();
        assert_eq!(header("content-type"), "application/json");
        let mut heard = Heard {
            id: header("webhook-id"),
            at: header("webhook-timestamp"),
            signatures: header("webhook-signature").split(' ').map(str::to_owned).collect(),
            body: body.to_vec(),
            event,
            said: Says::Nothing,
        };
        heard.said = (self.answer.lock().unwrap())(&heard);
        let said = heard.said;
        self.heard.lock().unwrap().push(heard);
        match said {
            Says::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
            Says::With(status, name, value) => {
                (StatusCode::from_u16(status).unwrap(), [(name, value)]).into_response()
            }
            Says::Nothing => pending().await,
            Says::Endless => {
                let chunks = futures_util::stream::repeat_with(|| {
                    Ok::<_, std::io::Error>(Bytes::from_static(&[b'a'; 4096]))
                });
                axum::body::Body::from_stream(chunks).into_response()
            }
        }
    }

    /// Everything, in the order of coming.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// The ids of what was taken, in the order of coming.
    pub(crate) fn taken(&self) -> Vec<String> {
        self.heard().into_iter().filter(Heard::is_taken).map(|heard| heard.id).collect()
    }

    /// How often each event was taken.
    pub(crate) fn counts(&self) -> BTreeMap<String, usize> {
        self.taken().into_iter().fold(BTreeMap::new(), |mut counts, id| {
            *counts.entry(id).or_default() += 1;
            counts
        })
    }

    /// What was taken of a site, in the order in which it came first.
    pub(crate) fn taken_of(&self, site: &str) -> Vec<String> {
        let mut ids = Vec::new();
        for heard in
            self.heard().into_iter().filter(|heard| heard.is_taken() && heard.event["site_id"] == site)
        {
            if !ids.contains(&heard.id) {
                ids.push(heard.id);
            }
        }
        ids
    }
}

impl Heard {
    fn is_taken(&self) -> bool {
        matches!(self.said, Says::Status(200..=299) | Says::Endless)
    }

    /// The numbers of the secrets of which one of these signatures is the right one.
    pub(crate) fn signed_with(&self, numbers: &[u8]) -> Vec<u8> {
        let right = |number: &&u8| {
            let mut mac = Hmac::<Sha256>::new_from_slice(&[**number; 32]).unwrap();
            for part in [self.id.as_bytes(), b".", self.at.as_bytes(), b".", &self.body] {
                mac.update(part);
            }
            self.signatures.contains(&format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
        };
        numbers.iter().filter(right).copied().collect()
    }
}
