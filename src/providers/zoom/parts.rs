//! Owns what the adapter is made of. Makes none of it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use url::Url;

use crate::app::ports::clock::Clock;
use crate::domain::entropy::Entropy;
use crate::providers::http::HttpClient;
use crate::providers::zoom::settings::Secrets;
use crate::providers::zoom::settings::Settings;

/// How long a call to a token endpoint may take (correctness.md section 3).
pub const TOKEN_TIMEOUT: Duration = Duration::from_secs(20);

/// What the adapter is made of.
pub struct Parts {
    /// Where Zoom is, and who the app is.
    pub settings: Arc<Settings>,
    /// The app's secrets, swapped while running (R34).
    pub secrets: Arc<ArcSwap<Secrets>>,
    /// Where browsers come back to: registered with Zoom.
    pub redirect_uri: Url,
    /// The one outbound client.
    pub http: HttpClient,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for PKCE.
    pub entropy: Arc<dyn Entropy>,
    /// How long calls may take.
    pub timeouts: Timeouts,
}

/// How long calls may take, from the connection to the last byte.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// A call of the REST API: `minting.post_timeout_seconds`.
    pub api: Duration,
    /// A call of a token endpoint: [`TOKEN_TIMEOUT`].
    pub tokens: Duration,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("settings", &self.settings).finish_non_exhaustive()
    }
}
