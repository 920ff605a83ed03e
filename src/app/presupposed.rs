//! Owns what a caller presupposes of a resource that it changes. Knows no headers.

use crate::domain::account::Revision;

/// Which revision a caller presupposes (`If-Match`, contract.md section 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presupposed {
    /// The caller does not say.
    Anything,
    /// The resource exists, at whatever revision.
    Existence,
    /// One of these revisions.
    OneOf(Vec<Revision>),
}

impl Presupposed {
    /// Whether a resource at this revision, or one that is not there, is what the caller presupposes.
    pub fn admits(&self, revision: Option<Revision>) -> bool {
        match self {
            Self::Anything => true,
            Self::Existence => revision.is_some(),
            Self::OneOf(revisions) => revision.is_some_and(|revision| revisions.contains(&revision)),
        }
    }
}
