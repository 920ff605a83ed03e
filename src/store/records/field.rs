//! Reads the fields that shapes share, and owns what is said of those that cannot be read. Knows no shape.

use jiff::Timestamp;
use url::Url;

use crate::domain::hash::HashKey;

/// Why stored bytes are not the value they should be. Never holds any of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Written by a newer greenroom.
    #[error("the record has shape {0}, which this version does not know: run the newer one")]
    Schema(u16),
    /// Not JSON of the shape.
    #[error("the record is not of its shape (at line {line}, column {column})")]
    Shape {
        /// Where in the record.
        line: usize,
        /// Where in the line.
        column: usize,
    },
    /// A field holds what the domain does not allow.
    #[error("the record holds no valid {0}")]
    Field(&'static str),
}

/// Names the field where reading it failed.
pub(super) fn field<T, E>(name: &'static str, result: Result<T, E>) -> Result<T, Unreadable> {
    result.map_err(|_| Unreadable::Field(name))
}

/// Reads an address.
pub(super) fn url(name: &'static str, text: &str) -> Result<Url, Unreadable> {
    field(name, Url::parse(text))
}

/// Bytes as they stand in a record: unpadded base64url.
pub(super) fn bytes_text(bytes: &[u8]) -> String {
    data_encoding::BASE64URL_NOPAD.encode(bytes)
}

/// Reads bytes of a known length.
pub(super) fn bytes_of<const N: usize>(name: &'static str, text: &str) -> Result<[u8; N], Unreadable> {
    let bytes = field(name, data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()))?;
    field(name, bytes.try_into())
}

/// Reads the key of a hash.
pub(super) fn hash_key(name: &'static str, text: &str) -> Result<HashKey, Unreadable> {
    Ok(HashKey::new(bytes_of(name, text)?))
}

/// A time, exactly as it was.
pub(super) type Time = Timestamp;
