//! Owns what a change leaves beside what it changes: events, what stood before, who meets whom, who was handed what.
//!
//! Traces are written in the commit of the change itself; they are read apart from sites and sessions.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use crate::app::ports::stored::Basis;
use crate::app::ports::stored::StoreError;
use crate::app::ports::stored::Stored;
use crate::domain::delivery::Delivery;
use crate::domain::delivery::DeliveryName;
use crate::domain::event::Event;
use crate::domain::event::FeedPlace;
use crate::domain::history::SitePast;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::session::Session;
use crate::domain::venue::Overlap;
use crate::domain::venue::Venue;

/// One thing that a change of a site leaves.
#[derive(Debug, Clone)]
pub enum Trace {
    /// What is announced of it (R24).
    Event(Event),
    /// What stood on the site before.
    SitePast(SitePast),
    /// What a session was before: the state numbered `past.kept` of its own.
    SessionPast(Arc<Session>),
    /// When to look for others at a session's venue; `None` when that is seen to.
    Look(SessionId, Option<Timestamp>),
    /// None: the change holds only if a session still is as it was read.
    Stands(SessionId, Basis),
    /// The others that a session overlaps with, read at a basis; none of them is no record.
    Overlaps(SessionId, Basis, Vec<Overlap>),
    /// What somebody was handed, read at a basis.
    Delivery(DeliveryName, Basis, Arc<Delivery>),
}

/// Reads what changes left.
#[async_trait::async_trait]
pub trait Traces: Send + Sync + fmt::Debug {
    /// The earlier states of a session that belong to its present booking, in the order they were; the newest thousand.
    async fn session_past(&self, site: &SiteId, session: &Session) -> Result<Vec<Session>, StoreError>;

    /// What stood on a site before each change that any of these sessions may follow, in the order of the changes.
    async fn site_past(&self, site: &SiteId, sessions: &[&Session]) -> Result<Vec<SitePast>, StoreError>;

    /// Sessions at a venue that start within a window, the latest first.
    async fn at_venue(
        &self,
        site: &SiteId,
        venue: &Venue,
        window: &Window,
    ) -> Result<Vec<AtVenue>, StoreError>;

    /// What sessions overlap with, as it is written, in the order asked.
    async fn overlaps(
        &self,
        site: &SiteId,
        sessions: &[SessionId],
    ) -> Result<Vec<Stored<Vec<Overlap>>>, StoreError>;

    /// What somebody was handed of a session.
    async fn delivery(
        &self,
        site: &SiteId,
        session: &SessionId,
        name: &DeliveryName,
    ) -> Result<Stored<Delivery>, StoreError>;

    /// What was handed out at a site, or of one session, the oldest first; `None` for what went meanwhile.
    async fn deliveries(
        &self,
        site: &SiteId,
        range: &DeliveryRange,
    ) -> Result<Vec<(DeliveryPlace, Option<Arc<Delivery>>)>, StoreError>;

    /// Removes every trace of a session that is about to be forgotten.
    async fn forget(&self, site: &SiteId, session: &Session) -> Result<(), StoreError>;
}

/// From when to when sessions at a venue are looked for.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// They start after this.
    pub after: Timestamp,
    /// They start before this.
    pub before: Timestamp,
    /// At most so many.
    pub limit: usize,
}

/// A session at a venue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtVenue {
    /// Which.
    pub session: SessionId,
    /// When it starts.
    pub starts_at: Timestamp,
    /// How long it lasts.
    pub minutes: u16,
}

/// Which deliveries to list.
#[derive(Debug, Clone)]
pub struct DeliveryRange {
    /// Of this session only.
    pub session: Option<SessionId>,
    /// After this one.
    pub after: Option<DeliveryPlace>,
    /// At most so many.
    pub limit: usize,
}

/// Where a delivery stands in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryPlace {
    /// When it was first handed out, in milliseconds since 1970.
    pub at_ms: i64,
    /// Of which session.
    pub session: SessionId,
    /// Which.
    pub name: DeliveryName,
}

/// The events of all sites, in one stable order.
#[async_trait::async_trait]
pub trait Feed: Send + Sync + fmt::Debug {
    /// Moves the events of a site into the order of all, the oldest first, each once; answers how many.
    async fn relay(&self, site: &SiteId) -> Result<usize, StoreError>;

    /// Reads on after a place.
    async fn after(&self, place: FeedPlace, only: &Only, limit: usize) -> Result<FeedPage, StoreError>;

    /// The last place that was given.
    async fn end(&self) -> Result<FeedPlace, StoreError>;

    /// How many events stand after a place, up to another.
    async fn count(&self, range: (FeedPlace, FeedPlace), only: &Only) -> Result<u64, StoreError>;
}

/// Whose events are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Only {
    /// Those of every site.
    All,
    /// Those of these sites.
    These(BTreeSet<SiteId>),
    /// Those of every site but these.
    AllBut(BTreeSet<SiteId>),
}

/// Some events, and where to go on: also when there were none.
#[derive(Debug, Clone)]
pub struct FeedPage {
    /// The events at their places, the oldest first.
    pub events: Vec<(FeedPlace, Event)>,
    /// Where to go on.
    pub next: FeedPlace,
    /// Whether more was there to be read.
    pub rest: Rest,
}

/// Whether the feed goes on behind a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// It does: read on at once.
    More,
    /// It does not, yet.
    None,
}
