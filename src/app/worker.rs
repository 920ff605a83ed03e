//! Owns the loop that finds due work and takes it, place by place, so that one site's backlog holds up no other.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::app::events;
use crate::app::gateway::Gateway;
use crate::app::grants;
use crate::app::grants::GrantError;
use crate::app::overlaps;
use crate::app::ports::store::WorkItem;
use crate::app::ports::store::WorkPlace;
use crate::app::ports::stored::StoreError;
use crate::app::reconcile;
use crate::app::redecide;
use crate::app::refresh;
use crate::app::refresh::AccessError;
use crate::domain::id::GrantId;

/// How many places are looked at in one round.
const PLACES: usize = 32;
/// How much of one place is taken in one round: the rest waits until the others had their turn.
const ITEMS: usize = 8;
/// How many places are worked on at once.
const AT_ONCE: usize = 8;
/// How long the worker rests when it found nothing, unless the bell rings.
const REST: Duration = Duration::from_secs(1);

/// Takes due work until it is told to stop; a step that has begun is finished.
pub async fn run(gateway: Gateway, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let found = match round(&gateway).await {
            Ok(found) => found,
            Err(error) => {
                warn!(error = %error, "due work cannot be read");
                0
            }
        };
        if found == 0 {
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = gateway.bell.notified() => {}
                () = gateway.clock.wait(REST) => {}
            }
        }
    }
}

/// Looks once at every place where work may be due; answers how many things were due.
pub async fn round(gateway: &Gateway) -> Result<usize, StoreError> {
    let places = gateway.work.places(gateway.clock.now(), PLACES).await?;
    let works = places.into_iter().map(|place| async move { work_at(gateway, &place).await });
    let found = stream::iter(works).buffer_unordered(AT_ONCE).collect::<Vec<_>>().await;
    Ok(found.into_iter().sum())
}

async fn work_at(gateway: &Gateway, place: &WorkPlace) -> usize {
    match try_work_at(gateway, place).await {
        Ok(found) => found,
        Err(error) => {
            warn!(error = %error, "due work is left for later");
            0
        }
    }
}

async fn try_work_at(gateway: &Gateway, place: &WorkPlace) -> Result<usize, StoreError> {
    let now = gateway.clock.now();
    let items = gateway.work.due(place, now, ITEMS).await?;
    let count = items.len();
    // The events of a site are brought all together.
    let items = items.into_iter().fold(Vec::new(), |mut distinct, item| {
        if !distinct.contains(&item) {
            distinct.push(item);
        }
        distinct
    });
    let works = items.into_iter().map(|item| async move { take(gateway, &item).await });
    let taken = stream::iter(works).buffer_unordered(AT_ONCE).collect::<Vec<_>>().await;
    gateway.work.settle(place, now).await?;
    taken.into_iter().collect::<Result<Vec<()>, _>>()?;
    Ok(count)
}

async fn take(gateway: &Gateway, item: &WorkItem) -> Result<(), StoreError> {
    match item {
        WorkItem::Session(site, session) => reconcile::take_step(gateway, site, session).await,
        WorkItem::Grant(grant) => tend(gateway, grant).await,
        WorkItem::Site(site) => redecide::sessions_of(gateway, site).await,
        WorkItem::Overlaps(site, session) => {
            overlaps::look(gateway, site, std::slice::from_ref(session)).await
        }
        WorkItem::Events(site) => events::relay(gateway, site).await,
    }
}

async fn tend(gateway: &Gateway, grant: &GrantId) -> Result<(), StoreError> {
    match grants::tend(gateway, grant).await {
        Ok(()) | Err(GrantError::Gone) => {}
        Err(GrantError::Busy) => return Err(StoreError::Contended),
        Err(GrantError::Store(error)) => return Err(error),
    }
    match refresh::keep_alive(gateway, grant).await {
        Err(AccessError::Store(error)) => Err(error),
        Ok(()) | Err(AccessError::Lapsed(_) | AccessError::NoGrant | AccessError::Unavailable) => Ok(()),
    }
}
