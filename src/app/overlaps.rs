//! Use case: find out whom a session meets at its venue, and tell both (R31). Level-triggered: it looks at what stands.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::TryStreamExt;
use futures_util::stream;
use jiff::Timestamp;
use tracing::warn;

use crate::app::gateway::Gateway;
use crate::app::ports::store::Redecide;
use crate::app::ports::store::SiteChange;
use crate::app::ports::stored::Basis;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::app::ports::stored::Stored;
use crate::app::ports::traces::Trace;
use crate::app::ports::traces::Window;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::meeting::ends_at;
use crate::domain::overlap::Host;
use crate::domain::session::LONGEST_SESSION;
use crate::domain::session::Session;
use crate::domain::site::Site;
use crate::domain::venue::Overlap;
use crate::domain::venue::Venue;

/// How many entries of a venue are looked at.
const LOOKED: usize = 200;
/// How many others are named: who has more has understood.
const NAMED: usize = 20;
/// How many venues of one host are looked at: a site may have a thousand courses on its default account.
const VENUES: usize = 50;
/// How many sessions are looked at in one commit.
const CHUNK: usize = 100;
/// How many venues are looked at at once.
const AT_ONCE: usize = 16;
/// How often a look is taken anew because somebody wrote in between.
const ROUNDS: usize = 8;

/// Looks for others at the venues and times of sessions, and writes with each whom it meets; those it met before and does
/// not any more are told, too. What was due of it is seen to.
pub async fn look(gateway: &Gateway, site: &SiteId, sessions: &[SessionId]) -> Result<(), StoreError> {
    in_turn(gateway, site, sessions, Due::SeenTo).await
}

/// What becomes of the looks that are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    /// They are done.
    SeenTo,
    /// The worker sees to them.
    Left,
}

async fn in_turn(
    gateway: &Gateway,
    site: &SiteId,
    sessions: &[SessionId],
    due: Due,
) -> Result<(), StoreError> {
    if sessions.is_empty() {
        return Ok(());
    }
    let (_turn, all) = gateway.looks.take(site, sessions).await;
    for chunk in all.chunks(CHUNK) {
        let seen_to = match due {
            Due::SeenTo => chunk.iter().map(|session| Trace::Look(session.clone(), None)).collect(),
            Due::Left => Vec::new(),
        };
        write(gateway, site, chunk, &seen_to).await?;
    }
    Ok(())
}

/// Looks again at sessions whose hosts may have changed, where nobody asked for it: nothing is written where nothing is
/// new.
pub async fn look_again(gateway: &Gateway, site: &SiteId, sessions: &[SessionId]) -> Result<(), StoreError> {
    in_turn(gateway, site, sessions, Due::Left).await
}

async fn write(
    gateway: &Gateway,
    site: &SiteId,
    sessions: &[SessionId],
    besides: &[Trace],
) -> Result<(), StoreError> {
    for _ in 0..ROUNDS {
        let own = match gateway.sites.read(site, sessions).await {
            Err(StoreError::Destroyed) => None,
            read => Some(read?),
        };
        let own = own.and_then(|own| Some((own.site.value.clone()?, own)));
        // Off-boarding was cut short: the rest goes, too.
        let Some((value, own)) = own else { return gateway.sites.purge(site).await };
        let value = &*value;
        let found = own.sessions.iter().map(|stored| stored.value.clone()).collect::<Vec<_>>();
        let looks =
            found.into_iter().map(|session| async move { others(gateway, value, session.as_deref()).await });
        let met = stream::iter(looks).buffered(AT_ONCE).try_collect::<Vec<_>>().await?;
        let mut boards = Boards::default();
        for ((session, met), overlaps) in sessions.iter().zip(&met).zip(&own.overlaps) {
            boards.read(session, overlaps, Some(met.clone()));
        }
        let touched = boards.touched();
        let read = gateway.traces.overlaps(site, &touched).await?;
        for (session, overlaps) in touched.iter().zip(&read) {
            boards.read(session, overlaps, None);
        }
        for (session, stored) in sessions.iter().zip(&own.sessions) {
            let venue = stored.value.as_ref().and_then(|session| session.venue.as_ref());
            boards.tell(session, venue);
        }
        let mut traces = boards.changed().chain(besides.iter().cloned()).collect::<Vec<_>>();
        if traces.is_empty() {
            return Ok(());
        }
        // Who changed since is looked at anew.
        let read = sessions.iter().zip(&own.sessions);
        traces.extend(read.map(|(session, stored)| Trace::Stands(session.clone(), stored.basis)));
        let change = SiteChange {
            site: site.clone(),
            basis: own.site.basis,
            put: None,
            sessions: Vec::new(),
            traces,
            redecide: Redecide::No,
        };
        if gateway.sites.commit(change).await? == Committed::Yes {
            return Ok(());
        }
    }
    Err(StoreError::Contended)
}

