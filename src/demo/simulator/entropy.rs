//! Makes ids and tokens that look like Zoom's, from a seed: the same run gives the same ones.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// `SplitMix64`: enough for a simulator, unfit for secrets of anything real.
#[derive(Clone)]
pub(super) struct Entropy(u64);

impl Entropy {
    /// Starts from a seed.
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// So many letters and digits.
    pub(super) fn letters(&mut self, count: usize) -> String {
        (0..count)
            .map(|_| {
                let place = usize::try_from(self.next() % 62).unwrap_or_default();
                char::from(ALPHANUMERIC.get(place).copied().unwrap_or(b'A'))
            })
            .collect()
    }

    /// A number of exactly so many digits, at most 18.
    pub(super) fn number(&mut self, digits: u32) -> u64 {
        let low = 10_u64.pow(digits.min(18).saturating_sub(1));
        low + self.next() % (low * 9)
    }

    /// A meeting's instance id: 16 bytes in base64, so it may hold `/`, `+` and `=`.
    pub(super) fn uuid(&mut self) -> String {
        STANDARD.encode([self.next().to_be_bytes(), self.next().to_be_bytes()].concat())
    }

    /// An access or refresh token: long, and looking like a JWT without being one (zoom/facts.md 1.3).
    pub(super) fn token(&mut self) -> String {
        let payload = self.letters(420);
        let signature = self.letters(86);
        format!("eyJzdiI6IjAwMDAwMiIsImFsZyI6IkhTNTEyIiwidiI6IjIuMCJ9.{payload}.{signature}")
    }
}

/// A 22-character id that is the same in every run for the same name.
pub(super) fn id_of(kind: &str, name: &str) -> String {
    let hash = digest::digest(&digest::SHA256, format!("{kind}:{name}").as_bytes());
    URL_SAFE_NO_PAD.encode(hash.as_ref().get(..16).unwrap_or_default())
}

/// A ten-digit number that is the same in every run for the same name.
pub(super) fn number_of(kind: &str, name: &str) -> u64 {
    let hash = digest::digest(&digest::SHA256, format!("{kind}:{name}").as_bytes());
    let bits = hash.as_ref().iter().take(8).fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
    1_000_000_000 + bits % 9_000_000_000
}
