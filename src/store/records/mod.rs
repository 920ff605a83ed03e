//! Owns the shapes in which values are stored, each with a version, and how they become domain values again.
//!
//! Knows neither keys nor backends. What cannot be read is an error, never "not there".

mod account;
mod grant;
mod minting;
mod session;
mod site;
mod ticket;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;
use zeroize::Zeroizing;

use crate::app::ports::store::Ticket;
use crate::domain::grant::Grant;
use crate::domain::hash::HashKey;
use crate::domain::session::Session;
use crate::domain::site::Site;
use crate::store::records::grant::GrantV1;
use crate::store::records::session::SessionV1;
use crate::store::records::site::SiteV1;
use crate::store::records::ticket::TicketV1;

/// The version of every shape that is written.
pub const SCHEMA: u16 = 1;

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

/// A value that is stored.
pub trait Record: Sized {
    /// The bytes to seal.
    fn to_bytes(&self) -> Zeroizing<Vec<u8>>;

    /// Reads opened bytes of a shape; fails with [`Unreadable`].
    fn from_bytes(schema: u16, bytes: &[u8]) -> Result<Self, Unreadable>;
}

macro_rules! record {
    ($value:ty, $shape:ty) => {
        impl Record for $value {
            fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
                write(&<$shape>::from(self))
            }

            fn from_bytes(schema: u16, bytes: &[u8]) -> Result<Self, Unreadable> {
                match schema {
                    1 => read::<$shape>(bytes)?.try_into(),
                    other => Err(Unreadable::Schema(other)),
                }
            }
        }
    };
}

record!(Site, SiteV1);
record!(Session, SessionV1);
record!(Grant, GrantV1);
record!(Ticket, TicketV1);

fn write(shape: &impl Serialize) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(serde_json::to_vec(shape).expect("shapes have text keys and cannot fail to serialize"))
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unreadable> {
    serde_json::from_slice(bytes)
        .map_err(|error| Unreadable::Shape { line: error.line(), column: error.column() })
}

fn field<T, E>(name: &'static str, result: Result<T, E>) -> Result<T, Unreadable> {
    result.map_err(|_| Unreadable::Field(name))
}

fn url(name: &'static str, text: &str) -> Result<Url, Unreadable> {
    field(name, Url::parse(text))
}

/// Bytes as they stand in a record: unpadded base64url.
fn bytes_text(bytes: &[u8]) -> String {
    data_encoding::BASE64URL_NOPAD.encode(bytes)
}

fn bytes_of<const N: usize>(name: &'static str, text: &str) -> Result<[u8; N], Unreadable> {
    let bytes = field(name, data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()))?;
    field(name, bytes.try_into())
}

fn hash_key(name: &'static str, text: &str) -> Result<HashKey, Unreadable> {
    Ok(HashKey::new(bytes_of(name, text)?))
}

/// A time, exactly as it was.
type Time = Timestamp;
