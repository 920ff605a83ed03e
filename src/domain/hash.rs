//! Owns hashes: keyed ones for what must not be guessed, plain ones under which random tokens are stored.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use hmac::Hmac;
use hmac::Mac;
use sha2::Digest;
use sha2::Sha256;
use zeroize::Zeroize;

use crate::domain::entropy::Entropy;
use crate::domain::id::TokenHash;

/// 32 bytes that key a hash; never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct HashKey([u8; 32]);

impl HashKey {
    /// Takes 32 random bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Makes a key nobody else has.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        Self(bytes)
    }

    /// The bytes, for sealing.
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// HMAC-SHA-256 (RFC 2104) over parts, each preceded by its length, so that no two lists of parts are alike.
    #[expect(clippy::missing_panics_doc, reason = "a key of HMAC has any length")]
    pub fn hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of HMAC has any length");
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey(…)")
    }
}

impl Drop for HashKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Under what a random text is stored: 160 bits of SHA-256 over its purpose and itself, enough for texts of 96 random
/// bits and more.
#[expect(clippy::missing_panics_doc, reason = "20 bytes are always 32 characters of base32")]
pub fn token_hash(purpose: &str, text: &str) -> TokenHash {
    let mut hasher = Sha256::new();
    for part in [purpose, ":", text] {
        hasher.update(part.as_bytes());
    }
    let digest = hasher.finalize();
    let kept = digest.get(..20).unwrap_or_default();
    TokenHash::parse(&BASE32_NOPAD.encode(kept).to_ascii_lowercase())
        .expect("20 bytes are 32 characters of base32")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        let key = HashKey::new([1; 32]);
        assert_ne!(key.hash(&[b"ab", b"c"]), key.hash(&[b"a", b"bc"]));
    }

    #[test]
    fn hashes_stay_what_they_were_when_they_were_stored() {
        let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
        let hash = HashKey::new([1; 32]).hash(&[b"ab", b"c"]);
        assert_eq!(hex(&hash), "00f7da38a97bdafddab2519a3ee0272e086a448b0f5357cfdae24a596c194a12");
        assert_eq!(token_hash("locator", "a").as_str(), "kfuueydq3b5u5ofxoa7bmqlnpide54uk");
    }

    #[test]
    fn a_hash_depends_on_its_purpose() {
        assert_ne!(token_hash("token", "a"), token_hash("locator", "a"));
    }
}
