//! Owns the port through which time comes in, and its real adapter.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

/// Where time comes from: the system, or a test that advances it.
#[async_trait::async_trait]
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time now, UTC.
    fn now(&self) -> Timestamp;

    /// Returns after this long by this clock.
    async fn wait(&self, duration: Duration);
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait::async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one adapter that reads the system clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[expect(clippy::disallowed_methods, reason = "the one adapter that waits in real time")]
    async fn wait(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
