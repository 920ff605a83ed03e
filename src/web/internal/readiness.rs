//! Owns whether the process takes work.

use tokio_util::sync::CancellationToken;

/// Whether the process takes work: until it is told to stop.
#[derive(Debug, Clone, Default)]
pub struct Readiness(CancellationToken);

impl Readiness {
    /// From now on the process takes no new work.
    pub fn end(&self) {
        self.0.cancel();
    }

    /// Whether it was told to stop.
    pub fn has_ended(&self) -> bool {
        self.0.is_cancelled()
    }
}
