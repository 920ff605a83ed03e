//! Owns what an operator says about the keyring: where it is, and what stood there.

use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;

/// The `[crypto]` section (contract.md section 4).
#[derive(Debug, Clone)]
pub struct Settings {
    /// The file made by `greenroom keys generate`.
    pub keyring_file: PathBuf,
}

/// The text of the keyring file: read anew when the file changes (R34).
pub struct Secrets {
    /// What the file holds, not parsed.
    pub keyring: SecretString,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}
