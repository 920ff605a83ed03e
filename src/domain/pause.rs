//! Owns why, and until when, hosts at a provider are left alone.

use jiff::Timestamp;

use crate::domain::id::GrantId;
use crate::domain::request::Request;
use crate::domain::request::is_near;

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

impl Pause {
    /// Whether a request must wait for its end. What is short is the host's creates and updates of a day, and as long as
    /// some are kept, for sessions that are not near.
    pub fn holds(&self, request: Request, now: Timestamp) -> bool {
        match (self.reason, request.starts_at()) {
            (PauseReason::Scheduled, Some(starts_at)) => !is_near(starts_at, now),
            (PauseReason::DailyLimit, Some(_))
            | (PauseReason::Unavailable | PauseReason::RateLimited | PauseReason::Reauthorization, _) => true,
            (PauseReason::Scheduled | PauseReason::DailyLimit, None) => false,
        }
    }
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

/// Which hosts are left alone: each for reasons of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pauses(Vec<Pause>);

impl Pauses {
    /// Takes pauses, the last of each host.
    pub fn new(pauses: impl IntoIterator<Item = Pause>) -> Self {
        pauses.into_iter().fold(Self::default(), |mut all, pause| {
            all.hold(pause);
            all
        })
    }

    /// Every pause, also those that are over.
    pub fn iter(&self) -> impl Iterator<Item = &Pause> {
        self.0.iter()
    }

    /// Why, and until when, a host is left alone; also when that is over.
    pub fn of(&self, host: &GrantId) -> Option<&Pause> {
        self.0.iter().find(|pause| pause.grant == *host)
    }

    /// Leaves a host alone, in place of what held for it before.
    pub fn hold(&mut self, pause: Pause) {
        self.resume(&pause.grant);
        self.0.push(pause);
    }

    /// A host did as it was asked: it is left alone no more.
    pub fn resume(&mut self, host: &GrantId) {
        self.0.retain(|pause| pause.grant != *host);
    }

    /// Forgets all but the pauses of these hosts.
    pub fn keep(&mut self, hosts: impl Fn(&GrantId) -> bool) {
        self.0.retain(|pause| hosts(&pause.grant));
    }
}
