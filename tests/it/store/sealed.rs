//! Sealing on every backend: nothing in plain text, nothing opens elsewhere, nothing unreadable is "absent".

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::time::Duration;

use arc_swap::ArcSwap;
use greenroom::crypto::entropy::SystemEntropy;
use greenroom::crypto::envelope::OpenError;
use greenroom::crypto::keyring::Keyring;
use greenroom::domain::hash::token_hash;
use greenroom::store::keys;
use greenroom::store::keys::IndexName;
use greenroom::store::keys::Key;
use greenroom::store::keys::Partition;
use greenroom::store::kv::Ask;
use greenroom::store::kv::Commit;
use greenroom::store::kv::Cursor;
use greenroom::store::kv::Entry;
use greenroom::store::kv::Expect;
use greenroom::store::kv::Found;
use greenroom::store::kv::Kv;
use greenroom::store::kv::KvError;
use greenroom::store::kv::Outcome;
use greenroom::store::kv::Page;
use greenroom::store::kv::Range;
use greenroom::store::kv::Settled;
use greenroom::store::kv::Snapshot;
use greenroom::store::kv::Version;
use greenroom::store::redis::Redis;
use greenroom::store::sealed::Committed;
use greenroom::store::sealed::Opened;
use greenroom::store::sealed::Sealed;
use greenroom::store::sealed::SealedChange;
use greenroom::store::sealed::SealedCommit;
use greenroom::store::sealed::SealedParts;
use greenroom::store::sealed::SealedWrite;
use greenroom::store::sealed::StoreError;
use greenroom::store::sealed::Unreadable;
use greenroom::store::sealed::Want;
use rstest::rstest;
use zeroize::Zeroizing;

use super::Backend;
use super::Store;
use super::commit;
use super::session;
use super::settings;
use super::site;
use crate::support::clock::StepClock;
use crate::support::proxy::Proxy;
use crate::support::redis::RedisServer;

fn ring() -> Keyring {
    Keyring::generate("2026-11-22T10:00:00Z".parse().unwrap(), &SystemEntropy)
}

/// The ring as another process reads it from the file.
fn copy(ring: &Keyring) -> Keyring {
    Keyring::parse(&ring.render()).unwrap()
}

fn seal(kv: &Arc<dyn Kv>, ring: Keyring) -> Sealed {
    Sealed::new(SealedParts {
        kv: Arc::clone(kv),
        keyring: Arc::new(ArcSwap::from_pointee(ring)),
        entropy: Arc::new(SystemEntropy),
        clock: Arc::new(StepClock::new()),
    })
}

fn put(key: &Key, expect: Expect, text: &str) -> SealedChange {
    let write = SealedWrite::Put { schema: 1, bytes: Zeroizing::new(text.into()), ttl: None };
    SealedChange { key: key.clone(), expect, write }
}

async fn write(sealed: &Sealed, partition: &Partition, changes: Vec<SealedChange>) -> Committed {
    let commit = SealedCommit { op_id: sealed.op_id(), changes, index: Vec::new() };
    sealed.commit(partition, &commit).await.unwrap()
}

async fn read(sealed: &Sealed, partition: &Partition, key: &Key) -> Result<Opened, StoreError> {
    sealed.read(partition, &[Want::new(key.clone())]).await.map(|mut read| read.opened.remove(0))
}

