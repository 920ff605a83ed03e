//! Owns the one way a site or its sessions change: read, decide, commit; and again if somebody wrote in between.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::TryStreamExt;
use futures_util::stream;

use crate::app::announce::SiteWritten;
use crate::app::announce::traces;
use crate::app::attention;
use crate::app::gateway::Gateway;
use crate::app::ports::store::JoinTarget;
use crate::app::ports::store::Life;
use crate::app::ports::store::Redecide;
use crate::app::ports::store::SessionChange;
use crate::app::ports::store::SiteChange;
use crate::app::ports::store::SiteSnapshot;
use crate::app::ports::store::Ticket;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::app::ports::traces::Trace;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::join::Locator;
use crate::domain::site::Site;

/// How often a decision is taken anew before the caller is told to come back.
const ROUNDS: usize = 32;

/// What was decided on a snapshot.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a decision is taken apart as soon as it is made")]
pub enum Decision<T> {
    /// Nothing changes.
    Keep(T),
    /// This is to be written.
    Commit(Change, T),
}

/// What is to be written.
#[derive(Debug, Default)]
pub struct Change {
    /// The site, where it changes.
    pub site: Option<Site>,
    /// The sessions that change.
    pub sessions: Vec<SessionChange>,
    /// Join addresses that must lead somewhere before their sessions are committed.
    pub joins: Vec<(Locator, SessionId)>,
    /// What it leaves beside what is announced and kept of every change.
    pub traces: Vec<Trace>,
    /// Whether the sessions ahead must be decided again.
    pub redecide: Option<Redecide>,
}

impl Change {
    /// A change of the site itself.
    pub fn of_site(site: Site) -> Self {
        Self { site: Some(site), ..Self::default() }
    }

    /// A change of one session.
    pub fn of_session(session: SessionChange) -> Self {
        Self { sessions: vec![session], ..Self::default() }
    }
}

/// Reads a site and sessions, lets `decide` decide, and commits; on a conflict all over again.
///
/// Fails as `decide` fails, or with [`StoreError`].
pub async fn change<T, E: From<StoreError>>(
    gateway: &Gateway,
    site: &SiteId,
    sessions: &[SessionId],
    mut decide: impl FnMut(&SiteSnapshot) -> Result<Decision<T>, E> + Send,
) -> Result<T, E> {
    for _ in 0..ROUNDS {
        let snapshot = gateway.sites.read(site, sessions).await?;
        let (change, answer) = match decide(&snapshot)? {
            Decision::Keep(answer) => return Ok(answer),
            Decision::Commit(change, answer) => (change, answer),
        };
        put_addresses(gateway, site, &change.joins).await?;
        attention::note(gateway, site, &change.sessions).await?;
        let written = as_site_change(gateway, (site, &snapshot), change);
        let is_announced = written.traces.iter().any(|trace| matches!(trace, Trace::Event(_)));
        match gateway.sites.commit(written).await? {
            Committed::Yes => {
                if is_announced {
                    gateway.bell.notify_one();
                }
                return Ok(answer);
            }
            Committed::Conflict => {}
        }
    }
    Err(StoreError::Contended.into())
}

/// So many join addresses are put at once.
const ADDRESSES_AT_ONCE: usize = 16;

/// Puts join addresses before the sessions that they lead to: one that leads nowhere is harmless.
async fn put_addresses(
    gateway: &Gateway,
    site: &SiteId,
    joins: &[(Locator, SessionId)],
) -> Result<(), StoreError> {
    let puts = joins.iter().cloned().map(|(locator, session)| async move {
        let target = JoinTarget { site: site.clone(), session };
        gateway.tickets.put_if_absent(&locator.hash(), Ticket::Join(target), Life::Unlimited).await
    });
    stream::iter(puts).buffer_unordered(ADDRESSES_AT_ONCE).try_collect::<()>().await
}

fn as_site_change(gateway: &Gateway, (id, read): (&SiteId, &SiteSnapshot), change: Change) -> SiteChange {
    let site = SiteWritten { before: read.site.value.as_deref(), put: change.site.as_ref() };
    let mut traces = traces(gateway, id, site, &change.sessions);
    traces.extend(change.traces);
    SiteChange {
        site: id.clone(),
        basis: read.site.basis,
        put: change.site.map(Arc::new),
        sessions: change.sessions,
        traces,
        redecide: change.redecide.unwrap_or(Redecide::No),
    }
}
