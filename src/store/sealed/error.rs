//! Why the store does not answer, in words for whoever asked. None of them ever means "absent".

use crate::crypto::envelope::OpenError;
use crate::store::keys::Key;
use crate::store::keys::Partition;
use crate::store::kv::KvError;

/// Why the store does not answer. None of these ever means that there is nothing.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The backend is away; nothing was written.
    #[error("the store is unavailable")]
    Unavailable(#[source] KvError),
    /// Whether the commit was done cannot be told. Sending it again under the same op id tells later.
    #[error("whether the store has the change is not known yet")]
    Uncertain,
    /// Something stands there that does not open, or is of another type.
    #[error("{place} in the store is not readable")]
    Corrupt {
        /// Partition and key.
        place: String,
        /// Why.
        #[source]
        cause: Unreadable,
    },
    /// The key that something was sealed under is not there: the ring lacks it, or the partition was off-boarded.
    #[error("{place} in the store is sealed under a key that is not there")]
    UnknownKey {
        /// Partition and key.
        place: String,
        /// Which key.
        #[source]
        cause: OpenError,
    },
}

/// Why something in the store is not readable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The backend found something of another type or shape.
    #[error(transparent)]
    Kv(KvError),
    /// It does not open at its place.
    #[error(transparent)]
    Seal(OpenError),
    /// It opens, but is not what belongs there.
    #[error("what was sealed there is of another shape")]
    Shape,
}

/// Partition and key, as errors name them.
pub(super) fn place_name(partition: &Partition, key: &Key) -> String {
    format!("{partition} {key}")
}

pub(super) fn store_error(error: KvError) -> StoreError {
    match error {
        KvError::Unavailable(_) | KvError::Refused(_) => StoreError::Unavailable(error),
        KvError::WrongType(ref place) | KvError::Corrupt(ref place) => {
            StoreError::Corrupt { place: place.clone(), cause: Unreadable::Kv(error) }
        }
    }
}

/// What does not open, as an error that says whether a key is missing or the bytes are wrong.
pub(super) fn refusal(partition: &Partition, key: &Key, error: OpenError) -> StoreError {
    let place = place_name(partition, key);
    match error {
        OpenError::UnknownKek(_) | OpenError::UnknownDek(_) | OpenError::NoDataKey => {
            StoreError::UnknownKey { place, cause: error }
        }
        OpenError::Truncated
        | OpenError::UnknownVersion(_)
        | OpenError::WrongCommitment
        | OpenError::WrongTag
        | OpenError::NotAKey => StoreError::Corrupt { place, cause: Unreadable::Seal(error) },
    }
}
