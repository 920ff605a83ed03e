//! Reads a token's header and claims, and decides on the claims. Checks no signature.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::domain::id::SiteId;
use crate::web::auth::caller::Caller;
use crate::web::auth::caller::Scope;
use crate::web::auth::caller::Sites;
use crate::web::auth::refusal::Refusal;

/// A token that lives longer is refused: it could not be taken back in time (correctness.md section 6).
const LONGEST_LIFE_SECONDS: f64 = 3600.0;
/// How far the issuer's clock may be ahead of ours.
const CLOCK_SKEW_SECONDS: f64 = 10.0;

/// The header of a token. What would have us fetch or trust a key the token brings, or obey an extension, is
/// refused by its mere presence.
#[derive(Debug, Deserialize)]
pub(super) struct Header {
    pub(super) alg: String,
    pub(super) kid: Option<String>,
    crit: Option<IgnoredAny>,
    jku: Option<IgnoredAny>,
    jwk: Option<IgnoredAny>,
    x5u: Option<IgnoredAny>,
    x5c: Option<IgnoredAny>,
    b64: Option<IgnoredAny>,
    zip: Option<IgnoredAny>,
    enc: Option<IgnoredAny>,
}

impl Header {
    /// Whether the header asks for what is never done (RFC 8725 sections 3.1, 3.10).
    pub(super) fn is_dangerous(&self) -> bool {
        let fields =
            [&self.crit, &self.jku, &self.jwk, &self.x5u, &self.x5c, &self.b64, &self.zip, &self.enc];
        fields.into_iter().any(Option::is_some)
    }
}

/// The issuer a token names, before anything is checked: it only chooses what to check with.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) iss: String,
}

/// The claims of a token whose signature is right.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    aud: OneOrMany,
    sub: String,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    #[serde(default)]
    scope: String,
    sites: Option<OneOrMany>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Claims {
    /// Decides whether the claims may be used at this time by this audience, and what they allow.
    pub(super) fn admit(self, audience: &str, now: Timestamp) -> Result<Admitted, Refusal> {
        let now = now.as_duration().as_secs_f64();
        if !self.aud.holds(audience) {
            return Err(Refusal::Audience);
        }
        if self.exp <= now {
            return Err(Refusal::Expired);
        }
        if self.iat > now + CLOCK_SKEW_SECONDS || self.nbf.is_some_and(|nbf| nbf > now + CLOCK_SKEW_SECONDS) {
            return Err(Refusal::NotYet);
        }
        if self.exp - self.iat > LONGEST_LIFE_SECONDS {
            return Err(Refusal::LivesTooLong);
        }
        if self.sub.is_empty() {
            return Err(Refusal::Malformed);
        }
        let sites = self.sites.map_or(Ok(Sites::Some(BTreeSet::new())), sites)?;
        let scopes = self.scope.split_ascii_whitespace().filter_map(Scope::find).collect();
        let life = std::time::Duration::from_secs_f64(self.exp - now);
        Ok(Admitted { caller: Caller { subject: self.sub, scopes, sites }, life })
    }
}

/// What a token allows, and for how long yet: at most an hour and the clock skew.
pub(super) struct Admitted {
    pub(super) caller: Caller,
    pub(super) life: std::time::Duration,
}

impl OneOrMany {
    fn holds(&self, text: &str) -> bool {
        match self {
            Self::One(one) => one == text,
            Self::Many(many) => many.iter().any(|one| one == text),
        }
    }
}

/// `"*"`, or a list of site ids; anything else makes the token bad, not weaker.
fn sites(claim: OneOrMany) -> Result<Sites, Refusal> {
    match claim {
        OneOrMany::One(one) if one == "*" => Ok(Sites::All),
        OneOrMany::One(_) => Err(Refusal::Malformed),
        OneOrMany::Many(many) => {
            let ids: Result<_, _> = many.iter().map(|site| SiteId::parse(site)).collect();
            ids.map(Sites::Some).map_err(|_| Refusal::Malformed)
        }
    }
}
