//! Use case: events go out to every endpoint, each on its own, at least once and in the order of their site (R24).
//!
//! An endpoint is a place of due work that is always due: at once when there are events for it, within a minute where
//! nobody said so. A turn is claimed by a commit, so that of several replicas one tells, and runs in a task of its own:
//! an endpoint that is slow holds up nobody. What it took is written when the turn is over; should that be lost, it is
//! told again when the claim ends.

use std::sync::Arc;

use jiff::Timestamp;
use tracing::info;
use tracing::warn;

use crate::app::causes::WithCauses;
use crate::app::gateway::Gateway;
use crate::app::ports::stored::Basis;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::app::ports::stored::Stored;
use crate::app::ports::traces::Only;
use crate::app::receivers;
use crate::app::receivers::Receiver;
use crate::app::round::Round;
use crate::app::round::spread;
use crate::domain::finding::EndpointSeen;
use crate::domain::finding::EndpointUnread;
use crate::domain::id::EndpointId;
use crate::domain::meeting::after;
use crate::domain::outgoing::Health;
use crate::domain::outgoing::LOOK;
use crate::domain::outgoing::Outgoing;
use crate::domain::outgoing::Turn;

/// Has endpoints that nobody knew told from now on, once.
pub async fn enrol(gateway: &Gateway) -> Result<&[Receiver], StoreError> {
    gateway.receivers.enrolled(gateway.feed.as_ref(), gateway.clock.now()).await
}

/// Says that the feed has new events. Whom this does not reach looks by itself within a minute. Fails where one of them
/// is not reached, after all others.
pub async fn rouse(gateway: &Gateway) -> Result<(), StoreError> {
    let mut roused = Ok(());
    for receiver in enrol(gateway).await? {
        let called = gateway.receivers.endpoints.call_at(&receiver.id, gateway.clock.now()).await;
        roused = roused.and(called);
    }
    gateway.bell.notify_one();
    roused
}

/// Looks what there is for an endpoint, and where there is something, has it told.
pub async fn deliver(gateway: &Gateway, id: &EndpointId) -> Result<(), StoreError> {
    enrol(gateway).await?;
    let endpoints = &gateway.receivers.endpoints;
    let now = gateway.clock.now();
    let stored = match endpoints.read(id).await {
        Err(error @ (StoreError::Corrupt(_) | StoreError::Destroyed)) => {
            gateway.receivers.find(id).inspect(|receiver| receiver.report(&error));
            return endpoints.call_at(id, after(now, LOOK)).await;
        }
        read => read?,
    };
    let Some(receiver) = gateway.receivers.find(id) else { return leave(gateway, (id, &stored), now).await };
    let Some(outgoing) = stored.value.as_deref() else {
        return gateway.receivers.begin(id, gateway.feed.as_ref(), now).await;
    };
    if let Some(known) = outgoing.known(now) {
        // Whoever writes it, it is looked at again at once.
        let _either = endpoints.commit(id, (stored.basis, &known), now).await?;
        return Ok(());
    }
    let turn = outgoing.turn(now);
    if let Turn::Rest(until) = turn {
        return leave_alone(gateway, receiver, (stored.basis, outgoing), (now, until)).await;
    }
    // First this, then the reading: who says in between that there is something new is heard.
    if endpoints.put_off(id, stored.basis, outgoing.look_at(now)).await? == Committed::Conflict {
        // Somebody else is at it, and says when to look.
        return Ok(());
    }
    let round = Round::read(gateway, outgoing, &turn).await?;
    if round.is_empty() {
        return Ok(());
    }
    let claimed = outgoing.claimed(now);
    match endpoints.commit(id, (stored.basis, &claimed), claimed.claim_ends(now)).await? {
        Committed::Conflict => {}
        Committed::Yes => {
            let (gateway, receiver) = (gateway.clone(), receiver.clone());
            let tasks = gateway.tasks.clone();
            tasks.spawn(async move { take(&gateway, &receiver, (claimed, round)).await });
        }
    }
    Ok(())
}

/// An endpoint that this gateway was not told of is left as it is: another replica may know it, so its next look is never
/// far. Once nobody knows it and the feed holds nothing of what it would be told, it is forgotten.
async fn leave(
    gateway: &Gateway,
    (id, stored): (&EndpointId, &Stored<Outgoing>),
    now: Timestamp,
) -> Result<(), StoreError> {
    let endpoints = &gateway.receivers.endpoints;
    // A conflict says that somebody knows it.
    let _either = if stored.value.as_ref().is_none_or(|outgoing| outgoing.is_forgotten(now)) {
        endpoints.remove(id, stored.basis).await?
    } else {
        endpoints.put_off(id, stored.basis, after(now, LOOK)).await?
    };
    Ok(())
}

