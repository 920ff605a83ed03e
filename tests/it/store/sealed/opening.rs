//! Nothing in plain text, nothing opens elsewhere, nothing unreadable is "absent".

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use greenroom::domain::hash::token_hash;
use greenroom::store::keys;
use greenroom::store::keys::Partition;
use greenroom::store::kv::Expect;
use greenroom::store::kv::Kv;
use greenroom::store::kv::Version;
use greenroom::store::sealed::Committed;
use greenroom::store::sealed::Opened;
use greenroom::store::sealed::SealedChange;
use greenroom::store::sealed::SealedCommit;
use greenroom::store::sealed::SealedWrite;
use greenroom::store::sealed::StoreError;
use greenroom::store::sealed::Want;
use rstest::rstest;
use zeroize::Zeroizing;

use crate::store::Backend;
use crate::store::Store;
use crate::store::sealed::copy;
use crate::store::sealed::is_shut;
use crate::store::sealed::meddling::Meddling;
use crate::store::sealed::plant;
use crate::store::sealed::put;
use crate::store::sealed::raw;
use crate::store::sealed::read;
use crate::store::sealed::ring;
use crate::store::sealed::seal;
use crate::store::sealed::text;
use crate::store::sealed::write;
use crate::store::session;
use crate::store::site;

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
    assert_eq!(two.purge(&partition, &key).await.unwrap(), 0, "it is in use");
    let (version, bytes) = raw(store.kv.as_ref(), &partition, &key).await;

    assert_eq!(two.destroy(&partition, (&key, version)).await.unwrap(), Committed::Done);
    let cut_short = read(&one, &partition, &key).await.unwrap_err();
    assert!(matches!(cut_short, StoreError::UnknownKey { .. }), "{cut_short:?}");
    assert_eq!(two.purge(&partition, &key).await.unwrap(), 1, "the record; the keys went before");
    plant(store.kv.as_ref(), &partition, &key, bytes).await;
    let left = read(&one, &partition, &key).await.unwrap_err();
    assert!(matches!(left, StoreError::UnknownKey { .. }), "held keys do not help: {left:?}");
    let (planted, _) = raw(store.kv.as_ref(), &partition, &key).await;
    assert!(planted > version);
    let known = [Want { key: key.clone(), known: Some(planted) }];
    assert!(one.read(&partition, &known).await.is_err(), "nor does a copy held opened");

    assert_eq!(two.purge(&partition, &key).await.unwrap(), 1);
    assert_eq!(read(&one, &partition, &key).await.unwrap(), Opened::Absent);
    assert_eq!(write(&one, &partition, vec![put(&key, Expect::Absent, "anew")]).await, Committed::Done);
    assert_eq!(text(&two, &partition, &key).await, "anew");
}

#[rstest]
#[tokio::test]
async fn what_ends_one_life_of_a_partition_never_ends_the_next(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let mine = ring();
    let (late, other) = (seal(&store.kv, copy(&mine)), seal(&store.kv, mine));
    let (partition, last, key) = (site("x"), keys::site(), session("a"));
    let begin = async |what: &str| {
        let puts = vec![put(&last, Expect::Absent, what), put(&key, Expect::Absent, what)];
        assert_eq!(write(&other, &partition, puts).await, Committed::Done);
    };
    begin("one").await;
    let (version, _) = raw(store.kv.as_ref(), &partition, &last).await;
    assert_eq!(text(&late, &partition, &key).await, "one");
    assert_eq!(other.destroy(&partition, (&last, version)).await.unwrap(), Committed::Done);
    assert_eq!(other.purge(&partition, &last).await.unwrap(), 2);
    begin("two").await;
    store.kv.hint(&partition, 6).await.unwrap();

    assert_eq!(late.destroy(&partition, (&last, version)).await.unwrap(), Committed::Conflict);
    assert_eq!(late.purge(&partition, &last).await.unwrap(), 0);
    for sealed in [&late, &other] {
        assert_eq!(text(sealed, &partition, &last).await, "two");
        assert_eq!(text(sealed, &partition, &key).await, "two");
    }
    assert_eq!(store.kv.hinted(9, 9).await.unwrap(), [(partition.clone(), 6)]);
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
        let put = SealedWrite::Put { schema: 1, bytes: Zeroizing::new(id.into()), ttl };
        let change = SealedChange { key: session(id), expect: Expect::Absent, write: put };
        assert_eq!(write(&sealed, &partition, vec![change]).await, Committed::Done);
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
