//! A clock that stands still until a test moves it.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use jiff::Timestamp;

/// 2026-11-22T10:00:00Z.
const START_MS: i64 = 1_795_341_600_000;

/// Time that passes only when it is told to. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct StepClock(Arc<AtomicI64>);

impl StepClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(START_MS)))
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

#[async_trait::async_trait]
impl Clock for StepClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap()
    }

    async fn wait(&self, duration: Duration) {
        self.advance(duration);
        tokio::task::yield_now().await;
    }
}
