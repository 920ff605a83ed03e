//! Owns random tokens that stand in addresses and cookies: whoever has one may act, so only its hash is stored.

use std::fmt;

use aws_lc_rs::digest;
use data_encoding::BASE64URL_NOPAD;
use data_encoding::HEXLOWER;
use zeroize::Zeroize;

use crate::domain::id::TokenHash;
use crate::domain::join::Locator;

/// 256 random bits as 43 characters of base64url; never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Takes 32 random bytes.
    pub fn new(entropy: [u8; 32]) -> Self {
        Self(BASE64URL_NOPAD.encode(&entropy))
    }

    /// Reads a token; `None` for what can be none of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        (bytes.len() == 32).then(|| Self(text.into()))
    }

    /// The text, for an address or a cookie.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Under what it is stored.
    pub fn hash(&self) -> TokenHash {
        hash(b"token", &self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Locator {
    /// Under what it is stored.
    pub fn hash(&self) -> TokenHash {
        hash(b"locator", self.expose())
    }
}

/// The first 128 bits of SHA-256 over a name and the text: enough for texts of 96 random bits and more.
fn hash(name: &[u8], text: &str) -> TokenHash {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(name);
    context.update(b":");
    context.update(text.as_bytes());
    let digest = context.finish();
    let half = digest.as_ref().get(..16).unwrap_or_default();
    TokenHash::parse(&HEXLOWER.encode(half)).expect("16 bytes are 32 characters of lower hex")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_and_hashes_alike() {
        let token = Token::new([9; 32]);
        assert_eq!(token.expose().len(), 43);
        assert_eq!(Token::parse(token.expose()).unwrap().hash(), token.hash());
        assert_eq!(format!("{token:?}"), "Token(…)");
        for bad in ["", "short", &"*".repeat(43), &"A".repeat(44)] {
            assert_eq!(Token::parse(bad), None);
        }
    }
}
