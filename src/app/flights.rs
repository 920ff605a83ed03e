//! Owns single flight: of many callers who need the same thing done, one does it and the others wait.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tokio_util::sync::DropGuard;

use crate::domain::grant::Tokens;
use crate::domain::id::GrantId;
use crate::domain::meeting::after;

/// How long no refresh is begun after one that was not carried out.
const SHORTEST_REST: Duration = Duration::from_secs(1);
/// After many in a row.
const LONGEST_REST: Duration = Duration::from_secs(30);

/// Refreshes under way in this process: one at a time for a grant; and those of others, by when they were first seen.
#[derive(Debug, Default)]
pub struct Flights {
    own: Mutex<BTreeMap<GrantId, CancellationToken>>,
    others: Mutex<BTreeMap<GrantId, (u64, Timestamp)>>,
    rests: Mutex<BTreeMap<GrantId, Rest>>,
}

/// How often in a row a refresh was not carried out, and until when none is begun.
#[derive(Debug, Clone, Copy)]
struct Rest {
    failures: u32,
    until: Timestamp,
}

/// What a caller found.
#[derive(Debug)]
pub enum Seat {
    /// Nobody was at it: do it, then [`Flights::land`] and drop the guard. The token is for who waits for it.
    Pilot(DropGuard, CancellationToken),
    /// Somebody is at it: this is cancelled when they are done. Where nobody may be at it now, it is cancelled already.
    Passenger(CancellationToken),
}

impl Flights {
    /// Takes part in the flight of a grant, as its pilot if there is none and it does not rest.
    pub fn board(&self, id: &GrantId, now: Timestamp) -> Seat {
        let mut flights = self.lock();
        if let Some(flight) = flights.get(id) {
            return Seat::Passenger(flight.clone());
        }
        let flight = CancellationToken::new();
        if self.rests().get(id).is_some_and(|rest| now < rest.until) {
            flight.cancel();
            return Seat::Passenger(flight);
        }
        flights.insert(id.clone(), flight.clone());
        Seat::Pilot(flight.clone().drop_guard(), flight)
    }

    /// The flight is over: the next caller begins another.
    pub fn land(&self, id: &GrantId) {
        self.lock().remove(id);
    }

    /// The provider did not carry a refresh out: none is begun for a while, which grows with every failure in a row. Whoever
    /// needs tokens would ask again and again for what was refused a moment ago.
    pub fn rest(&self, id: &GrantId, now: Timestamp) {
        let mut rests = self.rests();
        let failures = rests.get(id).map_or(0, |rest| rest.failures);
        let pause = SHORTEST_REST.saturating_mul(2u32.saturating_pow(failures)).min(LONGEST_REST);
        rests.insert(id.clone(), Rest { failures: failures.saturating_add(1), until: after(now, pause) });
    }

    /// A refresh succeeded, or an operator wants one now: the next one that is not carried out is the first.
    pub fn end_rest(&self, id: &GrantId) {
        self.rests().remove(id);
    }

    /// Since when the refresh of a grant that its record tells of is known here; `now` where it tells of none.
    pub fn seen_since(&self, id: &GrantId, tokens: &Tokens, now: Timestamp) -> Timestamp {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let Tokens::Refreshing { fence, .. } = tokens else {
            others.remove(id);
            return now;
        };
        let seen = others.entry(id.clone()).or_insert((*fence, now));
        if seen.0 != *fence {
            *seen = (*fence, now);
        }
        seen.1
    }

    fn rests(&self) -> MutexGuard<'_, BTreeMap<GrantId, Rest>> {
        self.rests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<GrantId, CancellationToken>> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
