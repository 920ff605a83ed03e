//! Owns what is swapped while the gateway runs: the ring, secrets, and whom callers' tokens may come from (R34).

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::watch;

use crate::config::Config;
use crate::crypto::keyring::Keyring;
use crate::providers::zoom::settings::Secrets;
use crate::web::auth::Verifier;

/// What is swapped while the gateway runs.
#[derive(Debug, Clone)]
pub struct Live {
    pub(super) keyring: Arc<ArcSwap<Keyring>>,
    pub(super) zoom: Arc<ArcSwap<Secrets>>,
    pub(super) verifier: Arc<Verifier>,
}

impl Live {
    /// Takes over the secrets of a configuration; nothing else of it.
    pub fn take(&self, config: &Config) {
        self.keyring.store(Arc::clone(&config.crypto_secrets.keyring));
        self.zoom.store(Arc::clone(&config.zoom_secrets));
        self.verifier.replace(&config.auth);
    }

    /// Takes over every new version of the configuration; returns when there will be no more.
    pub async fn follow(self, mut versions: watch::Receiver<Arc<Config>>) {
        while versions.changed().await.is_ok() {
            let config = Arc::clone(&versions.borrow_and_update());
            self.take(&config);
        }
    }
}
