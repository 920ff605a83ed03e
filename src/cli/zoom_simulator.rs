//! `greenroom zoom-simulator`: stands in for Zoom on an address of its own. Reads no configuration.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use anyhow::ensure;
use secrecy::SecretString;
use tokio::net::TcpListener;
use url::Url;

use crate::app::ports::clock::SystemClock;
use crate::cli::Exit;
use crate::cli::shutdown;
use crate::crypto::entropy::SystemEntropy;
use crate::demo::simulator::JoinUrls;
use crate::demo::simulator::Settings;
use crate::demo::simulator::Simulator;
use crate::demo::simulator::WEBHOOK_SECRET;
use crate::domain::entropy::Entropy;

/// The client secret where nobody names another: a word everybody may know, since it opens a simulator alone.
const SECRET: &str = "simulator-secret";

/// What the simulated Zoom app looks like, and where it is reached.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Where it listens. Whoever reaches it may do anything there: keep it on loopback.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9080")]
    listen: SocketAddr,
    /// How browsers and greenroom reach it. [default: http:// and the address it listens on]
    #[arg(long, value_name = "URL", value_parser = parse_address)]
    public_url: Option<Url>,
    /// The client id of the one app it knows.
    #[arg(long, value_name = "ID", default_value = "greenroom-demo")]
    client_id: String,
    /// The app's client secret, in a file; one newline at its end is ignored. [default: the word simulator-secret]
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// Where the app may have users sent back to; may be repeated.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080/oauth/zoom/callback")]
    redirect_uri: Vec<String>,
    /// Where the app is told what happens: the public address of greenroom, then /webhooks/zoom. [default: nowhere]
    #[arg(long, value_name = "URL", value_parser = parse_address)]
    webhook_url: Option<Url>,
}

/// Serves until SIGINT or SIGTERM. Fails where the secret cannot be read or the address cannot be listened on.
pub(in crate::cli) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(arguments))
}

async fn serve(arguments: Arguments) -> anyhow::Result<Exit> {
    let secret = secret(arguments.client_secret_file.as_deref())?;
    let shutdown = shutdown::on_signal().context("signals cannot be listened to")?;
    let listener = TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("{} cannot be listened on", arguments.listen))?;
    let public_url = match arguments.public_url {
        Some(url) => url,
        None => Url::parse(&format!("http://{}", listener.local_addr()?))?,
    };
    let mut settings = Settings::new(arguments.client_id, vec![secret], public_url);
    settings.redirect_uris = arguments.redirect_uri;
    settings.join_urls = JoinUrls::Simulator;
    eprint!("{}", introduction(&settings, arguments.client_secret_file.as_deref()));
    let mut seed = [0; 8];
    SystemEntropy.fill(&mut seed);
    let mut simulator = Simulator::new(settings, Arc::new(SystemClock), u64::from_be_bytes(seed));
    if let Some(url) = arguments.webhook_url {
        simulator = simulator.telling(url)?;
    }
    simulator.serve(listener, shutdown).await?;
    Ok(Exit::Done)
}

fn secret(file: Option<&Path>) -> anyhow::Result<SecretString> {
    let Some(path) = file else { return Ok(SecretString::from(SECRET)) };
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let secret = text.strip_suffix('\n').unwrap_or(&text);
    ensure!(!secret.is_empty(), "{} holds no secret: write one into it", path.display());
    Ok(SecretString::from(secret))
}

/// Where it is, and what to write into the configuration of greenroom to have it used in Zoom's place.
fn introduction(settings: &Settings, secret_file: Option<&Path>) -> String {
    let origin = settings.public_url.as_str().trim_end_matches('/');
    let secrets = match secret_file {
        Some(path) => format!("client_secrets_file = [{}]", quoted(&path.to_string_lossy())),
        None => format!("client_secrets = [{}]", quoted(SECRET)),
    };
    let address = |path: &str| quoted(&format!("{origin}{path}"));
    let zoom = [
        "[zoom]".to_owned(),
        format!("client_id = {}", quoted(&settings.client_id)),
        secrets,
        format!("webhook_secrets = [{}]", quoted(WEBHOOK_SECRET)),
        format!("authorize_url = {}", address("/oauth/authorize")),
        format!("token_url = {}", address("/oauth/token")),
        format!("revoke_url = {}", address("/oauth/revoke")),
        format!("api_url = {}", address("")),
        format!("allow_insecure_urls = {}", settings.public_url.scheme() == "http"),
    ];
    format!(
        "The Zoom simulator listens on {origin}\n\
         Faults, time, users and the ledger of requests: {origin}/simulator/\n\
         Users are sent back to {}\n\n\
         To have greenroom use it, write into its configuration:\n\n{}\n\n",
        settings.redirect_uris.join(", "),
        zoom.join("\n")
    )
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// Reads where browsers reach the simulator.
fn parse_address(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.filter(|url| url.query().is_none() && url.fragment().is_none())
        .ok_or("write an http or https address, as in http://127.0.0.1:9080")
}
