//! Use case: decide the sessions ahead of a site again, after something they follow has changed (R21).

use std::time::Duration;

use jiff::Timestamp;

use crate::app::change::Change;
use crate::app::change::Decision;
use crate::app::change::change;
use crate::app::gateway::Gateway;
use crate::app::ports::store::Redecide;
use crate::app::ports::store::SessionChange;
use crate::app::ports::store::SessionRange;
use crate::app::ports::store::SessionWrite;
use crate::app::ports::store::SessionsOf;
use crate::app::ports::store::SiteSnapshot;
use crate::app::ports::stored::StoreError;
use crate::app::schedule;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::session::Session;
use crate::domain::settle::settled;
use crate::domain::step::next_step;
use crate::domain::step::wanted;

/// How many sessions are decided at once.
const PAGE: usize = 100;
/// A session lasts at most a day: whatever started before that is over.
const LONGEST: Duration = Duration::from_hours(24);

/// Decides every session ahead again, the soonest first: what changed is written, what has a next step is due.
/// Should it be cut short, it begins again; deciding twice does no harm.
pub async fn sessions_of(gateway: &Gateway, site: &SiteId) -> Result<(), StoreError> {
    let basis = match gateway.sites.read(site, &[]).await {
        Ok(snapshot) if snapshot.site.value.is_some() => snapshot.site.basis,
        // Off-boarding was cut short: the rest goes, too.
        Ok(_) | Err(StoreError::Destroyed) => return gateway.sites.purge(site).await,
        Err(error) => return Err(error),
    };
    let from = gateway.clock.now().checked_sub(LONGEST).unwrap_or(Timestamp::MIN);
    let mut after = None;
    loop {
        let range = SessionRange { of: SessionsOf::All, from, to: Timestamp::MAX, after, limit: PAGE };
        let page = gateway.sites.sessions(site, &range).await?;
        let ids = page.iter().map(|entry| entry.id.clone()).collect::<Vec<_>>();
        if !ids.is_empty() {
            decide_again(gateway, site, &ids).await?;
        }
        after = page.last().cloned();
        if page.len() < PAGE {
            break;
        }
    }
    gateway.bell.notify_one();
    change(gateway, site, &[], |snapshot| {
        // What changed meanwhile has sessions decided again after this.
        if snapshot.site.basis != basis {
            return Ok(Decision::Keep(()));
        }
        Ok(Decision::Commit(Change { redecide: Some(Redecide::Done), ..Change::default() }, ()))
    })
    .await
}

async fn decide_again(gateway: &Gateway, site: &SiteId, ids: &[SessionId]) -> Result<(), StoreError> {
    change(gateway, site, ids, |snapshot| Ok(decide(gateway, snapshot))).await
}

fn decide(gateway: &Gateway, snapshot: &SiteSnapshot) -> Decision<()> {
    let Some(site) = &snapshot.site.value else { return Decision::Keep(()) };
    let now = gateway.clock.now();
    let sessions = snapshot.sessions.iter().filter_map(|stored| {
        let old = stored.value.as_ref()?;
        let session = settled(Session::clone(old), site, Some(old), now);
        let step = next_step(&session, &wanted(site, &session, now), gateway.timing(), now);
        let due = schedule::due_at(&step, now);
        if session == **old && due.is_none() {
            return None;
        }
        let write = if session == **old { SessionWrite::Keep } else { SessionWrite::Put(session.into()) };
        let before = stored.value.clone();
        Some(SessionChange { id: old.id.clone(), basis: stored.basis, before, write, due })
    });
    let change = Change { sessions: sessions.collect(), ..Change::default() };
    if change.sessions.is_empty() { Decision::Keep(()) } else { Decision::Commit(change, ()) }
}
