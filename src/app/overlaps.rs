//! Use case: find out whom a session meets at its venue, and tell both (R31). Level-triggered: it looks at what stands.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use tracing::warn;

use crate::app::gateway::Gateway;
use crate::app::ports::store::Redecide;
use crate::app::ports::store::SiteChange;
use crate::app::ports::store::SiteSnapshot;
use crate::app::ports::stored::Basis;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::app::ports::traces::Trace;
use crate::app::ports::traces::Window;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::meeting::ends_at;
use crate::domain::overlap::Host;
use crate::domain::session::Session;
use crate::domain::site::Site;
use crate::domain::venue::Overlap;
use crate::domain::venue::Venue;

/// A session lasts at most a day: whatever started before that is over.
const LONGEST: Duration = Duration::from_hours(24);
/// How many entries of a venue are looked at.
const LOOKED: usize = 200;
/// How many others are named: who has more has understood.
const NAMED: usize = 20;
/// How often a look is taken anew because somebody wrote in between.
const ROUNDS: usize = 8;

/// Looks for others at a session's venue and time, and writes with both that they meet; those it met before and does
/// not any more are told, too.
pub async fn look(gateway: &Gateway, site: &SiteId, session: &SessionId) -> Result<(), StoreError> {
    for _ in 0..ROUNDS {
        let own = gateway.sites.read(site, std::slice::from_ref(session)).await?;
        let Some(value) = &own.site.value else { return Ok(()) };
        let now = match own.sessions.first().and_then(|stored| stored.value.as_deref()) {
            Some(found) => others(gateway, value, found).await?,
            None => BTreeSet::new(),
        };
        let before = recorded(&own, 0);
        let touched = now.symmetric_difference(&before).map(|overlap| overlap.session.clone());
        let touched = touched.collect::<BTreeSet<_>>();
        let ids = [session.clone()].into_iter().chain(touched).collect::<Vec<_>>();
        let all = gateway.sites.read(site, &ids).await?;
        if all.site.basis != own.site.basis || basis(&all, 0) != basis(&own, 0) {
            continue;
        }
        let traces = told(&all, &ids, &now);
        let change = SiteChange {
            site: site.clone(),
            basis: all.site.basis,
            put: None,
            sessions: Vec::new(),
            traces: traces.into_iter().chain([Trace::Look(session.clone(), None)]).collect(),
            redecide: Redecide::No,
        };
        if gateway.sites.commit(change).await? == Committed::Yes {
            return Ok(());
        }
    }
    Err(StoreError::Contended)
}

/// Looks for others at once, for somebody who waits for the answer. A failure is no failure of what they did: the
/// worker looks again a little later.
pub async fn look_now(gateway: &Gateway, site: &SiteId, session: &SessionId) {
    if let Err(error) = look(gateway, site, session).await {
        warn!(error = %error, session.id = %session, "overlaps are looked for later");
    }
}

/// What is to be written: the session's own list, and in each other's list whether it is met.
fn told(all: &SiteSnapshot, ids: &[SessionId], now: &BTreeSet<Overlap>) -> Vec<Trace> {
    let own = all.sessions.first().and_then(|stored| stored.value.as_deref());
    let venue = own.and_then(|session| session.venue.clone());
    let mut traces = Vec::new();
    for (at, id) in ids.iter().enumerate() {
        let before = recorded(all, at);
        let after = if at == 0 {
            now.clone()
        } else {
            let me = ids.first();
            let mut others: BTreeSet<_> =
                before.iter().filter(|overlap| Some(&overlap.session) != me).cloned().collect();
            let meets = now.iter().any(|overlap| overlap.session == *id);
            let is_there = all.sessions.get(at).is_some_and(|stored| stored.value.is_some());
            if let (true, true, Some(me), Some(venue)) = (meets, is_there, me, &venue)
                && others.len() < NAMED
            {
                others.insert(Overlap { session: me.clone(), venue: venue.clone() });
            }
            others
        };
        if after != before {
            let others = after.into_iter().collect();
            traces.push(Trace::Overlaps(id.clone(), basis(all, at), others));
        }
    }
    traces
}

fn recorded(snapshot: &SiteSnapshot, at: usize) -> BTreeSet<Overlap> {
    let value = snapshot.overlaps.get(at).and_then(|stored| stored.value.as_deref());
    value.map(|overlaps| overlaps.iter().cloned().collect()).unwrap_or_default()
}

fn basis(snapshot: &SiteSnapshot, at: usize) -> Basis {
    snapshot.overlaps.get(at).map_or(Basis::Absent { floor: 0 }, |stored| stored.basis)
}

/// Everybody at the host of a session during it, at whichever venue of that host.
async fn others(gateway: &Gateway, site: &Site, session: &Session) -> Result<BTreeSet<Overlap>, StoreError> {
    let mut found = BTreeSet::new();
    let (Some(booking), Some(venue)) = (&session.booking, &session.venue) else { return Ok(found) };
    let (from, to) = (booking.starts_at, booking.ends_at());
    let after = from.checked_sub(LONGEST).unwrap_or(Timestamp::MIN);
    let window = Window { after, before: to, limit: LOOKED };
    for venue in venues(site, session, venue) {
        for other in gateway.traces.at_venue(&site.id, &venue, &window).await? {
            if other.session != session.id && ends_at(other.starts_at, other.minutes) > from {
                found.insert(Overlap { session: other.session, venue: venue.clone() });
            }
            if found.len() == NAMED {
                return Ok(found);
            }
        }
    }
    Ok(found)
}

/// The venues where a session could meet somebody: its own, and all that share its host.
fn venues(site: &Site, session: &Session, own: &Venue) -> Vec<Venue> {
    let shared = Host::of_session(site, session).map(|host| host.venues(site)).unwrap_or_default();
    [own.clone()].into_iter().chain(shared.into_iter().filter(|venue| venue != own)).collect()
}
