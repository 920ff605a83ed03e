//! Owns what a process knows of the budget of calls that all replicas share, so that nobody asks in vain: what is
//! forgotten costs a question.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use jiff::Timestamp;

use crate::domain::budget::FAILURES;
use crate::domain::budget::Health;
use crate::domain::budget::next_midnight;
use crate::domain::budget::scheduled;
use crate::domain::id::GrantId;
use crate::domain::pause::Pause;
use crate::domain::pause::PauseReason;
use crate::domain::request::Request;

/// Why a call cannot be made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    /// Why.
    pub why: PauseReason,
    /// Until when.
    pub until: Timestamp,
}

impl Closed {
    /// Leaves a host alone so long; waiting is no failure.
    pub fn pause(self, grant: &GrantId, failures: u32) -> Pause {
        Pause { grant: grant.clone(), until: self.until, reason: self.why, failures }
    }
}

/// What this process knows of the shared budget.
#[derive(Debug, Default)]
pub struct Closures(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Hosts that were refused calls, each with its organisation.
    closed: BTreeMap<GrantId, (String, Closed)>,
    /// How many calls of an organisation failed in a row, for those whose last one did.
    failures: BTreeMap<String, i64>,
}

impl Closures {
    /// Whether a request would be refused, as far as is known here.
    pub fn closed(&self, grant: &GrantId, request: Request, now: Timestamp) -> Option<Closed> {
        let closed = self.known().closed.get(grant).map(|(_, closed)| *closed);
        let closed = closed.filter(|closed| closed.until > now)?;
        let pause = closed.pause(grant, 0);
        match (closed.why, request.starts_at()) {
            // What is said of one kind of call says nothing of another.
            (PauseReason::RateLimited | PauseReason::Reauthorization, _) => None,
            _ if !pause.holds(request, now) => None,
            (PauseReason::Scheduled, Some(starts_at)) => {
                Some(Closed { until: scheduled(starts_at, now), ..closed })
            }
            (PauseReason::Scheduled | PauseReason::DailyLimit | PauseReason::Unavailable, _) => Some(closed),
        }
    }

    /// A host was refused calls.
    pub fn close(&self, (grant, organisation): (&GrantId, &str), closed: Closed, now: Timestamp) {
        let mut known = self.known();
        known.closed.retain(|_, (_, closed)| closed.until > now);
        // What is kept for near sessions opens at midnight for all; sooner only for one that becomes near.
        let until = if closed.why == PauseReason::Scheduled { next_midnight(now) } else { closed.until };
        known.closed.insert(grant.clone(), (organisation.into(), Closed { until, ..closed }));
    }

    /// How calls of an organisation go.
    pub fn health(&self, organisation: &str) -> Health {
        let failures = self.known().failures.get(organisation).copied().unwrap_or(0);
        if failures >= FAILURES { Health::Suspect } else { Health::Well }
    }

    /// Calls of an organisation failed, so many in a row.
    pub fn failed(&self, organisation: &str, failures: i64) {
        self.known().failures.insert(organisation.into(), failures);
    }

    /// A call was answered. Answers whether calls failed just before it.
    pub fn answered(&self, organisation: &str) -> bool {
        let mut known = self.known();
        let had_failed = known.failures.remove(organisation).is_some();
        if had_failed {
            known
                .closed
                .retain(|_, (of, closed)| of != organisation || closed.why != PauseReason::Unavailable);
        }
        had_failed
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
