//! The machine's clock, which a test may move forward: whoever waits is woken when its time has come.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use greenroom::app::ports::clock::SystemClock;
use jiff::Timestamp;
use tokio::sync::Notify;

/// Real time plus what a test added. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct ShiftClock {
    added_ms: Arc<AtomicU64>,
    moved: Arc<Notify>,
    ahead: Duration,
}

impl ShiftClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.added_ms.fetch_add(u64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
        self.moved.notify_waiters();
    }

    /// One that is so much ahead of this one, and moves with it.
    pub(crate) fn ahead(&self, by: Duration) -> Self {
        Self { ahead: self.ahead + by, ..self.clone() }
    }
}

#[async_trait::async_trait]
impl Clock for ShiftClock {
    fn now(&self) -> Timestamp {
        SystemClock.now() + Duration::from_millis(self.added_ms.load(Ordering::SeqCst)) + self.ahead
    }

    async fn wait(&self, duration: Duration) {
        let until = self.now() + duration;
        loop {
            let moved = self.moved.notified();
            let Ok(left) = Duration::try_from(until.duration_since(self.now())) else { return };
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = moved => {}
                () = SystemClock.wait(left) => return,
            }
        }
    }
}
