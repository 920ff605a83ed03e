//! Seals bytes to their place under a fresh key each time, and opens them. Knows neither records nor Redis.
//!
//! `version(1) · kek id(8) · dek id(16) · salt(32) · commitment(32) · ciphertext · tag(16)`
//!
//! One layout serves twice: a data key wrapped by a key of the ring names both, and a record sealed under a data
//! key has a kek id of zero. A record names only its data key, so that wrapping that key anew leaves no header
//! that lies.

use std::fmt;

use aws_lc_rs::aead::AES_256_GCM;
use aws_lc_rs::aead::Aad;
use aws_lc_rs::aead::LessSafeKey;
use aws_lc_rs::aead::NONCE_LEN;
use aws_lc_rs::aead::Nonce;
use aws_lc_rs::aead::UnboundKey;
use aws_lc_rs::hkdf::HKDF_SHA256;
use aws_lc_rs::hkdf::KeyType;
use aws_lc_rs::hkdf::Salt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::crypto::encoding;
use crate::crypto::place::Place;
use crate::domain::entropy::Entropy;

const VERSION: u8 = 1;
const TAG_LENGTH: usize = 16;

/// What an envelope adds to the bytes it seals.
pub const OVERHEAD: usize = HEADER_LENGTH + TAG_LENGTH;

const HEADER_LENGTH: usize = 1 + 8 + 16 + 32 + 32;

/// Names a key of the ring.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KekId(pub(in crate::crypto) [u8; 8]);

impl KekId {
    /// Stands in a record's header, where no key of the ring is named.
    pub(in crate::crypto) const NONE: Self = Self([0; 8]);
}

impl fmt::Display for KekId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encoding::hex(&self.0))
    }
}

impl fmt::Debug for KekId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KekId({self})")
    }
}

/// Names a data key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DekId(pub(in crate::crypto) [u8; 16]);

impl fmt::Display for DekId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encoding::hex(&self.0))
    }
}

impl fmt::Debug for DekId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DekId({self})")
    }
}

/// Which keys an envelope names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names {
    /// The key of the ring that seals it; `None` for a record.
    pub kek: Option<KekId>,
    /// The data key: sealed by it, or the one that is inside.
    pub dek: DekId,
}

/// Why an envelope does not open. None of these ever means that there is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Fewer bytes than an envelope has.
    #[error("the sealed bytes are cut short")]
    Truncated,
    /// Written by a later release, or not an envelope.
    #[error("the sealed bytes are of version {0}, which this release does not know")]
    UnknownVersion(u8),
    /// The ring lacks the key that is named: it was retired too early, or this is another installation's store.
    #[error("the keyring has no key {0}: restore that key to the keyring file")]
    UnknownKek(KekId),
    /// The partition lacks the data key that is named.
    #[error("there is no data key {0}")]
    UnknownDek(DekId),
    /// What seals the record is gone: its partition was off-boarded.
    #[error("the data keys of the partition are gone")]
    NoDataKey,
    /// Another key, another place, or altered bytes.
    #[error("the sealed bytes do not belong to this key and place")]
    WrongCommitment,
    /// Altered bytes.
    #[error("the sealed bytes were altered")]
    WrongTag,
    /// What was sealed is not a data key.
    #[error("the sealed bytes are not a data key")]
    NotAKey,
}

/// Reads which keys an envelope names, before anything of it is trusted.
///
/// Answers [`OpenError::Truncated`] or [`OpenError::UnknownVersion`].
pub fn names(sealed: &[u8]) -> Result<Names, OpenError> {
    Parts::parse(sealed)
        .map(|parts| Names { kek: (parts.kek != KekId::NONE).then_some(parts.kek), dek: parts.dek })
}

/// Seals `plain` so that it opens only with `secret` and at `place`.
pub(in crate::crypto) fn seal(
    secret: &[u8; 32],
    names: Names,
    place: &Place<'_>,
    plain: &[u8],
    entropy: &dyn Entropy,
) -> Vec<u8> {
    let place = place.encode();
    let mut salt = [0; 32];
    entropy.fill(&mut salt);
    let derived = Derived::new(secret, &salt, &place);

    let mut sealed = Vec::with_capacity(plain.len() + OVERHEAD);
    sealed.push(VERSION);
    sealed.extend_from_slice(&names.kek.unwrap_or(KekId::NONE).0);
    sealed.extend_from_slice(&names.dek.0);
    sealed.extend_from_slice(&salt);
    sealed.extend_from_slice(derived.commitment());
    let aad = [sealed.as_slice(), &place].concat();
    sealed.extend_from_slice(plain);
    let (_, body) = sealed.split_at_mut(HEADER_LENGTH);
    let tag = derived
        .cipher()
        .seal_in_place_separate_tag(only_nonce(), Aad::from(aad), body)
        .expect("a record is far below the 64 GiB AES-GCM seals");
    sealed.extend_from_slice(tag.as_ref());
    sealed
}

