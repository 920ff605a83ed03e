//! Owns what may go wrong, and how often. A seed chooses it; when the run is to settle, it clears up.

use std::sync::Arc;
use std::sync::Mutex;

use crate::simulation::dice::Dice;

/// How often things go wrong: so many of a thousand calls.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Odds {
    /// Calls of the store.
    pub(super) store: u64,
    /// Calls of Zoom.
    pub(super) zoom: u64,
    /// Of those of Zoom that go wrong, so many are carried out later than they are given up.
    pub(super) late: u64,
    /// Requests whose callers hang up.
    pub(super) hang_up: u64,
}

/// What may go wrong at present. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Weather(Arc<Mutex<Odds>>);

impl Weather {
    /// Nothing goes wrong.
    pub(super) fn fine() -> Self {
        Self(Arc::default())
    }

    /// What a seed chooses.
    pub(super) fn begin(&self, dice: &Dice) {
        *self.0.lock().unwrap() = Odds {
            store: dice.pick(&[0, 5, 20, 60]),
            zoom: dice.pick(&[0, 40, 120, 300]),
            late: dice.pick(&[0, 150, 500]),
            hang_up: dice.pick(&[0, 200]),
        };
    }

    /// Nothing goes wrong from here on.
    pub(super) fn clear_up(&self) {
        *self.0.lock().unwrap() = Odds::default();
    }

    /// What it was before.
    pub(super) fn become_again(&self, odds: Odds) {
        *self.0.lock().unwrap() = odds;
    }

    pub(super) fn odds(&self) -> Odds {
        *self.0.lock().unwrap()
    }
}
