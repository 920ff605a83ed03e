//! Use case: decide the sessions ahead of a site again, after something they follow has changed (R21).

use std::time::Duration;

use jiff::Timestamp;
use tracing::warn;

use crate::app::announce::has_moved;
use crate::app::change::Change;
use crate::app::change::Decision;
use crate::app::change::change;
use crate::app::gateway::Gateway;
use crate::app::overlaps;
use crate::app::ports::store::Redecide;
use crate::app::ports::store::SessionChange;
use crate::app::ports::store::SessionRange;
use crate::app::ports::store::SessionWrite;
use crate::app::ports::store::SessionsOf;
use crate::app::ports::store::SiteSnapshot;
use crate::app::ports::stored::Basis;
use crate::app::ports::stored::StoreError;
use crate::app::schedule;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::meeting::after;
use crate::domain::session::LONGEST_SESSION;
use crate::domain::session::Session;
use crate::domain::settle::settled;
use crate::domain::step::next_step;
use crate::domain::step::wanted;

/// How many sessions are decided at once.
const PAGE: usize = 100;

/// How long a pass is left to whoever began it. Renewed while it goes on: should they die, another begins anew.
const LEASE: Duration = Duration::from_mins(10);

/// Has every session ahead decided again, the soonest first, in a task beside the rest of the work: however many there
/// are, steps that the first pages made due are taken while the last ones are still being decided.
pub async fn sessions_of(gateway: &Gateway, site: &SiteId) -> Result<(), StoreError> {
    let claimed = match claim(gateway, site, None).await {
        // Off-boarding was cut short: the rest goes, too.
        Ok(Claim::NoSite) | Err(StoreError::Destroyed) => return gateway.sites.purge(site).await,
        Err(error) => return Err(error),
        Ok(Claim::Changed) => return Ok(()),
        Ok(Claim::Taken(basis)) => basis,
    };
    let (own, site) = (gateway.clone(), site.clone());
    gateway.tasks.spawn(async move {
        let passed = pass(&own, &site, claimed).await;
        if let Err(error) = &passed {
            warn!(site.id = %site, error = %error, "sessions are decided again later");
        }
        if !matches!(passed, Ok(Passed::All))
            && let Err(error) = due_again(&own, &site).await
        {
            warn!(site.id = %site, error = %error, "sessions are decided again when the pass is over");
        }
    });
    Ok(())
}

/// What came of taking a pass.
enum Claim {
    /// It is taken, of the site as it stands at this.
    Taken(Basis),
    /// The site is another one than it was.
    Changed,
    /// There is no site.
    NoSite,
}

/// Takes the pass for a while, or again, provided that the site still stands at `known`.
async fn claim(gateway: &Gateway, site: &SiteId, known: Option<Basis>) -> Result<Claim, StoreError> {
    change(gateway, site, &[], |snapshot| {
        let basis = snapshot.site.basis;
        if snapshot.site.value.is_none() {
            return Ok(Decision::Keep(Claim::NoSite));
        }
        if known.is_some_and(|known| known != basis) {
            return Ok(Decision::Keep(Claim::Changed));
        }
        let until = Redecide::At(after(gateway.clock.now(), LEASE));
        Ok(Decision::Commit(Change { redecide: Some(until), ..Change::default() }, Claim::Taken(basis)))
    })
    .await
}

/// How far a pass came.
#[derive(Debug, PartialEq, Eq)]
enum Passed {
    /// To its end.
    All,
    /// The site changed meanwhile, or the process shuts down.
    Part,
}

/// Gives a pass back that did not come to its end.
async fn due_again(gateway: &Gateway, site: &SiteId) -> Result<(), StoreError> {
    change::<_, StoreError>(gateway, site, &[], |snapshot| {
        if snapshot.site.value.is_none() {
            return Ok(Decision::Keep(()));
        }
        let again = Redecide::At(gateway.clock.now());
        Ok(Decision::Commit(Change { redecide: Some(again), ..Change::default() }, ()))
    })
    .await?;
    gateway.bell.notify_one();
    Ok(())
}