/// Opens what [`seal`] made with the same secret and place. Answers each way it may fail; see [`OpenError`].
pub(in crate::crypto) fn open(
    secret: &[u8; 32],
    place: &Place<'_>,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let parts = Parts::parse(sealed)?;
    let place = place.encode();
    let derived = Derived::new(secret, parts.salt, &place);
    if !bool::from(derived.commitment().ct_eq(parts.commitment)) {
        return Err(OpenError::WrongCommitment);
    }

    let aad = [parts.header, &place].concat();
    let mut body = Zeroizing::new(parts.body.to_vec());
    let length = derived
        .cipher()
        .open_in_place(only_nonce(), Aad::from(aad), &mut body)
        .map_err(|_| OpenError::WrongTag)?
        .len();
    body.truncate(length);
    Ok(body)
}

/// The parts of an envelope, as they stand in its bytes.
struct Parts<'a> {
    header: &'a [u8],
    kek: KekId,
    dek: DekId,
    salt: &'a [u8; 32],
    commitment: &'a [u8; 32],
    /// Ciphertext and tag.
    body: &'a [u8],
}

impl<'a> Parts<'a> {
    fn parse(sealed: &'a [u8]) -> Result<Self, OpenError> {
        let (version, rest) = sealed.split_first().ok_or(OpenError::Truncated)?;
        if *version != VERSION {
            return Err(OpenError::UnknownVersion(*version));
        }
        let (kek, rest) = rest.split_first_chunk().ok_or(OpenError::Truncated)?;
        let (dek, rest) = rest.split_first_chunk().ok_or(OpenError::Truncated)?;
        let (salt, rest) = rest.split_first_chunk().ok_or(OpenError::Truncated)?;
        let (commitment, body) = rest.split_first_chunk().ok_or(OpenError::Truncated)?;
        if body.len() < TAG_LENGTH {
            return Err(OpenError::Truncated);
        }
        let (header, _) = sealed.split_at(HEADER_LENGTH);
        Ok(Self { header, kek: KekId(*kek), dek: DekId(*dek), salt, commitment, body })
    }
}

/// The key of one envelope, and what commits the envelope to it.
///
/// AES-GCM alone does not commit: one ciphertext may open under two keys. The commitment closes that.
struct Derived(Zeroizing<[u8; 64]>);

impl Derived {
    fn new(secret: &[u8; 32], salt: &[u8; 32], place: &[u8]) -> Self {
        let mut bytes = Zeroizing::new([0; 64]);
        Salt::new(HKDF_SHA256, salt)
            .extract(secret)
            .expand(&[place], KeyAndCommitment)
            .and_then(|derived| derived.fill(bytes.as_mut_slice()))
            .expect("64 bytes are within what HKDF-SHA-256 gives");
        Self(bytes)
    }

    fn commitment(&self) -> &[u8] {
        self.0.split_at(32).1
    }

    fn cipher(&self) -> LessSafeKey {
        let key = UnboundKey::new(&AES_256_GCM, self.0.split_at(32).0).expect("32 bytes: half of 64");
        LessSafeKey::new(key)
    }
}

/// The length HKDF gives: an AES-256 key and a commitment.
struct KeyAndCommitment;

impl KeyType for KeyAndCommitment {
    fn len(&self) -> usize {
        64
    }
}

