//! Owns what is asked of a provider, and what it counts as (zoom/facts.md 4).

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::meeting::after;
use crate::domain::pace::Label;

/// Sessions that start within this may use what is kept of a host's calls.
pub const NEAR: Duration = Duration::from_hours(48);

/// What is asked of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Make a meeting for a session that starts then.
    Create(Timestamp),
    /// Change a meeting to start then, and read it back.
    Update(Timestamp),
    /// Read a meeting.
    Find,
    /// List a page of meetings.
    List,
    /// Remove a meeting.
    Remove,
    /// Read who the user is.
    User,
}

impl Request {
    /// Of which kind it is.
    pub const fn label(self) -> Label {
        match self {
            Self::Create(_) | Self::Update(_) | Self::Find | Self::Remove | Self::User => Label::Light,
            Self::List => Label::Medium,
        }
    }

    /// How many calls it is: an update is read back, a removal may look first.
    pub const fn calls(self) -> i64 {
        match self {
            Self::Update(_) | Self::Remove => 2,
            Self::Create(_) | Self::Find | Self::List | Self::User => 1,
        }
    }

    /// When its session starts, where it counts among the host's calls of the day.
    pub const fn starts_at(self) -> Option<Timestamp> {
        match self {
            Self::Create(starts_at) | Self::Update(starts_at) => Some(starts_at),
            Self::Find | Self::List | Self::Remove | Self::User => None,
        }
    }
}

/// Whether a session may use what is kept of its host's calls.
pub fn is_near(starts_at: Timestamp, now: Timestamp) -> bool {
    starts_at <= after(now, NEAR)
}
