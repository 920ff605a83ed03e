//! Owns what somebody inside of a replica wants done to it from outside.

use std::sync::Arc;
use std::sync::Mutex;

use crate::simulation::timeline::Place;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// The replica ends at once.
    Crash(Place),
    /// Who waits for an answer hangs up.
    HangUp,
}

/// What is to be done, in order. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Wishes(Arc<Mutex<Vec<Wish>>>);

impl Wishes {
    pub(super) fn put(&self, wish: Wish) {
        self.0.lock().unwrap().push(wish);
    }

    pub(super) fn take(&self) -> Vec<Wish> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}
