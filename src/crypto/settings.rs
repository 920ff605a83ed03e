//! Owns what an operator says about the keyring: where it is, and the ring that stood there.

use std::path::PathBuf;
use std::sync::Arc;

use crate::crypto::keyring::Keyring;
use crate::crypto::keyring::KeyringError;

/// The `[crypto]` section (contract.md section 4).
#[derive(Debug, Clone)]
pub struct Settings {
    /// The file made by `greenroom keys generate`.
    pub keyring_file: PathBuf,
}

/// The ring of the keyring file: read anew when the file changes (R34). Shared, so that no copy of a key outlives it.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// What the file holds.
    pub keyring: Arc<Keyring>,
}

impl Secrets {
    /// Reads the text of the keyring file. Fails as [`Keyring::parse`] does.
    pub fn parse(text: &str) -> Result<Self, KeyringError> {
        Ok(Self { keyring: Arc::new(Keyring::parse(text)?) })
    }
}
