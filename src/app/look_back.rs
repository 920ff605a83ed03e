//! Owns when what was saved is looked for again: a store whose primary fails may have forgotten it.

use std::sync::Arc;
use std::time::Duration;

use tracing::error;

use crate::app::causes::WithCauses;
use crate::app::ports::clock::Clock;
use crate::app::ports::stored::StoreError;
use crate::domain::meeting::after;

/// When it is looked for, one after the other: longer than a failover takes.
const LOOKS: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(25), Duration::from_mins(1)];
/// How long one look is repeated while the store does not answer, which it does not while it fails over.
const PATIENCE: Duration = Duration::from_mins(10);
/// How long before it is asked again.
const PAUSE: Duration = Duration::from_millis(500);

/// What a look found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// What was saved stands, or stands again.
    Settled,
    /// Nobody is left to look: the gateway has ended.
    Ended,
}

/// Looks again and again, until it is known for the last time. Goes on beside whoever saved, and holds nobody up who
/// ends: `look` must hold neither the store nor the gateway between two looks.
pub async fn look_back<Looking>(clock: Arc<dyn Clock>, mut look: impl FnMut() -> Looking + Send)
where
    Looking: Future<Output = Result<Found, StoreError>> + Send,
{
    for pause in LOOKS {
        clock.wait(pause).await;
        let give_up_at = after(clock.now(), PATIENCE);
        loop {
            match look().await {
                Ok(Found::Settled) => break,
                Ok(Found::Ended) => return,
                Err(error) if is_final(&error) || clock.now() >= give_up_at => {
                    error!(error = %WithCauses(&error), "it is not known whether what was saved still stands");
                    break;
                }
                Err(_) => clock.wait(PAUSE).await,
            }
        }
    }
}

/// Whether the store says the same however often it is asked.
const fn is_final(error: &StoreError) -> bool {
    match error {
        StoreError::Corrupt(_) | StoreError::Destroyed => true,
        StoreError::Unavailable(_) | StoreError::Contended | StoreError::Uncertain => false,
    }
}
