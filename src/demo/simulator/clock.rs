//! Owns the simulator's time: the clock it was given, plus what the control address advanced it by.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::app::ports::clock::Clock;

/// A clock that runs with its base and can be set ahead.
#[derive(Debug)]
pub(super) struct SimulatedClock {
    base: Arc<dyn Clock>,
    ahead: watch::Sender<Duration>,
}

impl SimulatedClock {
    /// Starts level with the base clock.
    pub(super) fn new(base: Arc<dyn Clock>) -> Self {
        Self { base, ahead: watch::Sender::new(Duration::ZERO) }
    }

    /// The simulated time now.
    pub(super) fn now(&self) -> Timestamp {
        after(self.base.now(), *self.ahead.borrow())
    }

    /// Moves time forward, and wakes every wait that thereby ends.
    pub(super) fn advance(&self, by: Duration) {
        self.ahead.send_modify(|ahead| *ahead = ahead.saturating_add(by));
    }

    /// Puts the clock level with its base again.
    pub(super) fn reset(&self) {
        self.ahead.send_replace(Duration::ZERO);
    }

    /// Returns after this long, or as soon as the clock was advanced past it.
    pub(super) async fn wait(&self, duration: Duration) {
        let until = after(self.now(), duration);
        let mut ahead = self.ahead.subscribe();
        let mut elapsed = self.base.wait(duration);
        loop {
            tokio::select! {
                biased;
                () = &mut elapsed => return,
                changed = ahead.changed() => if changed.is_err() || self.now() >= until { return },
            }
        }
    }
}

/// A time this much later, or the last one there is.
pub(super) fn after(time: Timestamp, duration: Duration) -> Timestamp {
    time.checked_add(duration).unwrap_or(Timestamp::MAX)
}
