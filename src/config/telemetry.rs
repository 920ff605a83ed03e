//! Owns and fills what an operator says about logs and traces in `[telemetry]`.

use tracing_subscriber::EnvFilter;
use url::Url;

use crate::config::address;
use crate::config::section::Section;

/// The `[telemetry]` section (contract.md section 4).
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which events are logged: directives that a filter accepts.
    pub log: String,
    /// How a log line looks.
    pub log_format: LogFormat,
    /// Where traces are sent, if anywhere.
    pub otlp_endpoint: Option<Url>,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// Reads `[telemetry]`.
pub(super) fn fill(mut section: Section<'_>) -> Option<Settings> {
    let expected = "a level (error, warn, info, debug, trace) or directives, as in \"info,greenroom=debug\"";
    let log = section.parsed("log", expected, filter).or("info".to_owned());
    let log_format = section.parsed("log_format", "\"json\" or \"text\"", format).or(LogFormat::Json);
    let otlp = section.parsed("otlp_endpoint", "an https address (http on loopback), or \"\"", endpoint);
    let otlp_endpoint = otlp.or(None);
    section.finish();
    Some(Settings { log: log?, log_format: log_format?, otlp_endpoint: otlp_endpoint? })
}

fn filter(text: &str) -> Option<String> {
    EnvFilter::builder().parse(text).is_ok().then(|| text.to_owned())
}

fn format(text: &str) -> Option<LogFormat> {
    match text {
        "json" => Some(LogFormat::Json),
        "text" => Some(LogFormat::Text),
        _ => None,
    }
}

#[expect(clippy::option_option, reason = "outer: whether it can be read; inner: whether traces are sent")]
fn endpoint(text: &str) -> Option<Option<Url>> {
    if text.is_empty() { Some(None) } else { address::secure_url(text).map(Some) }
}
