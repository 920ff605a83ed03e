//! Sealing on every backend; here is what its tests stand on.

mod committing;
mod meddling;
mod opening;

use std::sync::Arc;

use arc_swap::ArcSwap;
use greenroom::crypto::entropy::SystemEntropy;
use greenroom::crypto::envelope::OpenError;
use greenroom::crypto::keyring::Keyring;
use greenroom::store::keys::Key;
use greenroom::store::keys::Partition;
use greenroom::store::kv::Ask;
use greenroom::store::kv::Expect;
use greenroom::store::kv::Found;
use greenroom::store::kv::Kv;
use greenroom::store::kv::Outcome;
use greenroom::store::kv::Version;
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
use zeroize::Zeroizing;

use crate::store::commit;
use crate::support::clock::StepClock;

pub(super) fn ring() -> Keyring {
    Keyring::generate("2026-11-22T10:00:00Z".parse().unwrap(), &SystemEntropy)
}

/// The ring as another process reads it from the file.
pub(super) fn copy(ring: &Keyring) -> Keyring {
    Keyring::parse(&ring.render()).unwrap()
}

pub(super) fn seal(kv: &Arc<dyn Kv>, ring: Keyring) -> Sealed {
    Sealed::new(SealedParts {
        kv: Arc::clone(kv),
        keyring: Arc::new(ArcSwap::from_pointee(ring)),
        entropy: Arc::new(SystemEntropy),
        clock: Arc::new(StepClock::new()),
    })
}

pub(super) fn put(key: &Key, expect: Expect, text: &str) -> SealedChange {
    let write = SealedWrite::Put { schema: 1, bytes: Zeroizing::new(text.into()), ttl: None };
    SealedChange { key: key.clone(), expect, write }
}

pub(super) async fn write(sealed: &Sealed, partition: &Partition, changes: Vec<SealedChange>) -> Committed {
    let commit = SealedCommit { op_id: sealed.op_id(), changes, index: Vec::new() };
    sealed.commit(partition, &commit).await.unwrap()
}

pub(super) async fn read(sealed: &Sealed, partition: &Partition, key: &Key) -> Result<Opened, StoreError> {
    sealed.read(partition, &[Want::new(key.clone())]).await.map(|mut read| read.opened.remove(0))
}

pub(super) async fn text(sealed: &Sealed, partition: &Partition, key: &Key) -> String {
    match read(sealed, partition, key).await.unwrap() {
        Opened::Record { bytes, .. } => String::from_utf8(bytes.to_vec()).unwrap(),
        other @ (Opened::Absent | Opened::Unchanged(_)) => panic!("{other:?}"),
    }
}

/// What stands in the backend, sealed.
pub(super) async fn raw(kv: &dyn Kv, partition: &Partition, key: &Key) -> (Version, Vec<u8>) {
    let asks = [Ask { key: key.clone(), known: None }];
    match kv.read(partition, &asks).await.unwrap().found.remove(0) {
        Found::Record { version, bytes } => (version, bytes),
        other @ (Found::Absent | Found::Unchanged(_)) => panic!("{other:?}"),
    }
}

/// Puts bytes under a key behind the seal's back.
pub(super) async fn plant(kv: &dyn Kv, partition: &Partition, key: &Key, bytes: Vec<u8>) {
    let asks = [Ask { key: key.clone(), known: None }];
    let snapshot = kv.read(partition, &asks).await.unwrap();
    let (expect, version) = match &snapshot.found[0] {
        Found::Record { version, .. } => (Expect::Version(*version), version.after(0)),
        Found::Absent | Found::Unchanged(_) => (Expect::Absent, snapshot.floor.after(0)),
    };
    let write = greenroom::store::kv::Write::Put { version, bytes, ttl: None };
    let change = greenroom::store::kv::Change { key: key.clone(), expect, write };
    assert_eq!(kv.commit(partition, &commit(vec![change])).await, Ok(Outcome::Committed));
}

pub(super) fn is_shut(result: &Result<Opened, StoreError>) -> bool {
    let shut = Unreadable::Seal(OpenError::WrongCommitment);
    matches!(result, Err(StoreError::Corrupt { cause, .. }) if *cause == shut)
}
