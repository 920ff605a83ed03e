//! What every backend does alike with records and commits.

use std::sync::Arc;
use std::time::Duration;

use greenroom::store::keys;
use greenroom::store::keys::Key;
use greenroom::store::kv::Ask;
use greenroom::store::kv::Change;
use greenroom::store::kv::Commit;
use greenroom::store::kv::Expect;
use greenroom::store::kv::Found;
use greenroom::store::kv::IndexChange;
use greenroom::store::kv::KvError;
use greenroom::store::kv::Outcome;
use greenroom::store::kv::Version;
use greenroom::store::kv::Write;
use rstest::rstest;

use crate::store::Backend;
use crate::store::Store;
use crate::store::add;
use crate::store::all;
use crate::store::at;
use crate::store::commit;
use crate::store::index_commit;
use crate::store::op_id;
use crate::store::put;
use crate::store::put_for;
use crate::store::record;
use crate::store::remove;
use crate::store::session;
use crate::store::site;

#[rstest]
#[tokio::test]
async fn records_are_read_back_in_the_order_asked(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let (a, b, none) = (session("a"), session("b"), session("none"));
    let changes = vec![put(&a, Expect::Absent, 1, "first"), put(&b, Expect::Absent, 7, "")];
    assert_eq!(store.commit(&site("x"), changes).await, Outcome::Committed);

    let asks = [&b, &none, &a].map(|key| Ask { key: key.clone(), known: None });
    let snapshot = store.kv.read(&site("x"), &asks).await.unwrap();
    assert_eq!(snapshot.found, [record(7, ""), Found::Absent, record(1, "first")]);
    assert_eq!(snapshot.floor, Version::ZERO);
    assert_eq!(store.find(&site("y"), &a).await, Found::Absent, "partitions are apart");
}

#[rstest]
#[tokio::test]
async fn a_record_that_is_as_known_is_not_sent_again(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let (partition, key) = (site("x"), session("a"));
    store.commit(&partition, vec![put(&key, Expect::Absent, 3, "bytes")]).await;
    let found = async |known| {
        let asks = [Ask { key: key.clone(), known: Some(Version(known)) }];
        store.kv.read(&partition, &asks).await.unwrap().found.remove(0)
    };
    assert_eq!(found(3).await, Found::Unchanged(Version(3)));
    assert_eq!(found(2).await, record(3, "bytes"));
    store.commit(&partition, vec![remove(&key, 3)]).await;
    assert_eq!(found(3).await, Found::Absent);
}

#[rstest]
#[tokio::test]
async fn what_does_not_stand_as_expected_is_a_conflict(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let (partition, key, none) = (site("x"), session("a"), session("none"));
    store.commit(&partition, vec![put(&key, Expect::Absent, 5, "a")]).await;
    for change in [
        put(&key, Expect::Absent, 6, "b"),
        put(&key, at(4), 5, "b"),
        put(&key, at(6), 7, "b"),
        put(&none, at(1), 2, "b"),
        put(&key, at(5), 4, "a version from before"),
        put(&key, at(5), 5, "a version used"),
        remove(&key, 4),
        Change { key: none.clone(), expect: at(1), write: Write::Check },
    ] {
        assert_eq!(store.commit(&partition, vec![change.clone()]).await, Outcome::Conflict, "{change:?}");
    }
    assert_eq!(store.find(&partition, &key).await, record(5, "a"));
    assert_eq!(store.commit(&partition, vec![put(&key, at(5), 9, "b")]).await, Outcome::Committed);
    assert_eq!(store.find(&partition, &key).await, record(9, "b"));
}

#[rstest]
#[tokio::test]
async fn one_wrong_expectation_among_many_writes_nothing(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let partition = site("x");
    let (a, b, c) = (session("a"), session("b"), session("c"));
    store.commit(&partition, vec![put(&a, Expect::Absent, 1, "a"), put(&b, Expect::Absent, 1, "b")]).await;
    let member = "a".to_owned();
    let failing = Commit {
        op_id: op_id(),
        changes: vec![put(&c, Expect::Absent, 1, "c"), remove(&a, 1), put(&b, at(9), 10, "b")],
        index: vec![IndexChange::Add { index: keys::DUE, member, score: 1 }],
    };
    assert_eq!(store.kv.commit(&partition, &failing).await, Ok(Outcome::Conflict));
    assert_eq!(store.find(&partition, &a).await, record(1, "a"));
    assert_eq!(store.find(&partition, &b).await, record(1, "b"));
    assert_eq!(store.find(&partition, &c).await, Found::Absent);
    assert_eq!(store.floor(&partition).await, Version::ZERO);
    assert_eq!(store.kv.range(&partition, &keys::DUE, &all()).await.unwrap(), []);
    assert_eq!(
        store.kv.commit(&partition, &failing).await,
        Ok(Outcome::Conflict),
        "a conflict is not remembered"
    );
}

#[rstest]
#[tokio::test]
async fn a_commit_sent_twice_is_done_once(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let (partition, key) = (site("x"), session("a"));
    let first = commit(vec![put(&key, Expect::Absent, 1, "a")]);
    assert_eq!(store.kv.commit(&partition, &first).await, Ok(Outcome::Committed));
    assert_eq!(store.commit(&partition, vec![put(&key, at(1), 2, "b")]).await, Outcome::Committed);
    assert_eq!(store.kv.commit(&partition, &first).await, Ok(Outcome::AlreadyDone));
    assert_eq!(store.find(&partition, &key).await, record(2, "b"));
}

