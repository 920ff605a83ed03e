//! Fills the settings of the portal from `[portal]`.

use std::time::Duration;

use url::Url;

use crate::app::settings::Portal;
use crate::config::address;
use crate::config::section::Found;
use crate::config::section::Section;

/// Reads `[portal]`.
pub(super) fn fill(mut section: Section<'_>) -> Option<Portal> {
    let return_origins = return_origins(&mut section);
    let link = section.number("link_seconds", 60..=86_400).or(600);
    let session = section.number("session_seconds", 60..=86_400).or(1800);
    section.finish();
    Some(Portal {
        return_origins: return_origins?,
        link_ttl: Duration::from_secs(link?),
        session_ttl: Duration::from_secs(session?),
    })
}

fn return_origins(section: &mut Section<'_>) -> Option<Vec<Url>> {
    let (name, texts) = match section.texts("return_origins") {
        Found::Absent => return Some(Vec::new()),
        Found::Refused => return None,
        Found::Given(given) => given,
    };
    let origins: Option<Vec<_>> = texts.iter().map(|text| address::origin(text)).collect();
    if origins.is_none() {
        let remedy = "write origins, as in \"https://app.example.com\" (http only on loopback)";
        section.report(name, "holds what is not an origin", remedy);
    }
    origins
}
