//! Where an operator's orders are carried out: by the gateway that runs, through a socket beside its store, or here.

mod carry_out;
mod desk;
mod orders;
mod socket;
mod wire;

pub use crate::server::operator::desk::AskError;
pub use crate::server::operator::desk::Desk;
pub use crate::server::operator::orders::Answer;
pub use crate::server::operator::orders::JobName;
pub use crate::server::operator::orders::JobOutcome;
pub use crate::server::operator::orders::JobRow;
pub use crate::server::operator::orders::Order;
pub use crate::server::operator::orders::Outcome;
pub use crate::server::operator::orders::Place;

pub(in crate::server) use crate::server::operator::socket::LONGEST_STORE;
pub(in crate::server) use crate::server::operator::socket::Socket;
