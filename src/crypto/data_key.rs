//! Owns data keys: the key of one site or grant, wrapped by a key of the ring. Knows no record.

use std::fmt;

use zeroize::Zeroizing;

use crate::crypto::envelope;
use crate::crypto::envelope::DekId;
use crate::crypto::envelope::Names;
use crate::crypto::envelope::OpenError;
use crate::crypto::keyring::Keyring;
use crate::crypto::place::Place;
use crate::domain::entropy::Entropy;

/// What a wrapped data key measures: an envelope around 32 bytes.
pub const WRAPPED_LENGTH: usize = envelope::OVERHEAD + 32;

/// The key of one partition (correctness.md section 4): what seals its records. Erased when dropped.
pub struct DataKey {
    id: DekId,
    secret: Zeroizing<[u8; 32]>,
}

impl DataKey {
    /// Makes a key nobody else has.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut id = [0; 16];
        entropy.fill(&mut id);
        let mut secret = Zeroizing::new([0; 32]);
        entropy.fill(secret.as_mut_slice());
        Self { id: DekId(id), secret }
    }

    /// What records sealed under it name.
    pub fn id(&self) -> DekId {
        self.id
    }

    /// Wraps it under the ring's primary key, bound to where the wrapped key will stand.
    pub fn wrap(&self, keyring: &Keyring, place: &Place<'_>, entropy: &dyn Entropy) -> Vec<u8> {
        let kek = keyring.primary();
        let names = Names { kek: Some(kek.id()), dek: self.id };
        envelope::seal(kek.secret(), names, place, self.secret.as_slice(), entropy)
    }

    /// Unwraps a key with the key of the ring that it names, and no other.
    ///
    /// Answers [`OpenError::UnknownKek`] when the ring lacks it, and the other [`OpenError`]s.
    pub fn unwrap(keyring: &Keyring, place: &Place<'_>, wrapped: &[u8]) -> Result<Self, OpenError> {
        let names = envelope::names(wrapped)?;
        let kek_id = names.kek.ok_or(OpenError::NotAKey)?;
        let kek = keyring.find(kek_id).ok_or(OpenError::UnknownKek(kek_id))?;
        let opened = envelope::open(kek.secret(), place, wrapped)?;
        let mut secret = Zeroizing::new([0; 32]);
        if opened.len() != secret.len() {
            return Err(OpenError::NotAKey);
        }
        secret.copy_from_slice(&opened);
        Ok(Self { id: names.dek, secret })
    }

    /// Seals a record to its place.
    pub fn seal(&self, place: &Place<'_>, plain: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
        envelope::seal(&self.secret, Names { kek: None, dek: self.id }, place, plain, entropy)
    }

    /// Opens a record at its place.
    ///
    /// Answers [`OpenError::UnknownDek`] when it names another data key, and the other [`OpenError`]s.
    pub fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let names = envelope::names(sealed)?;
        if names.dek != self.id {
            return Err(OpenError::UnknownDek(names.dek));
        }
        envelope::open(&self.secret, place, sealed)
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataKey({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use crate::crypto::entropy::SystemEntropy;

    use super::*;

    const PLACE: Place<'_> =
        Place { deployment: "here", partition: "s:a", kind: "deks", id: "0", schema: 1, version: 1 };

    fn ring() -> Keyring {
        Keyring::generate(Timestamp::UNIX_EPOCH, &SystemEntropy)
    }

    #[test]
    fn a_wrapped_key_opens_what_it_sealed() {
        let (ring, key) = (ring(), DataKey::generate(&SystemEntropy));
        let sealed = key.seal(&Place { kind: "session", ..PLACE }, b"link", &SystemEntropy);
        let wrapped = key.wrap(&ring, &PLACE, &SystemEntropy);
        let back = DataKey::unwrap(&ring, &PLACE, &wrapped).unwrap();
        assert_eq!(wrapped.len(), WRAPPED_LENGTH);
        assert_eq!(back.open(&Place { kind: "session", ..PLACE }, &sealed).unwrap().as_slice(), b"link");
    }

    #[test]
    fn a_ring_without_the_named_key_says_which_is_missing() {
        let mine = ring();
        let wrapped = DataKey::generate(&SystemEntropy).wrap(&mine, &PLACE, &SystemEntropy);
        let refused = DataKey::unwrap(&ring(), &PLACE, &wrapped).unwrap_err();
        assert_eq!(refused, OpenError::UnknownKek(mine.primary().id()));
    }

    #[test]
    fn a_wrapped_key_moved_to_another_partition_does_not_open() {
        let ring = ring();
        let wrapped = DataKey::generate(&SystemEntropy).wrap(&ring, &PLACE, &SystemEntropy);
        let refused = DataKey::unwrap(&ring, &Place { partition: "s:b", ..PLACE }, &wrapped).unwrap_err();
        assert_eq!(refused, OpenError::WrongCommitment);
    }

    #[test]
    fn a_record_of_another_data_key_names_it() {
        let (mine, other) = (DataKey::generate(&SystemEntropy), DataKey::generate(&SystemEntropy));
        let sealed = other.seal(&PLACE, b"x", &SystemEntropy);
        assert_eq!(mine.open(&PLACE, &sealed), Err(OpenError::UnknownDek(other.id())));
    }

    #[test]
    fn a_record_is_not_taken_for_a_wrapped_key() {
        let sealed = DataKey::generate(&SystemEntropy).seal(&PLACE, &[0; 32], &SystemEntropy);
        assert_eq!(DataKey::unwrap(&ring(), &PLACE, &sealed).unwrap_err(), OpenError::NotAKey);
    }
}