/// Decides page by page: what changed is written, what has a next step is due. Ends where the site changes, and
/// begins anew; deciding twice does no harm.
async fn pass(gateway: &Gateway, site: &SiteId, basis: Basis) -> Result<Passed, StoreError> {
    let from = gateway.clock.now().checked_sub(LONGEST_SESSION).unwrap_or(Timestamp::MIN);
    let mut renew_at = after(gateway.clock.now(), LEASE / 2);
    let mut range = SessionRange { of: SessionsOf::All, from, to: Timestamp::MAX, after: None, limit: PAGE };
    loop {
        let page = gateway.sites.sessions(site, &range).await?;
        let ids = page.iter().map(|entry| entry.id.clone()).collect::<Vec<_>>();
        let (stands_at, moved) = decide_again(gateway, site, &ids).await?;
        let has_changed = stands_at.is_some_and(|stands_at| stands_at != basis);
        // Whoever shuts down leaves the rest to the next one.
        if has_changed || gateway.tasks.is_closed() {
            return Ok(Passed::Part);
        }
        gateway.bell.notify_one();
        let (moved, stayed) = ids.into_iter().partition::<Vec<_>, _>(|id| moved.contains(id));
        overlaps::look(gateway, site, &moved).await?;
        overlaps::look_again(gateway, site, &stayed).await?;
        if page.len() < PAGE {
            break;
        }
        range.after = page.last().cloned();
        if gateway.clock.now() >= renew_at {
            renew_at = after(gateway.clock.now(), LEASE / 2);
            if !matches!(claim(gateway, site, Some(basis)).await?, Claim::Taken(_)) {
                return Ok(Passed::Part);
            }
        }
    }
    change(gateway, site, &[], |snapshot| {
        if snapshot.site.basis != basis {
            return Ok(Decision::Keep(Passed::Part));
        }
        let told = snapshot.site.value.as_ref().and_then(|site| site.told(gateway.clock.now()));
        let done = Change { site: told, redecide: Some(Redecide::Done), ..Change::default() };
        Ok(Decision::Commit(done, Passed::All))
    })
    .await
}

/// Decides sessions; answers what the site stood at, and which of them moved to another venue.
async fn decide_again(
    gateway: &Gateway,
    site: &SiteId,
    ids: &[SessionId],
) -> Result<(Option<Basis>, Vec<SessionId>), StoreError> {
    if ids.is_empty() {
        return Ok((None, Vec::new()));
    }
    let mut basis = None;
    let moved = change::<_, StoreError>(gateway, site, ids, |snapshot| {
        basis = Some(snapshot.site.basis);
        Ok(decide(gateway, snapshot))
    });
    let moved = moved.await?;
    Ok((basis, moved))
}

fn decide(gateway: &Gateway, snapshot: &SiteSnapshot) -> Decision<Vec<SessionId>> {
    let mut moved = Vec::new();
    let Some(site) = &snapshot.site.value else { return Decision::Keep(moved) };
    let now = gateway.clock.now();
    let sessions = snapshot.sessions.iter().filter_map(|stored| {
        let old = stored.value.as_ref()?;
        let session = settled(Session::clone(old), site, Some(old), now);
        let step = next_step(&session, &wanted(site, &session, now), gateway.timing(), now);
        let due = schedule::due_at(&step, &session, now);
        if session == **old && due.is_none() {
            return None;
        }
        if has_moved(Some(&**old), &session) {
            moved.push(old.id.clone());
        }
        let write = if session == **old { SessionWrite::Keep } else { SessionWrite::Put(session.into()) };
        let before = stored.value.clone();
        Some(SessionChange { id: old.id.clone(), basis: stored.basis, before, write, due })
    });
    let change = Change { sessions: sessions.collect(), ..Change::default() };
    if change.sessions.is_empty() { Decision::Keep(moved) } else { Decision::Commit(change, moved) }
}
