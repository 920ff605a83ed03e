//! Keeps the data keys of partitions in use, unwrapped, so that reading does not unwrap them each time.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;

use crate::crypto::data_key::DataKey;
use crate::crypto::envelope::DekId;
use crate::store::keys::Partition;
use crate::store::kv::Version;

/// So many partitions' keys are kept: some 400 bytes each.
pub(super) const MOST: u64 = 100_000;

/// A partition nobody asked for so long loses its place: a key in memory is a key that can leak.
const IDLE: Duration = Duration::from_mins(15);

/// What is known of a partition's keys and versions.
#[derive(Debug, Clone, Default)]
pub(super) struct Held {
    /// The record of the data keys, with the one that seals first; none before the first commit.
    pub(super) keys: Option<Arc<HeldKeys>>,
    /// A new record's version must be greater.
    pub(super) floor: Version,
}

/// The data keys of a partition, unwrapped.
#[derive(Debug)]
pub(super) struct HeldKeys {
    pub(super) version: Version,
    pub(super) current: DataKey,
    /// What older records are sealed under.
    pub(super) older: Vec<DataKey>,
}

impl Held {
    /// The version of the record the keys come from.
    pub(super) fn version(&self) -> Option<Version> {
        self.keys.as_ref().map(|keys| keys.version)
    }

    /// The key of this id.
    pub(super) fn find(&self, id: DekId) -> Option<&DataKey> {
        let keys = self.keys.as_ref()?;
        std::iter::once(&keys.current).chain(&keys.older).find(|key| key.id() == id)
    }

    /// Whether a commit sealed by the one would be sealed the same by the other.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.version() == other.version() && self.floor == other.floor
    }
}

/// The partitions in use.
pub(super) struct KeysHeld(Cache<Partition, Arc<Held>>);

impl KeysHeld {
    /// Keeps those of at most so many.
    pub(super) fn new(most: u64) -> Self {
        Self(Cache::builder().max_capacity(most).time_to_idle(IDLE).build())
    }

    pub(super) async fn find(&self, partition: &Partition) -> Option<Arc<Held>> {
        self.0.get(partition).await
    }

    pub(super) async fn put(&self, partition: &Partition, held: Held) -> Arc<Held> {
        let held = Arc::new(held);
        self.0.insert(partition.clone(), Arc::clone(&held)).await;
        held
    }

    pub(super) async fn forget(&self, partition: &Partition) {
        self.0.invalidate(partition).await;
    }
}

impl fmt::Debug for KeysHeld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeysHeld")
    }
}
