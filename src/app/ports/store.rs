//! Owns what the use cases need of a store: whole values in, whole values out, versions checked in one commit.
//!
//! A commit is all or nothing, and repeated by the store itself until it is known (correctness.md section 1): a use
//! case sees `Committed`, or `Conflict` and reads again.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::app::ports::stored::Basis;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::app::ports::stored::Stored;
use crate::app::ports::traces::Trace;
use crate::domain::grant::Grant;
use crate::domain::id::EndpointId;
use crate::domain::id::GrantId;
use crate::domain::id::NoticeId;
use crate::domain::id::ServiceId;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::id::StaffId;
use crate::domain::id::TokenHash;
use crate::domain::portal::ConnectFlow;
use crate::domain::portal::PortalLink;
use crate::domain::portal::PortalSession;
use crate::domain::session::Session;
use crate::domain::site::Site;
use crate::domain::venue::Overlap;

/// A site and some of its sessions, at one moment.
#[derive(Debug, Clone)]
pub struct SiteSnapshot {
    /// The site.
    pub site: Stored<Site>,
    /// The sessions, in the order asked.
    pub sessions: Vec<Stored<Session>>,
    /// What overlaps with each of them (R31), in the same order.
    pub overlaps: Vec<Stored<Vec<Overlap>>>,
}

/// Sites and their sessions.
#[async_trait::async_trait]
pub trait Sites: Send + Sync + fmt::Debug {
    /// Reads a site and some of its sessions, at one moment, in one round trip.
    async fn read(&self, site: &SiteId, sessions: &[SessionId]) -> Result<SiteSnapshot, StoreError>;

    /// Writes all of a change or nothing.
    async fn commit(&self, change: SiteChange) -> Result<Committed, StoreError>;

    /// Lists booked sessions of a site by their start to the millisecond, soonest first, then by their ids.
    async fn sessions(&self, site: &SiteId, range: &SessionRange) -> Result<Vec<SessionEntry>, StoreError>;

    /// Whether any session of a service is booked, ahead or over, as long as it is kept.
    async fn has_session_of(&self, site: &SiteId, service: &ServiceId) -> Result<bool, StoreError>;

    /// Makes everything of a site unreadable, if it stands as it was read (R36). What is left is to be purged.
    async fn remove(&self, site: &SiteId, basis: Basis) -> Result<Committed, StoreError>;

    /// Removes what is left of a site that was removed (R36); of one that stands, nothing.
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
    /// What the change leaves beside what it changes.
    pub traces: Vec<Trace>,
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
    /// What was read there; `None` when it was not there.
    pub before: Option<Arc<Session>>,
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
    /// Whose.
    pub of: SessionsOf,
    /// Those that start at this time or later.
    pub from: Timestamp,
    /// Those that start before this time.
    pub to: Timestamp,
    /// After this one.
    pub after: Option<SessionEntry>,
    /// At most so many.
    pub limit: usize,
}

/// Whose sessions to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionsOf {
    /// All of the site.
    All,
    /// Those of a service.
    Service(ServiceId),
    /// Those that a staff member gives, alone or with others.
    Staff(StaffId),
}

/// A session in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionEntry {
    /// Which session.
    pub id: SessionId,
    /// When it starts.
    pub starts_at: Timestamp,
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

    /// Puts a grant in the place of what cannot be opened; `due` is when it needs attention next. A conflict where it can
    /// be opened, or was changed meanwhile.
    async fn replace(&self, grant: &Grant, due: Timestamp) -> Result<Committed, StoreError>;
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
        /// When it needs attention next: each does, once in a while.
        due: Timestamp,
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

    /// What is due there and since when, the soonest first.
    async fn due(
        &self,
        place: &WorkPlace,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Timestamp, WorkItem)>, StoreError>;

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
    /// Part of what providers told.
    Inbox(InboxShard),
    /// An endpoint that is told of events.
    Endpoint(EndpointId),
}

/// A part of what providers told: so many may be written and worked on at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InboxShard(u8);

impl InboxShard {
    /// How many there are.
    pub const COUNT: u8 = 16;

    /// The one of this number; `None` where there are not so many.
    pub fn new(number: u8) -> Option<Self> {
        (number < Self::COUNT).then_some(Self(number))
    }

    /// The one where a notice is kept.
    pub fn of(notice: &NoticeId) -> Self {
        Self(notice.as_str().bytes().fold(0, u8::wrapping_add) % Self::COUNT)
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self.0
    }
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
    /// A session: who else is at its venue at its time.
    Overlaps(SiteId, SessionId),
    /// The events of a site, to be told to all.
    Events(SiteId),
    /// Something that a provider told.
    Notice(NoticeId),
    /// An endpoint: what it has not been told.
    Deliver(EndpointId),
}
