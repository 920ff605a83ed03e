//! Owns what an operator says about callers: who issues their tokens, and which keys sign them.

use std::fmt;

use secrecy::ExposeSecret;
use secrecy::SecretSlice;
use url::Url;

/// Shorter HS256 secrets are refused: RFC 7518 section 3.2 asks for at least the size of the hash.
pub const HS256_SECRET_MIN_BYTES: usize = 32;

/// The `[auth]` section (contract.md section 4).
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who may issue tokens; each name stands once, never empty.
    pub issuers: Vec<Issuer>,
}

/// One issuer of tokens.
#[derive(Debug, Clone)]
pub struct Issuer {
    /// What `iss` must say.
    pub issuer: String,
    /// What `aud` must say, or hold.
    pub audience: String,
    /// What its tokens are checked with.
    pub keys: IssuerKeys,
}

/// Where the keys of an issuer come from.
#[derive(Clone)]
pub enum IssuerKeys {
    /// One shared secret of at least [`HS256_SECRET_MIN_BYTES`].
    Hs256(SecretSlice<u8>),
    /// A key set (RFC 7517) at an https address, or http on loopback.
    Jwks(Url),
}

/// Why a shared secret cannot sign tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an HS256 secret has at least {HS256_SECRET_MIN_BYTES} bytes")]
pub struct ShortSecret;

impl IssuerKeys {
    /// Takes a shared secret that is long enough.
    pub fn hs256(secret: SecretSlice<u8>) -> Result<Self, ShortSecret> {
        if secret.expose_secret().len() < HS256_SECRET_MIN_BYTES {
            return Err(ShortSecret);
        }
        Ok(Self::Hs256(secret))
    }
}

impl fmt::Debug for IssuerKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hs256(_) => f.write_str("Hs256"),
            Self::Jwks(url) => write!(f, "Jwks({url})"),
        }
    }
}
