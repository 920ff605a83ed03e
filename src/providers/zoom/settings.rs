//! Owns what an operator says about Zoom: the app's credentials and where Zoom is.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

/// The `[zoom]` section of the configuration (contract.md section 4), without its secrets.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The OAuth client id of the app; tokens belong to it (zoom/facts.md 1.1).
    pub client_id: String,
    /// Where browsers are sent to consent.
    pub authorize_url: Url,
    /// Where codes and refresh tokens are exchanged.
    pub token_url: Url,
    /// Where grants are revoked.
    pub revoke_url: Url,
    /// The REST API's origin, without `/v2`.
    pub api_url: Url,
    /// Whether plain http to a loopback address is accepted.
    pub insecure_urls: InsecureUrls,
    /// How long another replica's refresh is left alone before it is taken over (correctness.md section 3).
    pub refresh_takeover: Duration,
    /// How often an idle grant is refreshed.
    pub keep_alive: Duration,
}

/// Whether addresses of Zoom may be plain http.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InsecureUrls {
    /// Only https.
    Refused,
    /// Plain http to loopback, for a simulator.
    LoopbackOnly,
}

/// The secrets of the `[zoom]` section: swapped as a whole when the configuration is re-read (R34).
pub struct Secrets {
    /// The current client secret first, then the previous one; never empty.
    pub client: Vec<SecretString>,
    /// The webhook secret tokens, current first.
    pub webhook: Vec<SecretString>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}
