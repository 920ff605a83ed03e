//! Booking core: asks one replica after the other until it is answered, and connects accounts as people do.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use greenroom::app::ports::clock::SystemClock;
use jsonwebtoken::Algorithm;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::Header;
use reqwest::Method;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;
use url::Url;

use crate::processes::fleet::ISSUER_SECRET;
use crate::support::visitor::Visitor;

/// A request is tried so often; every try goes to the next replica.
const TRIES: usize = 600;
/// Before it goes to one that was asked already.
const BETWEEN: Duration = Duration::from_millis(20);

/// A client of all replicas.
pub(super) struct Platform {
    http: reqwest::Client,
    replicas: Vec<Url>,
    next: AtomicUsize,
}

impl Platform {
    #[expect(clippy::disallowed_methods, reason = "booking core's own client")]
    pub(super) fn new(replicas: Vec<Url>) -> Self {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().unwrap();
        Self { http, replicas, next: AtomicUsize::new(0) }
    }

    /// Asks until there is an answer that says something.
    pub(super) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> (StatusCode, Value) {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        for attempt in 0..TRIES {
            if attempt > 0 && attempt % self.replicas.len() == 0 {
                SystemClock.wait(BETWEEN).await;
            }
            let replica = &self.replicas[(first + attempt) % self.replicas.len()];
            if let Some(answer) = self.ask(replica, (&method, path), body).await {
                return answer;
            }
        }
        panic!("nobody answers {method} {path}");
    }

    /// Asks one replica; `None` where it is away, breaks off, or has no answer yet.
    async fn ask(
        &self,
        replica: &Url,
        (method, path): (&Method, &str),
        body: Option<&Value>,
    ) -> Option<(StatusCode, Value)> {
        let request = self.http.request(method.clone(), replica.join(path).unwrap());
        let mut request = request.bearer_auth(token()).header("prefer", "wait=0");
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.ok()?;
        let status = response.status();
        let text = response.text().await.ok()?;
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
        assert!(status.is_success() || status.is_server_error() || status == StatusCode::NOT_FOUND, "{body}");
        (!status.is_server_error()).then_some((status, body))
    }

    pub(super) async fn put(&self, path: &str, body: &Value) {
        let (status, answer) = self.call(Method::PUT, path, Some(body)).await;
        assert!(status.is_success(), "{path}: {answer}");
    }

    pub(super) async fn links(&self, sessions: &[String]) -> Vec<Value> {
        let body = json!({"session_ids": sessions});
        let (_, answer) = self.call(Method::POST, "/v1/sites/studio/links:batch", Some(&body)).await;
        answer["links"].as_array().unwrap().clone()
    }

    /// Connects a Zoom user as an owner's account.
    pub(super) async fn connect(&self, owner: &Value, email: &str) {
        let body = json!({"actor": {"role": "owner"}, "page": "connect_zoom", "owner": owner,
            "return_to": "http://127.0.0.1:1/back"});
        let (_, made) = self.call(Method::POST, "/v1/sites/studio/portal-links", Some(&body)).await;
        let visitor = Visitor::new();
        let page = visitor.enter(&Url::parse(made["url"].as_str().unwrap()).unwrap()).await;
        let confirm = visitor.consent(&page, "connect_zoom", email).await;
        let done = visitor.press(&confirm, "confirm", &[]).await;
        assert!(done.location().as_str().contains("greenroom_status=connected"), "{:?}", done.location());
    }
}

/// A token that lives ten minutes.
fn token() -> String {
    let now = SystemClock.now().as_second();
    let claims = json!({
        "iss": "dev", "aud": "greenroom", "sub": "booking-core", "iat": now, "exp": now + 600, "sites": "*",
        "scope": "sites:write accounts:read accounts:write links:read links:write",
    });
    let key = EncodingKey::from_secret(ISSUER_SECRET.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
}
