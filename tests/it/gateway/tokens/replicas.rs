//! Two replicas that share a store, tokens that have expired, and who asks for them.

use std::pin::pin;
use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use greenroom::app::ports::clock::SystemClock;
use redis::AsyncCommands;
use reqwest::Method;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;
use tokio::runtime::Runtime;
use url::Url;

use crate::gateway::world::Backend;
use crate::gateway::world::World;

/// Two replicas on one Redis, or one on a store of its own; a session with a meeting, and tokens that have expired.
pub(super) struct Pair {
    pub(super) world: World,
    replicas: [Url; 2],
}

/// What became of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// They work, and nobody was alarmed.
    Works,
    /// They do not: the account says so, and it was announced once.
    Lapsed,
}

impl Pair {
    pub(super) async fn start() -> Self {
        Self::start_ahead(Duration::ZERO).await
    }

    /// On either store: the embedded one is for one process, which is asked as if it were both.
    pub(super) async fn start_on(backend: Backend) -> Self {
        match backend {
            Backend::Redis => Self::start().await,
            Backend::Embedded => {
                let world = World::connected(backend).await;
                let replicas = [world.internal.clone(), world.internal.clone()];
                Self::with(world, replicas).await
            }
        }
    }

    /// The second replica's clock is so much ahead.
    pub(super) async fn start_ahead(by: Duration) -> Self {
        let mut world = World::connected(Backend::Redis).await;
        let replicas = [world.internal.clone(), world.replicate_ahead(by).await];
        Self::with(world, replicas).await
    }

    /// The second replica dies with everything in it when the runtime is shut down.
    pub(super) async fn start_doomed(runtime: &Runtime) -> Self {
        let mut world = World::connected(Backend::Redis).await;
        let lasting = world.internal.clone();
        world.serve_in(runtime).await;
        let doomed = std::mem::replace(&mut world.internal, lasting.clone());
        Self::with(world, [lasting, doomed]).await
    }

    async fn with(world: World, replicas: [Url; 2]) -> Self {
        assert_eq!(world.book("s-1", "yoga", &["ana"]).await.body["link"]["status"], "ready");
        world.clock.advance(Duration::from_hours(2));
        // Whoever looks at the grant would wait for the refresh that a test begins.
        while !world.rests().await {}
        Self { world, replicas }
    }

    /// A request that needs a token, at one of the replicas.
    pub(super) fn asking(&self, replica: usize) -> reqwest::RequestBuilder {
        let url = self.replicas[replica].join("/v1/sites/studio/sessions/s-1/host-link").unwrap();
        // Good for replicas whose clocks differ.
        let token = self.world.token_with(&json!({"exp": self.world.clock.now().as_second() + 3_500}));
        self.world.request(Method::GET, url.as_str()).headers(bearer(&token))
    }

    pub(super) async fn ask(&self, replica: usize) -> StatusCode {
        let mut asked = pin!(self.asking(replica).send());
        loop {
            tokio::select! {
                biased;
                answer = &mut asked => return answer.unwrap().status(),
                // Whoever waits for another's refresh looks every half second.
                () = SystemClock.wait(Duration::from_millis(5)) => self.world.clock.advance(Duration::from_millis(250)),
            }
        }
    }

    /// Both replicas can use the tokens in the end.
    pub(super) async fn works(&self) {
        for replica in 0..2 {
            self.world.until("tokens work", async || self.ask(replica).await == StatusCode::OK).await;
        }
    }

    /// Waits until a request reached Zoom that a fault strikes.
    pub(super) async fn until_struck(&self) {
        let faults = async || self.world.control(Method::GET, "faults", None).await;
        let is_on_its_way = async || faults().await["faults"].as_array().unwrap().is_empty();
        self.world.until("the refresh is on its way", is_on_its_way).await;
    }

    /// Waits until Zoom spent the refresh token.
    pub(super) async fn until_spent(&self) {
        self.world.until("the token is spent", async || self.refreshes().await.1 == 1).await;
    }

    /// What became of the tokens, once all replicas that live had time to find out.
    pub(super) async fn outcome(&self) -> Outcome {
        let mut outcome = None;
        self.world
            .until("it is known", async || {
                outcome = match self.ask(0).await {
                    StatusCode::OK => Some(Outcome::Works),
                    _ if self.state().await == "reauthorization_required" => Some(Outcome::Lapsed),
                    _ => None,
                };
                outcome.is_some()
            })
            .await;
        self.world.quiet().await;
        let (state, news) = (self.state().await, self.news().await);
        match outcome.unwrap() {
            Outcome::Works => assert_eq!((state, news.len()), (json!("active"), 0), "{news:?}"),
            Outcome::Lapsed => assert_eq!(news, ["account.reauthorization_required"]),
        }
        outcome.unwrap()
    }

    /// How often a refresh was asked for at Zoom, and how often one succeeded.
    pub(super) async fn refreshes(&self) -> (u64, u64) {
        let counts = self.world.ledger().await["counts"]["oauth.token.refresh"].clone();
        let count = |name: &str| counts[name].as_u64().unwrap_or(0);
        (count("requests"), count("succeeded"))
    }

    pub(super) async fn state(&self) -> Value {
        self.world.get("/v1/sites/studio/accounts/default").await.body["state"].clone()
    }

    /// The events of accounts since they were connected.
    pub(super) async fn news(&self) -> Vec<String> {
        let events = self.world.get("/v1/events?limit=200").await.body;
        let types = events["items"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap());
        types
            .filter(|kind| kind.starts_with("account.") && *kind != "account.connected")
            .map(Into::into)
            .collect()
    }

    /// What the store holds of the grant.
    pub(super) async fn held(&self) -> Vec<(String, Vec<u8>)> {
        let mut store = self.world.redis.as_ref().unwrap().connect().await;
        let keys: Vec<String> = store.keys("*{g:*}*grant*").await.unwrap();
        let mut held = Vec::new();
        for key in keys {
            let dumped: Vec<u8> = redis::cmd("DUMP").arg(&key).query_async(&mut store).await.unwrap();
            held.push((key, dumped));
        }
        assert_eq!(held.len(), 1, "one grant");
        held
    }

    /// The store goes back to what it held.
    pub(super) async fn go_back(&self, held: &[(String, Vec<u8>)]) {
        let mut store = self.world.redis.as_ref().unwrap().connect().await;
        for (key, dumped) in held {
            let restore = redis::cmd("RESTORE").arg(key).arg(0).arg(dumped).arg("REPLACE").to_owned();
            let () = restore.query_async(&mut store).await.unwrap();
        }
    }

    /// The store takes writes only while so many replicas follow it; none does.
    pub(super) async fn needs_replicas(&self, wanted: u8) {
        let mut store = self.world.redis.as_ref().unwrap().connect().await;
        let set = redis::cmd("CONFIG").arg("SET").arg("min-replicas-to-write").arg(wanted).to_owned();
        let () = set.query_async(&mut store).await.unwrap();
    }

    /// Lets time pass second by second, whatever gateways do meanwhile.
    pub(super) async fn pass(&self, seconds: u64) {
        for _ in 0..seconds {
            self.world.clock.advance(Duration::from_secs(1));
            SystemClock.wait(Duration::from_millis(10)).await;
        }
    }
}

fn bearer(token: &str) -> reqwest::header::HeaderMap {
    let value = format!("Bearer {token}").parse().unwrap();
    [(reqwest::header::AUTHORIZATION, value)].into_iter().collect()
}
