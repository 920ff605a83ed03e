//! Owns the demo's issuer of tokens: a shared secret, and the tokens it signs (contract.md section 2).

use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use serde_json::json;

use crate::app::ports::clock::Clock;
use crate::domain::entropy::Entropy;
use crate::web::auth::Scope;

/// What `iss` says.
pub(super) const NAME: &str = "dev";
/// What `aud` says.
pub(super) const AUDIENCE: &str = "greenroom";
/// The longest life the gateway accepts.
const LIFE_SECONDS: i64 = 3_600;

/// Signs tokens for the demo's platform.
#[derive(Debug)]
pub(super) struct Issuer {
    key: hmac::Key,
    clock: Arc<dyn Clock>,
}

/// A new shared secret, as its file holds it.
pub(super) fn secret(entropy: &dyn Entropy) -> SecretString {
    let mut bytes = [0; 48];
    entropy.fill(&mut bytes);
    SecretString::from(URL_SAFE_NO_PAD.encode(bytes))
}

impl Issuer {
    /// Signs with this secret.
    pub(super) fn new(secret: &SecretString, clock: Arc<dyn Clock>) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes()), clock }
    }

    /// A token that allows everything everywhere, for an hour.
    pub(super) fn token(&self) -> SecretString {
        let now = self.clock.now().as_second();
        let claims = json!({
            "iss": NAME,
            "aud": AUDIENCE,
            "sub": "demo",
            "iat": now,
            "exp": now + LIFE_SECONDS,
            "scope": Scope::ALL.map(Scope::name).join(" "),
            "sites": "*",
        });
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, message.as_bytes()));
        SecretString::from(format!("{message}.{signature}"))
    }
}
