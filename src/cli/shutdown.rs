//! Owns how a process that serves is asked to end: SIGINT and SIGTERM. Ends nothing itself.

use std::io;

use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio_util::sync::CancellationToken;

/// A token that is cancelled at the first SIGINT or SIGTERM; both are heard from this call on.
///
/// Fails where signals cannot be listened to.
pub(in crate::cli) fn on_signal() -> io::Result<CancellationToken> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let shutdown = CancellationToken::new();
    let token = shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        token.cancel();
    });
    Ok(shutdown)
}
