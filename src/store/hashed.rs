//! Owns how what a provider calls somebody becomes a name that may stand in store keys.

use data_encoding::BASE32_NOPAD;

use crate::app::ports::stored::StoreError;
use crate::store::sealed::Sealed;

/// So many characters of base32 are kept: 130 bits.
const LENGTH: usize = 26;

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
