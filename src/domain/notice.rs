//! Owns what a provider tells unasked: only what is needed to look for oneself, no name, address or title (R32).

use jiff::Timestamp;

use crate::domain::meeting::MeetingId;

/// Something that befell an organisation at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The provider's organisation.
    pub organisation: String,
    /// What befell it.
    pub news: News,
    /// When, as the provider says; when it was told, where it does not.
    pub at: Timestamp,
}

/// What befell an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A meeting was changed, deleted or restored.
    MeetingChanged(MeetingId),
    /// A meeting was started.
    MeetingStarted(MeetingId),
    /// A meeting ended.
    MeetingEnded(MeetingId),
    /// A user was deactivated or deleted, or left the organisation.
    UserLeft(UserId),
    /// A user took their consent back, at this time.
    ConsentWithdrawn(UserId, Timestamp),
}

/// The provider's id of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserId(pub String);
