//! Use case: what can be read of the records in a moment, for whoever watches all the time (R38). Changes nothing.

use std::time::Duration;

use tracing::warn;

use crate::app::gateway::Gateway;
use crate::app::outgoing;
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
    },
}

/// Reads it, in three seconds at most.
pub async fn read(gateway: &Gateway) -> Vitals {
    let mut is_up = false;
    let reading = async {
        gateway.work.ping().await?;
        is_up = true;
        outgoing::states(gateway).await
    };
    let endpoints = tokio::select! {
        endpoints = reading => endpoints.map_err(|error| warn!(error = %error, "endpoints cannot be read")).ok(),
        () = gateway.clock.wait(PATIENCE) => None,
    };
    if is_up { Vitals::StoreUp { endpoints } } else { Vitals::StoreAway }
}
