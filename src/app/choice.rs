//! Use case: choose a session's link by hand (R16).

use std::sync::Arc;
use std::time::Duration;

use crate::app::change::Change;
use crate::app::change::Decision;
use crate::app::change::change;
use crate::app::gateway::Gateway;
use crate::app::mint;
use crate::app::overlaps;
use crate::app::ports::store::SiteSnapshot;
use crate::app::presupposed::Presupposed;
use crate::app::schedule;
use crate::app::schedule::Launch;
use crate::app::sessions;
use crate::app::sessions::SessionError;
use crate::app::sessions::SessionView;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::pace::Urgency;
use crate::domain::session::Choice;
use crate::domain::session::Session;

/// How long whoever chooses waits to be told whom the session meets.
const LOOK: Duration = Duration::from_secs(2);

/// Makes a choice by hand; the same one changes nothing. It survives rescheduling and a change of staff, until it is
/// reset with [`Choice::Inherit`].
///
/// What `presupposed` speaks of is the link's revision. Refuses as [`SessionError`] says.
#[tracing::instrument(name = "choice.put", skip_all, fields(session.id = %session))]
pub async fn put(
    gateway: &Gateway,
    site: &SiteId,
    session: &SessionId,
    (choice, presupposed): (&Choice, &Presupposed),
) -> Result<SessionView, SessionError> {
    let ids = std::slice::from_ref(session);
    let mut is_new = false;
    let (view, launch) = change(gateway, site, ids, |snapshot| {
        let decided = decide(gateway, snapshot, choice, presupposed);
        is_new = matches!(decided, Ok(Decision::Commit(..)));
        decided
    })
    .await?;
    if let Some(launch) = launch {
        gateway.tasks.spawn(mint::create(gateway.clone(), site.clone(), launch));
    }
    gateway.bell.notify_one();
    if !is_new {
        return Ok(view);
    }
    overlaps::look_now(gateway, site, ids, LOOK).await;
    sessions::find(gateway, site, session).await
}

fn decide(
    gateway: &Gateway,
    snapshot: &SiteSnapshot,
    choice: &Choice,
    presupposed: &Presupposed,
) -> Result<Decision<(SessionView, Option<Launch>)>, SessionError> {
    let site = snapshot.site.value.as_ref().ok_or(SessionError::UnknownSite)?;
    let stored = snapshot.sessions.first().ok_or(SessionError::Unknown)?;
    let overlaps = snapshot.overlaps.first().ok_or(SessionError::Unknown)?;
    let old =
        stored.value.as_ref().filter(|session| session.booking.is_some()).ok_or(SessionError::Unknown)?;
    if !presupposed.admits(Some(old.link_revision(site))) {
        return Err(SessionError::RevisionMismatch);
    }
    if old.choice == *choice {
        let view = SessionView::new(site, Arc::clone(old), overlaps);
        return Ok(Decision::Keep((view, None)));
    }
    let mut session = Session::clone(old);
    session.choose(choice.clone());
    let (written, session, launch) =
        schedule::with_first_step(gateway, site, (session, stored), (Urgency::Awaited, gateway.clock.now()));
    let view = SessionView::new(site, session, overlaps);
    Ok(Decision::Commit(Change::of_session(written), (view, launch)))
}