/// Looks for others at once, for somebody who waits so long for the answer; it goes on without them. A failure is no
/// failure of what they did: the worker looks again a little later.
pub async fn look_now(gateway: &Gateway, site: &SiteId, sessions: &[SessionId], wait: Duration) {
    if sessions.is_empty() {
        return;
    }
    // One that meets nobody costs no commit while its caller waits; of many, the worker is spared as many looks.
    let due = if sessions.len() == 1 { Due::Left } else { Due::SeenTo };
    let (own, site, sessions) = (gateway.clone(), site.clone(), sessions.to_vec());
    let looking = gateway.tasks.spawn(async move {
        if let Err(error) = in_turn(&own, &site, &sessions, due).await {
            warn!(error = %error, site.id = %site, "overlaps are looked for later");
        }
    });
    tokio::select! {
        biased;
        _ = looking => {}
        () = gateway.clock.wait(wait) => {}
    }
}

/// Whom sessions meet, as it is written and as it is to be.
#[derive(Debug, Default)]
struct Boards(BTreeMap<SessionId, Board>);

#[derive(Debug)]
struct Board {
    basis: Basis,
    before: BTreeSet<Overlap>,
    after: BTreeSet<Overlap>,
    /// Whether `after` is what was just looked up.
    whose: Whose,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// One that was looked for.
    Own,
    /// One that is only told.
    Other,
}

impl Boards {
    /// Takes what is written of a session, and whom it meets where that was looked up.
    fn read(&mut self, session: &SessionId, stored: &Stored<Vec<Overlap>>, met: Option<BTreeSet<Overlap>>) {
        let written = stored.value.as_deref().map(Vec::as_slice).unwrap_or_default();
        let before = written.iter().cloned().collect::<BTreeSet<_>>();
        let whose = if met.is_some() { Whose::Own } else { Whose::Other };
        let after = met.unwrap_or_else(|| before.clone());
        self.0.insert(session.clone(), Board { basis: stored.basis, before, after, whose });
    }

    /// The others to whom something changes.
    fn touched(&self) -> Vec<SessionId> {
        let differing = self.0.values().flat_map(|board| board.before.symmetric_difference(&board.after));
        let others = differing.map(|overlap| &overlap.session).filter(|other| !self.0.contains_key(*other));
        others.cloned().collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Tells the others of a session whether they meet it, and where it is.
    fn tell(&mut self, session: &SessionId, venue: Option<&Venue>) {
        let Some(own) = self.0.get(session) else { return };
        let met = own.after.iter().map(|overlap| overlap.session.clone()).collect::<BTreeSet<_>>();
        let differing = own.before.symmetric_difference(&own.after);
        let told = differing.map(|overlap| overlap.session.clone()).collect::<BTreeSet<_>>();
        for other in told {
            let Some(board) = self.0.get_mut(&other).filter(|board| board.whose == Whose::Other) else {
                continue;
            };
            board.after.retain(|overlap| overlap.session != *session);
            if let Some(venue) = venue.filter(|_| met.contains(&other) && board.after.len() < NAMED) {
                board.after.insert(Overlap { session: session.clone(), venue: venue.clone() });
            }
        }
    }

    /// What is to be written.
    fn changed(self) -> impl Iterator<Item = Trace> {
        let differing = self.0.into_iter().filter(|(_, board)| board.before != board.after);
        differing
            .map(|(session, board)| Trace::Overlaps(session, board.basis, board.after.into_iter().collect()))
    }
}

/// Everybody at the host of a session during it, at whichever venue of that host.
async fn others(
    gateway: &Gateway,
    site: &Site,
    session: Option<&Session>,
) -> Result<BTreeSet<Overlap>, StoreError> {
    let mut found = BTreeSet::new();
    let Some(session) = session else { return Ok(found) };
    let (Some(booking), Some(venue)) = (&session.booking, &session.venue) else { return Ok(found) };
    let (from, to) = (booking.starts_at, booking.ends_at());
    let after = from.checked_sub(LONGEST_SESSION).unwrap_or(Timestamp::MIN);
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
    let shared = shared.into_iter().filter(|venue| venue != own);
    [own.clone()].into_iter().chain(shared).take(VENUES).collect()
}
