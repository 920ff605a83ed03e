//! Writes the demo's configuration as an operator would, and reads it as `serve` does. Owns no settings.

use std::io;
use std::path::Path;

use secrecy::ExposeSecret;
use secrecy::SecretString;

use crate::config::Config;
use crate::config::ConfigProblems;
use crate::config::load;
use crate::demo::folder::Folder;
use crate::demo::issuer;
use crate::demo::ports::Ports;

/// The simulated Zoom app.
pub(super) const CLIENT_ID: &str = "demo-zoom-app";
/// What a person may change about the demo: how its log looks.
const OPEN: &str = "GREENROOM_TELEMETRY__";

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A file cannot be written.
    #[error("the demo's configuration cannot be written")]
    File(#[from] io::Error),
    /// What was written, or the environment, is refused.
    #[error("{0}")]
    Refused(ConfigProblems),
}

/// The secrets that the configuration names by file.
#[derive(Debug)]
pub(super) struct Secrets {
    /// The Zoom app's.
    pub(super) client: SecretString,
    /// What Zoom's webhooks are signed with.
    pub(super) webhook: SecretString,
    /// The issuer's.
    pub(super) issuer: SecretString,
    /// The ring.
    pub(super) keyring: SecretString,
}

/// Writes the configuration into the folder, and reads it with what the environment says of logs.
pub(super) fn configure(
    folder: &Folder,
    ports: &Ports,
    secrets: &Secrets,
    environment: &[(String, String)],
) -> Result<Config, WriteError> {
    let client = folder.put("client.secret", secrets.client.expose_secret())?;
    let webhook = folder.put("webhook.secret", secrets.webhook.expose_secret())?;
    let issuer = folder.put("issuer.secret", secrets.issuer.expose_secret())?;
    let keyring = folder.put("keyring.json", secrets.keyring.expose_secret())?;
    let store = folder.file(&format!("{}.redb", ports.public.address().replace(':', "-")));
    let text = [
        listeners(ports),
        format!("[store]\nurl = {}\n", quoted(&format!("redb:{}", store.display()))),
        format!("[crypto]\nkeyring_file = {}\n", path(&keyring)),
        zoom(ports, (&client, &webhook)),
        format!(
            "[auth]\nissuers = [{{ issuer = \"{}\", audience = \"{}\", hs256_secret_file = {} }}]\n",
            issuer::NAME,
            issuer::AUDIENCE,
            path(&issuer)
        ),
        format!("[portal]\nreturn_origins = [{}]\n", quoted(origin(&ports.simulator.url()))),
        // Short, so that a person sees the gateway heal after Zoom was down.
        "[minting]\nsettle_seconds = 5\npost_timeout_seconds = 5\n".to_owned(),
        "[telemetry]\nlog = \"warn\"\nlog_format = \"text\"\n".to_owned(),
    ];
    let file = folder.put("greenroom.toml", &text.join("\n"))?;
    let logs = environment.iter().filter(|(name, _)| name.starts_with(OPEN)).cloned();
    load(Some(&file), logs).map_err(WriteError::Refused)
}

fn listeners(ports: &Ports) -> String {
    format!(
        "[public]\nlisten = {}\nbase_url = {}\n\n[internal]\nlisten = {}\n",
        quoted(&ports.public.address()),
        quoted(origin(&ports.public.url())),
        quoted(&ports.internal.address())
    )
}

fn zoom(ports: &Ports, (client_secret, webhook_secret): (&Path, &Path)) -> String {
    let zoom = ports.simulator.url();
    let zoom = origin(&zoom);
    format!(
        "[zoom]\nclient_id = {}\nclient_secrets_file = {}\nwebhook_secrets_file = {}\nauthorize_url = {}\ntoken_url = {}\n\
         revoke_url = {}\napi_url = {}\nallow_insecure_urls = true\n",
        quoted(CLIENT_ID),
        path(client_secret),
        path(webhook_secret),
        quoted(&format!("{zoom}/oauth/authorize")),
        quoted(&format!("{zoom}/oauth/token")),
        quoted(&format!("{zoom}/oauth/revoke")),
        quoted(zoom)
    )
}

fn origin(url: &url::Url) -> &str {
    url.as_str().trim_end_matches('/')
}

fn path(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
