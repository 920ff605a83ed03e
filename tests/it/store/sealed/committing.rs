//! Replicas that seal at once, and answers that get lost.

use std::sync::Arc;
use std::time::Duration;

use greenroom::store::keys;
use greenroom::store::kv::Change;
use greenroom::store::kv::Expect;
use greenroom::store::kv::Kv;
use greenroom::store::kv::Outcome;
use greenroom::store::kv::Write;
use greenroom::store::redis::Redis;
use greenroom::store::sealed::Committed;
use greenroom::store::sealed::Opened;
use greenroom::store::sealed::SealedChange;
use greenroom::store::sealed::SealedCommit;
use greenroom::store::sealed::SealedWrite;
use greenroom::store::sealed::StoreError;
use rstest::rstest;
use zeroize::Zeroizing;

use crate::store::Backend;
use crate::store::Store;
use crate::store::commit;
use crate::store::sealed::copy;
use crate::store::sealed::meddling::Meddling;
use crate::store::sealed::put;
use crate::store::sealed::raw;
use crate::store::sealed::read;
use crate::store::sealed::ring;
use crate::store::sealed::seal;
use crate::store::sealed::text;
use crate::store::sealed::write;
use crate::store::session;
use crate::store::settings;
use crate::store::site;
use crate::support::proxy::Proxy;
use crate::support::redis::RedisServer;

#[rstest]
#[tokio::test]
async fn whoever_commits_while_the_keys_are_destroyed_makes_no_new_ones(
    #[values(Backend::Memory, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let mine = ring();
    let (one, late) = (seal(&store.kv, copy(&mine)), seal(&store.kv, mine));
    let (partition, a) = (site("x"), session("a"));
    assert_eq!(write(&one, &partition, vec![put(&a, Expect::Absent, "a")]).await, Committed::Done);
    let (version, _) = raw(store.kv.as_ref(), &partition, &a).await;
    let (keys_version, _) = raw(store.kv.as_ref(), &partition, &keys::data_keys()).await;
    let destroy =
        Change { key: keys::data_keys(), expect: Expect::Version(keys_version), write: Write::Remove };
    assert_eq!(store.kv.commit(&partition, &commit(vec![destroy])).await, Ok(Outcome::Committed));
    for sealed in [&one, &late] {
        let decided = vec![put(&a, Expect::Version(version), "b")];
        assert_eq!(write(sealed, &partition, decided).await, Committed::Conflict);
        assert!(matches!(read(sealed, &partition, &a).await, Err(StoreError::UnknownKey { .. })));
    }
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
async fn an_answer_that_stays_lost_is_uncertain_and_never_a_failure() {
    let store = Store::open(Backend::Memory).await;
    let kv: Arc<dyn Kv> = Arc::new(Meddling::on(&store.kv).answering(Outcome::Unknown));
    let sealed = seal(&kv, ring());
    let (partition, key) = (site("x"), session("a"));
    let commit = SealedCommit {
        op_id: sealed.op_id(),
        changes: vec![put(&key, Expect::Absent, "a")],
        index: Vec::new(),
    };
    assert!(matches!(sealed.commit(&partition, &commit).await, Err(StoreError::Uncertain)));
}
