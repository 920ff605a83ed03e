//! Owns hashes: keyed ones for ids that must not be guessed back, plain ones for random tokens. Stores none.

use std::fmt;

use aws_lc_rs::digest;
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::crypto::encoding;
use crate::domain::entropy::Entropy;
use crate::domain::id::TokenHash;

/// The key of [`keyed_hash`]. Erased when dropped, never shown.
#[derive(Clone)]
pub struct HashKey(Zeroizing<[u8; 32]>);

impl HashKey {
    /// Makes a key nobody else has.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(bytes.as_mut_slice());
        Self(bytes)
    }

    /// Takes 32 bytes that were kept secret; `None` for any other length.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; 32]);
        if bytes.len() != key.len() {
            return None;
        }
        key.copy_from_slice(bytes);
        Some(Self(key))
    }

    /// The bytes, for whoever seals them.
    pub fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey(..)")
    }
}

/// HMAC-SHA-256 of `parts` for one purpose: without the key, nobody can tell what was hashed.
///
/// Each part follows its length, so `["ab", "c"]` and `["a", "bc"]` differ; `domain` keeps purposes apart.
pub fn keyed_hash(key: &HashKey, domain: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key.0.as_slice()));
    for part in std::iter::once(&domain.as_bytes()).chain(parts) {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    first_32(context.sign().as_ref())
}

/// SHA-256. Only for what nobody can guess: tokens of 128 random bits and more.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    first_32(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// How a random token is named in the store: 160 bits of its SHA-256 (correctness.md section 5).
#[expect(clippy::missing_panics_doc, reason = "20 bytes are 32 characters, whatever they are")]
pub fn token_hash(token: &[u8]) -> TokenHash {
    let hash = sha256(token);
    let (kept, _) = hash.split_at(20);
    TokenHash::parse(&encoding::base32(kept)).expect("20 bytes are 32 characters of base32")
}

/// The bytes of a hash that has 32 of them.
fn first_32(hash: &[u8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(hash);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_standards() {
        assert_eq!(
            encoding::hex(&sha256(b"abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(token_hash(b"abc").as_str(), "xj4bnp4pahh6uqkbidpf3lrceoyagynd");
    }

    #[test]
    fn a_keyed_hash_depends_on_the_key_the_purpose_and_where_parts_end() {
        let key = HashKey::parse(&[1; 32]).unwrap();
        let hash = keyed_hash(&key, "grant", &[b"ab", b"c"]);
        assert_eq!(hash, keyed_hash(&key, "grant", &[b"ab", b"c"]));
        for other in [
            keyed_hash(&HashKey::parse(&[2; 32]).unwrap(), "grant", &[b"ab", b"c"]),
            keyed_hash(&key, "marker", &[b"ab", b"c"]),
            keyed_hash(&key, "grant", &[b"a", b"bc"]),
            keyed_hash(&key, "grant", &[b"abc"]),
        ] {
            assert_ne!(hash, other);
        }
    }

    #[test]
    fn a_hash_key_of_another_length_is_refused() {
        assert!(HashKey::parse(&[0; 31]).is_none());
        assert!(HashKey::parse(&[0; 33]).is_none());
    }
}
