//! The composition root: the one place that sees every room and wires them. Decides nothing.

mod keys_fetched;
mod live;
pub mod operator;
mod run;
mod wiring;

use std::sync::Arc;

use crate::app::gateway::Gateway;
use crate::app::ports::clock::Clock;
use crate::app::ports::clock::SystemClock;
use crate::crypto::entropy::SystemEntropy;
use crate::domain::entropy::Entropy;
use crate::providers::http::NoClient;
use crate::server::operator::Socket;
use crate::store::embedded;
use crate::store::redis;
use crate::web::internal::Readiness;
use crate::web::listener::Listener;

pub use crate::server::live::Live;
pub use crate::server::run::Farewell;

/// What comes from outside of the process: time and randomness.
#[derive(Debug, Clone)]
pub struct Outside {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

impl Default for Outside {
    fn default() -> Self {
        Self { clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy) }
    }
}

/// A gateway that is bound to its addresses and has opened its store, but answers nobody yet.
#[derive(Debug)]
pub struct Server {
    gateway: Gateway,
    live: Live,
    readiness: Readiness,
    public: (Listener, axum::Router),
    internal: (Listener, axum::Router),
    /// Where an operator's commands are heard, beside an embedded store.
    orders: Option<Socket>,
}

/// Why a gateway does not start. Says what an operator can do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The embedded store cannot be opened.
    #[error("store.url: {0}")]
    Embedded(#[from] embedded::OpenError),
    /// Redis cannot be opened.
    #[error("store.url: {0}")]
    Redis(#[from] redis::OpenError),
    /// The outbound client cannot be made.
    #[error("the outbound HTTP client cannot be made")]
    Client(#[from] NoClient),
    /// An address cannot be bound.
    #[error("{key}: {address} cannot be listened on ({source}): free it, or choose another")]
    Bind {
        /// Which key of the configuration.
        key: &'static str,
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}
