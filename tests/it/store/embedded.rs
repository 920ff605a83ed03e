//! What only the embedded store does: one process, one file that outlives it.

use std::sync::Arc;
use std::time::Duration;

use greenroom::store::embedded::Embedded;
use greenroom::store::embedded::OpenError;
use greenroom::store::kv::Ask;
use greenroom::store::kv::Expect;
use greenroom::store::kv::Kv;
use greenroom::store::kv::OP_ID_LIFETIME;
use greenroom::store::kv::Outcome;
use greenroom::store::kv::Version;

use super::Backend;
use super::Store;
use super::commit;
use super::put;
use super::put_for;
use super::record;
use super::session;
use super::site;
use crate::support::clock::StepClock;

#[tokio::test]
async fn a_second_opening_of_the_file_is_refused_and_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    let first = Embedded::open(&path, Arc::new(StepClock::new())).unwrap();
    let refused = Embedded::open(&path, Arc::new(StepClock::new())).unwrap_err();
    assert!(matches!(refused, OpenError::InUse(_)));
    assert!(refused.to_string().contains("in use by another process"), "{refused}");
    drop(first);
    Embedded::open(&path, Arc::new(StepClock::new())).unwrap();
}

#[tokio::test]
async fn what_was_committed_is_there_after_opening_anew() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    let (partition, key) = (site("x"), session("a"));
    let store = Embedded::open(&path, Arc::new(StepClock::new())).unwrap();
    let change = commit(vec![put(&key, Expect::Absent, 2, "a")]);
    assert_eq!(store.commit(&partition, &change).await, Ok(Outcome::Committed));
    drop(store);

    let store = Embedded::open(&path, Arc::new(StepClock::new())).unwrap();
    let found = store.read(&partition, &[Ask { key, known: None }]).await.unwrap().found;
    assert_eq!(found, [record(2, "a")]);
    assert_eq!(store.commit(&partition, &change).await, Ok(Outcome::AlreadyDone));
}

#[tokio::test]
async fn a_file_that_is_no_store_is_refused_and_left_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    std::fs::write(&path, "not a store ".repeat(1000)).unwrap();
    let refused = Embedded::open(&path, Arc::new(StepClock::new())).unwrap_err();
    assert!(matches!(refused, OpenError::Damaged { .. }), "{refused:?}");
    assert_eq!(std::fs::read(&path).unwrap().len(), 12_000);

    let nowhere = directory.path().join("no/such/folder.redb");
    let refused = Embedded::open(&nowhere, Arc::new(StepClock::new())).unwrap_err();
    assert!(matches!(refused, OpenError::File { .. }), "{refused:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.redb");
    let _store = Embedded::open(&path, Arc::new(StepClock::new())).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_commit_is_remembered_for_an_hour_and_then_swept() {
    let store = Store::open(Backend::Memory).await;
    let (partition, key) = (site("x"), session("a"));
    let change = commit(vec![put_for(&key, 1, Duration::from_mins(1))]);
    assert_eq!(store.kv.commit(&partition, &change).await, Ok(Outcome::Committed));
    let nearly = OP_ID_LIFETIME.checked_sub(Duration::from_millis(1)).unwrap();
    store.clock.advance(nearly);
    assert_eq!(store.kv.commit(&partition, &change).await, Ok(Outcome::AlreadyDone));
    store.clock.advance(Duration::from_millis(1));
    assert_eq!(store.kv.commit(&partition, &change).await, Ok(Outcome::Conflict), "its version is used up");
    assert_eq!(store.kv.read(&partition, &[]).await.unwrap().floor, Version(1));
}
