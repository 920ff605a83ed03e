//! Owns what the use cases need of a store: whole values in, whole values out, versions checked in one commit.
//!
//! A commit is all or nothing, and repeated by the store itself until it is known (correctness.md section 1): a use
//! case sees `Committed`, or `Conflict` and reads again.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::grant::Grant;
use crate::domain::id::GrantId;
use crate::domain::id::ServiceId;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::id::TokenHash;
use crate::domain::portal::ConnectFlow;
use crate::domain::portal::PortalLink;
use crate::domain::portal::PortalSession;
use crate::domain::session::Session;
use crate::domain::site::Site;

/// What a value was read at: a commit that names it succeeds only if nothing changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// It was not there; whatever comes must have a version above this floor.
    Absent {
        /// The highest version of anything deleted in its partition.
        floor: u64,
    },
    /// It was there, at this version.
    Version(u64),
}

/// A value and what it was read at.
#[derive(Debug)]
pub struct Stored<T> {
    /// What it was read at.
    pub basis: Basis,
    /// The value; `None` when it was not there.
    pub value: Option<Arc<T>>,
}

impl<T> Clone for Stored<T> {
    fn clone(&self) -> Self {
        Self { basis: self.basis, value: self.value.clone() }
    }
}

/// A site and some of its sessions, at one moment.
#[derive(Debug, Clone)]
pub struct SiteSnapshot {
    /// The site.
    pub site: Stored<Site>,
    /// The sessions, in the order asked.
    pub sessions: Vec<Stored<Session>>,
}

/// Sites and their sessions.
#[async_trait::async_trait]
pub trait Sites: Send + Sync + fmt::Debug {
    /// Reads a site and some of its sessions, at one moment, in one round trip.
    async fn read(&self, site: &SiteId, sessions: &[SessionId]) -> Result<SiteSnapshot, StoreError>;

    /// Writes all of a change or nothing.
    async fn commit(&self, change: SiteChange) -> Result<Committed, StoreError>;

    /// Lists sessions of a site by their start, soonest first.
    async fn sessions(&self, site: &SiteId, range: &SessionRange) -> Result<Vec<SessionEntry>, StoreError>;

    /// Whether any session of a service is booked, past or ahead.
    async fn has_session_of(&self, site: &SiteId, service: &ServiceId) -> Result<bool, StoreError>;

    /// Removes everything of a site (R36).
    async fn purge(&self, site: &SiteId) -> Result<(), StoreError>;
}

/// A change of one site: what it was decided on, and what is to be written.
#[derive(Debug)]
pub struct SiteChange {
    /// Which site.
    pub site: SiteId,
    /// What the site was read at: checked, also where the site itself does not change.
    pub basis: Basis,
    /// The site, where it changes.
    pub put: Option<Arc<Site>>,
    /// The sessions that change.
    pub sessions: Vec<SessionChange>,
    /// Whether the sessions ahead must be decided again after this.
    pub redecide: Redecide,
}

/// Whether the sessions ahead of a site must be decided again (R21).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redecide {
    /// Nothing they follow has changed.
    No,
    /// From this time on.
    At(Timestamp),
    /// It has been done.
    Done,
}

/// A change of one session.
#[derive(Debug)]
pub struct SessionChange {
    /// Which session.
    pub id: SessionId,
    /// What it was read at.
    pub basis: Basis,
    /// What becomes of it.
    pub write: SessionWrite,
    /// When its next step is due; `None` while it rests.
    pub due: Option<Timestamp>,
}

/// What becomes of a session.
#[derive(Debug)]
pub enum SessionWrite {
    /// It stays as it was read.
    Keep,
    /// It becomes this.
    Put(Arc<Session>),
    /// It is forgotten.
    Remove,
}

/// Which sessions to list.
#[derive(Debug, Clone)]
pub struct SessionRange {
    /// Those that start at this time or later.
    pub from: Timestamp,
    /// Those that start before this time.
    pub to: Timestamp,
    /// After this one.
    pub after: Option<SessionEntry>,
    /// At most so many.
    pub limit: usize,
}

/// A session in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionEntry {
    /// Which session.
    pub id: SessionId,
    /// When it starts.
    pub starts_at: Timestamp,
}

/// What became of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Committed {
    /// It is written.
    Yes,
    /// Something had changed: nothing is written; read again.
    Conflict,
}

