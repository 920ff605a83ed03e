//! Owns what reads and commits of any store answer: a value and its version, and why there is no answer.

use std::sync::Arc;

/// What a value was read at: a commit that names it succeeds only if nothing changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// It was not there; whatever comes must have a version above this floor.
    Absent {
        /// The highest version of anything deleted in its partition.
        floor: u64,
    },
    /// It was there, at this version.
    Version(u64),
}

/// A value and what it was read at.
#[derive(Debug)]
pub struct Stored<T> {
    /// What it was read at.
    pub basis: Basis,
    /// The value; `None` when it was not there.
    pub value: Option<Arc<T>>,
}

impl<T> Clone for Stored<T> {
    fn clone(&self) -> Self {
        Self { basis: self.basis, value: self.value.clone() }
    }
}

/// What became of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Committed {
    /// It is written.
    Yes,
    /// Something had changed: nothing is written; read again.
    Conflict,
}

/// Why the store gave no answer. Of one commit that failed, every part of it may tell.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or is not ready.
    #[error("the store cannot be reached")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// Others wrote first, again and again.
    #[error("others keep writing the same record")]
    Contended,
    /// Whether a write happened could not be found out.
    #[error("the store did not confirm a write")]
    Uncertain,
    /// The key of the partition is destroyed, and what is left of it unreadable: off-boarding was cut short (R36).
    #[error("the partition's key is destroyed")]
    Destroyed,
    /// A record cannot be opened or read: fails closed, and is never "not found".
    #[error("a record in the store cannot be opened")]
    Corrupt(#[source] Arc<dyn std::error::Error + Send + Sync>),
}
