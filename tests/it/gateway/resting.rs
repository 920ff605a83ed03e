//! When a gateway has nothing to do, and when it will: time is moved on no sooner.

use std::iter;
use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use greenroom::app::ports::clock::SystemClock;
use greenroom::app::ports::store::WorkScope;
use jiff::Timestamp;

use crate::gateway::world::World;

impl World {
    /// Looks again until `seen` holds, moving time on a little between two looks.
    pub(crate) async fn until(&self, what: &str, mut seen: impl AsyncFnMut() -> bool) {
        for _ in 0..400 {
            if seen().await {
                return;
            }
            self.rests().await;
            self.clock.advance(Duration::from_millis(500));
            tokio::task::yield_now().await;
        }
        panic!("never: {what}");
    }

    /// Waits a moment until no gateway has anything to do at the time it is; answers whether it came to that. Whoever
    /// waits for another is not at rest before time moves on.
    pub(crate) async fn rests(&self) -> bool {
        for _ in 0..20 {
            if self.has_nothing_to_do().await {
                return true;
            }
            SystemClock.wait(Duration::from_millis(2)).await;
        }
        false
    }

    async fn has_nothing_to_do(&self) -> bool {
        for uses in iter::once(&self.gateway).chain(&self.others).filter_map(|gateway| gateway.uses.as_ref())
        {
            let due = uses.work.places(uses.clock.now(), 1).await;
            if !uses.tasks.is_empty() || due.is_ok_and(|places| !places.is_empty()) {
                return false;
            }
        }
        true
    }

    /// When places of a kind are looked at next, as far as that is soon.
    pub(crate) async fn looked_at(&self, soon: Duration, kind: fn(&WorkScope) -> bool) -> Vec<Timestamp> {
        let uses = self.gateway.uses.as_ref().unwrap();
        let places = uses.work.places(uses.clock.now() + soon, 100).await.unwrap();
        places.iter().filter(|place| kind(&place.scope)).map(|place| place.hinted_at).collect()
    }
}
