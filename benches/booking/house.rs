//! A gateway on a core of its own, a Redis, the simulator as Zoom, and booking core's way in.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use greenroom::app::ports::clock::SystemClock;
use greenroom::config;
use greenroom::crypto::entropy::SystemEntropy;
use greenroom::crypto::keyring::Keyring;
use greenroom::demo::simulator::Settings;
use greenroom::demo::simulator::Simulator;
use greenroom::server::Farewell;
use greenroom::server::Outside;
use greenroom::server::Server;
use jsonwebtoken::Algorithm;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::Header;
use reqwest::Method;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::support::port;
use crate::support::redis::RedisServer;
use crate::support::visitor::Visitor;

const ISSUER_SECRET: &str = "an issuer's secret for benches only";
/// Zoom users, each of an account of its own: no limit of Zoom's is met.
const HOSTS: usize = 20;

/// All that a booking takes. Clones share it.
#[derive(Clone)]
pub(crate) struct House {
    pub(crate) redis: Arc<RedisServer>,
    http: reqwest::Client,
    internal: Url,
    zoom: Url,
    token: String,
    _files: Arc<TempDir>,
}

impl House {
    /// Starts everything, connects the accounts, and makes Zoom as slow as this.
    pub(crate) async fn start(zoom_takes: Duration) -> Self {
        let redis = RedisServer::start().await;
        let files = tempfile::tempdir().unwrap();
        let ring = Keyring::generate(SystemClock.now(), &SystemEntropy).render();
        std::fs::write(files.path().join("keyring.json"), ring.as_bytes()).unwrap();
        std::fs::write(files.path().join("issuer"), ISSUER_SECRET).unwrap();
        let public = Url::parse(&format!("http://127.0.0.1:{}", port::free())).unwrap();
        let zoom = simulator(&public).await;
        let internal = gateway(settings(&public, &zoom, &redis.url(), &files)).await;
        let house = Self {
            redis: Arc::new(redis),
            http: client(),
            internal,
            zoom,
            token: token(),
            _files: Arc::new(files),
        };
        house.prepare().await;
        house.control("modes", &json!({"latency_milliseconds": zoom_takes.as_millis()})).await;
        house
    }

    /// Books a session of its own time and host; its link is ready.
    pub(crate) async fn book(&self, session: usize) {
        let now = SystemClock.now().as_second();
        let hour = now - now.rem_euclid(3_600) + 7_200;
        let start = hour + 1_800 * i64::try_from(session / HOSTS).unwrap();
        let booking = json!({"service_id": "yoga", "staff_ids": [staff(session % HOSTS)], "title": "Yoga",
            "starts_at": jiff::Timestamp::from_second(start).unwrap().to_string(), "duration_minutes": 30,
            "time_zone": "America/Sao_Paulo"});
        let booked = self.api(Method::PUT, &format!("/v1/sites/studio/sessions/s-{session}"), &booking).await;
        assert_eq!(booked["link"]["status"], "ready", "{booked}");
    }

    async fn prepare(&self) {
        self.api(Method::PUT, "/v1/sites/studio", &json!({"display_name": "Studio Lua"})).await;
        let service = json!({"kind": "class", "name": "Yoga", "video": true});
        self.api(Method::PUT, "/v1/sites/studio/services/yoga", &service).await;
        self.connect(&json!({"kind": "default"}), "lua@example.com").await;
        for host in 0..HOSTS {
            let (email, account) = (format!("{}@example.com", staff(host)), format!("account-{host}"));
            self.control("accounts", &json!({"name": account, "plan": "business"})).await;
            let user = json!({"email": email, "first_name": "Staff", "last_name": "Member", "account": account,
                "plan": "licensed", "timezone": "America/Sao_Paulo"});
            self.control("users", &user).await;
            self.connect(&json!({"kind": "staff", "staff_id": staff(host)}), &email).await;
        }
    }

    async fn connect(&self, owner: &Value, email: &str) {
        let body = json!({"actor": {"role": "owner"}, "page": "connect_zoom", "owner": owner,
            "return_to": "http://127.0.0.1:1/back"});
        let made = self.api(Method::POST, "/v1/sites/studio/portal-links", &body).await;
        let visitor = Visitor::new();
        let page = visitor.enter(&Url::parse(made["url"].as_str().unwrap()).unwrap()).await;
        let confirm = visitor.consent(&page, "connect_zoom", email).await;
        visitor.press(&confirm, "confirm", &[]).await.location();
    }

