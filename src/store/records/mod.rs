//! Owns the shapes in which values are stored, each with a version, and how they become domain values again.
//!
//! Knows neither keys nor backends. What cannot be read is an error, never "not there".

mod account;
mod event;
mod field;
mod grant;
mod minting;
mod notice;
mod outgoing;
mod past;
mod session;
mod site;
mod ticket;

use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::app::ports::store::Ticket;
use crate::domain::delivery::Delivery;
use crate::domain::event::Event;
use crate::domain::grant::Grant;
use crate::domain::history::SitePast;
use crate::domain::notice::Notice;
use crate::domain::outgoing::Outgoing;
use crate::domain::session::Session;
use crate::domain::site::Site;
use crate::domain::venue::Overlap;
use crate::store::records::event::EventV1;
use crate::store::records::grant::GrantV1;
use crate::store::records::notice::NoticeV1;
use crate::store::records::outgoing::OutgoingV1;
use crate::store::records::past::DeliveryV1;
use crate::store::records::past::OverlapsV1;
use crate::store::records::past::SitePastV1;
use crate::store::records::session::SessionV1;
use crate::store::records::site::SiteV1;
use crate::store::records::ticket::TicketV1;

pub use crate::store::records::field::Unreadable;

/// The version of every shape that is written.
pub const SCHEMA: u16 = 1;

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
record!(SitePast, SitePastV1);
record!(Vec<Overlap>, OverlapsV1);
record!(Delivery, DeliveryV1);
record!(Event, EventV1);
record!(Notice, NoticeV1);
record!(Outgoing, OutgoingV1);

fn write(shape: &impl Serialize) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(serde_json::to_vec(shape).expect("shapes have text keys and cannot fail to serialize"))
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unreadable> {
    serde_json::from_slice(bytes)
        .map_err(|error| Unreadable::Shape { line: error.line(), column: error.column() })
}
