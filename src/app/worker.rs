//! Owns the loop that finds due work and takes it, place by place, so that one site's backlog holds up no other.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::app::events;
use crate::app::gateway::Gateway;
use crate::app::grants;
use crate::app::grants::GrantError;
use crate::app::notices;
use crate::app::outgoing;
use crate::app::overlaps;
use crate::app::ports::store::WorkItem;
use crate::app::ports::store::WorkPlace;
use crate::app::ports::store::WorkScope;
use crate::app::ports::stored::StoreError;
use crate::app::reconcile;
use crate::app::redecide;
use crate::app::refresh;
use crate::app::refresh::AccessError;
use crate::app::sites;
use crate::domain::finding::long_before;
use crate::domain::id::GrantId;

/// How many places are worked on at once.
const AT_ONCE: usize = 16;
/// How much of one place is taken at once: the rest waits until the others had their turn.
const ITEMS: usize = 8;
/// So many places are looked into for work that is left.
const LOOKED_INTO: usize = 100;
/// How long the worker rests when it found nothing, unless the bell rings.
const REST: Duration = Duration::from_secs(1);

/// Takes due work until it is told to stop; a step that has begun is finished. A place whose provider is slow holds up
/// itself alone.
pub async fn run(gateway: Gateway, stop: CancellationToken) {
    let mut busy = BTreeSet::new();
    let mut working = FuturesUnordered::new();
    while !stop.is_cancelled() {
        if let Err(error) = outgoing::enrol(&gateway).await {
            warn!(error = %error, "endpoints of events cannot be read");
        }
        let places = find_places(&gateway, &busy).await;
        for place in places {
            busy.insert(place.scope.clone());
            working.push(work_at(&gateway, place));
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            Some(done) = working.next(), if !working.is_empty() => {
                busy.remove(&done);
            }
            () = gateway.bell.notified(), if working.len() < AT_ONCE => {}
            () = gateway.clock.wait(REST) => {}
        }
    }
    while working.next().await.is_some() {}
}

/// Since when work is left that is long due; `None` where none is. Whoever looks at a place says at once when it is looked at
/// next, whatever came of it: one that should have been looked at long ago has nobody who works, or too much is due. A
/// place where nothing is due any more is left as well when the last gateway stops, and waits for nobody.
pub async fn left_since(gateway: &Gateway) -> Result<Option<Timestamp>, StoreError> {
    let long_ago = long_before(gateway.clock.now());
    let places = gateway.work.places(long_ago, LOOKED_INTO).await?;
    for place in &places {
        let due = gateway.work.due(place, long_ago, 1).await?;
        if let Some((since, _)) = due.first() {
            return Ok(Some(place.hinted_at.max(*since)));
        }
    }
    // There may be more of them, and whoever works would have looked at these within seconds.
    Ok(places.first().filter(|_| places.len() >= LOOKED_INTO).map(|place| place.hinted_at))
}

/// The places where work is due and nobody here is at it, the longest waiting first, as many as there is room for.
async fn find_places(gateway: &Gateway, busy: &BTreeSet<WorkScope>) -> Vec<WorkPlace> {
    let room = AT_ONCE.saturating_sub(busy.len());
    if room == 0 {
        return Vec::new();
    }
    let found = gateway.work.places(gateway.clock.now(), AT_ONCE + room).await;
    let places = found.unwrap_or_else(|error| {
        warn!(error = %error, "due work cannot be read");
        Vec::new()
    });
    places.into_iter().filter(|place| !busy.contains(&place.scope)).take(room).collect()
}

/// Takes some of what is due at a place; answers which it was.
async fn work_at(gateway: &Gateway, place: WorkPlace) -> WorkScope {
    if let Err(error) = try_work_at(gateway, &place).await {
        warn!(error = %error, "due work is left for later");
        gateway.clock.wait(REST).await;
    }
    place.scope
}

async fn try_work_at(gateway: &Gateway, place: &WorkPlace) -> Result<(), StoreError> {
    let now = gateway.clock.now();
    let items = gateway.work.due(place, now, ITEMS).await?;
    if let (WorkScope::Site(site), []) = (&place.scope, items.as_slice()) {
        // Its hint may be all that leads to an off-boarding that was cut short: it stays until nothing is left.
        sites::finish_removal(gateway, site).await?;
    }
    // The events of a site are brought all together.
    let items = items.into_iter().fold(Vec::new(), |mut distinct, (_, item)| {
        if !distinct.contains(&item) {
            distinct.push(item);
        }
        distinct
    });
    let works = items.into_iter().map(|item| async move { take(gateway, &item).await });
    let taken = join_all(works).await;
    gateway.work.settle(place, now).await?;
    taken.into_iter().collect()
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
        WorkItem::Notice(notice) => notices::act(gateway, notice).await,
        WorkItem::Deliver(endpoint) => outgoing::deliver(gateway, endpoint).await,
    }
}

async fn tend(gateway: &Gateway, grant: &GrantId) -> Result<(), StoreError> {
    let tended = match grants::tend(gateway, grant).await {
        Ok(()) | Err(GrantError::Gone) => Ok(()),
        Err(GrantError::Busy) => Err(StoreError::Contended),
        Err(GrantError::Store(error)) => Err(error),
    };
    // Whatever was in the way there, tokens do not grow old over it.
    let renewed = match refresh::keep_alive(gateway, grant).await {
        Err(AccessError::Store(error)) => Err(error),
        Ok(()) | Err(AccessError::Lapsed(_) | AccessError::NoGrant | AccessError::Unavailable) => Ok(()),
    };
    tended.and(renewed)
}
