//! Use case: get an access token that works, refreshing it once whoever asks (R29, correctness.md section 3).

/// Refreshes under way in this process.
#[derive(Debug, Default)]
pub struct SingleFlight;
