//! Owns what is swapped while the gateway runs: the ring, secrets, and whom callers' tokens may come from (R34).

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::watch;

use crate::app::settings::Endpoint;
use crate::config::Config;
use crate::crypto::keyring::Keyring;
use crate::providers::zoom::settings::Secrets;
use crate::web::auth::Verifier;

/// What is swapped while the gateway runs.
#[derive(Debug, Clone)]
pub struct Live {
    pub(super) keyring: Arc<ArcSwap<Keyring>>,
    pub(super) zoom: Arc<ArcSwap<Secrets>>,
    /// The app at Zoom whose secrets these are: another one needs a restart.
    pub(super) zoom_client: Arc<str>,
    pub(super) verifier: Arc<Verifier>,
    /// Who is told of events, each with its secrets: others need a restart.
    pub(super) endpoints: Arc<ArcSwap<Vec<Endpoint>>>,
}

impl Live {
    /// Takes over the secrets of a configuration; nothing else of it. A ring that would not open what the one in use
    /// sealed is refused and logged: the old one stays. So do Zoom's secrets where they are another app's.
    pub fn take(&self, config: &Config) {
        self.take_keyring(&config.crypto_secrets.keyring);
        self.take_zoom(config);
        self.verifier.replace(&config.auth);
        self.take_endpoints(&config.events.endpoints);
    }

    fn take_endpoints(&self, new: &[Endpoint]) {
        let running = self.endpoints.load();
        let of = |running: &Endpoint| new.iter().find(|endpoint| endpoint.url == running.url).cloned();
        if new.len() != running.len() || !running.iter().all(|endpoint| of(endpoint).is_some()) {
            tracing::warn!(key = "events.endpoints", "the endpoints are others: restart to use them");
        }
        let next = running.iter().map(|endpoint| of(endpoint).unwrap_or_else(|| endpoint.clone()));
        self.endpoints.store(Arc::new(next.collect()));
    }

    fn take_zoom(&self, config: &Config) {
        if *self.zoom_client == *config.zoom.client_id {
            self.zoom.store(Arc::clone(&config.zoom_secrets));
        } else {
            tracing::warn!(key = "zoom.client_id", "Zoom's secrets are another app's: restart to use them");
        }
    }

    fn take_keyring(&self, keyring: &Arc<Keyring>) {
        match keyring.check_successor_of(&self.keyring.load()) {
            Ok(()) => self.keyring.store(Arc::clone(keyring)),
            Err(error) => {
                tracing::error!(key = "crypto.keyring_file", %error, "keyring refused: the old one stays");
            }
        }
    }

    /// Takes over every new version of the configuration; returns when there will be no more.
    pub async fn follow(self, mut versions: watch::Receiver<Arc<Config>>) {
        while versions.changed().await.is_ok() {
            let config = Arc::clone(&versions.borrow_and_update());
            self.take(&config);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use async_trait::async_trait;
    use secrecy::ExposeSecret;
    use tempfile::TempDir;
    use url::Url;

    use super::*;
    use crate::app::ports::clock::SystemClock;
    use crate::config::load;
    use crate::crypto::entropy::SystemEntropy;
    use crate::web::auth::FetchFailed;
    use crate::web::auth::FetchKeys;

    #[derive(Debug)]
    struct NoKeys;

    #[async_trait]
    impl FetchKeys for NoKeys {
        async fn fetch(&self, _: &Url) -> Result<Vec<u8>, FetchFailed> {
            Err(FetchFailed("nothing is fetched here".into()))
        }
    }

    fn ring() -> String {
        Keyring::generate("2026-11-22T10:00:00Z".parse().unwrap(), &SystemEntropy).render().to_string()
    }

    fn config(ring: &str, client_secret: &str) -> Config {
        config_of("abc", ring, client_secret)
    }

    fn config_of(client_id: &str, ring: &str, client_secret: &str) -> Config {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("keyring.json");
        fs::write(&path, ring).unwrap();
        let environment = [
            ("GREENROOM_CRYPTO__KEYRING_FILE", path.to_str().unwrap()),
            ("GREENROOM_ZOOM__CLIENT_ID", client_id),
            ("GREENROOM_ZOOM__CLIENT_SECRETS", client_secret),
            ("GREENROOM_AUTH__ISSUERS", ISSUERS),
        ];
        load(None, environment.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned()))).unwrap()
    }

