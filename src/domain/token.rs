//! Owns random tokens that stand in addresses and cookies: whoever has one may act, so only its hash is stored.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroize;

use crate::domain::hash::token_hash;
use crate::domain::id::TokenHash;

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
        token_hash("token", &self.0)
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
