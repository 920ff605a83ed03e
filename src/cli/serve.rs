//! `greenroom serve`: runs a gateway until it is told to stop.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use tracing::info;
use tracing::warn;

use crate::cli::Exit;
use crate::cli::environment;
use crate::cli::shutdown;
use crate::cli::telemetry;
use crate::config::Config;
use crate::config::watch::Sources;
use crate::config::watch::Watcher;
use crate::server::Farewell;
use crate::server::Outside;
use crate::server::Server;

/// Runs a gateway. A configuration, ring, store or address that cannot be used ends it with [`Exit::WrongUsage`],
/// every problem named.
pub(super) fn run(config: Option<&Path>) -> anyhow::Result<Exit> {
    runtime()?.block_on(serve(config))
}

/// The runtime of commands that serve.
pub(super) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime cannot be started")
}

async fn serve(path: Option<&Path>) -> anyhow::Result<Exit> {
    let sources = Sources::new(path.map(Path::to_owned), environment());
    let (watcher, versions) = match Watcher::open(sources).await {
        Ok(opened) => opened,
        Err(problems) => {
            eprintln!("{problems}");
            return Ok(Exit::WrongUsage);
        }
    };
    let config = Arc::clone(&versions.borrow());
    telemetry::start(&config.telemetry)?;
    for key in unserved(&config) {
        warn!(key, "configured, but not served by this version: it has no effect");
    }
    let outside = Outside::default();
    let clock = Arc::clone(&outside.clock);
    let server = match Server::open(&config, outside).await {
        Ok(server) => server,
        Err(error) => {
            eprintln!("greenroom: {:#}", anyhow::Error::new(error));
            return Ok(Exit::WrongUsage);
        }
    };
    info!(public = %server.public_address()?, internal = %server.internal_address()?, "serving");
    tokio::spawn(server.live().clone().follow(versions));
    tokio::spawn(watcher.run(clock));
    let stop = shutdown::on_signal().context("signals cannot be listened to")?;
    server.run(stop, Farewell::Announced).await;
    Ok(Exit::Done)
}

/// The keys of what is configured and has no effect.
fn unserved(config: &Config) -> impl Iterator<Item = &'static str> {
    config.telemetry.otlp_endpoint.as_ref().map(|_| "telemetry.otlp_endpoint").into_iter()
}
