//! Owns the key set of one issuer: fetched seldom, by one at a time, and kept through the issuer's outages.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::SignedDuration;
use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio::sync::OwnedMutexGuard;
use url::Url;

use crate::app::ports::clock::Clock;
use crate::web::auth::key::Key;
use crate::web::auth::key::parse_set;

/// How long a set counts as current (correctness.md section 6).
const FRESH: SignedDuration = SignedDuration::from_mins(10);
/// How long the last good set is kept while the issuer cannot be reached.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// The least time between two fetches: an unknown `kid` cannot make us call the issuer more often.
const APART: SignedDuration = SignedDuration::from_secs(30);
/// How long one fetch may take, and with it the requests that wait for it.
const FETCH_DEADLINE: Duration = Duration::from_secs(5);

/// Fetches key sets: the one outbound client, as this room needs it.
#[async_trait::async_trait]
pub trait FetchKeys: Send + Sync + fmt::Debug {
    /// Fetches the document at an https address, or http on loopback: without redirects, and of bounded size.
    async fn fetch(&self, url: &Url) -> Result<Vec<u8>, FetchFailed>;
}

/// Why a key set could not be fetched: a sentence without the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the key set cannot be fetched: {0}")]
pub struct FetchFailed(pub String);

/// Why there is no key for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoKey {
    /// The issuer's set does not have it.
    Unknown,
    /// The issuer's set is not known.
    Unavailable,
}

/// A key, and until when it may be taken for current without asking again.
pub(super) struct Held {
    pub(super) key: Arc<Key>,
    pub(super) fresh_until: Timestamp,
}

/// The key set of one issuer.
#[derive(Debug)]
pub(super) struct Jwks {
    url: Url,
    fetch: Arc<dyn FetchKeys>,
    clock: Arc<dyn Clock>,
    set: ArcSwap<Set>,
    /// Held by the one who fetches; inside, when that was last tried.
    gate: Arc<Mutex<Option<Timestamp>>>,
}

#[derive(Debug, Default)]
struct Set {
    keys: BTreeMap<String, Arc<Key>>,
    fetched_at: Option<Timestamp>,
}

impl Jwks {
    pub(super) fn new(url: Url, fetch: Arc<dyn FetchKeys>, clock: Arc<dyn Clock>) -> Arc<Self> {
        let gate = Arc::new(Mutex::new(None));
        Arc::new(Self { url, fetch, clock, set: ArcSwap::default(), gate })
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Finds the key of a `kid`, fetching the set where that may help.
    pub(super) async fn key(self: &Arc<Self>, kid: &str) -> Result<Held, NoKey> {
        let set = self.set.load();
        let fresh = set.age(self.clock.now()).is_some_and(|age| age < FRESH);
        let known = set.keys.contains_key(kid);
        drop(set);
        if known && !fresh {
            self.renew().await;
        } else if !known {
            self.ask().await;
        }
        self.find(kid)
    }

    fn find(&self, kid: &str) -> Result<Held, NoKey> {
        let (set, now) = (self.set.load(), self.clock.now());
        let Some(fetched_at) = set.fetched_at.filter(|_| set.age(now).is_some_and(|age| age < KEPT)) else {
            return Err(NoKey::Unavailable);
        };
        let key = set.keys.get(kid).cloned().ok_or(NoKey::Unknown)?;
        Ok(Held { key, fresh_until: fetched_at + FRESH })
    }

    /// Fetches a set that has grown old, unless another does: there is a key to go on with.
    async fn renew(self: &Arc<Self>) {
        let asked_at = self.clock.now();
        if let Ok(gate) = Arc::clone(&self.gate).try_lock_owned() {
            self.refresh(gate, asked_at).await;
        }
    }

    /// Fetches a set that lacks a key, or waits for another to do so.
    async fn ask(self: &Arc<Self>) {
        let asked_at = self.clock.now();
        let gate = Arc::clone(&self.gate).lock_owned().await;
        self.refresh(gate, asked_at).await;
    }

    /// Fetches the set, unless that was tried just before it was asked for, or since.
    async fn refresh(self: &Arc<Self>, mut gate: OwnedMutexGuard<Option<Timestamp>>, asked_at: Timestamp) {
        if gate.is_some_and(|last| asked_at.duration_since(last) < APART) {
            return;
        }
        *gate = Some(self.clock.now());
        let jwks = Arc::clone(self);
        if tokio::spawn(async move { jwks.fetch_into(gate).await }).await.is_err() {
            tracing::error!("fetching a key set failed unexpectedly");
        }
    }

    /// In a task of its own: a caller who hangs up does not undo it. Keeps the gate until it is done.
    async fn fetch_into(&self, _gate: OwnedMutexGuard<Option<Timestamp>>) {
        let fetched = tokio::time::timeout(FETCH_DEADLINE, self.fetch.fetch(&self.url)).await;
        let document = fetched.unwrap_or_else(|_| Err(FetchFailed("it took too long".to_owned())));
        match document.map(|document| parse_set(&document)) {
            Ok(Some(keys)) => {
                let keys = keys.into_iter().map(|(kid, key)| (kid, Arc::new(key))).collect();
                self.set.store(Arc::new(Set { keys, fetched_at: Some(self.clock.now()) }));
                tracing::debug!(jwks.host = self.url.host_str(), "key set fetched");
            }
            Ok(None) => {
                tracing::warn!(jwks.host = self.url.host_str(), "key set cannot be read: the last is kept");
            }
            Err(error) => {
                tracing::warn!(jwks.host = self.url.host_str(), %error, "key set not fetched: the last is kept");
            }
        }
    }
}

impl Set {
    fn age(&self, now: Timestamp) -> Option<SignedDuration> {
        self.fetched_at.map(|fetched_at| now.duration_since(fetched_at))
    }
}
