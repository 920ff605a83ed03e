//! Where an operator's orders are carried out: by the gateway that runs, through a socket beside its store, or here.

mod account_orders;
mod account_words;
mod accounts;
mod carry_out;
mod desk;
mod finding_words;
mod findings;
mod orders;
mod socket;
mod undone;
mod wire;

pub use crate::server::operator::account_orders::AccountAnswer;
pub use crate::server::operator::account_orders::AccountDetails;
pub use crate::server::operator::account_orders::AccountName;
pub use crate::server::operator::account_orders::AccountOrder;
pub use crate::server::operator::account_orders::AccountRow;
pub use crate::server::operator::account_orders::CustomLinkShown;
pub use crate::server::operator::account_orders::Disconnected;
pub use crate::server::operator::account_orders::GrantDetails;
pub use crate::server::operator::account_orders::Meetings;
pub use crate::server::operator::account_orders::RefreshOutcome;
pub use crate::server::operator::account_orders::TokenTimes;
pub use crate::server::operator::account_orders::ZoomUser;
pub use crate::server::operator::desk::AskError;
pub use crate::server::operator::desk::Desk;
pub use crate::server::operator::findings::FindingRow;
pub use crate::server::operator::findings::Level;
pub use crate::server::operator::orders::Answer;
pub use crate::server::operator::orders::JobName;
pub use crate::server::operator::orders::JobOutcome;
pub use crate::server::operator::orders::JobRow;
pub use crate::server::operator::orders::Order;
pub use crate::server::operator::orders::Outcome;
pub use crate::server::operator::orders::Place;

pub(in crate::server) use crate::server::operator::socket::LONGEST_STORE;
pub(in crate::server) use crate::server::operator::socket::Socket;
