//! The store, from its waist up: one suite for both backends, what only one of them can show, and sealing.

mod attention;
mod conformance;
mod embedded;
mod endpoints;
mod feed;
mod grants;
mod indexes;
mod redis;
mod sealed;
mod tallies;
mod work;

use std::sync::Arc;
use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use greenroom::app::ports::clock::SystemClock;
use greenroom::crypto::entropy::SystemEntropy;
use greenroom::domain::id::SessionId;
use greenroom::domain::id::SiteId;
use greenroom::store::embedded::Embedded;
use greenroom::store::keys;
use greenroom::store::keys::IndexName;
use greenroom::store::keys::Key;
use greenroom::store::keys::Partition;
use greenroom::store::kv::Ask;
use greenroom::store::kv::Change;
use greenroom::store::kv::Commit;
use greenroom::store::kv::Expect;
use greenroom::store::kv::Found;
use greenroom::store::kv::IndexChange;
use greenroom::store::kv::Kv;
use greenroom::store::kv::OpId;
use greenroom::store::kv::Order;
use greenroom::store::kv::Outcome;
use greenroom::store::kv::Purge;
use greenroom::store::kv::Range;
use greenroom::store::kv::Version;
use greenroom::store::kv::Write;
use greenroom::store::redis::Durability;
use greenroom::store::redis::Redis;
use greenroom::store::redis::Settings;
use tempfile::TempDir;

use crate::support::clock::StepClock;
use crate::support::redis::RedisServer;

/// What the suite runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Backend {
    Memory,
    File,
    Redis,
}

/// A backend, empty, with what it stands on.
struct Store {
    kv: Arc<dyn Kv>,
    clock: StepClock,
    redis: Option<RedisServer>,
    _directory: TempDir,
}

impl Store {
    async fn open(backend: Backend) -> Self {
        let (clock, directory) = (StepClock::new(), tempfile::tempdir().unwrap());
        let mut redis = None;
        let kv: Arc<dyn Kv> = match backend {
            Backend::Memory => Arc::new(Embedded::in_memory(Arc::new(clock.clone()))),
            Backend::File => {
                let path = directory.path().join("store.redb");
                Arc::new(Embedded::open(&path, Arc::new(clock.clone())).unwrap())
            }
            Backend::Redis => {
                let server = redis.insert(RedisServer::start().await);
                Arc::new(Redis::open(&settings(&server.url())).await.unwrap())
            }
        };
        Self { kv, clock, redis, _directory: directory }
    }

    /// Lets time pass for whoever counts it: the store's clock, or the server's own.
    async fn pass(&self, duration: Duration) {
        self.clock.advance(duration);
        if self.redis.is_some() {
            SystemClock.wait(duration).await;
        }
    }

    async fn find(&self, partition: &Partition, key: &Key) -> Found {
        let asks = [Ask { key: key.clone(), known: None }];
        self.kv.read(partition, &asks).await.unwrap().found.remove(0)
    }

    async fn floor(&self, partition: &Partition) -> Version {
        self.kv.read(partition, &[]).await.unwrap().floor
    }

    async fn commit(&self, partition: &Partition, changes: Vec<Change>) -> Outcome {
        self.kv.commit(partition, &commit(changes)).await.unwrap()
    }
}

fn settings(url: &str) -> Settings {
    Settings { url: url.into(), durability: Durability::Relaxed }
}

fn site(id: &str) -> Partition {
    Partition::Site(SiteId::parse(id).unwrap())
}

fn session(id: &str) -> Key {
    keys::session(&SessionId::parse(id).unwrap())
}

fn op_id() -> OpId {
    OpId::generate(&SystemEntropy)
}

fn commit(changes: Vec<Change>) -> Commit {
    Commit { op_id: op_id(), changes, index: Vec::new() }
}

fn index_commit(index: Vec<IndexChange>) -> Commit {
    Commit { op_id: op_id(), changes: Vec::new(), index }
}

fn put(key: &Key, expect: Expect, version: u64, bytes: &str) -> Change {
    let write = Write::Put { version: Version(version), bytes: bytes.into(), ttl: None };
    Change { key: key.clone(), expect, write }
}

fn put_for(key: &Key, version: u64, ttl: Duration) -> Change {
    let write = Write::Put { version: Version(version), bytes: b"short-lived".to_vec(), ttl: Some(ttl) };
    Change { key: key.clone(), expect: Expect::Absent, write }
}

fn remove(key: &Key, version: u64) -> Change {
    Change { key: key.clone(), expect: at(version), write: Write::Remove }
}

/// A purge of what has no data keys, the site last.
fn purge() -> Purge {
    Purge { unless: keys::data_keys(), last: keys::site() }
}

fn at(version: u64) -> Expect {
    Expect::Version(Version(version))
}

fn record(version: u64, bytes: &str) -> Found {
    Found::Record { version: Version(version), bytes: bytes.into() }
}

fn add(member: &str, score: i64) -> IndexChange {
    add_to(&keys::DUE, member, score)
}

fn add_to(index: &IndexName, member: &str, score: i64) -> IndexChange {
    IndexChange::Add { index: index.clone(), member: member.to_owned(), score }
}

fn all() -> Range {
    Range { min: -(1 << 50), max: 1 << 50, after: None, limit: 100, order: Order::Ascending }
}