    async fn api(&self, method: Method, path: &str, body: &Value) -> Value {
        let request = self.http.request(method, self.internal.join(path).unwrap()).bearer_auth(&self.token);
        let response = request.json(body).send().await.unwrap();
        let status = response.status();
        let answer: Value = response.json().await.unwrap();
        assert!(status.is_success(), "{path}: {answer}");
        answer
    }

    async fn control(&self, path: &str, body: &Value) {
        let url = self.zoom.join(&format!("/simulator/{path}")).unwrap();
        let response = self.http.post(url).json(body).send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.status());
    }
}

fn staff(host: usize) -> String {
    format!("staff-{host}")
}

#[expect(clippy::disallowed_methods, reason = "booking core's own client")]
fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn token() -> String {
    let now = SystemClock.now().as_second();
    let claims = json!({
        "iss": "dev", "aud": "greenroom", "sub": "booking-core", "iat": now, "exp": now + 3_600, "sites": "*",
        "scope": "sites:write accounts:read accounts:write links:read links:write",
    });
    let key = EncodingKey::from_secret(ISSUER_SECRET.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
}

/// Runs something on a thread, and thereby a core, of its own.
fn beside<Work: Future<Output = ()>>(work: impl FnOnce() -> Work + Send + 'static) {
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(work());
    });
}

async fn simulator(public: &Url) -> Url {
    let port = port::free();
    let zoom = Url::parse(&format!("http://127.0.0.1:{port}")).unwrap();
    let secrets = vec!["simulator-secret".into()];
    let mut settings = Settings::new("greenroom-bench".into(), secrets, zoom.clone());
    settings.redirect_uris.push(public.join("/oauth/zoom/callback").unwrap().to_string());
    let (ready, is_ready) = oneshot::channel();
    beside(move || async move {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        ready.send(()).unwrap();
        let simulator = Simulator::new(settings, Arc::new(SystemClock), 7);
        simulator.serve(listener, CancellationToken::new()).await.unwrap();
    });
    is_ready.await.unwrap();
    zoom
}

/// Starts a gateway; answers where services reach it.
async fn gateway(settings: Vec<(String, String)>) -> Url {
    let (ready, internal) = oneshot::channel();
    beside(move || async move {
        let config = config::load(None, settings.into_iter()).unwrap();
        let server = Server::open(&config, Outside::default()).await.unwrap();
        ready.send(server.internal_address().unwrap()).unwrap();
        server.run(CancellationToken::new(), Farewell::Immediate).await;
    });
    Url::parse(&format!("http://{}", internal.await.unwrap())).unwrap()
}

fn settings(public: &Url, zoom: &Url, store: &str, files: &TempDir) -> Vec<(String, String)> {
    let file = |name: &str| files.path().join(name).display().to_string();
    let issuers = format!(
        "[{{ issuer = \"dev\", audience = \"greenroom\", hs256_secret_file = \"{}\" }}]",
        file("issuer")
    );
    let pairs = [
        ("PUBLIC__LISTEN", format!("127.0.0.1:{}", public.port().unwrap())),
        ("PUBLIC__BASE_URL", public.to_string()),
        ("INTERNAL__LISTEN", "127.0.0.1:0".into()),
        ("STORE__URL", store.into()),
        ("CRYPTO__KEYRING_FILE", file("keyring.json")),
        ("ZOOM__CLIENT_ID", "greenroom-bench".into()),
        ("ZOOM__CLIENT_SECRETS", "[\"simulator-secret\"]".into()),
        ("ZOOM__AUTHORIZE_URL", zoom.join("/oauth/authorize").unwrap().to_string()),
        ("ZOOM__TOKEN_URL", zoom.join("/oauth/token").unwrap().to_string()),
        ("ZOOM__REVOKE_URL", zoom.join("/oauth/revoke").unwrap().to_string()),
        ("ZOOM__API_URL", zoom.to_string()),
        ("ZOOM__ALLOW_INSECURE_URLS", "true".into()),
        ("AUTH__ISSUERS", issuers),
        ("PORTAL__RETURN_ORIGINS", "[\"http://127.0.0.1:1\"]".into()),
    ];
    pairs.into_iter().map(|(key, value)| (format!("GREENROOM_{key}"), value)).collect()
}
