//! Owns what the use cases need to find the sessions that need a person, without looking through all of them.

use std::fmt;

use jiff::Timestamp;

use crate::app::ports::stored::StoreError;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;

/// A session that was noted to need a person. Whether it does, its record says: a note may be left over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Noted {
    /// Since when, to the millisecond.
    pub since: Timestamp,
    /// Of which site.
    pub site: SiteId,
    /// Which session.
    pub session: SessionId,
}

/// Notes of the sessions of all sites that need a person: at most one a session.
#[async_trait::async_trait]
pub trait Attentions: Send + Sync + fmt::Debug {
    /// Notes sessions of a site; one that was noted before is noted anew. Written before the commit that makes them
    /// need a person: a note that its session does not bear out is harmless, a need without a note is not.
    async fn note(&self, site: &SiteId, sessions: &[SessionId], since: Timestamp) -> Result<(), StoreError>;

    /// Reads notes, the longest standing first, after one: fewer than `limit` only where no more follow.
    async fn noted(&self, after: Option<&Noted>, limit: usize) -> Result<Vec<Noted>, StoreError>;

    /// Removes notes that still are as they were read.
    async fn remove(&self, noted: &[Noted]) -> Result<(), StoreError>;
}