/// Takes a turn that is claimed, and writes what came of it.
async fn take(gateway: &Gateway, receiver: &Receiver, (claimed, round): (Outgoing, Round)) {
    let ends = Outgoing::turn_ends(gateway.clock.now());
    let tried = round.tell(gateway, &receiver.url, ends).await;
    let endpoints = &gateway.receivers.endpoints;
    let written = async {
        let stored = endpoints.read(&receiver.id).await?;
        let now = gateway.clock.now();
        // Where it is not as it was claimed, somebody else is at it: what was told is told again.
        let Some(before) = stored.value.filter(|found| found.claimed_until == claimed.claimed_until) else {
            return Err(StoreError::Contended);
        };
        let told = Outgoing::clone(&before).told(&tried, now, spread(gateway));
        let (after, lost) = expired(gateway, told.outgoing, now).await?;
        match endpoints.commit(&receiver.id, (stored.basis, &after), after.due(now)).await? {
            Committed::Conflict => return Err(StoreError::Contended),
            Committed::Yes => {}
        }
        for site in &told.given_up {
            warn!(endpoint = receiver.host(), site.id = %site, "an event was given up: refused for a day");
        }
        report(receiver, &before, &after);
        report_lost(receiver, lost);
        Ok(())
    };
    if let Err(error) = written.await {
        warn!(endpoint = receiver.host(), error = %error, "what came of a turn is not written: what was told is told again");
    }
    gateway.bell.notify_one();
}

/// Says once how an endpoint's health changed.
fn report(receiver: &Receiver, before: &Outgoing, now: &Outgoing) {
    let (endpoint, last) = (receiver.host(), now.last);
    match (before.health, now.health) {
        (Health::Delivering, Health::Failing { .. }) => {
            warn!(endpoint, ?last, "an endpoint takes no events: it is tried again with growing pauses");
        }
        (Health::Delivering | Health::Failing { .. }, Health::Parked { why, .. }) => {
            warn!(
                endpoint,
                ?last,
                ?why,
                "an endpoint is parked: it is tried now and then until it takes events"
            );
        }
        (Health::Failing { .. } | Health::Parked { .. }, Health::Delivering) => {
            info!(endpoint, "an endpoint takes events again");
        }
        (Health::Delivering, Health::Delivering)
        | (Health::Failing { .. }, Health::Failing { .. })
        | (Health::Parked { .. }, Health::Failing { .. } | Health::Parked { .. }) => {}
    }
}

/// The same without what is about to be no longer kept and will not be told before, and how many events that are.
async fn expired(
    gateway: &Gateway,
    outgoing: Outgoing,
    now: Timestamp,
) -> Result<(Outgoing, u64), StoreError> {
    let expiring = outgoing.expiring(now);
    let mut events = 0;
    for (site, from, to) in &expiring {
        let only = match site {
            Some(site) => Only::These([site.clone()].into()),
            None => Only::AllBut(outgoing.laned()),
        };
        events += gateway.feed.count((*from, *to), &only).await?;
    }
    Ok((outgoing.without(&expiring, events), events))
}

/// Looks at an endpoint that is left alone until then: what is about to be no longer kept is counted. Whoever is at it
/// meanwhile says when to look.
async fn leave_alone(
    gateway: &Gateway,
    receiver: &Receiver,
    (basis, outgoing): (Basis, &Outgoing),
    (now, until): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    let endpoints = &gateway.receivers.endpoints;
    if outgoing.claim_ends(now) > now || outgoing.expiring(now).is_empty() {
        let _either = endpoints.put_off(&receiver.id, basis, until).await?;
        return Ok(());
    }
    let (without, lost) = expired(gateway, outgoing.clone(), now).await?;
    match endpoints.commit(&receiver.id, (basis, &without), without.due(now)).await? {
        Committed::Yes => report_lost(receiver, lost),
        // Somebody else is at it.
        Committed::Conflict => {}
    }
    Ok(())
}

fn report_lost(receiver: &Receiver, events: u64) {
    if events > 0 {
        let endpoint = receiver.host();
        warn!(endpoint, events, "events were lost to an endpoint that did not take them for 7 days");
    }
}

/// How it stands with every endpoint that this gateway is told of. One whose record cannot be opened hides no other.
pub async fn states(gateway: &Gateway) -> Result<Vec<Result<EndpointSeen, EndpointUnread>>, StoreError> {
    let receivers = gateway.receivers.known().await?;
    let mut states = Vec::new();
    for (receiver, host) in receivers.iter().zip(receivers::names(&receivers)) {
        let stored = match gateway.receivers.endpoints.read(&receiver.id).await {
            Err(error @ (StoreError::Corrupt(_) | StoreError::Destroyed)) => {
                states.push(Err(EndpointUnread { host, why: WithCauses(&error).to_string() }));
                continue;
            }
            read => read?,
        };
        states.push(Ok(seen(gateway, host, stored.value).await?));
    }
    Ok(states)
}

/// How far an endpoint has been told, and since when the oldest event waits. One that no gateway has begun yet will be told
/// of what comes from now on.
async fn seen(
    gateway: &Gateway,
    host: String,
    stored: Option<Arc<Outgoing>>,
) -> Result<EndpointSeen, StoreError> {
    let outgoing = match stored {
        Some(outgoing) => outgoing,
        None => Arc::new(Outgoing::new(gateway.feed.end().await?, gateway.clock.now())),
    };
    let fresh = gateway.feed.after(outgoing.cursor, &Only::AllBut(outgoing.laned()), 1).await?;
    let fresh_since = fresh.events.first().map(|(place, _)| place.at());
    let waiting_since = outgoing.lanes.values().map(|lane| lane.after.next().at()).chain(fresh_since).min();
    Ok(EndpointSeen { host, outgoing, waiting_since, fresh_since })
}
