//! Owns that whoever needs a person is noted before it does: what crosses places is written first.

use crate::app::gateway::Gateway;
use crate::app::ports::store::SessionChange;
use crate::app::ports::store::SessionWrite;
use crate::app::ports::stored::StoreError;
use crate::domain::attention::begins_to_need;
use crate::domain::id::SiteId;

/// Notes the sessions that these changes make need a person, if any. Should the changes not be committed, the notes are
/// left over: whoever lists them sweeps them.
pub async fn note(gateway: &Gateway, site: &SiteId, changes: &[SessionChange]) -> Result<(), StoreError> {
    let now = gateway.clock.now();
    let begins = |change: &SessionChange| match &change.write {
        SessionWrite::Put(after) => begins_to_need(change.before.as_deref(), after, now),
        SessionWrite::Keep | SessionWrite::Remove => false,
    };
    let sessions: Vec<_> =
        changes.iter().filter(|change| begins(change)).map(|change| change.id.clone()).collect();
    if sessions.is_empty() { Ok(()) } else { gateway.attentions.note(site, &sessions, now).await }
}
