//! Owns who watches over deletions: a meeting that a session hands out is never deleted by the gateway.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;

use crate::simulation::deeds::session;
use crate::simulation::deeds::studio;
use crate::simulation::observer::Observer;

/// So many sessions are booked in a run.
pub(super) const SESSIONS: u64 = 5;

/// Watches over deletions. Clones see the same.
#[derive(Clone)]
pub(super) struct Guard {
    observer: Arc<Observer>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guard")
    }
}

impl Guard {
    pub(super) fn new(observer: Arc<Observer>) -> Self {
        Self { observer, seen: Arc::default() }
    }

    /// A request to delete a meeting has come to Zoom.
    pub(super) fn deleting(&self, meeting: &str) {
        let ids = (0..SESSIONS).map(session).collect::<Vec<_>>();
        let Some(snapshot) = self.observer.site(&studio(), &ids) else { return };
        for stored in snapshot.sessions {
            let Some(session) = stored.value else { continue };
            let held = session.minting.handed_out();
            if held.is_some_and(|held| held.id.as_str() == meeting) {
                let what = format!("meeting {meeting} is deleted while {} hands it out", session.id);
                self.seen.lock().unwrap().push(what);
            }
        }
    }

    /// What was seen that must not be.
    pub(super) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}
