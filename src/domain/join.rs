//! Owns join addresses: permanent, one an audience, told from guesses without a look-up of their own (R22, R25).
//!
//! A token is a *locator*, by which the session is found, and a truncated HMAC over the audience under a key of the
//! session. The store keeps only a hash of the locator; the key is sealed with the session.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use subtle::ConstantTimeEq;

use crate::domain::hash::HashKey;
use crate::domain::hash::token_hash;
use crate::domain::id::TokenHash;
use crate::domain::visibility::Audience;

const LOCATOR_BYTES: usize = 12;
const LOCATOR_CHARACTERS: usize = 16;
const TAG_BYTES: usize = 16;
const TAG_CHARACTERS: usize = 22;

/// What a session's join addresses are made of.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinKey {
    locator: [u8; LOCATOR_BYTES],
    key: HashKey,
}

impl JoinKey {
    /// Takes 44 random bytes.
    pub fn new(entropy: [u8; 44]) -> Self {
        let mut locator = [0; LOCATOR_BYTES];
        let mut key = [0; 32];
        for (to, from) in locator.iter_mut().chain(&mut key).zip(entropy) {
            *to = from;
        }
        Self { locator, key: HashKey::new(key) }
    }

    /// The bytes it was made of, for sealing.
    pub fn to_bytes(&self) -> [u8; 44] {
        let mut bytes = [0; 44];
        for (to, from) in bytes.iter_mut().zip(self.locator.iter().chain(self.key.expose())) {
            *to = *from;
        }
        bytes
    }

    /// By what the session is found.
    pub fn locator(&self) -> Locator {
        Locator(BASE64URL_NOPAD.encode(&self.locator))
    }

    /// The token of an audience: 38 characters of base64url.
    pub fn token(&self, audience: Audience) -> JoinToken {
        let tag = BASE64URL_NOPAD.encode(&self.tag(audience));
        JoinToken { locator: self.locator(), tag }
    }

    /// Whose token it is, if it is one of this session's.
    pub fn audience_of(&self, token: &JoinToken) -> Option<Audience> {
        let tag = BASE64URL_NOPAD.decode(token.tag.as_bytes()).ok()?;
        if self.locator() != token.locator {
            return None;
        }
        Audience::ALL.into_iter().find(|audience| self.tag(*audience).ct_eq(&tag).into())
    }

    fn tag(&self, audience: Audience) -> [u8; TAG_BYTES] {
        let hash = self.key.hash(&[b"join", audience.name().as_bytes()]);
        let mut tag = [0; TAG_BYTES];
        for (to, from) in tag.iter_mut().zip(hash) {
            *to = from;
        }
        tag
    }
}

impl fmt::Debug for JoinKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JoinKey(…)")
    }
}

/// The first part of a join token, by which the session is found.
#[derive(Clone, PartialEq, Eq)]
pub struct Locator(String);

impl Locator {
    /// Under what it is stored.
    pub fn hash(&self) -> TokenHash {
        token_hash("locator", &self.0)
    }
}

impl fmt::Debug for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Locator(…)")
    }
}

/// What stands behind `/j/`: whoever has it may join, so it is never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinToken {
    locator: Locator,
    tag: String,
}

impl JoinToken {
    /// Reads a token from an address; `None` for what can be none of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let (locator, tag) = text.split_at_checked(LOCATOR_CHARACTERS)?;
        let fits = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).is_ok();
        (tag.len() == TAG_CHARACTERS && fits(locator) && fits(tag))
            .then(|| Self { locator: Locator(locator.into()), tag: tag.into() })
    }

    /// By what the session is found.
    pub const fn locator(&self) -> &Locator {
        &self.locator
    }

    /// The whole token, for an address.
    pub fn expose(&self) -> String {
        format!("{}{}", self.locator.0, self.tag)
    }
}

impl fmt::Debug for JoinToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JoinToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_audience_has_a_token_of_its_own_that_names_it() {
        let key = JoinKey::new([7; 44]);
        for audience in Audience::ALL {
            let text = key.token(audience).expose();
            assert_eq!(text.len(), 38);
            let read = JoinToken::parse(&text).unwrap();
            assert_eq!(key.audience_of(&read), Some(audience));
        }
    }

    #[test]
    fn a_token_of_another_session_or_an_altered_one_names_nobody() {
        let key = JoinKey::new([7; 44]);
        let other = JoinKey::new([8; 44]);
        assert_eq!(key.audience_of(&other.token(Audience::Staff)), None);
        let mut text = key.token(Audience::Staff).expose();
        text.replace_range(20..21, if text.get(20..21) == Some("A") { "B" } else { "A" });
        assert_eq!(key.audience_of(&JoinToken::parse(&text).unwrap()), None);
        for bad in ["", "short", &"!".repeat(38), &"é".repeat(19), &"A".repeat(39)] {
            assert_eq!(JoinToken::parse(bad), None);
        }
    }
}