async fn text(sealed: &Sealed, partition: &Partition, key: &Key) -> String {
    match read(sealed, partition, key).await.unwrap() {
        Opened::Record { bytes, .. } => String::from_utf8(bytes.to_vec()).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// What stands in the backend, sealed.
async fn raw(kv: &dyn Kv, partition: &Partition, key: &Key) -> (Version, Vec<u8>) {
    let asks = [Ask { key: key.clone(), known: None }];
    match kv.read(partition, &asks).await.unwrap().found.remove(0) {
        Found::Record { version, bytes } => (version, bytes),
        other => panic!("{other:?}"),
    }
}

/// Puts bytes under a key behind the seal's back.
async fn plant(kv: &dyn Kv, partition: &Partition, key: &Key, bytes: Vec<u8>) {
    let asks = [Ask { key: key.clone(), known: None }];
    let snapshot = kv.read(partition, &asks).await.unwrap();
    let (expect, version) = match &snapshot.found[0] {
        Found::Record { version, .. } => (Expect::Version(*version), version.next()),
        _ => (Expect::Absent, snapshot.floor.next()),
    };
    let write = greenroom::store::kv::Write::Put { version, bytes, ttl: None };
    let change = greenroom::store::kv::Change { key: key.clone(), expect, write };
    assert_eq!(kv.commit(partition, &commit(vec![change])).await, Ok(Outcome::Committed));
}

fn is_shut(result: &Result<Opened, StoreError>) -> bool {
    let shut = Unreadable::Seal(OpenError::WrongCommitment);
    matches!(result, Err(StoreError::Corrupt { cause, .. }) if *cause == shut)
}

#[rstest]
#[tokio::test]
async fn a_record_is_opened_as_it_was_sealed_and_nothing_stands_in_plain_text(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let sealed = seal(&store.kv, ring());
    let (partition, key) = (site("x"), session("a"));
    assert_eq!(read(&sealed, &partition, &key).await.unwrap(), Opened::Absent);
    assert_eq!(
        write(&sealed, &partition, vec![put(&key, Expect::Absent, "passcode")]).await,
        Committed::Done
    );
    let opened = read(&sealed, &partition, &key).await.unwrap();
    let Opened::Record { version, schema: 1, ref bytes } = opened else { panic!("{opened:?}") };
    assert_eq!(bytes.as_slice(), b"passcode");
    let wants = [Want { key: key.clone(), known: Some(version) }];
    assert_eq!(sealed.read(&partition, &wants).await.unwrap().opened, [Opened::Unchanged(version)]);

    let page = sealed.scan(None, 100).await.unwrap();
    assert_eq!(page.records.len(), 2, "the record and the partition's keys");
    for record in page.records {
        assert!(!record.bytes.windows(8).any(|window| window == b"passcode"), "{record:?}");
    }
}

#[rstest]
#[tokio::test]
async fn what_was_moved_or_replayed_does_not_open(
    #[values(Backend::Memory, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let sealed = seal(&store.kv, ring());
    let (x, y, a, b) = (site("x"), site("y"), session("a"), session("b"));
    for partition in [&x, &y] {
        let changes = vec![put(&a, Expect::Absent, "first"), put(&b, Expect::Absent, "other")];
        assert_eq!(write(&sealed, partition, changes).await, Committed::Done);
    }
    let (first, bytes) = raw(store.kv.as_ref(), &x, &a).await;

    plant(store.kv.as_ref(), &x, &b, bytes.clone()).await;
    assert!(is_shut(&read(&sealed, &x, &b).await), "copied to another key");

    let second = put(&a, Expect::Version(first), "second");
    assert_eq!(write(&sealed, &x, vec![second]).await, Committed::Done);
    plant(store.kv.as_ref(), &x, &a, bytes.clone()).await;
    assert!(is_shut(&read(&sealed, &x, &a).await), "an old version in place of a new one");

    plant(store.kv.as_ref(), &y, &a, bytes.clone()).await;
    let swapped = read(&sealed, &y, &a).await.unwrap_err();
    assert!(matches!(swapped, StoreError::UnknownKey { .. }), "sealed under another site's key: {swapped:?}");

    let (_, deks) = raw(store.kv.as_ref(), &x, &keys::data_keys()).await;
    plant(store.kv.as_ref(), &y, &keys::data_keys(), deks).await;
    let moved = read(&sealed, &y, &a).await;
    assert!(is_shut(&moved), "another site's keys do not open here: {moved:?}");
}

#[rstest]
#[tokio::test]
async fn another_schema_than_sealed_does_not_open(#[values(Backend::Memory)] backend: Backend) {
    let store = Store::open(backend).await;
    let sealed = seal(&store.kv, ring());
    let (partition, key) = (site("x"), session("a"));
    assert_eq!(write(&sealed, &partition, vec![put(&key, Expect::Absent, "v1")]).await, Committed::Done);
    let (version, mut bytes) = raw(store.kv.as_ref(), &partition, &key).await;
    bytes[1] = 2;
    let gone = greenroom::store::kv::Change {
        key: key.clone(),
        expect: Expect::Version(version),
        write: greenroom::store::kv::Write::Remove,
    };
    store.commit(&partition, vec![gone]).await;
    plant(store.kv.as_ref(), &partition, &key, bytes).await;
    assert!(is_shut(&read(&sealed, &partition, &key).await));
}

#[rstest]
#[tokio::test]
async fn a_ring_without_the_key_fails_closed_and_names_it(
    #[values(Backend::Memory, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let mine = ring();
    let id = mine.primary().id().to_string();
    let (partition, key) = (site("x"), session("a"));
    let sealed = seal(&store.kv, copy(&mine));
    assert_eq!(write(&sealed, &partition, vec![put(&key, Expect::Absent, "a")]).await, Committed::Done);
    assert_eq!(text(&seal(&store.kv, mine), &partition, &key).await, "a", "another replica opens it");

    let stranger = seal(&store.kv, ring());
    let error = read(&stranger, &partition, &key).await.unwrap_err();
    let StoreError::UnknownKey { cause, .. } = error else { panic!("{error:?}") };
    assert!(cause.to_string().contains(&id), "{cause}");
    let commit = SealedCommit {
        op_id: stranger.op_id(),
        changes: vec![put(&session("b"), Expect::Absent, "b")],
        index: Vec::new(),
    };
    assert!(matches!(stranger.commit(&partition, &commit).await, Err(StoreError::UnknownKey { .. })));
}

#[rstest]
#[tokio::test]
async fn a_purged_partition_is_unreadable_at_once_and_may_begin_anew(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let mine = ring();
    let (one, two) = (seal(&store.kv, copy(&mine)), seal(&store.kv, mine));
    let (partition, key) = (site("x"), session("a"));
    assert_eq!(write(&one, &partition, vec![put(&key, Expect::Absent, "a")]).await, Committed::Done);
    assert_eq!(text(&two, &partition, &key).await, "a");
    let (version, bytes) = raw(store.kv.as_ref(), &partition, &key).await;

    assert_eq!(two.purge(&partition).await.unwrap(), 1, "the record; the keys went before");
    plant(store.kv.as_ref(), &partition, &key, bytes).await;
    let left = read(&one, &partition, &key).await.unwrap_err();
    assert!(matches!(left, StoreError::UnknownKey { .. }), "held keys do not help: {left:?}");
    let (planted, _) = raw(store.kv.as_ref(), &partition, &key).await;
    assert!(planted > version);
    let known = [Want { key: key.clone(), known: Some(planted) }];
    assert!(one.read(&partition, &known).await.is_err(), "nor does a copy held opened");

    assert_eq!(two.purge(&partition).await.unwrap(), 1);
    assert_eq!(read(&one, &partition, &key).await.unwrap(), Opened::Absent);
    assert_eq!(write(&one, &partition, vec![put(&key, Expect::Absent, "anew")]).await, Committed::Done);
    assert_eq!(text(&two, &partition, &key).await, "anew");
}

#[rstest]
#[tokio::test]
async fn a_replica_behind_on_keys_or_versions_seals_anew(
    #[values(Backend::Memory, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let mine = ring();
    let (one, two) = (seal(&store.kv, copy(&mine)), seal(&store.kv, mine));
    let (partition, a, b) = (site("x"), session("a"), session("b"));
    assert_eq!(read(&two, &partition, &b).await.unwrap(), Opened::Absent);
    assert_eq!(write(&one, &partition, vec![put(&a, Expect::Absent, "a")]).await, Committed::Done);
    assert_eq!(
        write(&two, &partition, vec![put(&b, Expect::Absent, "b")]).await,
        Committed::Done,
        "keys were new"
    );

    let (version, _) = raw(store.kv.as_ref(), &partition, &b).await;
    let remove =
        SealedChange { key: b.clone(), expect: Expect::Version(version), write: SealedWrite::Remove };
    assert_eq!(write(&one, &partition, vec![remove]).await, Committed::Done);
    assert_eq!(
        write(&two, &partition, vec![put(&b, Expect::Absent, "b2")]).await,
        Committed::Done,
        "floor rose"
    );
    assert_eq!(text(&one, &partition, &b).await, "b2");

    let taken = put(&b, Expect::Absent, "b3");
    assert_eq!(write(&two, &partition, vec![taken]).await, Committed::Conflict, "a true conflict stays one");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_write_first_at_once_share_one_key(
    #[values(Backend::Memory, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let mine = ring();
    let partition = site("x");
    let ttl = Some(Duration::from_mins(1));
    let writers: Vec<_> = (0..8)
        .map(|number| {
            let (sealed, partition) = (seal(&store.kv, copy(&mine)), partition.clone());
            tokio::spawn(async move {
                let key = session(&format!("s{number}"));
                let write = SealedWrite::Put { schema: 1, bytes: Zeroizing::new(b"x".to_vec()), ttl };
                let change = SealedChange { key, expect: Expect::Absent, write };
                let commit = SealedCommit { op_id: sealed.op_id(), changes: vec![change], index: Vec::new() };
                // A floor that moves under every sealing in a row ends in a conflict, which is tried anew.
                while sealed.commit(&partition, &commit).await.unwrap() == Committed::Conflict {}
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let reader = seal(&store.kv, mine);
    for number in 0..8 {
        assert_eq!(text(&reader, &partition, &session(&format!("s{number}"))).await, "x");
    }
}

#[rstest]
#[tokio::test]
async fn the_key_of_hashes_is_made_once(#[values(Backend::Memory, Backend::Redis)] backend: Backend) {
    let store = Store::open(backend).await;
    let mine = ring();
    let (one, two) = (seal(&store.kv, copy(&mine)), seal(&store.kv, copy(&mine)));
    let (first, second) = tokio::join!(one.hash_key(), two.hash_key());
    assert_eq!(first.unwrap().expose(), second.unwrap().expose());
    let later = seal(&store.kv, mine);
    assert_eq!(later.hash_key().await.unwrap().expose(), one.hash_key().await.unwrap().expose());
}

#[tokio::test]
async fn a_tokens_partition_goes_with_the_last_record_of_it() {
    let store = Store::open(Backend::Memory).await;
    let sealed = seal(&store.kv, ring());
    let partition = Partition::Token(token_hash("test", "token"));
    for (id, hours) in [("long", 2), ("short", 1)] {
        let ttl = Some(Duration::from_hours(hours));
        let write = SealedWrite::Put { schema: 1, bytes: Zeroizing::new(id.into()), ttl };
        let change = SealedChange { key: session(id), expect: Expect::Absent, write };
        assert_eq!(super::sealed::write(&sealed, &partition, vec![change]).await, Committed::Done);
    }
    store.clock.advance(Duration::from_mins(119));
    assert_eq!(read(&sealed, &partition, &session("short")).await.unwrap(), Opened::Absent);
    assert_eq!(text(&sealed, &partition, &session("long")).await, "long");
    store.clock.advance(Duration::from_mins(2));
    assert_eq!(store.kv.scan(None, 9).await.unwrap().records, [], "the keys have gone, too");
    assert_eq!(read(&sealed, &partition, &session("long")).await.unwrap(), Opened::Absent);

    let floor = store.floor(&partition).await;
    assert!(floor > Version::ZERO);
    store.clock.advance(partition.floor_lifetime().unwrap());
    assert_eq!(
        write(&sealed, &site("x"), vec![put(&session("a"), Expect::Absent, "sweeps")]).await,
        Committed::Done
    );
    assert_eq!(store.floor(&partition).await, Version::ZERO);
}

#[tokio::test]
async fn a_lost_answer_is_resolved_by_sending_again() {
    let server = RedisServer::start().await;
    let proxy = Proxy::start(server.address).await;
    let kv: Arc<dyn Kv> =
        Arc::new(Redis::open(&settings(&format!("redis://{}", proxy.address))).await.unwrap());
    let sealed = seal(&kv, ring());
    let (partition, key) = (site("x"), session("a"));
    assert_eq!(write(&sealed, &partition, vec![put(&key, Expect::Absent, "a")]).await, Committed::Done);
    let (version, _) = raw(kv.as_ref(), &partition, &key).await;

    proxy.lose_next_reply();
    let change = put(&key, Expect::Version(version), "b");
    assert_eq!(write(&sealed, &partition, vec![change]).await, Committed::Done);
    assert!(proxy.has_lost_it());
    assert_eq!(text(&sealed, &partition, &key).await, "b");
    assert_eq!(raw(kv.as_ref(), &partition, &key).await.0, version.next(), "it was done once");
}

#[tokio::test]
async fn a_first_commit_sent_again_by_another_replica_leaves_the_keys_that_stand() {
    let store = Store::open(Backend::Memory).await;
    let mine = ring();
    let (sealed, other) = (seal(&store.kv, copy(&mine)), seal(&store.kv, mine));
    let (partition, key) = (site("x"), session("a"));
    let commit = SealedCommit {
        op_id: sealed.op_id(),
        changes: vec![put(&key, Expect::Absent, "a")],
        index: Vec::new(),
    };
    assert_eq!(sealed.commit(&partition, &commit).await.unwrap(), Committed::Done);
    assert_eq!(other.commit(&partition, &commit).await.unwrap(), Committed::Done);
    assert_eq!(
        write(&other, &partition, vec![put(&session("b"), Expect::Absent, "b")]).await,
        Committed::Done
    );
    assert_eq!(text(&other, &partition, &key).await, "a");
    assert_eq!(text(&sealed, &partition, &session("b")).await, "b");
}

#[tokio::test]
async fn a_read_is_one_round_trip_whether_keys_are_held_or_not() {
    let store = Store::open(Backend::Memory).await;
    let mine = ring();
    let (partition, key) = (site("x"), session("a"));
    let writer = seal(&store.kv, copy(&mine));
    assert_eq!(write(&writer, &partition, vec![put(&key, Expect::Absent, "a")]).await, Committed::Done);

    let counted = Arc::new(Meddling::on(&store.kv));
    let kv: Arc<dyn Kv> = Arc::clone(&counted) as Arc<dyn Kv>;
    let reader = seal(&kv, mine);
    for expected in 1..=3 {
        assert_eq!(text(&reader, &partition, &key).await, "a");
        assert_eq!(counted.reads.load(Ordering::SeqCst), expected);
    }
}

#[tokio::test]
async fn an_answer_that_stays_lost_is_uncertain_and_never_a_failure() {
    let store = Store::open(Backend::Memory).await;
    let kv: Arc<dyn Kv> = Arc::new(Meddling { answer: Some(Outcome::Unknown), ..Meddling::on(&store.kv) });
    let sealed = seal(&kv, ring());
    let (partition, key) = (site("x"), session("a"));
    let commit = SealedCommit {
        op_id: sealed.op_id(),
        changes: vec![put(&key, Expect::Absent, "a")],
        index: Vec::new(),
    };
    assert!(matches!(sealed.commit(&partition, &commit).await, Err(StoreError::Uncertain)));
}

/// Counts what passes, and may answer in the store's stead after it did what was asked.
#[derive(Debug)]
struct Meddling {
    below: Arc<dyn Kv>,
    reads: AtomicU32,
    answer: Option<Outcome>,
}

impl Meddling {
    fn on(below: &Arc<dyn Kv>) -> Self {
        Self { below: Arc::clone(below), reads: AtomicU32::new(0), answer: None }
    }
}

#[async_trait::async_trait]
impl Kv for Meddling {
    async fn read(&self, partition: &Partition, asks: &[Ask]) -> Result<Snapshot, KvError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.below.read(partition, asks).await
    }

    async fn commit(&self, partition: &Partition, commit: &Commit) -> Result<Outcome, KvError> {
        let outcome = self.below.commit(partition, commit).await?;
        Ok(self.answer.unwrap_or(outcome))
    }

    async fn range(
        &self,
        partition: &Partition,
        index: IndexName,
        range: &Range,
    ) -> Result<Vec<Entry>, KvError> {
        self.below.range(partition, index, range).await
    }

    async fn hint(&self, partition: &Partition, at_ms: i64) -> Result<(), KvError> {
        self.below.hint(partition, at_ms).await
    }

    async fn hinted(&self, until_ms: i64, limit: usize) -> Result<Vec<(Partition, i64)>, KvError> {
        self.below.hinted(until_ms, limit).await
    }

    async fn settle_hint(
        &self,
        partition: &Partition,
        seen: i64,
        next: Option<i64>,
    ) -> Result<Settled, KvError> {
        self.below.settle_hint(partition, seen, next).await
    }

    async fn scan(&self, from: Option<&Cursor>, limit: usize) -> Result<Page, KvError> {
        self.below.scan(from, limit).await
    }

    async fn purge(&self, partition: &Partition) -> Result<u64, KvError> {
        self.below.purge(partition).await
    }

    async fn ping(&self) -> Result<(), KvError> {
        self.below.ping().await
    }
}