#[rstest]
#[tokio::test]
async fn a_version_never_returns_after_a_delete(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let (partition, key) = (site("x"), session("a"));
    store.commit(&partition, vec![put(&key, Expect::Absent, 4, "a")]).await;
    assert_eq!(store.commit(&partition, vec![remove(&key, 4)]).await, Outcome::Committed);
    assert_eq!(store.floor(&partition).await, Version(4));
    let again = |version| put(&key, Expect::Absent, version, "b");
    assert_eq!(store.commit(&partition, vec![again(1)]).await, Outcome::Conflict);
    assert_eq!(store.commit(&partition, vec![again(4)]).await, Outcome::Conflict);
    assert_eq!(store.commit(&partition, vec![again(5)]).await, Outcome::Committed);
    assert_eq!(store.commit(&partition, vec![put(&key, at(4), 5, "late")]).await, Outcome::Conflict);
}

#[rstest]
#[tokio::test]
async fn what_has_expired_is_absent_and_its_version_gone(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let (partition, key, kept) = (site("x"), session("a"), session("kept"));
    let ttl = Duration::from_millis(80);
    store.commit(&partition, vec![put_for(&key, 3, ttl), put_for(&kept, 3, ttl)]).await;
    assert_eq!(store.find(&partition, &key).await, record(3, "short-lived"));
    assert_eq!(store.commit(&partition, vec![put(&kept, at(3), 4, "for good")]).await, Outcome::Committed);

    store.pass(ttl * 2).await;
    assert_eq!(store.find(&partition, &key).await, Found::Absent);
    assert_eq!(store.find(&partition, &kept).await, record(4, "for good"));
    assert_eq!(store.commit(&partition, vec![put(&key, at(3), 4, "late")]).await, Outcome::Conflict);
    assert_eq!(
        store.commit(&partition, vec![put(&key, Expect::Absent, 3, "again")]).await,
        Outcome::Conflict
    );
    assert_eq!(store.commit(&partition, vec![put(&key, Expect::Absent, 4, "new")]).await, Outcome::Committed);
    assert_eq!(store.find(&partition, &key).await, record(4, "new"), "what was swept is not what is new");
}

#[rstest]
#[tokio::test]
async fn a_life_is_extended_and_never_shortened(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let partition = site("x");
    let [longer, shorter, good, kept] = ["longer", "shorter", "good", "kept"].map(session);
    let ttl = Duration::from_millis(80);
    let changes = [&longer, &shorter, &good].map(|key| put_for(key, 1, ttl));
    store.commit(&partition, [changes.to_vec(), vec![put(&kept, Expect::Absent, 1, "kept")]].concat()).await;
    let extend = |key: &Key, ttl| Change { key: key.clone(), expect: at(1), write: Write::Extend { ttl } };
    let short = Some(Duration::from_millis(1));
    let changes = vec![
        extend(&longer, Some(Duration::from_mins(1))),
        extend(&shorter, short),
        extend(&good, None),
        extend(&kept, short),
    ];
    assert_eq!(store.commit(&partition, changes).await, Outcome::Committed);

    store.pass(Duration::from_millis(5)).await;
    for key in [&longer, &shorter, &good, &kept] {
        assert_ne!(store.find(&partition, key).await, Found::Absent, "{key}");
    }
    store.pass(ttl * 2).await;
    assert_eq!(store.find(&partition, &shorter).await, Found::Absent);
    assert_eq!(store.find(&partition, &longer).await, record(1, "short-lived"));
    assert_eq!(store.find(&partition, &good).await, record(1, "short-lived"));
    assert_eq!(store.find(&partition, &kept).await, record(1, "kept"));
}

#[rstest]
#[tokio::test]
async fn a_commit_that_is_wrong_in_itself_is_refused(
    #[values(Backend::Memory, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let (partition, key) = (site("x"), session("a"));
    let twice = commit(vec![put(&key, Expect::Absent, 1, "a"), put(&key, Expect::Absent, 1, "b")]);
    assert!(matches!(store.kv.commit(&partition, &twice).await, Err(KvError::Refused(_))));
    let far = commit(vec![put(&key, Expect::Absent, u64::MAX, "a")]);
    assert!(matches!(store.kv.commit(&partition, &far).await, Err(KvError::Refused(_))));
    let score = index_commit(vec![add("a", i64::MAX)]);
    assert!(matches!(store.kv.commit(&partition, &score).await, Err(KvError::Refused(_))));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_writers_on_one_record_lose_no_commit(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Arc::new(Store::open(backend).await);
    let (partition, key) = (site("x"), session("counter"));
    store.commit(&partition, vec![put(&key, Expect::Absent, 1, "0")]).await;
    let writers = (0..8).map(|_| {
        let (store, partition, key) = (Arc::clone(&store), partition.clone(), key.clone());
        tokio::spawn(async move {
            let mut done = 0;
            while done < 250 {
                let Found::Record { version, bytes } = store.find(&partition, &key).await else {
                    unreachable!()
                };
                let count: u32 = String::from_utf8(bytes).unwrap().parse().unwrap();
                let next = put(&key, Expect::Version(version), version.0 + 1, &(count + 1).to_string());
                match store.commit(&partition, vec![next]).await {
                    Outcome::Committed => done += 1,
                    Outcome::Conflict => {}
                    other @ (Outcome::AlreadyDone | Outcome::Unknown) => panic!("{other:?}"),
                }
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    assert_eq!(store.find(&partition, &key).await, record(2001, "2000"));
}
