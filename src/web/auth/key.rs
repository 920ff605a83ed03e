//! Owns keys and the one algorithm each is for: the token never chooses (RFC 8725 section 3.1).

use std::collections::BTreeMap;
use std::sync::Once;

use jsonwebtoken::Algorithm;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::crypto;
use secrecy::ExposeSecret;
use secrecy::SecretSlice;
use serde::Deserialize;
use serde_json::Value;

/// More keys than any issuer signs with.
const MOST_KEYS: usize = 100;

/// A key, and what it signs with.
#[derive(Clone, Debug)]
pub(super) struct Key {
    decoding: DecodingKey,
    algorithm: Algorithm,
    name: &'static str,
}

impl Key {
    /// A shared secret.
    pub(super) fn hs256(secret: &SecretSlice<u8>) -> Self {
        install_backend();
        Self {
            decoding: DecodingKey::from_secret(secret.expose_secret()),
            algorithm: Algorithm::HS256,
            name: "HS256",
        }
    }

    /// Whether `signature` is this key's for `message`, by this key's algorithm, which the header must also name.
    pub(super) fn signed(&self, message: &[u8], signature: &str, algorithm: &str) -> bool {
        algorithm == self.name
            && crypto::verify(signature, message, &self.decoding, self.algorithm).unwrap_or(false)
    }
}

/// jsonwebtoken panics at first use unless exactly one backend is on: say which (crates.md gotcha 2).
fn install_backend() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if crypto::aws_lc::DEFAULT_PROVIDER.install_default().is_err() {
            tracing::debug!("a backend for tokens is installed already");
        }
    });
}

/// The keys of a set by their ids, leaving out those that cannot sign tokens here. Nothing, if it is no key set.
pub(super) fn parse_set(document: &[u8]) -> Option<BTreeMap<String, Key>> {
    install_backend();
    let set: Set = serde_json::from_slice(document).ok()?;
    let keys = set.keys.into_iter().take(MOST_KEYS);
    Some(keys.filter_map(|key| parse_key(serde_json::from_value(key).ok()?)).collect())
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

/// The members of RFC 7517 and 7518 that matter here.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: String,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

fn parse_key(jwk: Jwk) -> Option<(String, Key)> {
    let signs = jwk.purpose.as_deref().is_none_or(|purpose| purpose == "sig");
    let verifies = jwk.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
    let (name, algorithm, decoding) = match (&*jwk.kty, jwk.crv.as_deref()) {
        ("RSA", None) => {
            ("RS256", Algorithm::RS256, DecodingKey::from_rsa_components(&jwk.n?, &jwk.e?).ok()?)
        }
        ("EC", Some("P-256")) => {
            ("ES256", Algorithm::ES256, DecodingKey::from_ec_components(&jwk.x?, &jwk.y?).ok()?)
        }
        ("OKP", Some("Ed25519")) => {
            ("EdDSA", Algorithm::EdDSA, DecodingKey::from_ed_components(&jwk.x?).ok()?)
        }
        _ => return None,
    };
    let fits = jwk.alg.as_deref().is_none_or(|alg| alg == name);
    (signs && verifies && fits).then_some((jwk.kid, Key { decoding, algorithm, name }))
}
