//! Use case: list the sessions of a site by their start, a page at a time (contract.md section 3).
//!
//! An index says which sessions there are, their records say the rest. A record has the last word: a session that
//! moved after the index was read is met where it stands now, one that was cancelled is not met.

use std::sync::Arc;

use jiff::Timestamp;

use crate::app::gateway::Gateway;
use crate::app::ports::store::SessionEntry;
use crate::app::ports::store::SessionRange;
use crate::app::ports::store::SessionsOf;
use crate::app::sessions::SessionError;
use crate::app::sessions::SessionView;
use crate::domain::id::ServiceId;
use crate::domain::id::SiteId;
use crate::domain::id::StaffId;
use crate::domain::link::Link;
use crate::domain::link::Status;

/// How many sessions are read at once.
const PAGE: usize = 100;
/// How many sessions one call looks at, whether they are shown or not.
const MOST_LOOKED_AT: usize = 1_000;

/// Which sessions to list.
#[derive(Debug, Clone)]
pub struct Listing {
    /// Those that start at this time or later.
    pub from: Timestamp,
    /// Those that start before this time.
    pub to: Timestamp,
    /// Those of this service, if it is said.
    pub service: Option<ServiceId>,
    /// Those that this staff member gives, alone or with others, if it is said.
    pub staff: Option<StaffId>,
    /// Those whose links stand so, if it is said.
    pub status: Option<LinkStatus>,
    /// After this one.
    pub after: Option<SessionEntry>,
    /// At most so many.
    pub limit: usize,
}

/// How a link stands, whatever the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkStatus {
    /// It is there.
    Ready,
    /// It will be.
    Pending,
    /// There is none.
    None,
    /// There is none, and somebody must look.
    Failed,
}

/// Some sessions by their start, then by their ids.
#[derive(Debug, Clone)]
pub struct SessionPage {
    /// The sessions.
    pub sessions: Vec<SessionView>,
    /// After which session to go on; `None` at the end. Few sessions, or none, are not yet the end.
    pub next: Option<SessionEntry>,
}

/// Lists sessions that are booked. Looks at a thousand of them at most, so that one call is never long: the page may
/// be smaller than asked before the end.
///
/// Refuses with [`SessionError::UnknownSite`], [`SessionError::Store`].
#[tracing::instrument(name = "sessions.list", skip_all, fields(site.id = %site))]
pub async fn list(gateway: &Gateway, site: &SiteId, listing: &Listing) -> Result<SessionPage, SessionError> {
    let mut page = SessionPage { sessions: Vec::new(), next: listing.after.clone() };
    let mut looked_at = 0;
    while looked_at < MOST_LOOKED_AT {
        let range = listing.range(page.next.clone());
        let entries = gateway.sites.sessions(site, &range).await?;
        let ids = entries.iter().map(|entry| entry.id.clone()).collect::<Vec<_>>();
        let snapshot = gateway.sites.read(site, &ids).await?;
        let site = snapshot.site.value.ok_or(SessionError::UnknownSite)?;
        let now = gateway.clock.now();
        looked_at += entries.len();
        let is_last = entries.len() < range.limit;
        let read = snapshot.sessions.into_iter().zip(snapshot.overlaps);
        for (entry, (stored, overlaps)) in entries.into_iter().zip(read) {
            if page.sessions.len() >= listing.limit {
                return Ok(page);
            }
            let overlaps = overlaps.value.unwrap_or_default();
            let view = stored.value.map(|session| SessionView { site: Arc::clone(&site), session, overlaps });
            page.sessions.extend(view.filter(|view| listing.shows(view, &entry, now)));
            page.next = Some(entry);
        }
        if is_last {
            page.next = None;
            return Ok(page);
        }
    }
    Ok(page)
}

impl Listing {
    /// What to read next: no more than the page takes, where all that is read is shown.
    fn range(&self, after: Option<SessionEntry>) -> SessionRange {
        let (of, is_all_shown) = match (&self.staff, &self.service) {
            (Some(member), service) => (SessionsOf::Staff(member.clone()), service.is_none()),
            (None, Some(service)) => (SessionsOf::Service(service.clone()), true),
            (None, None) => (SessionsOf::All, true),
        };
        let limit = if is_all_shown && self.status.is_none() { PAGE.min(self.limit + 1) } else { PAGE };
        SessionRange { of, from: self.from, to: self.to, after, limit }
    }

    /// Whether a session, as it is now, is one of these, and still stands where it was met.
    fn shows(&self, view: &SessionView, entry: &SessionEntry, now: Timestamp) -> bool {
        let Some(booking) = &view.session.booking else { return false };
        let start = booking.starts_at;
        start.as_millisecond() == entry.starts_at.as_millisecond()
            && self.from <= start
            && start < self.to
            && self.service.as_ref().is_none_or(|service| booking.service_id == *service)
            && self.staff.as_ref().is_none_or(|member| booking.staff_ids.contains(member))
            && self.status.is_none_or(|status| status.is(Link::of(&view.site, &view.session, now).status))
    }
}

impl LinkStatus {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Ready, Self::Pending, Self::None, Self::Failed];

    /// The name in the contract.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Pending => "pending",
            Self::None => "none",
            Self::Failed => "failed",
        }
    }

    /// Reads a name in the contract; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == text)
    }

    const fn is(self, status: Status) -> bool {
        matches!(
            (self, status),
            (Self::Ready, Status::Ready)
                | (Self::Pending, Status::Pending(_))
                | (Self::None, Status::None(_))
                | (Self::Failed, Status::Failed(_))
        )
    }
}