/// Grants and their tokens.
#[async_trait::async_trait]
pub trait Grants: Send + Sync + fmt::Debug {
    /// The id of the grant of a user at a provider: a keyed hash, so that no user id stands in a key.
    async fn id_of(&self, user: &GrantUser<'_>) -> Result<GrantId, StoreError>;

    /// Reads a grant.
    async fn read(&self, id: &GrantId) -> Result<Stored<Grant>, StoreError>;

    /// Writes a grant, or removes it; `due` is when it needs attention next.
    async fn commit(&self, id: &GrantId, basis: Basis, change: GrantChange) -> Result<Committed, StoreError>;
}

/// Whose grant it is.
#[derive(Debug, Clone, Copy)]
pub struct GrantUser<'a> {
    /// The app.
    pub client_id: &'a str,
    /// The provider's organisation.
    pub account_id: &'a str,
    /// The provider's user.
    pub user_id: &'a str,
}

/// A change of a grant.
#[derive(Debug)]
pub enum GrantChange {
    /// Write it.
    Put {
        /// The grant.
        grant: Arc<Grant>,
        /// When it needs attention next; `None` when not before it changes.
        due: Option<Timestamp>,
    },
    /// Remove it and its key.
    Remove,
}

/// Things that are found by a token, each for a time.
#[async_trait::async_trait]
pub trait Tickets: Send + Sync + fmt::Debug {
    /// Keeps a ticket; one that is there already stays (join addresses are put before every commit that needs them).
    async fn put_if_absent(&self, hash: &TokenHash, ticket: Ticket, life: Life) -> Result<(), StoreError>;

    /// Reads a ticket.
    async fn find(&self, hash: &TokenHash) -> Result<Option<(Basis, Ticket)>, StoreError>;

    /// Overwrites a ticket that is still as it was read.
    async fn replace(
        &self,
        hash: &TokenHash,
        basis: Basis,
        ticket: Ticket,
        life: Life,
    ) -> Result<Committed, StoreError>;

    /// Reads and removes a ticket: of many callers, one gets it.
    async fn take(&self, hash: &TokenHash) -> Result<Option<Ticket>, StoreError>;

    /// Removes a ticket; one that is gone stays gone.
    async fn remove(&self, hash: &TokenHash) -> Result<(), StoreError>;
}

/// How long a ticket is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// This long; it carries its own end besides.
    For(Duration),
    /// Until it is removed.
    Unlimited,
}

/// What is found by a token.
#[derive(Debug, Clone)]
pub enum Ticket {
    /// A one-time link into the portal.
    PortalLink(PortalLink),
    /// A browser in the portal.
    PortalSession(PortalSession),
    /// A browser on its way to the provider and back.
    ConnectFlow(ConnectFlow),
    /// The session a join address belongs to.
    Join(JoinTarget),
}

/// The session a join address belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinTarget {
    /// Of which site.
    pub site: SiteId,
    /// Which session.
    pub session: SessionId,
}

/// Due work: where it is, found without looking through everything.
#[async_trait::async_trait]
pub trait Work: Send + Sync + fmt::Debug {
    /// Where work may be due, the longest waiting first.
    async fn places(&self, now: Timestamp, limit: usize) -> Result<Vec<WorkPlace>, StoreError>;

    /// What is due there, the soonest first.
    async fn due(&self, place: &WorkPlace, now: Timestamp, limit: usize)
    -> Result<Vec<WorkItem>, StoreError>;

    /// Says that what was due there is seen to: the place comes again when its next work is due.
    async fn settle(&self, place: &WorkPlace, now: Timestamp) -> Result<(), StoreError>;

    /// Answers when the store can be read and written.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// A partition with due work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkPlace {
    /// Which.
    pub scope: WorkScope,
    /// When its work was due, as hinted.
    pub hinted_at: Timestamp,
}

/// What work belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum WorkScope {
    /// A site.
    Site(SiteId),
    /// A grant.
    Grant(GrantId),
}

/// One thing to look at: level-triggered, so it says only what to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkItem {
    /// A session's next step.
    Session(SiteId, SessionId),
    /// A grant: keep it alive, tell its accounts, or revoke it.
    Grant(GrantId),
    /// The sessions of a site, to be decided again.
    Site(SiteId),
}

/// Why the store gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or is not ready.
    #[error("the store cannot be reached")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// Others wrote first, again and again.
    #[error("others keep writing the same record")]
    Contended,
    /// Whether a write happened could not be found out.
    #[error("the store did not confirm a write")]
    Uncertain,
    /// The key of the partition is destroyed, and what is left of it unreadable: off-boarding was cut short (R36).
    #[error("the partition's key is destroyed")]
    Destroyed,
    /// A record cannot be opened or read: fails closed, and is never "not found".
    #[error("a record in the store cannot be opened")]
    Corrupt(#[source] Arc<dyn std::error::Error + Send + Sync>),
}