    const ISSUERS: &str =
        r#"[{ issuer = "dev", audience = "greenroom", hs256_secret = "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh" }]"#;

    fn live(config: &Config) -> Live {
        Live {
            keyring: Arc::new(ArcSwap::new(Arc::clone(&config.crypto_secrets.keyring))),
            zoom: Arc::new(ArcSwap::new(Arc::clone(&config.zoom_secrets))),
            zoom_client: config.zoom.client_id.as_str().into(),
            verifier: Arc::new(Verifier::new(&config.auth, Arc::new(NoKeys), Arc::new(SystemClock))),
            endpoints: Arc::new(ArcSwap::from_pointee(config.events.endpoints.clone())),
        }
    }

    fn client_secret(live: &Live) -> String {
        live.zoom.load().client.first().unwrap().expose_secret().to_owned()
    }

    /// The ring with a second key, which is now its primary.
    fn rotated(old: &str) -> String {
        let new = ring();
        let mut old: serde_json::Value = serde_json::from_str(old).unwrap();
        let mut new: serde_json::Value = serde_json::from_str(&new).unwrap();
        old["keys"][0]["state"] = "open_only".into();
        old["keys"].as_array_mut().unwrap().push(new["keys"][0].take());
        old.to_string()
    }

    #[test]
    fn a_ring_that_keeps_every_key_is_taken_over() {
        let first = ring();
        let live = live(&config(&first, "one"));
        let next = config(&rotated(&first), "one");
        live.take(&next);
        assert_eq!(live.keyring.load().primary().id(), next.crypto_secrets.keyring.primary().id());
    }

    #[test]
    fn a_ring_that_would_lose_records_is_refused_and_the_other_secrets_are_taken() {
        let first = ring();
        let both = rotated(&first);
        let other_secret = {
            let mut text: serde_json::Value = serde_json::from_str(&both).unwrap();
            text["keys"][0]["secret"] = text["keys"][1]["secret"].clone();
            text.to_string()
        };
        let lost = {
            let mut text: serde_json::Value = serde_json::from_str(&both).unwrap();
            text["keys"].as_array_mut().unwrap().remove(0);
            text.to_string()
        };
        let deployment = Keyring::parse(&both).unwrap().deployment().to_owned();
        let renamed = both.replace(&deployment, "another");
        for (refused, name) in
            [(ring(), "foreign"), (renamed, "renamed"), (lost, "lost"), (other_secret, "other")]
        {
            let running = config(&both, "one");
            let live = live(&running);
            live.take(&config(&refused, "two"));
            let kept = live.keyring.load_full();
            assert!(Arc::ptr_eq(&kept, &running.crypto_secrets.keyring), "{name}");
            assert_eq!(client_secret(&live), "two", "{name}");
        }
    }

    const OLD: &str = "whsec_b2xkIG9sZCBvbGQgb2xkIG9sZCBvbGQ=";
    const NEW: &str = "whsec_bmV3IG5ldyBuZXcgbmV3IG5ldyBuZXc=";

    fn endpoint(host: &str, secret: &str) -> Endpoint {
        Endpoint { url: Url::parse(&format!("https://{host}")).unwrap(), secrets: vec![secret.into()] }
    }

    #[test]
    fn endpoints_get_their_new_secrets_and_stay_who_they_are() {
        let mut running = config(&ring(), "one");
        running.events.endpoints = vec![endpoint("a.example", OLD), endpoint("b.example", OLD)];
        let live = live(&running);
        let mut next = config(&ring(), "one");
        next.events.endpoints = vec![endpoint("c.example", NEW), endpoint("b.example", NEW)];
        live.take(&next);
        let endpoints = live.endpoints.load();
        let secrets = endpoints.iter().map(|endpoint| {
            (endpoint.url.host_str().unwrap(), endpoint.secrets.first().unwrap().expose_secret())
        });
        assert_eq!(secrets.collect::<Vec<_>>(), [("a.example", OLD), ("b.example", NEW)]);
    }

    #[test]
    fn the_secrets_of_another_app_wait_for_a_restart() {
        let ring = ring();
        let live = live(&config(&ring, "one"));
        live.take(&config_of("another", &ring, "two"));
        assert_eq!(client_secret(&live), "one");
        live.take(&config(&ring, "three"));
        assert_eq!(client_secret(&live), "three");
    }
}
