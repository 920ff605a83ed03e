//! Owns what a provider tells unasked: only what is needed to look for oneself, no name, address or title (R32).

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::meeting::MeetingId;
use crate::domain::meeting::after;

/// Something that befell an organisation at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The provider's organisation.
    pub organisation: String,
    /// What befell it.
    pub news: News,
    /// When, as the provider says; when it was told, where it does not.
    pub at: Timestamp,
    /// When it was told.
    pub told_at: Timestamp,
}

/// The first pause before a notice is acted on again.
const FIRST_PAUSE: Duration = Duration::from_mins(1);
/// The longest one.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

impl Notice {
    /// When it is acted on again where that was not possible now: after as long as it has waited already, so that each
    /// pause is about twice as long as the one before; never sooner than in a minute, never later than in an hour.
    pub fn again_at(&self, now: Timestamp) -> Timestamp {
        let waited = Duration::try_from(now.duration_since(self.told_at)).unwrap_or_default();
        after(now, waited.clamp(FIRST_PAUSE, LONGEST_PAUSE))
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::at;

    #[test]
    fn a_notice_is_tried_again_with_growing_pauses() {
        let news = News::MeetingEnded(MeetingId::new("1"));
        let notice = Notice { organisation: "o".into(), news, at: at(-9_999), told_at: at(0) };
        let mut now = at(0);
        let mut pauses = Vec::new();
        for _ in 0..9 {
            let next = notice.again_at(now);
            pauses.push(next.duration_since(now).as_secs() / 60);
            now = next;
        }
        assert_eq!(pauses, [1, 1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(notice.again_at(at(-600)), at(-540), "told by a replica whose clock is ahead");
    }
}
