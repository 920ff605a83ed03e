//! A gateway and a simulator that run in this process, and what the gateway is told.

use std::sync::Arc;

use greenroom::app::gateway::Gateway as UseCases;
use greenroom::config;
use greenroom::crypto::entropy::SystemEntropy;
use greenroom::demo::simulator::Settings;
use greenroom::demo::simulator::Simulator;
use greenroom::server::Farewell;
use greenroom::server::Live;
use greenroom::server::Outside;
use greenroom::server::Server;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::support::shift_clock::ShiftClock;

const CLIENT: &str = "greenroom-test";
const CLIENT_SECRET: &str = "client-secret-for-tests";

/// A gateway that runs in this process.
pub(super) struct Gateway {
    pub(super) internal: Url,
    pub(super) live: Live,
    pub(super) stop: CancellationToken,
    pub(super) ended: JoinHandle<()>,
    /// Its use cases, while it runs.
    pub(super) uses: Option<UseCases>,
}

/// Starts a gateway in this process.
pub(super) async fn serve(settings: &[(String, String)], clock: &ShiftClock) -> Gateway {
    let server = open(settings, clock).await;
    let internal = Url::parse(&format!("http://{}", server.internal_address().unwrap())).unwrap();
    let live = server.live().clone();
    let uses = Some(server.gateway().clone());
    let stop = CancellationToken::new();
    let ended = tokio::spawn(server.run(stop.clone(), Farewell::Immediate));
    Gateway { internal, live, stop, ended, uses }
}

/// Opens a gateway in this process that is not run: it answers nobody, and nobody works.
pub(super) async fn open(settings: &[(String, String)], clock: &ShiftClock) -> Server {
    let config = config::load(None, settings.iter().cloned()).unwrap();
    let outside = Outside { clock: Arc::new(clock.clone()), entropy: Arc::new(SystemEntropy) };
    Server::open(&config, outside).await.unwrap()
}

/// Starts the simulator; answers where it is.
pub(super) async fn simulator(public: &Url, clock: &ShiftClock, stop: &CancellationToken) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let zoom = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let mut settings = Settings::new(CLIENT.into(), vec![CLIENT_SECRET.into()], zoom.clone());
    settings.redirect_uris.push(public.join("/oauth/zoom/callback").unwrap().to_string());
    let simulator = Simulator::new(settings, Arc::new(clock.clone()), 7);
    tokio::spawn(simulator.serve(listener, stop.clone()));
    zoom
}

/// What a gateway on this store is told, in the words of its environment.
pub(super) fn settings(public: &Url, zoom: &Url, store: &str, files: &TempDir) -> Vec<(String, String)> {
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
        ("ZOOM__CLIENT_ID", CLIENT.into()),
        ("ZOOM__CLIENT_SECRETS", format!("[\"{CLIENT_SECRET}\"]")),
        ("ZOOM__WEBHOOK_SECRETS", "[\"the webhook secret of the simulator\"]".into()),
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
