//! Owns what may go wrong, and how often. A seed chooses it; when the run is to settle, it clears up.

use std::sync::Arc;
use std::sync::Mutex;

use crate::simulation::dice::Dice;

/// Whether the product removes, some time later, meetings of its own that it made and lost. Until it does, a create may
/// not show at Zoom after the settle time: what shows later is known to stay.
pub(super) const STRAYS_ARE_REMOVED: bool = false;

/// Whether the product keeps Zoom's limits by itself. Until it does, the simulator has none.
pub(super) const LIMITS_ARE_KEPT: bool = false;

/// Whether the product mends a meeting that shows what is not wanted any more, because an update was carried out later
/// than it was given up. Until it does, an update is carried out in time or not at all.
pub(super) const LATE_UPDATES_ARE_MENDED: bool = false;

/// Whether the product knows that it does not know what a meeting shows, after an update that was not answered. Until it
/// does, nobody wants again what they wanted before.
pub(super) const DOUBTFUL_UPDATES_ARE_REPEATED: bool = false;

/// Whether the product deletes every meeting of an account that was disconnected so: also where it dies meanwhile, and
/// those whose create was not answered yet. Until it does, they may stay.
pub(super) const DISCONNECTS_SURVIVE: bool = false;

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

    pub(super) fn odds(&self) -> Odds {
        *self.0.lock().unwrap()
    }
}
