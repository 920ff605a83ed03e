//! Owns why an operator's order was not carried out, in one line.

use crate::app::causes::WithCauses;
use crate::app::ports::stored::StoreError;
use crate::domain::id::InvalidId;

/// Why an order was not carried out.
#[derive(Debug, thiserror::Error)]
pub(in crate::server::operator) enum Undone {
    /// It names something by what is no id.
    #[error(transparent)]
    Id(#[from] InvalidId),
    /// It names nobody's account.
    #[error("an owner is default or staff/<id>")]
    Owner,
    /// The store does not answer.
    #[error("not all of it is done: repeat the command when the store answers")]
    Store(#[from] StoreError),
}

impl Undone {
    /// It and its causes, in one line.
    pub(in crate::server::operator) fn reason(&self) -> String {
        WithCauses(self).to_string()
    }
}
