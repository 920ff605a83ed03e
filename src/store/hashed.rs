//! Owns how what a provider calls somebody becomes a name that may stand in store keys.

use data_encoding::BASE32_NOPAD;

use crate::app::ports::stored::StoreError;
use crate::domain::hash::HashKey;
use crate::domain::id::OrganisationId;
use crate::domain::meeting::MeetingId;
use crate::store::keys::Partition;
use crate::store::sealed::Sealed;

/// So many characters of base32 are kept: 130 bits.
const LENGTH: usize = 26;

/// Under what an organisation at the provider is found. The key of the hash is read once and kept.
pub(in crate::store) async fn organisation(
    sealed: &Sealed,
    organisation: &str,
) -> Result<Partition, StoreError> {
    let name = name_of(sealed, "organisation", &[organisation]).await?;
    Ok(Partition::Organisation(OrganisationId::parse(&name).expect("26 characters of base32")))
}

/// The number by which the sessions with a meeting are found: 52 bits, which every backend keeps exactly.
pub(in crate::store) fn meeting_number(key: &HashKey, meeting: &MeetingId) -> i64 {
    let hash = key.hash(&[b"meeting", meeting.as_str().as_bytes()]);
    let (first, _) = hash.split_first_chunk::<8>().expect("a hash of 32 bytes");
    i64::try_from(u64::from_be_bytes(*first) >> 12).expect("52 bits")
}

/// A keyed hash of who is meant, in letters and digits; `kind` keeps one kind of names apart from another.
pub(in crate::store) async fn name_of(
    sealed: &Sealed,
    kind: &str,
    parts: &[&str],
) -> Result<String, StoreError> {
    let parts: Vec<&[u8]> = [kind].iter().chain(parts).map(|part| part.as_bytes()).collect();
    let mut name = BASE32_NOPAD.encode(&sealed.hash_key().await?.hash(&parts)).to_ascii_lowercase();
    name.truncate(LENGTH);
    Ok(name)
}
