//! Fills the settings of callers from `[auth]`.

use std::collections::BTreeSet;

use secrecy::SecretSlice;

use crate::config::address;
use crate::config::section::Found;
use crate::config::section::Section;
use crate::web::auth::settings::HS256_SECRET_MIN_BYTES;
use crate::web::auth::settings::Issuer;
use crate::web::auth::settings::IssuerKeys;
use crate::web::auth::settings::Settings;

/// What completes "write …" for the list of issuers.
const EXPECTED: &str = "at least one issuer, as in \
     [ { issuer = \"https://platform.example\", audience = \"greenroom\", jwks_url = \"https://…\" } ]";

/// Reads `[auth]`.
pub(super) fn fill(mut section: Section<'_>) -> Option<Settings> {
    let found = section.tables("issuers");
    let tables = section.required("issuers", found, EXPECTED).unwrap_or_default();
    let expected = tables.len();
    let mut names = BTreeSet::new();
    let mut issuers = Vec::new();
    for (name, values) in tables {
        if let Some(issuer) = issuer(section.nested(name.clone(), values)) {
            if !names.insert(issuer.issuer.clone()) {
                section.report(name, "names an issuer again", "keep one entry for each issuer");
            }
            issuers.push(issuer);
        }
    }
    section.finish();
    (issuers.len() == expected && expected > 0).then_some(Settings { issuers })
}

fn issuer(mut section: Section<'_>) -> Option<Issuer> {
    let issuer = name(&mut section, "issuer", "what `iss` says in its tokens");
    let audience = name(&mut section, "audience", "what `aud` says in its tokens");
    let keys = keys(&mut section);
    section.finish();
    Some(Issuer { issuer: issuer?, audience: audience?, keys: keys? })
}

fn name(section: &mut Section<'_>, key: &str, remedy: &str) -> Option<String> {
    let found = section.parsed(key, remedy, |text| (!text.is_empty()).then(|| text.to_owned()));
    section.required(key, found, remedy)
}

fn keys(section: &mut Section<'_>) -> Option<IssuerKeys> {
    let jwks = section.parsed("jwks_url", "an https address, or http on loopback", address::secure_url);
    let secret = section.secret_bytes("hs256_secret");
    match (jwks, secret) {
        (Found::Given(url), Found::Absent) => Some(IssuerKeys::Jwks(url)),
        (Found::Absent, Found::Given((name, secret))) => hs256(section, name, secret),
        (Found::Refused, _) | (_, Found::Refused) => None,
        (Found::Absent, Found::Absent) => {
            let place = section.place("jwks_url");
            section.report(place, "is missing", "write jwks_url or hs256_secret_file");
            None
        }
        (Found::Given(_), Found::Given(_)) => {
            let place = section.place("jwks_url");
            section.report(place, "stands beside a shared secret", "keep jwks_url or hs256_secret_file");
            None
        }
    }
}

fn hs256(section: &mut Section<'_>, name: String, secret: SecretSlice<u8>) -> Option<IssuerKeys> {
    let keys = IssuerKeys::hs256(secret);
    if keys.is_err() {
        let remedy = format!("make one of at least {HS256_SECRET_MIN_BYTES} random bytes");
        section.report(name, "is a secret that is too short", remedy);
    }
    keys.ok()
}
