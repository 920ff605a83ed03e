//! Starts a simulator on a free port, and speaks to it as an app and a browser would.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use greenroom::app::ports::clock::Clock;
use greenroom::demo::simulator::Settings;
use greenroom::demo::simulator::Simulator;
use jiff::Timestamp;
use reqwest::Method;
use reqwest::Response;
use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use secrecy::SecretString;
use serde_json::Value;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::sync::DropGuard;
use url::Url;

pub(crate) const CLIENT_ID: &str = "test-client";
pub(crate) const SECRET: &str = "current-secret";
pub(crate) const PREVIOUS_SECRET: &str = "previous-secret";
pub(crate) const REDIRECT: &str = "https://gateway.example/oauth/zoom/callback?from=zoom";
pub(crate) const VERIFIER: &str = "a-verifier-that-is-long-enough-for-the-rfc-0123456789";

/// Stands still: only the control address moves the simulator's time.
#[derive(Debug)]
struct StandingClock;

#[async_trait::async_trait]
impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        "2027-01-15T12:00:00Z".parse().unwrap()
    }

    #[expect(clippy::disallowed_methods, reason = "a delayed answer is waited for in real time")]
    async fn wait(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// A running simulator.
pub(crate) struct World {
    pub(crate) origin: String,
    pub(crate) http: reqwest::Client,
    _stops_at_the_end: DropGuard,
}

/// What the app holds after an authorisation.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) whole: Value,
}

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Answered {
    pub(crate) async fn read(response: Response) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self { status, headers, body }
    }

    /// Status and Zoom's code.
    pub(crate) fn refusal(&self) -> (u16, u64) {
        (self.status, self.body["code"].as_u64().unwrap_or_default())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

impl World {
    #[expect(clippy::disallowed_methods, reason = "the test's own client: no redirects, no proxy")]
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let secrets = vec![SecretString::from(SECRET), SecretString::from(PREVIOUS_SECRET)];
        let mut settings = Settings::new(CLIENT_ID.to_owned(), secrets, Url::parse(&origin).unwrap());
        settings.redirect_uris.push(REDIRECT.to_owned());
        let shutdown = CancellationToken::new();
        let simulator = Simulator::new(settings, Arc::new(StandingClock), 7);
        tokio::spawn(simulator.serve(listener, shutdown.clone()));
        let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        Self { origin, http, _stops_at_the_end: shutdown.drop_guard() }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// The form a browser posts from the consent page.
    pub(crate) fn consent_form(email: &str, decision: &str) -> Vec<(&'static str, String)> {
        let hash = digest::digest(&digest::SHA256, VERIFIER.as_bytes());
        vec![
            ("client_id", CLIENT_ID.to_owned()),
            ("redirect_uri", REDIRECT.to_owned()),
            ("response_type", "code".to_owned()),
            ("state", "st/ate".to_owned()),
            ("code_challenge", URL_SAFE_NO_PAD.encode(hash)),
            ("code_challenge_method", "S256".to_owned()),
            ("user", email.to_owned()),
            ("decision", decision.to_owned()),
        ]
    }

    /// Where the browser is sent after the decision.
    pub(crate) async fn decide(&self, form: &[(&str, String)]) -> Url {
        let response = self.http.post(self.url("/oauth/authorize")).form(form).send().await.unwrap();
        assert_eq!(response.status(), 302, "{form:?}");
        Url::parse(response.headers()[LOCATION].to_str().unwrap()).unwrap()
    }

    pub(crate) async fn code(&self, email: &str) -> String {
        let back = self.decide(&Self::consent_form(email, "allow")).await;
        back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
    }

    pub(crate) async fn token_request(&self, form: &[(&str, &str)]) -> Answered {
        let request = self.http.post(self.url("/oauth/token")).basic_auth(CLIENT_ID, Some(SECRET));
        Answered::read(request.form(form).send().await.unwrap()).await
    }

    pub(crate) async fn exchange(&self, code: &str) -> Answered {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        self.token_request(&form).await
    }

    /// Authorises the app for a user.
    pub(crate) async fn connect(&self, email: &str) -> Tokens {
        Tokens::from(self.exchange(&self.code(email).await).await)
    }

    pub(crate) async fn refresh(&self, token: &str) -> Answered {
        self.token_request(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: Option<Value>,
    ) -> Result<Response, reqwest::Error> {
        let request = self.http.request(method, self.url(path)).bearer_auth(token);
        match body {
            Some(body) => request.json(&body).send().await,
            None => request.send().await,
        }
    }

    pub(crate) async fn api(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> Answered {
        Answered::read(self.send(method, path, token, body).await.unwrap()).await
    }

    pub(crate) async fn find(&self, path: &str, token: &str) -> Answered {
        self.api(Method::GET, path, token, None).await
    }

    pub(crate) async fn create(&self, token: &str, body: Value) -> Answered {
        self.api(Method::POST, "/v2/users/me/meetings", token, Some(body)).await
    }

    pub(crate) async fn update(&self, token: &str, id: u64, body: Value) -> Answered {
        self.api(Method::PATCH, &format!("/v2/meetings/{id}"), token, Some(body)).await
    }

    pub(crate) async fn delete(&self, token: &str, id: u64) -> Answered {
        self.api(Method::DELETE, &format!("/v2/meetings/{id}"), token, None).await
    }

    /// A meeting a week ahead, and its id.
    pub(crate) async fn meeting(&self, token: &str) -> u64 {
        let answer = self.create(token, scheduled("2027-01-22T09:00:00Z")).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["id"].as_u64().unwrap()
    }

    pub(crate) async fn control(&self, method: Method, path: &str, body: Option<Value>) -> Answered {
        let request = self.http.request(method, self.url(&format!("/simulator/{path}")));
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        Answered::read(request.send().await.unwrap()).await
    }

    /// Tells the control address something it must accept.
    pub(crate) async fn tell(&self, path: &str, body: Value) -> Value {
        let answer = self.control(Method::POST, path, Some(body)).await;
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
        answer.body
    }

    pub(crate) async fn advance(&self, seconds: u64) {
        self.tell("clock", json!({"advance_seconds": seconds})).await;
    }

    pub(crate) async fn fault(&self, operation: &str, fault: Value) {
        self.tell("faults", json!({"operation": operation, "fault": fault})).await;
    }

    pub(crate) async fn ledger(&self) -> Value {
        self.control(Method::GET, "ledger", None).await.body
    }
}

impl From<Answered> for Tokens {
    fn from(answer: Answered) -> Self {
        assert_eq!(answer.status, 200, "{answer:?}");
        let text = |name: &str| answer.body[name].as_str().unwrap().to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token"), whole: answer.body.clone() }
    }
}

/// The body of a usual create.
pub(crate) fn scheduled(start: &str) -> Value {
    json!({
        "topic": "Consultation", "type": 2, "start_time": start, "timezone": "Europe/Paris", "duration": 45,
        "agenda": "Ref gr1-test", "settings": {"use_pmi": false, "waiting_room": true},
    })
}
