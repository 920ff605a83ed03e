//! A gateway with its simulator and store, and the ways in: booking core's, an owner's, the simulator's control.

use std::process::Output;
use std::time::Duration;

use greenroom::app::outgoing;
use greenroom::app::ports::clock::Clock;
use greenroom::crypto::entropy::SystemEntropy;
use greenroom::crypto::keyring::Keyring;
use greenroom::domain::finding::EndpointSeen;
use greenroom::server::Server;
use jiff::Timestamp;
use jsonwebtoken::Algorithm;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::Header;
use reqwest::Method;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::gateway::running::Gateway;
use crate::gateway::running::open;
use crate::gateway::running::serve;
use crate::gateway::running::settings;
use crate::gateway::running::simulator;
use crate::support::port;
use crate::support::program::started;
use crate::support::redis::RedisServer;
use crate::support::shift_clock::ShiftClock;
use crate::support::visitor::Visitor;

/// Where a gateway keeps its records.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Backend {
    Embedded,
    Redis,
}

/// Where the platform wants browsers back.
pub(crate) const RETURN_TO: &str = "http://127.0.0.1:1/back";
const ISSUER_SECRET: &str = "an issuer's secret for tests only";

/// A whole gateway.
pub(crate) struct World {
    pub(crate) public: Url,
    pub(crate) internal: Url,
    pub(crate) zoom: Url,
    pub(crate) clock: ShiftClock,
    pub(crate) files: TempDir,
    pub(crate) redis: Option<RedisServer>,
    client: reqwest::Client,
    settings: Vec<(String, String)>,
    pub(super) gateway: Gateway,
    pub(super) others: Vec<Gateway>,
    stop: CancellationToken,
}

/// What booking core is answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Drop for World {
    fn drop(&mut self) {
        self.gateway.stop.cancel();
        self.others.iter().for_each(|other| other.stop.cancel());
        self.stop.cancel();
    }
}

impl World {
    pub(crate) async fn start(backend: Backend) -> Self {
        Self::start_with(backend, &[]).await
    }

    /// Starts with further settings, such as `ZOOM__TOKEN_URL`, which replace the usual ones.
    pub(crate) async fn start_with(backend: Backend, further: &[(&str, &str)]) -> Self {
        let redis = match backend {
            Backend::Embedded => None,
            Backend::Redis => Some(RedisServer::start().await),
        };
        let files = tempfile::tempdir().unwrap();
        let store = match &redis {
            Some(server) => server.url(),
            None => format!("redb:{}", files.path().join("greenroom.redb").display()),
        };
        Self::open(&store, further, files, redis).await
    }

