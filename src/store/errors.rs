//! Owns how outcomes and failures of the sealed store, and of records, are told to the use cases.

use std::sync::Arc;

use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::crypto::envelope::OpenError;
use crate::store::records::Unreadable;
use crate::store::sealed;

impl From<sealed::Committed> for Committed {
    fn from(committed: sealed::Committed) -> Self {
        match committed {
            sealed::Committed::Done => Self::Yes,
            sealed::Committed::Conflict => Self::Conflict,
        }
    }
}

impl From<sealed::StoreError> for StoreError {
    fn from(error: sealed::StoreError) -> Self {
        match error {
            sealed::StoreError::Unavailable(_) => Self::Unavailable(Arc::new(error)),
            sealed::StoreError::Uncertain => Self::Uncertain,
            sealed::StoreError::UnknownKey {
                cause: OpenError::UnknownDek(_) | OpenError::NoDataKey, ..
            } => Self::Destroyed,
            sealed::StoreError::Corrupt { .. } | sealed::StoreError::UnknownKey { .. } => {
                Self::Corrupt(Arc::new(error))
            }
        }
    }
}

impl From<Unreadable> for StoreError {
    fn from(error: Unreadable) -> Self {
        Self::Corrupt(Arc::new(error))
    }
}
