//! Fills the receivers of events from `[events]`.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::app::settings::Endpoint;
use crate::app::settings::Events;
use crate::config::address;
use crate::config::section::Found;
use crate::config::section::Section;

/// What completes "write …" for the secrets of a receiver.
const SECRETS: &str = "secrets of the form whsec_<base64 of 24 to 64 bytes>, the current one first";

/// Reads `[events]`.
pub(super) fn fill(mut section: Section<'_>) -> Option<Events> {
    let tables = match section.tables("endpoints") {
        Found::Absent => Some(Vec::new()),
        Found::Refused => None,
        Found::Given(tables) => Some(tables),
    };
    let endpoints: Option<Vec<_>> = tables.map(|tables| {
        let mut endpoints = Vec::new();
        for (name, values) in tables {
            endpoints.push(endpoint(section.nested(name, values)));
        }
        endpoints
    });
    let endpoints = endpoints.and_then(|endpoints| endpoints.into_iter().collect::<Option<Vec<_>>>());
    if endpoints.as_deref().is_some_and(has_twins) {
        let name = section.name_of("endpoints");
        section.report(name, "names an address twice", "keep one of them, with the secrets of both");
        section.finish();
        return None;
    }
    section.finish();
    Some(Events { endpoints: endpoints? })
}

fn has_twins(endpoints: &[Endpoint]) -> bool {
    let addresses: BTreeSet<_> = endpoints.iter().map(|endpoint| &endpoint.url).collect();
    addresses.len() < endpoints.len()
}

fn endpoint(mut section: Section<'_>) -> Option<Endpoint> {
    let expected = "an https address, or http on loopback";
    let url = section.parsed("url", expected, address::secure_url);
    let url = section.required("url", url, expected);
    let secrets = section.secrets("secrets", SECRETS, is_signing_secret).filled();
    let secrets = section.required("secrets", secrets, SECRETS);
    section.finish();
    Some(Endpoint { url: url?, secrets: secrets? })
}

/// Whether a secret has the form of Standard Webhooks.
fn is_signing_secret(secret: &str) -> bool {
    let Some(encoded) = secret.strip_prefix("whsec_") else { return false };
    STANDARD.decode(encoded).is_ok_and(|bytes| (24..=64).contains(&bytes.len()))
}
