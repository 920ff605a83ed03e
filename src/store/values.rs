//! Owns how values become sealed writes, and what was read becomes values.

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::app::ports::stored::Basis;
use crate::app::ports::stored::StoreError;
use crate::app::ports::stored::Stored;
use crate::store::keys::Key;
use crate::store::records::Record;
use crate::store::records::SCHEMA;
use crate::store::sealed;
use crate::store::sealed::Opened;
use crate::store::sealed::SealedChange;
use crate::store::sealed::SealedWrite;
use crate::store::sealed::Version;

/// The value of a record that was read whole.
pub(in crate::store) fn value_of<T: Record>(found: Opened, floor: u64) -> Result<Stored<T>, StoreError> {
    match found {
        Opened::Absent => Ok(Stored { basis: Basis::Absent { floor }, value: None }),
        Opened::Record { version, schema, bytes } => {
            let value = Some(Arc::new(T::from_bytes(schema, &bytes)?));
            Ok(Stored { basis: Basis::Version(version.0), value })
        }
        Opened::Unchanged(_) => Err(StoreError::Uncertain),
    }
}

/// The write of a value.
pub(in crate::store) fn put<T: Record>(value: &T, ttl: Option<Duration>) -> SealedWrite {
    let bytes: Zeroizing<Vec<u8>> = value.to_bytes();
    SealedWrite::Put { schema: SCHEMA, bytes, ttl }
}

/// A change of a record that was read at `basis`.
pub(in crate::store) fn sealed_change(key: Key, basis: Basis, write: SealedWrite) -> SealedChange {
    let expect = match basis {
        Basis::Absent { .. } => sealed::Expect::Absent,
        Basis::Version(version) => sealed::Expect::Version(Version(version)),
    };
    SealedChange { key, expect, write }
}
