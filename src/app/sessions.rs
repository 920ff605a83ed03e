//! Use cases: book, read and cancel a session (R16 to R20, R27). A booking never fails because a provider does.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::app::change::Change;
use crate::app::change::Decision;
use crate::app::change::change;
use crate::app::gateway::Gateway;
use crate::app::mint;
use crate::app::ports::store::Basis;
use crate::app::ports::store::SiteSnapshot;
use crate::app::ports::store::StoreError;
use crate::app::presupposed::Presupposed;
use crate::app::schedule;
use crate::app::schedule::Launch;
use crate::app::sites::Put;
use crate::domain::account::Revision;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::join::JoinKey;
use crate::domain::link::Link;
use crate::domain::link::Pending;
use crate::domain::link::Status;
use crate::domain::meeting::after;
use crate::domain::overlap::meets;
use crate::domain::session::Booking;
use crate::domain::session::NewSession;
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

    /// A session as it was decided, among what was read with it.
    pub fn new(site: &Arc<Site>, session: Arc<Session>, read: &SiteSnapshot) -> Self {
        let overlaps = read.overlaps.first().and_then(|stored| stored.value.clone());
        Self { site: Arc::clone(site), session, overlaps: overlaps.unwrap_or_default() }
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

/// Why a session cannot be booked, read or cancelled.
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

/// A session to be booked.
#[derive(Debug)]
pub struct Book<'a> {
    /// Of which site.
    pub site: &'a SiteId,
    /// Which session.
    pub session: &'a SessionId,
    /// What is booked.
    pub booking: &'a Booking,
    /// The revision the caller read, if it says.
    pub presupposed: &'a Presupposed,
    /// How long to wait for the meeting.
    pub wait: Duration,
}

/// Books a session, or changes its booking; the same booking changes nothing. The first step towards its meeting is
/// committed with it and taken at once, in a task that outlives the caller.
pub async fn put(gateway: &Gateway, book: Book<'_>) -> Result<(Put, SessionView), SessionError> {
    let join = gateway.join_key();
    let deadline = after(gateway.clock.now(), book.wait);
    let ids = std::slice::from_ref(book.session);
    let (done, view, launch) =
        change(gateway, book.site, ids, |snapshot| decide(gateway, &book, &join, snapshot)).await?;
    if let Some(launch) = launch {
        let minted = gateway.tasks.spawn(mint::create(gateway.clone(), book.site.clone(), launch));
        // What came of it stands in the record; where time is up, the task goes on without us.
        tokio::select! {
            _ = minted => {}
            () = gateway.clock.wait(book.wait) => {}
        }
        return Ok((done, find(gateway, book.site, book.session).await?));
    }
    gateway.bell.notify_one();
    if !is_minting(&view, gateway.clock.now()) {
        return Ok((done, view));
    }
    Ok((done, settle_down(gateway, book.site, book.session, deadline).await?))
}

type Decided = (Put, SessionView, Option<Launch>);

fn decide(
    gateway: &Gateway,
    book: &Book<'_>,
    join: &JoinKey,
    snapshot: &SiteSnapshot,
) -> Result<Decision<Decided>, SessionError> {
    let site = snapshot.site.value.as_ref().ok_or(SessionError::UnknownSite)?;
    if !site.services.contains_key(&book.booking.service_id) {
        return Err(SessionError::UnknownService);
    }
    let stored = snapshot.sessions.first().ok_or(SessionError::Unknown)?;
    let now = gateway.clock.now();
    let old = stored.value.as_deref();
    let live = old.filter(|old| old.booking.is_some());
    admit(book.presupposed, live)?;
    let done = if live.is_some() { Put::Replaced } else { Put::Created };
    if let Some(same) = stored.value.as_ref().filter(|old| old.booking.as_ref() == Some(book.booking)) {
        let view = SessionView::new(site, Arc::clone(same), snapshot);
        return Ok(Decision::Keep((done, view, None)));
    }
    let session = match old {
        None => {
            let new = NewSession { join: join.clone(), first: first_revision(stored.basis), now };
            Session::new(book.session.clone(), book.booking.clone(), new)
        }
        Some(old) => {
            let mut session = old.clone();
            session.rebook(book.booking.clone(), join.clone());
            session
        }
    };
    let (written, session, launch) = schedule::with_first_step(gateway, site, (session, stored), now);
    let is_new_address = old.is_none_or(|old| old.join != session.join);
    let locator = is_new_address.then(|| (session.join.locator(), session.id.clone()));
    let written = Change { join: locator, ..Change::of_session(written) };
    Ok(Decision::Commit(written, (done, SessionView::new(site, session, snapshot), launch)))
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

/// How long before a meeting that another task makes is looked at again.
const LOOK_PAUSE: Duration = Duration::from_millis(50);

/// Waits until the first try for a meeting is over, or the time the caller gave.
async fn settle_down(
    gateway: &Gateway,
    site: &SiteId,
    session: &SessionId,
    deadline: Timestamp,
) -> Result<SessionView, SessionError> {
    let mut pause = LOOK_PAUSE;
    loop {
        let view = find(gateway, site, session).await?;
        let now = gateway.clock.now();
        if now >= deadline || !is_minting(&view, now) {
            return Ok(view);
        }
        gateway.clock.wait(pause.min(remaining(now, deadline))).await;
        pause = pause.saturating_mul(2).min(Duration::from_millis(500));
    }
}

fn remaining(now: Timestamp, deadline: Timestamp) -> Duration {
    Duration::try_from(deadline.duration_since(now)).unwrap_or_default()
}

fn is_minting(view: &SessionView, now: Timestamp) -> bool {
    view.link(now).status == Status::Pending(Pending::Minting)
}

fn admit(presupposed: &Presupposed, found: Option<&Session>) -> Result<(), SessionError> {
    if presupposed.admits(found.map(|session| session.revision)) {
        Ok(())
    } else {
        Err(SessionError::RevisionMismatch)
    }
}

/// Where the revisions of a session begin: above those of any session of its id before it.
fn first_revision(basis: Basis) -> Revision {
    match basis {
        Basis::Absent { floor } => Revision(floor + 1),
        Basis::Version(version) => Revision(version + 1),
    }
}
