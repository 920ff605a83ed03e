//! Owns the port through which randomness comes in. Produces none itself.

use std::fmt;

/// Where random bytes come from: the operating system, or a test that repeats itself.
pub trait Entropy: Send + Sync + fmt::Debug {
    /// Fills all of `bytes` with bytes nobody can guess.
    fn fill(&self, bytes: &mut [u8]);
}
