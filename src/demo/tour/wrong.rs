//! Owns what the tour says when something is wrong.

use std::fmt;

use crate::demo::platform::Reply;
use crate::providers::http::Unanswered;

/// What is wrong, where the tour ended.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Wrong(String);

impl Wrong {
    /// In these words.
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    /// The same, at this stop.
    pub(super) fn at(self, stop: &str) -> Self {
        Self(format!("{stop}: {}", self.0))
    }
}

impl From<Unanswered> for Wrong {
    fn from(error: Unanswered) -> Self {
        Self(format!("no answer ({error})"))
    }
}

/// Goes on where two things are the same.
pub(super) fn same<T: PartialEq + fmt::Display + ?Sized>(
    what: &str,
    seen: &T,
    expected: &T,
) -> Result<(), Wrong> {
    if seen == expected {
        return Ok(());
    }
    Err(Wrong::new(format!("{what} is {seen}, and should be {expected}")))
}

/// Goes on where the API answered with this status.
pub(super) fn answered(reply: Reply, status: u16) -> Result<Reply, Wrong> {
    if reply.status.as_u16() == status {
        return Ok(reply);
    }
    Err(Wrong::new(format!(
        "the API answers {} in place of {status}: {}",
        reply.summary(),
        reply.text("/detail")
    )))
}