    #[expect(clippy::disallowed_methods, reason = "booking core's own client")]
    async fn open(store: &str, further: &[(&str, &str)], files: TempDir, redis: Option<RedisServer>) -> Self {
        let clock = ShiftClock::default();
        let stop = CancellationToken::new();
        let public_port = port::free();
        let public = Url::parse(&format!("http://127.0.0.1:{public_port}")).unwrap();
        let zoom = simulator(&public, &clock, &stop).await;
        let ring = Keyring::generate(Timestamp::UNIX_EPOCH, &SystemEntropy).render();
        std::fs::write(files.path().join("keyring.json"), ring.as_bytes()).unwrap();
        std::fs::write(files.path().join("issuer"), ISSUER_SECRET).unwrap();
        let mut settings = settings(&public, &zoom, store, &files);
        settings.extend(further.iter().map(|(key, value)| (format!("GREENROOM_{key}"), (*value).to_owned())));
        let gateway = serve(&settings, &clock).await;
        let internal = gateway.internal.clone();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            public,
            internal,
            zoom,
            clock,
            files,
            redis,
            client,
            settings,
            gateway,
            others: Vec::new(),
            stop,
        }
    }

    /// A gateway whose site `studio` has Zoom as default, a staff member with an own Zoom user, one with a custom
    /// link, and the three kinds of services.
    pub(crate) async fn connected(backend: Backend) -> Self {
        let world = Self::start(backend).await;
        world.site().await;
        world.connect("default", "lua@example.com").await;
        world
    }

    /// A site and its services, nothing connected.
    pub(crate) async fn site(&self) {
        let site = json!({"display_name": "Studio Lua", "staff_self_service": true});
        assert_eq!(self.put("/v1/sites/studio", &site).await.status, StatusCode::CREATED);
        for (id, kind) in [("yoga", "class"), ("talk", "appointment"), ("series", "course")] {
            let service = json!({"kind": kind, "name": id, "video": true});
            let put = self.put(&format!("/v1/sites/studio/services/{id}"), &service).await;
            assert_eq!(put.status, StatusCode::CREATED, "{}", put.body);
        }
    }

    /// Connects a Zoom user as an owner's account, as a person would.
    pub(crate) async fn connect(&self, owner: &str, email: &str) {
        self.connect_by(&self.portal_link(owner).await, email).await;
    }

    /// Connects a Zoom user through a link straight into it.
    pub(crate) async fn connect_by(&self, link: &Url, email: &str) {
        let visitor = Visitor::new();
        let page = visitor.enter(link).await;
        let confirm = visitor.consent(&page, "connect_zoom", email).await;
        assert!(confirm.text.contains(email), "{confirm:?}");
        let done = visitor.press(&confirm, "confirm", &[]).await;
        assert!(done.location().as_str().contains("greenroom_status=connected"), "{:?}", done.location());
    }

    /// A link straight into connecting an owner's account.
    pub(crate) async fn portal_link(&self, owner: &str) -> Url {
        self.portal_link_of("studio", owner).await
    }

    pub(crate) async fn portal_link_of(&self, site: &str, owner: &str) -> Url {
        let owner = match owner.strip_prefix("staff/") {
            None => json!({"kind": "default"}),
            Some(staff) => json!({"kind": "staff", "staff_id": staff}),
        };
        let body = json!({"actor": {"role": "owner"}, "page": "connect_zoom", "owner": owner, "return_to": RETURN_TO});
        let made = self.post(&format!("/v1/sites/{site}/portal-links"), &body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        Url::parse(made.body["url"].as_str().unwrap()).unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Reply {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.call(Method::DELETE, path, None).await
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Reply {
        self.send(self.request(method, path), body).await
    }

    /// A request of booking core's, yet to be changed.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.anonymous(method, path).bearer_auth(self.token())
    }

    /// A request of nobody in particular.
    pub(crate) fn anonymous(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, self.internal.join(path).unwrap())
    }

    /// A request to the public address.
    pub(crate) fn outside(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, self.public.join(path).unwrap())
    }

    pub(crate) async fn send(&self, mut request: reqwest::RequestBuilder, body: Option<&Value>) -> Reply {
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
        Reply { status, headers, body }
    }

    /// Books a session of a service with these staff members; answers it with its link.
    pub(crate) async fn book(&self, session: &str, service: &str, staff: &[&str]) -> Reply {
        self.put(&format!("/v1/sites/studio/sessions/{session}"), &self.booking(service, staff)).await
    }

    /// Books a session with a `Prefer` header.
    pub(crate) async fn book_preferring(&self, session: &str, prefer: &str) -> Reply {
        let path = format!("/v1/sites/studio/sessions/{session}");
        let request = self.request(Method::PUT, &path).header("prefer", prefer);
        self.send(request, Some(&self.booking("yoga", &["ana"]))).await
    }

    /// A booking in a week.
    pub(crate) fn booking(&self, service: &str, staff: &[&str]) -> Value {
        json!({
            "service_id": service,
            "staff_ids": staff,
            "title": "Yoga with Ana",
            "starts_at": self.in_days(7),
            "duration_minutes": 30,
            "time_zone": "America/Sao_Paulo",
        })
    }

    /// The full hour, so many days from now.
    pub(crate) fn in_days(&self, days: i64) -> String {
        let now = self.clock.now().as_second();
        Timestamp::from_second(now - now.rem_euclid(3600) + days * 86_400).unwrap().to_string()
    }

    pub(crate) async fn link(&self, session: &str, audience: &str) -> Value {
        let path = format!("/v1/sites/studio/sessions/{session}/link?audience={audience}");
        self.get(&path).await.body
    }

    /// Follows a join address; answers status, `Location` and page.
    pub(crate) async fn join(&self, link: &Value) -> (StatusCode, String, String) {
        let answer = Visitor::new().get(link["join_url"].as_str().unwrap()).await;
        let location = answer.header("location").to_owned();
        (answer.status, location, answer.text)
    }

    pub(crate) async fn ledger(&self) -> Value {
        self.control(Method::GET, "ledger", None).await
    }

    /// The meetings that live at the simulator.
    pub(crate) async fn meetings(&self) -> Vec<Value> {
        let ledger = self.ledger().await;
        let all = ledger["meetings"].as_array().unwrap();
        all.iter().filter(|meeting| meeting["state"] == "live").cloned().collect()
    }

    /// How many creates the simulator carried out.
    pub(crate) async fn creates(&self) -> u64 {
        self.ledger().await["counts"]["meetings.create"]["succeeded"].as_u64().unwrap_or(0)
    }

    /// How many requests of any kind the simulator got.
    pub(crate) async fn requests(&self) -> usize {
        self.ledger().await["requests"].as_array().unwrap().len()
    }

    pub(crate) async fn fault(&self, operation: &str, times: u32, fault: Value) {
        let body = json!({"operation": operation, "times": times, "fault": fault});
        self.control(Method::POST, "faults", Some(&body)).await;
    }

    pub(crate) async fn control(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let mut request = self.client.request(method, self.zoom.join(&format!("/simulator/{path}")).unwrap());
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Runs a command of an operator's, configured as the gateway is.
    pub(crate) async fn command(&self, arguments: &[&str]) -> Output {
        let mut command = Command::from(started(self.files.path()));
        command.args(arguments).envs(self.settings.iter().cloned()).output().await.unwrap()
    }

    /// Has the running gateway take over the secrets of its settings with others laid over them.
    pub(crate) fn take_over(&self, further: &[(&str, &str)]) {
        let mut settings = self.settings.clone();
        settings.extend(further.iter().map(|(key, value)| (format!("GREENROOM_{key}"), (*value).to_owned())));
        self.gateway.live.take(&greenroom::config::load(None, settings.into_iter()).unwrap());
    }

    /// Stops the gateway, and waits until its records are closed. The simulator goes on.
    pub(crate) async fn stop(&mut self) {
        self.gateway.stop.cancel();
        (&mut self.gateway.ended).await.unwrap();
        self.gateway.uses = None;
    }

    /// How it stands with who is told of events.
    pub(crate) async fn endpoints(&self) -> Vec<EndpointSeen> {
        let states = outgoing::states(self.gateway.uses.as_ref().unwrap()).await.unwrap();
        states.into_iter().map(Result::unwrap).collect()
    }

    /// Changes a setting of gateways that are started from now on.
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.settings.push((format!("GREENROOM_{key}"), value.to_owned()));
    }

    /// Starts a replica that dies with everything in it when the runtime is shut down; from now on services reach it.
    pub(crate) async fn serve_in(&mut self, runtime: &Runtime) {
        let (mut settings, clock) = (self.settings.clone(), self.clock.clone());
        settings.push(("GREENROOM_PUBLIC__LISTEN".into(), "127.0.0.1:0".into()));
        let gateway = runtime.spawn(async move { serve(&settings, &clock).await }).await.unwrap();
        self.internal = gateway.internal;
    }

    /// Starts another replica on the same records; answers where services reach it. It ends with the world.
    pub(crate) async fn replicate(&mut self) -> Url {
        self.replicate_ahead(Duration::ZERO).await
    }

    /// The same, with a clock that is so much ahead of the others'.
    pub(crate) async fn replicate_ahead(&mut self, by: Duration) -> Url {
        let mut settings = self.settings.clone();
        settings.push(("GREENROOM_PUBLIC__LISTEN".into(), "127.0.0.1:0".into()));
        let other = serve(&settings, &self.clock.ahead(by)).await;
        let internal = other.internal.clone();
        self.others.push(other);
        internal
    }

    /// Stops the gateway and starts another on the same records.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.restart_stopped().await;
    }

    /// Opens one on the records of one that was stopped, and does not run it.
    pub(crate) async fn open_stopped(&self) -> Server {
        open(&self.settings, &self.clock).await
    }

    /// Starts another on the records of one that was stopped.
    pub(crate) async fn restart_stopped(&mut self) {
        self.gateway = serve(&self.settings, &self.clock).await;
        self.internal = self.gateway.internal.clone();
    }

    pub(crate) fn token(&self) -> String {
        self.token_with(&json!({}))
    }

    /// A token whose claims are the usual ones with others laid over them.
    pub(crate) fn token_with(&self, others: &Value) -> String {
        let now = self.clock.now().as_second();
        let mut claims = json!({
            "iss": "dev", "aud": "greenroom", "sub": "booking-core", "iat": now, "exp": now + 600, "sites": "*",
            "scope": "sites:write accounts:read accounts:write links:read links:write links:host events:read",
        });
        for (name, claim) in others.as_object().unwrap() {
            claims[name] = claim.clone();
        }
        let key = EncodingKey::from_secret(ISSUER_SECRET.as_bytes());
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
    }
}
