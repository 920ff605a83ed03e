//! Owns what an operator says about the use cases: the portal, minting, and who is told of events.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

/// The `[portal]` section (contract.md section 4).
#[derive(Debug, Clone)]
pub struct Portal {
    /// Where a browser may be sent back to: origins, without a path.
    pub return_origins: Vec<Url>,
    /// How long a portal link may be opened.
    pub link_ttl: Duration,
    /// How long the browser session lasts that it starts.
    pub session_ttl: Duration,
}

/// The `[minting]` section (contract.md section 4).
#[derive(Debug, Clone)]
pub struct Minting {
    /// How long a booking waits for its meeting where the caller does not say.
    pub default_wait: Duration,
    /// The share of a host's calls of the day that is kept for sessions within 48 h (correctness.md section 2).
    pub reserve_percent: u8,
    /// How long a lost reply may take to show at the provider before the next attempt.
    pub settle: Duration,
    /// How long one call that creates a meeting may take.
    pub post_timeout: Duration,
}

/// The `[events]` section (contract.md section 4).
#[derive(Debug, Clone)]
pub struct Events {
    /// Who is told of every event.
    pub endpoints: Vec<Endpoint>,
}

/// One receiver of events.
#[derive(Clone)]
pub struct Endpoint {
    /// https, or http on loopback.
    pub url: Url,
    /// `whsec_…` secrets, current first; never empty.
    pub secrets: Vec<SecretString>,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("host", &self.url.origin().ascii_serialization())
            .finish_non_exhaustive()
    }
}
