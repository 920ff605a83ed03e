//! Owns whose turn it is to look for overlaps in this process: at each site one look at a time, of all that came
//! meanwhile. Looks of one site write to each other's sessions: side by side they would only make each other begin anew.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use tokio::sync::Mutex as Turn;
use tokio::sync::OwnedMutexGuard as MyTurn;

use crate::domain::id::SessionId;
use crate::domain::id::SiteId;

/// Looks that wait for their turn, by site.
#[derive(Debug, Default)]
pub struct Looks(Mutex<BTreeMap<SiteId, Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    sessions: BTreeSet<SessionId>,
    turn: Arc<Turn<()>>,
}

impl Looks {
    /// Waits for a turn; answers it with all of the site that wait by then: none of them, if somebody before took them
    /// along.
    pub async fn take(&self, site: &SiteId, sessions: &[SessionId]) -> (MyTurn<()>, Vec<SessionId>) {
        let turn = self.join(site, sessions).lock_owned().await;
        (turn, self.collect(site))
    }

    fn join(&self, site: &SiteId, sessions: &[SessionId]) -> Arc<Turn<()>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = all.entry(site.clone()).or_default();
        waiting.sessions.extend(sessions.iter().cloned());
        Arc::clone(&waiting.turn)
    }

    fn collect(&self, site: &SiteId) -> Vec<SessionId> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sessions = all.get_mut(site).map(|waiting| std::mem::take(&mut waiting.sessions));
        // The one who has the turn holds it, too: a site where nobody else waits is forgotten.
        all.retain(|_, waiting| Arc::strong_count(&waiting.turn) > 1 || !waiting.sessions.is_empty());
        sessions.unwrap_or_default().into_iter().collect()
    }
}
