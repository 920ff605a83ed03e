//! Owns how what lives at a place is run: until nothing is left to do there at this time.

use std::time::Duration;

use tokio::runtime::Builder;
use tokio::runtime::Runtime;

/// A runtime of one thread. Its own time stands still but when it has nothing left to do; nothing in it goes by that time.
pub(super) fn new() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

/// Runs what can be run, and returns when all of it waits.
#[expect(
    clippy::disallowed_methods,
    reason = "a paused runtime lets this pass when it is idle: it waits for nothing"
)]
pub(super) fn run(runtime: &Runtime) {
    runtime.block_on(async { tokio::time::sleep(Duration::from_millis(1)).await });
}
