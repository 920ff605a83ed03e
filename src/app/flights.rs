//! Owns single flight: of many callers who need the same thing done, one does it and the others wait.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tokio_util::sync::DropGuard;

use crate::domain::grant::Tokens;
use crate::domain::id::GrantId;

/// Refreshes under way in this process: one at a time for a grant; and those of others, by when they were first seen.
#[derive(Debug, Default)]
pub struct Flights {
    own: Mutex<BTreeMap<GrantId, CancellationToken>>,
    others: Mutex<BTreeMap<GrantId, (u64, Timestamp)>>,
}

/// What a caller found.
#[derive(Debug)]
pub enum Seat {
    /// Nobody was at it: do it, then [`Flights::land`] and drop the guard. The token is for who waits for it.
    Pilot(DropGuard, CancellationToken),
    /// Somebody is at it: this is cancelled when they are done.
    Passenger(CancellationToken),
}

impl Flights {
    /// Takes part in the flight of a grant, as its pilot if there is none.
    pub fn board(&self, id: &GrantId) -> Seat {
        let mut flights = self.lock();
        if let Some(flight) = flights.get(id) {
            return Seat::Passenger(flight.clone());
        }
        let flight = CancellationToken::new();
        flights.insert(id.clone(), flight.clone());
        Seat::Pilot(flight.clone().drop_guard(), flight)
    }

    /// The flight is over: the next caller begins another.
    pub fn land(&self, id: &GrantId) {
        self.lock().remove(id);
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

    fn lock(&self) -> MutexGuard<'_, BTreeMap<GrantId, CancellationToken>> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
