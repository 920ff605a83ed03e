//! Owns single flight: of many callers who need the same thing done, one does it and the others wait.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use tokio_util::sync::CancellationToken;
use tokio_util::sync::DropGuard;

use crate::domain::id::GrantId;

/// Refreshes under way in this process: one at a time for a grant.
#[derive(Debug, Default)]
pub struct Flights(Mutex<BTreeMap<GrantId, CancellationToken>>);

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

    fn lock(&self) -> MutexGuard<'_, BTreeMap<GrantId, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
