//! Owns whose turn it is to look for overlaps in this process: one look at a time, of all that came meanwhile. Looks of
//! one site write to each other's sessions: side by side they would only make each other begin anew.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use tokio::sync::Mutex as Turn;
use tokio::sync::MutexGuard as MyTurn;

use crate::domain::id::SessionId;
use crate::domain::id::SiteId;

/// Looks that wait for their turn.
#[derive(Debug, Default)]
pub struct Looks {
    waiting: Mutex<BTreeMap<SiteId, BTreeSet<SessionId>>>,
    turn: Turn<()>,
}

impl Looks {
    /// Waits for a turn; answers it with all of the site that wait by then: none of them, if somebody before took them
    /// along.
    pub async fn take(&self, site: &SiteId, sessions: &[SessionId]) -> (MyTurn<'_, ()>, Vec<SessionId>) {
        self.waiting().entry(site.clone()).or_default().extend(sessions.iter().cloned());
        let turn = self.turn.lock().await;
        let all = self.waiting().remove(site).unwrap_or_default();
        (turn, all.into_iter().collect())
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<SiteId, BTreeSet<SessionId>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
