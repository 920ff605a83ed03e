//! Owns the one source of randomness in production: the operating system, through aws-lc.

use aws_lc_rs::rand;

use crate::domain::entropy::Entropy;

/// Random bytes of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        rand::fill(bytes).expect("the system's random source works: aws-lc seeds it or stops the process");
    }
}
