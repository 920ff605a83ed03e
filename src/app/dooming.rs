//! Use case: mark the upcoming meetings on an account that is gone for removal at the provider (R21).

use jiff::Timestamp;

use crate::app::change::Change;
use crate::app::change::Decision;
use crate::app::change::change;
use crate::app::gateway::Gateway;
use crate::app::ports::store::SessionEntry;
use crate::app::ports::store::SessionRange;
use crate::app::ports::store::SessionsOf;
use crate::app::ports::stored::StoreError;
use crate::app::schedule::as_due;
use crate::domain::id::GrantId;
use crate::domain::id::SiteId;
use crate::domain::minting::Wanted;
use crate::domain::session::Session;
use crate::domain::site::Site;
use crate::domain::step::wanted;

/// How many sessions are listed at a time.
const PAGE: usize = 200;

/// Marks the meetings of sessions ahead on this grant for removal. A session that moves to another account keeps
/// its meeting until the new one is there (R19).
///
/// Refuses only with a [`StoreError`]; what was marked until then stays marked.
#[tracing::instrument(name = "meetings.doom", skip_all, fields(site.id = %site))]
pub async fn doom_ahead(gateway: &Gateway, site: &SiteId, grant: &GrantId) -> Result<(), StoreError> {
    let from = gateway.clock.now();
    let mut range = SessionRange { of: SessionsOf::All, from, to: Timestamp::MAX, after: None, limit: PAGE };
    loop {
        let entries = gateway.sites.sessions(site, &range).await?;
        for entry in &entries {
            doom(gateway, site, entry, grant).await?;
        }
        let Some(last) = entries.last().filter(|_| entries.len() >= PAGE) else { return Ok(()) };
        range.after = Some(last.clone());
    }
}

async fn doom(
    gateway: &Gateway,
    site: &SiteId,
    entry: &SessionEntry,
    grant: &GrantId,
) -> Result<(), StoreError> {
    change(gateway, site, std::slice::from_ref(&entry.id), |snapshot| {
        let (Some(site), Some(stored)) = (&snapshot.site.value, snapshot.sessions.first()) else {
            return Ok(Decision::Keep(()));
        };
        let now = gateway.clock.now();
        let Some(session) = stored.value.as_ref().and_then(|session| doomed(site, session, grant, now))
        else {
            return Ok(Decision::Keep(()));
        };
        Ok(Decision::Commit(Change::of_session(as_due(gateway, site, (session, stored), now)), ()))
    })
    .await
}

/// The session with its meeting marked; `None` where nothing is to be marked.
fn doomed(site: &Site, session: &Session, grant: &GrantId, now: Timestamp) -> Option<Session> {
    let meeting = session.minting.handed_out()?;
    if meeting.grant != *grant || meeting.shown.starts_at <= now {
        return None;
    }
    match wanted(site, session, now) {
        Wanted::Meeting(_) => None,
        Wanted::Kept | Wanted::Nothing => {
            let mut changed = session.clone();
            changed.minting = changed.minting.settled(&Wanted::Nothing);
            Some(changed)
        }
    }
}
