//! Owns what is told of a run: every event with its time, in order. The same seed tells the same.

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;

use jiff::Timestamp;

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// Every event.
    All,
    /// None: writing takes longer than what is written about.
    Nothing,
}

/// What is told of a run. Clones share it.
#[derive(Clone)]
pub(super) struct Trace(Arc<Mutex<Vec<String>>>, Telling);

impl Trace {
    pub(super) fn new(telling: Telling) -> Self {
        Self(Arc::default(), telling)
    }

    /// Tells an event.
    pub(super) fn tell(&self, at: Timestamp, event: impl FnOnce() -> String) {
        if self.1 == Telling::All {
            self.0.lock().unwrap().push(format!("{at} {}", event()));
        }
    }

    /// All that was told.
    pub(super) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trace")
    }
}
