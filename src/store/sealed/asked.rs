//! Owns the words in which the sealed store is asked, and answers.

use std::time::Duration;

use zeroize::Zeroizing;

use crate::store::keys::Key;
use crate::store::kv::Expect;
use crate::store::kv::IndexChange;
use crate::store::kv::OpId;
use crate::store::kv::Version;

/// What one asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// Which record.
    pub key: Key,
    /// The version the caller holds opened: if it still stands, nothing is sent or opened again.
    pub known: Option<Version>,
}

impl Want {
    /// Asks for a record of which the caller holds nothing.
    pub fn new(key: Key) -> Self {
        Self { key, known: None }
    }
}

/// What stands under a key, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// Nothing.
    Absent,
    /// What the caller holds.
    Unchanged(Version),
    /// A record.
    Record {
        /// Its version.
        version: Version,
        /// The shape of its bytes.
        schema: u16,
        /// Its bytes. Erased when dropped.
        bytes: Zeroizing<Vec<u8>>,
    },
}

/// What a read saw, all at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedSnapshot {
    /// A new record's version is greater.
    pub floor: Version,
    /// In the order of the wants.
    pub opened: Vec<Opened>,
}

/// What stands of a record, whether it can be opened or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The data keys of its partition.
    pub keys: Expect,
    /// The record.
    pub record: Expect,
    /// A new record's version is greater.
    pub floor: Version,
}

/// What becomes of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealedWrite {
    /// It stays; only the expectation counts.
    Check,
    /// It gets these bytes, sealed, under the version that follows.
    Put {
        /// The shape of the bytes.
        schema: u16,
        /// The bytes. Erased when dropped.
        bytes: Zeroizing<Vec<u8>>,
        /// After this long it is absent.
        ttl: Option<Duration>,
    },
    /// It goes.
    Remove,
}

/// One record's part in a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedChange {
    /// Which.
    pub key: Key,
    /// What must stand there.
    pub expect: Expect,
    /// What becomes of it.
    pub write: SealedWrite,
}

/// All or nothing: the changes of one partition that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedCommit {
    /// Makes it repeatable; see [`Sealed::op_id`](crate::store::sealed::Sealed::op_id).
    pub op_id: OpId,
    /// At most one per key.
    pub changes: Vec<SealedChange>,
    /// Made together with the changes.
    pub index: Vec<IndexChange>,
}

impl SealedCommit {
    /// Whether it was decided on records that stand.
    pub(super) fn expects_records(&self) -> bool {
        self.changes.iter().any(|change| matches!(change.expect, Expect::Version(_)))
    }
}

/// What became of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Committed {
    /// It is done, by this sending or an earlier one.
    Done,
    /// An expectation failed; nothing is done. Read again and decide anew.
    Conflict,
}
