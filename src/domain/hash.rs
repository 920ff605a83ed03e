//! Owns hashes: keyed ones for what must not be guessed, plain ones under which random tokens are stored.

use std::fmt;

use aws_lc_rs::digest;
use aws_lc_rs::hmac;
use data_encoding::BASE32_NOPAD;
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
    pub fn hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let mut context = hmac::Context::with_key(&key);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(context.sign().as_ref());
        hash
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
pub fn token_hash(purpose: &str, text: &str) -> TokenHash {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [purpose, ":", text] {
        context.update(part.as_bytes());
    }
    let digest = context.finish();
    let kept = digest.as_ref().get(..20).unwrap_or_default();
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
    fn a_hash_depends_on_its_purpose() {
        assert_ne!(token_hash("token", "a"), token_hash("locator", "a"));
    }
}
