//! Owns what a grant keeps of its user: written when the provider says something else than before (R7, R10). Asks nobody.

use std::sync::Arc;

use jiff::Timestamp;
use tracing::info;

use crate::app::gateway::Gateway;
use crate::app::grants_due;
use crate::app::ports::store::GrantChange;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::domain::account::Host;
use crate::domain::account::Plan;
use crate::domain::grant::Grant;
use crate::domain::id::GrantId;

/// How often a change is decided anew when others change the same grant.
const ATTEMPTS: usize = 16;

/// Keeps who the user of a grant is, as the provider said to a question of `asked_at`; what it said later stays. The
/// accounts that use the grant are told soon. Refuses with a [`StoreError`].
pub async fn put(
    gateway: &Gateway,
    id: &GrantId,
    (host, asked_at): (&Host, Timestamp),
) -> Result<(), StoreError> {
    edit(gateway, id, |grant| {
        let is_news = grant.looked_at <= asked_at;
        is_news.then(|| Grant { host: host.clone(), looked_at: asked_at, ..grant.clone() })
    })
    .await
}

/// Keeps that the user of a grant may host no meetings, as the provider said to somebody who wanted one (zoom/facts.md 3,
/// error 3161). The next look tells when that is over. Refuses with a [`StoreError`].
pub async fn put_unlicensed(gateway: &Gateway, id: &GrantId) -> Result<(), StoreError> {
    edit(gateway, id, |grant| {
        let host = Host { plan: Plan::Unassigned, ..grant.host.clone() };
        (host != grant.host).then(|| Grant { host, ..grant.clone() })
    })
    .await
}

async fn edit(
    gateway: &Gateway,
    id: &GrantId,
    change: impl Fn(&Grant) -> Option<Grant>,
) -> Result<(), StoreError> {
    for _ in 0..ATTEMPTS {
        let stored = gateway.grants.read(id).await?;
        let Some(grant) = stored.value else { return Ok(()) };
        let Some(changed) = change(&grant) else { return Ok(()) };
        let now = gateway.clock.now();
        let is_other = changed.host != grant.host;
        let soon = grants_due::after_change(&changed, gateway.settings.refresh.keep_alive, now);
        let change = GrantChange::Put { due: if is_other { now } else { soon }, grant: Arc::new(changed) };
        if gateway.grants.commit(id, stored.basis, change).await? == Committed::Yes {
            if is_other {
                info!(grant.id = %id, "user changed at the provider");
                gateway.bell.notify_one();
            }
            return Ok(());
        }
    }
    Err(StoreError::Contended)
}
