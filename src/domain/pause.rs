//! Owns why, and until when, a host at a provider is left alone.

use jiff::Timestamp;

use crate::domain::id::GrantId;

/// Why, and until when, a host is left alone; other hosts are not concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Whose calls wait.
    pub grant: GrantId,
    /// Until when.
    pub until: Timestamp,
    /// Why.
    pub reason: PauseReason,
    /// How many tries in a row did not succeed.
    pub failures: u32,
}

/// Why the provider is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseReason {
    /// It did not answer, or not with sense.
    Unavailable,
    /// It asked for fewer requests a second.
    RateLimited,
    /// The host's calls of the day are spent.
    DailyLimit,
    /// The host's calls of the day are kept for nearer sessions.
    Scheduled,
    /// The account must be connected again.
    Reauthorization,
}
