//! Which link a session gets, who sees it, and how its revision grows: the domain against a second, naive statement
//! of the requirements, on random sites, sessions and changes.

mod changes;
mod deciding;
mod house;
mod naive;
mod revisions;
mod seeing;

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngAlgorithm;

/// Ten thousand cases, drawn by the quickest of the generators: the usual one takes half of the time. What fails is
/// shrunk and shown, and kept in no file.
fn many() -> ProptestConfig {
    ProptestConfig {
        cases: 10_000,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::XorShift,
        ..ProptestConfig::default()
    }
}
