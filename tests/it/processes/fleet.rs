//! Starts, kills and restarts `greenroom serve` on one Redis, beside one `greenroom zoom-simulator`.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use greenroom::app::ports::clock::SystemClock;
use greenroom::crypto::entropy::SystemEntropy;
use greenroom::crypto::keyring::Keyring;
use reqwest::StatusCode;
use tempfile::TempDir;
use tokio::io::AsyncBufReadExt;
use tokio::io::BufReader;
use tokio::process::Child;
use tokio::process::Command;
use url::Url;

use crate::support::port;
use crate::support::program::started;
use crate::support::redis::RedisServer;

/// What signs the callers' tokens.
pub(super) const ISSUER_SECRET: &str = "an issuer's secret for tests only";

/// A process takes at most so many looks to become ready.
const MOST_LOOKS: usize = 1_000;
/// Between two looks.
const BETWEEN: Duration = Duration::from_millis(20);

/// Replicas of a gateway, and what they share.
pub(super) struct Fleet {
    pub(super) public: Url,
    pub(super) zoom: Url,
    replicas: Vec<Replica>,
    http: reqwest::Client,
    folder: TempDir,
    store: String,
    _redis: RedisServer,
    _simulator: Child,
}

struct Replica {
    public: u16,
    internal: u16,
    child: Child,
}

impl Fleet {
    /// So many replicas, all ready.
    #[expect(clippy::disallowed_methods, reason = "the test's own client, without a proxy")]
    pub(super) async fn start(replicas: usize) -> Self {
        let redis = RedisServer::start().await;
        let folder = tempfile::tempdir().unwrap();
        let ring = Keyring::generate(SystemClock.now(), &SystemEntropy).render();
        std::fs::write(folder.path().join("keyring.json"), ring.as_bytes()).unwrap();
        std::fs::write(folder.path().join("issuer"), ISSUER_SECRET).unwrap();
        let ports = (0..replicas).map(|_| (port::free(), port::free())).collect::<Vec<_>>();
        let public = Url::parse(&format!("http://127.0.0.1:{}", ports[0].0)).unwrap();
        let (simulator, zoom) = simulator(folder.path(), &public).await;
        let store = redis.url();
        let all = ports.iter().map(|ports| Replica {
            public: ports.0,
            internal: ports.1,
            child: serve(folder.path(), (&public, &zoom, &store), *ports),
        });
        let replicas = all.collect();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let fleet =
            Self { public, zoom, replicas, http, folder, store, _redis: redis, _simulator: simulator };
        for replica in 0..fleet.replicas.len() {
            fleet.wait_until_ready(replica).await;
        }
        fleet
    }

    /// Where services are answered, of each replica.
    pub(super) fn internals(&self) -> Vec<Url> {
        self.replicas.iter().map(Replica::internal).collect()
    }

    /// Ends a replica as nothing else does, and starts it again.
    pub(super) async fn kill(&mut self, replica: usize) {
        let folder = self.folder.path();
        let killed = &mut self.replicas[replica];
        killed.child.kill().await.unwrap();
        killed.child =
            serve(folder, (&self.public, &self.zoom, &self.store), (killed.public, killed.internal));
    }

    /// Waits until a replica takes work.
    pub(super) async fn wait_until_ready(&self, replica: usize) {
        let ready = self.replicas[replica].internal().join("/readyz").unwrap();
        for _ in 0..MOST_LOOKS {
            let answer = self.http.get(ready.clone()).send().await;
            if answer.is_ok_and(|answer| answer.status() == StatusCode::OK) {
                return;
            }
            SystemClock.wait(BETWEEN).await;
        }
        panic!("replica {replica} does not become ready");
    }
}

impl Replica {
    fn internal(&self) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}", self.internal)).unwrap()
    }
}

async fn simulator(folder: &Path, public: &Url) -> (Child, Url) {
    let callback = public.join("/oauth/zoom/callback").unwrap();
    let mut command = Command::from(started(folder));
    command.args(["zoom-simulator", "--listen", "127.0.0.1:0", "--redirect-uri", callback.as_str()]);
    let mut child = command.stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = lines.next_line().await.unwrap().unwrap();
    let origin = first.strip_prefix("The Zoom simulator listens on ").expect(&first);
    let origin = Url::parse(origin).unwrap();
    // What else it says is read, so that it can go on saying it.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (child, origin)
}

fn serve(folder: &Path, (public, zoom, store): (&Url, &Url, &str), ports: (u16, u16)) -> Child {
    let mut command = Command::from(started(folder));
    command.arg("serve").envs(settings(folder, (public, zoom, store), ports));
    command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap()
}

fn settings(
    folder: &Path,
    (public, zoom, store): (&Url, &Url, &str),
    ports: (u16, u16),
) -> Vec<(String, String)> {
    let file = |name: &str| folder.join(name).display().to_string();
    let issuers = format!(
        "[{{ issuer = \"dev\", audience = \"greenroom\", hs256_secret_file = \"{}\" }}]",
        file("issuer")
    );
    let pairs = [
        ("PUBLIC__LISTEN", format!("127.0.0.1:{}", ports.0)),
        ("PUBLIC__BASE_URL", public.to_string()),
        ("INTERNAL__LISTEN", format!("127.0.0.1:{}", ports.1)),
        ("STORE__URL", store.into()),
        ("CRYPTO__KEYRING_FILE", file("keyring.json")),
        ("ZOOM__CLIENT_ID", "greenroom-demo".into()),
        ("ZOOM__CLIENT_SECRETS", "[\"simulator-secret\"]".into()),
        ("ZOOM__AUTHORIZE_URL", zoom.join("/oauth/authorize").unwrap().to_string()),
        ("ZOOM__TOKEN_URL", zoom.join("/oauth/token").unwrap().to_string()),
        ("ZOOM__REVOKE_URL", zoom.join("/oauth/revoke").unwrap().to_string()),
        ("ZOOM__API_URL", zoom.to_string()),
        ("ZOOM__ALLOW_INSECURE_URLS", "true".into()),
        ("AUTH__ISSUERS", issuers),
        ("PORTAL__RETURN_ORIGINS", "[\"http://127.0.0.1:1\"]".into()),
        ("MINTING__SETTLE_SECONDS", "2".into()),
        ("MINTING__POST_TIMEOUT_SECONDS", "2".into()),
        ("TELEMETRY__LOG", "off".into()),
    ];
    pairs.into_iter().map(|(key, value)| (format!("GREENROOM_{key}"), value)).collect()
}
