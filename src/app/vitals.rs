//! Use case: what can be read of the records in a moment, for whoever watches all the time (R38). Changes nothing.

use std::time::Duration;

use futures_util::future::join;
use tracing::warn;

use crate::app::gateway::Gateway;
use crate::app::outgoing;
use crate::app::ports::stored::StoreError;
use crate::app::worker;
use crate::domain::finding::EndpointSeen;
use crate::domain::finding::EndpointUnread;

/// How long the store may take for all of it.
const PATIENCE: Duration = Duration::from_secs(3);

/// What was read.
#[derive(Debug)]
pub enum Vitals {
    /// The store did not answer.
    StoreAway,
    /// It did.
    StoreUp {
        /// How it stands with who is told of events; `None` where that could not be read.
        endpoints: Option<Vec<Result<EndpointSeen, EndpointUnread>>>,
        /// For how long work is left that nobody takes, zero where none is; `None` where that could not be read.
        work_left: Option<Duration>,
    },
}

/// Reads it, in three seconds at most.
pub async fn read(gateway: &Gateway) -> Vitals {
    let (mut is_up, mut endpoints, mut work_left) = (false, None, None);
    let reading = async {
        is_up = known(gateway.work.ping().await).is_some();
        if is_up {
            // Each on its own: what is slow or cannot be read hides nothing else.
            join(
                async {
                    endpoints = known(outgoing::states(gateway).await);
                },
                async {
                    work_left = known(left_for(gateway).await);
                },
            )
            .await;
        }
    };
    tokio::select! {
        () = reading => {}
        () = gateway.clock.wait(PATIENCE) => {}
    }
    if is_up { Vitals::StoreUp { endpoints, work_left } } else { Vitals::StoreAway }
}

/// What was read, where it could be.
fn known<T>(read: Result<T, StoreError>) -> Option<T> {
    read.inspect_err(|error| warn!(error = %error, "what operators watch cannot be read")).ok()
}

async fn left_for(gateway: &Gateway) -> Result<Duration, StoreError> {
    let since = worker::left_since(gateway).await?;
    let age = |since| Duration::try_from(gateway.clock.now().duration_since(since)).unwrap_or_default();
    Ok(since.map(age).unwrap_or_default())
}