/// The zero nonce. A derived key seals once, under a salt of its own, so no nonce is ever used twice with it.
fn only_nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::crypto::entropy::SystemEntropy;

    use super::*;

    const SECRET: [u8; 32] = [7; 32];
    const PLACE: Place<'_> =
        Place { deployment: "here", partition: "s:a", kind: "session", id: "1", schema: 1, version: 4 };

    fn sealed(plain: &[u8]) -> Vec<u8> {
        let names = Names { kek: None, dek: DekId([3; 16]) };
        seal(&SECRET, names, &PLACE, plain, &SystemEntropy)
    }

    #[test]
    fn sealed_bytes_open_at_their_place() {
        for plain in [&b""[..], b"x", &[9; 5000]] {
            let sealed = sealed(plain);
            assert_eq!(sealed.len(), plain.len() + OVERHEAD);
            assert_eq!(open(&SECRET, &PLACE, &sealed).unwrap().as_slice(), plain);
        }
    }

    #[test]
    fn sealing_twice_never_gives_the_same_bytes() {
        let (first, second) = (sealed(b"same"), sealed(b"same"));
        assert_ne!(first[25..57], second[25..57], "the salt is new");
        assert_ne!(first[89..], second[89..]);
    }

    #[test]
    fn each_part_of_the_place_binds() {
        let sealed = sealed(b"secret");
        let elsewhere = [
            Place { deployment: "there", ..PLACE },
            Place { partition: "s:b", ..PLACE },
            Place { kind: "service", ..PLACE },
            Place { id: "2", ..PLACE },
            Place { schema: 2, ..PLACE },
            Place { version: 3, ..PLACE },
        ];
        for place in elsewhere {
            assert_eq!(open(&SECRET, &place, &sealed), Err(OpenError::WrongCommitment), "{place:?}");
        }
    }

    #[test]
    fn another_key_does_not_open_it() {
        assert_eq!(open(&[8; 32], &PLACE, &sealed(b"secret")), Err(OpenError::WrongCommitment));
    }

    #[test]
    fn a_header_that_was_altered_is_told_from_a_body_that_was() {
        let good = sealed(b"secret");
        let altered = |at: usize| {
            let mut bytes = good.clone();
            bytes[at] ^= 1;
            open(&SECRET, &PLACE, &bytes).unwrap_err()
        };
        assert_eq!(altered(0), OpenError::UnknownVersion(0));
        assert_eq!(altered(1), OpenError::WrongTag, "the kek id is authenticated");
        assert_eq!(altered(9), OpenError::WrongTag, "the dek id is authenticated");
        assert_eq!(altered(25), OpenError::WrongCommitment, "another salt derives another key");
        assert_eq!(altered(57), OpenError::WrongCommitment);
        assert_eq!(altered(89), OpenError::WrongTag);
        assert_eq!(altered(good.len() - 1), OpenError::WrongTag);
    }

    #[test]
    fn bytes_cut_short_are_refused_at_any_length() {
        let sealed = sealed(b"");
        for length in 0..sealed.len() {
            assert_eq!(open(&SECRET, &PLACE, &sealed[..length]), Err(OpenError::Truncated), "{length}");
        }
    }

    proptest! {
        #[test]
        fn any_bit_flipped_keeps_it_shut(plain in prop::collection::vec(any::<u8>(), 0..200), bit in any::<prop::sample::Index>()) {
            let mut bytes = sealed(&plain);
            let bit = bit.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(open(&SECRET, &PLACE, &bytes).is_err());
        }

        #[test]
        fn any_bit_flipped_in_the_place_keeps_it_shut(texts in prop::array::uniform4("[a-zA-Z0-9:._-]{1,12}"), schema: u16, version: u64, bit in any::<prop::sample::Index>()) {
            let place = Place { deployment: &texts[0], partition: &texts[1], kind: &texts[2], id: &texts[3], schema, version };
            let names = Names { kek: None, dek: DekId([3; 16]) };
            let bytes = seal(&SECRET, names, &place, b"plain", &SystemEntropy);
            let bit = bit.index(texts.iter().map(String::len).sum::<usize>() * 8 + 80);
            let mut other: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
            other.push(schema.to_be_bytes().to_vec());
            other.push(version.to_be_bytes().to_vec());
            let mut at = bit;
            for part in &mut other {
                if at < part.len() * 8 {
                    part[at / 8] ^= 1 << (at % 8);
                    break;
                }
                at -= part.len() * 8;
            }
            let text = |index: usize| String::from_utf8(other[index].clone());
            let (Ok(deployment), Ok(partition), Ok(kind), Ok(id)) = (text(0), text(1), text(2), text(3)) else {
                return Ok(());
            };
            let moved = Place {
                deployment: &deployment, partition: &partition, kind: &kind, id: &id,
                schema: u16::from_be_bytes(other[4].as_slice().try_into().unwrap()),
                version: u64::from_be_bytes(other[5].as_slice().try_into().unwrap()),
            };
            prop_assert_eq!(open(&SECRET, &moved, &bytes), Err(OpenError::WrongCommitment));
        }

        #[test]
        fn arbitrary_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(open(&SECRET, &PLACE, &bytes).is_err());
        }
    }
}
