//! Starts logging as an operator asks: to stderr, since stdout is for data.

use std::io;
use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::util::TryInitError;

use crate::config::telemetry::LogFormat;
use crate::config::telemetry::Settings;

/// Why logging cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter cannot be read.
    #[error("telemetry.log cannot be read")]
    Filter(#[from] ParseError),
    /// Logging was started before.
    #[error("logging has been started already")]
    Started(#[from] TryInitError),
}

/// Starts logging for the whole process. Fails where the filter cannot be read, or at the second call.
pub fn start(settings: &Settings) -> Result<(), TelemetryError> {
    let filter = EnvFilter::builder().parse(&settings.log)?;
    let registry = registry().with(filter);
    match settings.log_format {
        LogFormat::Json => registry.with(fmt::layer().json().with_writer(io::stderr)).try_init()?,
        LogFormat::Text => registry
            .with(fmt::layer().with_ansi(io::stderr().is_terminal()).with_writer(io::stderr))
            .try_init()?,
    }
    Ok(())
}
