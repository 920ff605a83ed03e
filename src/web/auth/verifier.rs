//! Decides whether a bearer token is good, and what it allows (correctness.md section 6).

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use crate::app::ports::clock::Clock;
use crate::web::auth::cache::Checked;
use crate::web::auth::cache::MOST_TOKENS;
use crate::web::auth::cache::hash;
use crate::web::auth::caller::Caller;
use crate::web::auth::claims::Claims;
use crate::web::auth::claims::Header;
use crate::web::auth::claims::Named;
use crate::web::auth::jwks::FetchKeys;
use crate::web::auth::jwks::Held;
use crate::web::auth::jwks::Jwks;
use crate::web::auth::jwks::NoKey;
use crate::web::auth::key::Key;
use crate::web::auth::refusal::Refusal;
use crate::web::auth::settings::IssuerKeys;
use crate::web::auth::settings::Settings;

/// Longer tokens are refused unread (contract.md, correctness.md section 6).
const TOKEN_LIMIT: usize = 8 * 1024;

/// Checks bearer tokens against the issuers that an operator named.
#[derive(Debug)]
pub struct Verifier {
    current: ArcSwap<Current>,
    most_kept: u64,
    fetch: Arc<dyn FetchKeys>,
    clock: Arc<dyn Clock>,
}

/// The issuers, and the tokens checked against them: swapped together, so that no token outlives its key.
#[derive(Debug)]
struct Current {
    issuers: BTreeMap<String, Issuer>,
    checked: Checked,
}

#[derive(Debug)]
struct Issuer {
    audience: String,
    keys: Keys,
}

#[derive(Debug)]
enum Keys {
    Shared(Arc<Key>),
    Set(Arc<Jwks>),
}

impl Verifier {
    /// For these issuers. Nothing is fetched before a token needs it.
    pub fn new(settings: &Settings, fetch: Arc<dyn FetchKeys>, clock: Arc<dyn Clock>) -> Self {
        Self::keeping(MOST_TOKENS, settings, fetch, clock)
    }

    /// The same, with room for so many checked tokens; with none, each is checked every time.
    pub fn keeping(
        most_kept: u64,
        settings: &Settings,
        fetch: Arc<dyn FetchKeys>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let none = Current { issuers: BTreeMap::new(), checked: Checked::new(0) };
        let verifier = Self { current: ArcSwap::from_pointee(none), most_kept, fetch, clock };
        verifier.replace(settings);
        verifier
    }

    /// Takes over changed issuers and secrets (R34). Key sets of addresses that stay are kept; every token is checked anew.
    pub fn replace(&self, settings: &Settings) {
        let old = self.current.load();
        let issuers = settings.issuers.iter().map(|issuer| {
            let keys = match &issuer.keys {
                IssuerKeys::Hs256(secret) => Keys::Shared(Arc::new(Key::hs256(secret))),
                IssuerKeys::Jwks(url) => Keys::Set(old.jwks(url).unwrap_or_else(|| {
                    Jwks::new(url.clone(), Arc::clone(&self.fetch), Arc::clone(&self.clock))
                })),
            };
            (issuer.issuer.clone(), Issuer { audience: issuer.audience.clone(), keys })
        });
        let current = Current { issuers: issuers.collect(), checked: Checked::new(self.most_kept) };
        self.current.store(Arc::new(current));
    }

    /// Checks a token: size, header, issuer, key, signature, claims, in this order.
    pub async fn verify(&self, token: &str) -> Result<Arc<Caller>, Refusal> {
        if token.len() > TOKEN_LIMIT {
            return Err(Refusal::Malformed);
        }
        let (current, hash) = (self.current.load_full(), hash(token));
        if let Some(caller) = current.checked.find(&hash, self.clock.now()).await {
            return Ok(caller);
        }
        let (caller, until) = self.check(&current.issuers, token).await?;
        let caller = Arc::new(caller);
        current.checked.put(hash, Arc::clone(&caller), until).await;
        Ok(caller)
    }

    /// Checks a token that is not known yet, and says until when it need not be checked again.
    async fn check(
        &self,
        issuers: &BTreeMap<String, Issuer>,
        token: &str,
    ) -> Result<(Caller, Timestamp), Refusal> {
        let (message, signature) = token.rsplit_once('.').ok_or(Refusal::Malformed)?;
        let (header, claims) = message.split_once('.').ok_or(Refusal::Malformed)?;
        let header: Header = part(header)?;
        if header.is_dangerous() {
            return Err(Refusal::DangerousHeader);
        }
        let named: Named = part(claims)?;
        let issuer = issuers.get(&named.iss).ok_or(Refusal::Issuer)?;
        let held = self.key(&issuer.keys, &header).await?;
        if !held.key.signed(message.as_bytes(), signature, &header.alg) {
            return Err(Refusal::Signature);
        }
        let now = self.clock.now();
        let admitted = part::<Claims>(claims)?.admit(&issuer.audience, now)?;
        let expires_at = now.checked_add(admitted.life).map_err(|_| Refusal::Malformed)?;
        Ok((admitted.caller, expires_at.min(held.fresh_until)))
    }

    async fn key(&self, keys: &Keys, header: &Header) -> Result<Held, Refusal> {
        match keys {
            Keys::Shared(key) => Ok(Held { key: Arc::clone(key), fresh_until: Timestamp::MAX }),
            Keys::Set(jwks) => {
                let kid = header.kid.as_deref().ok_or(Refusal::Signature)?;
                jwks.key(kid).await.map_err(|missing| match missing {
                    NoKey::Unknown => Refusal::Signature,
                    NoKey::Unavailable => Refusal::KeysUnavailable,
                })
            }
        }
    }
}

impl Current {
    fn jwks(&self, url: &url::Url) -> Option<Arc<Jwks>> {
        self.issuers.values().find_map(|issuer| match &issuer.keys {
            Keys::Set(jwks) if jwks.url() == url => Some(Arc::clone(jwks)),
            Keys::Set(_) | Keys::Shared(_) => None,
        })
    }
}

/// Reads one part of a token; an object that says a member twice is refused.
fn part<T: DeserializeOwned>(encoded: &str) -> Result<T, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| Refusal::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Refusal::Malformed)
}
