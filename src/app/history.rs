//! Use case: tell how the link of a session came to be what it is, newest first (R15, R23).

use crate::app::gateway::Gateway;
use crate::app::sessions;
use crate::app::sessions::SessionError;
use crate::app::sessions::SessionView;
use crate::domain::account::Revision;
use crate::domain::history::Moment;
use crate::domain::history::Telling;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::session::Session;
use crate::domain::site::Site;

/// Which part of a history is asked for.
#[derive(Debug, Clone, Copy)]
pub struct HistoryRange {
    /// Before this revision, if it is said.
    pub before: Option<Revision>,
    /// At most so many.
    pub limit: usize,
}

/// Tells what a session's link was, newest first, beginning with what it is.
///
/// Refuses with [`SessionError::UnknownSite`], [`SessionError::Unknown`], [`SessionError::Store`].
#[tracing::instrument(name = "history.tell", skip_all, fields(site.id = %site, session.id = %session))]
pub async fn tell(
    gateway: &Gateway,
    site: &SiteId,
    session: &SessionId,
    range: HistoryRange,
) -> Result<Vec<Moment>, SessionError> {
    let view = sessions::find(gateway, site, session).await?;
    let telling = telling(gateway, &view).await?;
    let is_asked = |moment: &Moment| range.before.is_none_or(|before| moment.revision < before);
    Ok(telling.filter(is_asked).take(range.limit).collect())
}

/// The past of a session that was read, to be told.
pub async fn telling(gateway: &Gateway, view: &SessionView) -> Result<Telling, SessionError> {
    let earlier = gateway.traces.session_past(&view.site.id, &view.session).await?;
    let states = earlier.iter().chain([&*view.session]).collect::<Vec<_>>();
    let changes = gateway.traces.site_past(&view.site.id, &states).await?;
    // What changed after the session was read is not of this telling.
    let known = view.site.epochs.total();
    let changes = changes.into_iter().filter(|past| past.number <= known).collect();
    Ok(Telling::new(Site::clone(&view.site), Session::clone(&view.session), (earlier, changes)))
}
