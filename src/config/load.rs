//! Owns the whole configuration and how it is read: defaults, then the file, then the environment.

use std::path::Path;
use std::sync::Arc;

use crate::app::settings::Events;
use crate::app::settings::Minting;
use crate::app::settings::Portal;
use crate::config::auth;
use crate::config::crypto;
use crate::config::events;
use crate::config::layers::Layers;
use crate::config::listeners;
use crate::config::minting;
use crate::config::portal;
use crate::config::problem::ConfigProblem;
use crate::config::problem::ConfigProblems;
use crate::config::reading::Fingerprint;
use crate::config::reading::Reading;
use crate::config::section::Section;
use crate::config::store;
use crate::config::telemetry;
use crate::config::zoom;

/// The sections, in the order of contract.md section 4.
const SECTIONS: [&str; 10] =
    ["public", "internal", "store", "crypto", "zoom", "auth", "portal", "events", "minting", "telemetry"];

/// Everything an operator said, parsed. Secrets hide themselves.
#[derive(Debug)]
pub struct Config {
    /// `[public]`.
    pub public: crate::web::settings::Public,
    /// `[internal]`.
    pub internal: crate::web::settings::Internal,
    /// `[store]`.
    pub store: crate::store::settings::Settings,
    /// `[crypto]`.
    pub crypto: crate::crypto::settings::Settings,
    /// The ring of the keyring file.
    pub crypto_secrets: crate::crypto::settings::Secrets,
    /// `[zoom]`, without its secrets.
    pub zoom: crate::providers::zoom::settings::Settings,
    /// The secrets of `[zoom]`.
    pub zoom_secrets: Arc<crate::providers::zoom::settings::Secrets>,
    /// `[auth]`.
    pub auth: crate::web::auth::settings::Settings,
    /// `[portal]`.
    pub portal: Portal,
    /// `[events]`.
    pub events: Events,
    /// `[minting]`.
    pub minting: Minting,
    /// `[telemetry]`.
    pub telemetry: telemetry::Settings,
}

/// Reads the configuration: defaults, then the file, then `GREENROOM_<SECTION>__<KEY>` (contract.md section 4).
///
/// Fails with every problem at once; none of them repeats a value.
pub fn load(
    path: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Config, ConfigProblems> {
    let environment: Vec<_> = environment.collect();
    read(path, &environment).0
}

/// Reads the configuration, and fingerprints every file that was read for it, whatever came of it.
pub(super) fn read(
    path: Option<&Path>,
    environment: &[(String, String)],
) -> (Result<Config, ConfigProblems>, Fingerprint) {
    let mut reading = Reading::new();
    let config = lay(path, environment, &mut reading).and_then(|layers| fill(layers, &mut reading));
    let fingerprint = reading.fingerprint();
    let outcome = match config {
        Some(config) if reading.problems.is_empty() => Ok(config),
        Some(_) | None => Err(ConfigProblems::new(reading.problems)),
    };
    (outcome, fingerprint)
}

/// A file that is not there or not TOML would make every key look missing: its problem stands alone.
fn lay(path: Option<&Path>, environment: &[(String, String)], reading: &mut Reading) -> Option<Layers> {
    let file = match path {
        Some(path) => Some(text(path, reading)?),
        None => None,
    };
    Layers::lay(file.as_deref(), environment, &mut reading.problems)
}

fn text(path: &Path, reading: &mut Reading) -> Option<String> {
    let content = reading.file("--config", &path.to_string_lossy())?;
    let text = String::from_utf8(content).ok();
    if text.is_none() {
        reading.problems.push(ConfigProblem::new(
            "--config",
            "names a file that is not UTF-8",
            "write a TOML file; `greenroom config example` prints one",
        ));
    }
    text
}

fn fill(mut layers: Layers, reading: &mut Reading) -> Option<Config> {
    let mut section = |name: &'static str| layers.take(name);
    let public = listeners::public(Section::new("public", section("public"), reading));
    let internal =
        listeners::internal(Section::new("internal", section("internal"), reading), public.as_ref());
    let store = store::fill(Section::new("store", section("store"), reading));
    let crypto = crypto::fill(Section::new("crypto", section("crypto"), reading));
    let zoom = zoom::fill(Section::new("zoom", section("zoom"), reading));
    let auth = auth::fill(Section::new("auth", section("auth"), reading));
    let portal = portal::fill(Section::new("portal", section("portal"), reading));
    let events = events::fill(Section::new("events", section("events"), reading));
    let minting = minting::fill(Section::new("minting", section("minting"), reading));
    let telemetry = telemetry::fill(Section::new("telemetry", section("telemetry"), reading));
    layers.finish(&SECTIONS, &mut reading.problems);
    let (crypto, crypto_secrets) = crypto?;
    let (zoom, zoom_secrets) = zoom?;
    Some(Config {
        public: public?,
        internal: internal?,
        store: store?,
        crypto,
        crypto_secrets,
        zoom,
        zoom_secrets: Arc::new(zoom_secrets),
        auth: auth?,
        portal: portal?,
        events: events?,
        minting: minting?,
        telemetry: telemetry?,
    })
}
