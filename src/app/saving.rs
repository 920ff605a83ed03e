//! Owns how what a provider gave reaches the store, and stays there: it exists nowhere else (correctness.md section 3).

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tracing::Instrument;
use tracing::info_span;
use tracing::warn;

use crate::app::gateway::Gateway;
use crate::app::look_back::Found;
use crate::app::look_back::look_back;
use crate::app::ports::store::GrantChange;
use crate::app::ports::store::Grants;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::domain::grant::Grant;
use crate::domain::grant::LapseReason;
use crate::domain::grant::Tokens;
use crate::domain::id::GrantId;
use crate::domain::meeting::after;

/// How long new tokens are kept in memory and written again while the store does not take them.
const SAVE_FOR: Duration = Duration::from_mins(10);
/// How long before a store that did not take new tokens is asked again.
const SAVE_PAUSE: Duration = Duration::from_millis(500);

/// Writes a change of a grant, again and again while the store does not take it: what the provider gave exists
/// nowhere else. `edit` answers when the grant is due, or `None` where nothing is to be written. Answers what was
/// written, if anything. Refuses with what the store said last.
pub async fn save(
    gateway: &Gateway,
    id: &GrantId,
    mut edit: impl FnMut(&mut Grant) -> Option<Timestamp> + Send,
) -> Result<Option<Arc<Grant>>, StoreError> {
    let give_up_at = after(gateway.clock.now(), SAVE_FOR);
    loop {
        let failure = match try_save(gateway.grants.as_ref(), id, &mut edit).await {
            Ok((Committed::Yes, saved)) => return Ok(saved),
            Ok((Committed::Conflict, _)) => continue,
            Err(failure) => failure,
        };
        if gateway.clock.now() >= give_up_at {
            return Err(failure);
        }
        gateway.clock.wait(SAVE_PAUSE).await;
    }
}

async fn try_save(
    grants: &dyn Grants,
    id: &GrantId,
    edit: &mut (impl FnMut(&mut Grant) -> Option<Timestamp> + Send),
) -> Result<(Committed, Option<Arc<Grant>>), StoreError> {
    let stored = grants.read(id).await?;
    let Some(grant) = stored.value else { return Ok((Committed::Yes, None)) };
    let mut grant = Grant::clone(&grant);
    let Some(due) = edit(&mut grant) else { return Ok((Committed::Yes, None)) };
    let grant = Arc::new(grant);
    let change = GrantChange::Put { grant: Arc::clone(&grant), due };
    Ok((grants.commit(id, stored.basis, change).await?, Some(grant)))
}

/// Looks whether what was saved still stands, and writes it again where the store went back over it: nobody else knows the
/// tokens. Ends with the gateway, which waits only for what is not saved yet.
///
/// A newer authorisation and newer tokens are left alone, and so is a grant that was removed.
pub fn watch(gateway: &Gateway, saved: Arc<Grant>) {
    let grants = Arc::downgrade(&gateway.grants);
    let (clock, bell) = (Arc::clone(&gateway.clock), Arc::clone(&gateway.bell));
    let span = info_span!("grants.watch", grant.id = %saved.id);
    let looking = look_back(Arc::clone(&gateway.clock), move || {
        let (grants, saved, now) = (grants.upgrade(), Arc::clone(&saved), clock.now());
        let bell = Arc::clone(&bell);
        async move {
            let Some(grants) = grants else { return Ok(Found::Ended) };
            if restore(grants.as_ref(), &saved, now).await? == Restored::Again {
                warn!(grant = %saved.id, "the store went back over new tokens: they were written again");
                bell.notify_one();
            }
            Ok(Found::Settled)
        }
    });
    tokio::spawn(looking.instrument(span));
}

/// Whether what was saved had to be written again.
#[derive(PartialEq, Eq)]
enum Restored {
    /// It stands, or what came after it.
    Stands,
    /// It had to.
    Again,
}

/// Writes tokens again that the store went back over.
async fn restore(grants: &dyn Grants, saved: &Grant, now: Timestamp) -> Result<Restored, StoreError> {
    let mut restore = |grant: &mut Grant| {
        // Of an earlier consent it says nothing that the later one took back.
        let is_withdrawn = grant.authorized_at >= saved.authorized_at
            && matches!(grant.tokens, Tokens::Lapsed { reason: LapseReason::Removed, .. });
        let went_back = !is_withdrawn && grant.is_before(saved);
        if went_back {
            *grant = Grant { references: grant.references.clone(), ..saved.clone() };
        }
        went_back.then_some(now)
    };
    loop {
        match try_save(grants, &saved.id, &mut restore).await? {
            (Committed::Yes, Some(_)) => return Ok(Restored::Again),
            (Committed::Yes, None) => return Ok(Restored::Stands),
            (Committed::Conflict, _) => {}
        }
    }
}
