//! Use cases: read and cancel sessions (R20). Books none.

use std::sync::Arc;

use jiff::Timestamp;

use crate::app::change::Change;
use crate::app::change::Decision;
use crate::app::change::change;
use crate::app::gateway::Gateway;
use crate::app::ports::store::SiteSnapshot;
use crate::app::ports::stored::StoreError;
use crate::app::ports::stored::Stored;
use crate::app::presupposed::Presupposed;
use crate::app::schedule;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::link::Link;
use crate::domain::overlap::meets;
use crate::domain::session::Session;
use crate::domain::site::Site;
use crate::domain::venue::Overlap;

/// A session and its site, as read at one moment: all that its link follows from.
#[derive(Debug, Clone)]
pub struct SessionView {
    /// The site.
    pub site: Arc<Site>,
    /// The session; its booking is there.
    pub session: Arc<Session>,
    /// What it overlaps with, as far as that is known (R31).
    pub overlaps: Arc<Vec<Overlap>>,
}

impl SessionView {
    /// Its link now, with every warning.
    pub fn link(&self, now: Timestamp) -> Link<'_> {
        let others = meets(&self.site, &self.session, &self.overlaps);
        Link::of(&self.site, &self.session, now).meeting(others)
    }

    /// A session as it was decided, with what it overlapped with when it was read.
    pub fn new(site: &Arc<Site>, session: Arc<Session>, overlaps: &Stored<Vec<Overlap>>) -> Self {
        let overlaps = overlaps.value.clone().unwrap_or_default();
        Self { site: Arc::clone(site), session, overlaps }
    }

    /// What was read of the first session of a snapshot, if it is booked.
    pub fn first_of(snapshot: SiteSnapshot) -> Result<Self, SessionError> {
        let site = snapshot.site.value.ok_or(SessionError::UnknownSite)?;
        let session = snapshot.sessions.into_iter().next().and_then(|stored| stored.value);
        let session = session.filter(|session| session.booking.is_some()).ok_or(SessionError::Unknown)?;
        let overlaps = snapshot.overlaps.into_iter().next().and_then(|stored| stored.value);
        Ok(Self { site, session, overlaps: overlaps.unwrap_or_default() })
    }
}

/// Why a session cannot be booked, read, changed or cancelled.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// There is no such site.
    #[error("there is no such site")]
    UnknownSite,
    /// There is no such service.
    #[error("there is no such service")]
    UnknownService,
    /// There is no such session.
    #[error("there is no such session")]
    Unknown,
    /// It changed since the caller read it.
    #[error("the session has another revision")]
    RevisionMismatch,
    /// The store gave no answer.
    #[error("the session cannot be read or saved")]
    Store(#[from] StoreError),
}

/// Reads a session.
pub async fn find(
    gateway: &Gateway,
    site: &SiteId,
    session: &SessionId,
) -> Result<SessionView, SessionError> {
    let snapshot = gateway.sites.read(site, std::slice::from_ref(session)).await?;
    SessionView::first_of(snapshot)
}

/// Reads many sessions at one moment, in the order asked; `None` stands for one that is not there.
pub async fn find_many(
    gateway: &Gateway,
    site: &SiteId,
    sessions: &[SessionId],
) -> Result<Vec<Option<SessionView>>, SessionError> {
    let snapshot = gateway.sites.read(site, sessions).await?;
    let site = snapshot.site.value.ok_or(SessionError::UnknownSite)?;
    let views = snapshot.sessions.into_iter().zip(snapshot.overlaps).map(|(stored, overlaps)| {
        let session = stored.value.filter(|session| session.booking.is_some())?;
        let overlaps = overlaps.value.unwrap_or_default();
        Some(SessionView { site: Arc::clone(&site), session, overlaps })
    });
    Ok(views.collect())
}

/// Cancels a session: its link closes at once, its meeting is removed at the provider (R20). One that is gone
/// already stays gone.
pub async fn cancel(
    gateway: &Gateway,
    site: &SiteId,
    session: &SessionId,
    presupposed: &Presupposed,
) -> Result<(), SessionError> {
    change::<_, SessionError>(gateway, site, std::slice::from_ref(session), |snapshot| {
        let site = snapshot.site.value.as_ref().ok_or(SessionError::UnknownSite)?;
        let stored = snapshot.sessions.first().ok_or(SessionError::Unknown)?;
        let live = stored.value.as_ref().filter(|session| session.booking.is_some());
        admit(presupposed, live.map(|live| &**live))?;
        let Some(live) = live else { return Ok(Decision::Keep(())) };
        let mut session = Session::clone(live);
        session.cancel();
        let written = schedule::as_due(gateway, site, (session, stored), gateway.clock.now());
        Ok(Decision::Commit(Change::of_session(written), ()))
    })
    .await?;
    gateway.bell.notify_one();
    Ok(())
}

/// Refuses a change of a session that is not what the caller presupposes.
pub(in crate::app) fn admit(presupposed: &Presupposed, found: Option<&Session>) -> Result<(), SessionError> {
    if presupposed.admits(found.map(|session| session.revision)) {
        Ok(())
    } else {
        Err(SessionError::RevisionMismatch)
    }
}
