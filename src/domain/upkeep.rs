//! Owns how the meeting that a session has is kept up to date (R18).

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::concealed::Concealed;
use crate::domain::concealed::LinkUrl;
use crate::domain::meeting::Meeting;
use crate::domain::meeting::MeetingId;
use crate::domain::meeting::Shown;
use crate::domain::meeting::after;
use crate::domain::minting::MeetingState;
use crate::domain::minting::Minting;

/// An update that was not answered is carried out by then, or never.
const LATE: Duration = Duration::from_mins(5);

/// When an update is to be sent though the meeting shows what is wanted, as far as is known: at once where an update was
/// not answered since, and once more when it can no longer be carried out; `None` where nothing is in doubt.
pub fn doubted_at(meeting: &Meeting) -> Option<Timestamp> {
    let since = meeting.doubt?;
    Some(if meeting.shown_at <= since { since } else { after(since, LATE) })
}

impl Minting {
    /// An update of the bound meeting is about to be sent: until it is answered, nobody knows what the meeting shows.
    #[must_use]
    pub fn updating(mut self, id: &MeetingId, now: Timestamp) -> Self {
        if let MeetingState::Bound(meeting) = &mut self.state
            && meeting.id == *id
        {
            meeting.doubt.get_or_insert(now);
        }
        self
    }

    /// The bound meeting was made to show this by an update that was sent at `sent_at`. One before it that was not
    /// answered may still be carried out.
    #[must_use]
    pub fn updated(mut self, id: &MeetingId, shown: Shown, (sent_at, now): (Timestamp, Timestamp)) -> Self {
        if let MeetingState::Bound(meeting) = &mut self.state
            && meeting.id == *id
        {
            meeting.shown = shown;
            meeting.shown_at = now;
            meeting.doubt = meeting.doubt.filter(|since| *since != sent_at && after(*since, LATE) > now);
            let host = meeting.grant.clone();
            self.pauses.resume(&host);
            self.claimed_until = None;
        }
        self
    }

    /// The update that was about to be sent at `sent_at` was certainly not carried out.
    #[must_use]
    pub fn not_updated(mut self, id: &MeetingId, sent_at: Timestamp) -> Self {
        if let MeetingState::Bound(meeting) = &mut self.state
            && meeting.id == *id
        {
            meeting.doubt = meeting.doubt.filter(|since| *since != sent_at);
        }
        self
    }

    /// The provider has the bound meeting at this address, with this passcode.
    #[must_use]
    pub fn readdressed(mut self, id: &MeetingId, join_url: &LinkUrl, passcode: Option<&Concealed>) -> Self {
        if let MeetingState::Bound(meeting) = &mut self.state
            && meeting.id == *id
        {
            meeting.join_url = join_url.clone();
            meeting.passcode = passcode.cloned();
        }
        self
    }
}
