//! Watches the configuration and the files it names, and hands on what can be used. Swaps nothing itself.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::Signal;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio::sync::watch;

use crate::app::ports::clock::Clock;
use crate::config::load::Config;
use crate::config::load::read;
use crate::config::problem::ConfigProblems;
use crate::config::reading::Fingerprint;

/// How often the files are looked at: a rotated secret is in use this soon.
const INTERVAL: Duration = Duration::from_secs(2);

/// Where the configuration comes from.
#[derive(Clone)]
pub struct Sources {
    path: Option<PathBuf>,
    environment: Vec<(String, String)>,
}

impl fmt::Debug for Sources {
    /// Without the environment: it may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Sources {
    /// A file, if any, and the environment as it was when the process started.
    pub fn new(path: Option<PathBuf>, environment: impl Iterator<Item = (String, String)>) -> Self {
        Self { path, environment: environment.collect() }
    }

    /// Reads the configuration once, with a fingerprint of every file it was read from.
    async fn read(&self) -> (Result<Config, ConfigProblems>, Fingerprint) {
        let sources = self.clone();
        tokio::task::spawn_blocking(move || read(sources.path.as_deref(), &sources.environment))
            .await
            .expect("reading a configuration does not panic")
    }
}

/// What a look at the files found.
#[derive(Debug, PartialEq, Eq)]
pub enum Look {
    /// Nothing changed.
    Same,
    /// Something changed and can be used: it was handed on.
    Changed,
    /// Something changed and cannot be used: it was logged, and the old one stays (R34).
    Refused(ConfigProblems),
}

/// Hands on every new version of the configuration that can be used.
///
/// Only secrets are meant to be taken from a new version: everything else needs a restart.
#[derive(Debug)]
pub struct Watcher {
    sources: Sources,
    seen: Fingerprint,
    sender: watch::Sender<Arc<Config>>,
}

impl Watcher {
    /// Reads the configuration for the first time.
    ///
    /// Fails with every problem at once, as [`load`](crate::config::load) does.
    pub async fn open(sources: Sources) -> Result<(Self, watch::Receiver<Arc<Config>>), ConfigProblems> {
        let (config, seen) = sources.read().await;
        let (sender, receiver) = watch::channel(Arc::new(config?));
        Ok((Self { sources, seen, sender }, receiver))
    }

    /// Looks at the files every two seconds by this clock, and at once on SIGHUP; never returns.
    pub async fn run(mut self, clock: Arc<dyn Clock>) {
        let mut hangup = signal(SignalKind::hangup())
            .inspect_err(|error| tracing::warn!(%error, "SIGHUP cannot be listened to"))
            .ok();
        loop {
            tokio::select! {
                () = clock.wait(INTERVAL) => {}
                () = signalled(&mut hangup) => tracing::info!("configuration is read again on SIGHUP"),
            }
            self.look().await;
        }
    }

    /// Looks at the files once.
    pub async fn look(&mut self) -> Look {
        let (config, fingerprint) = self.sources.read().await;
        if fingerprint == self.seen {
            return Look::Same;
        }
        self.seen = fingerprint;
        match config {
            Ok(config) => {
                self.sender.send_replace(Arc::new(config));
                tracing::info!("configuration changed: its secrets are taken over");
                Look::Changed
            }
            Err(problems) => {
                tracing::warn!(%problems, "configuration changed and is refused: the old one stays");
                Look::Refused(problems)
            }
        }
    }
}

/// Returns when the signal comes; never, where it cannot be listened to.
async fn signalled(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            if signal.recv().await.is_none() {
                std::future::pending::<()>().await;
            }
        }
        None => std::future::pending().await,
    }
}
