//! Owns how the meeting that a session has is kept up to date (R18).

use jiff::Timestamp;

use crate::domain::concealed::Concealed;
use crate::domain::concealed::LinkUrl;
use crate::domain::meeting::MeetingId;
use crate::domain::meeting::Shown;
use crate::domain::minting::MeetingState;
use crate::domain::minting::Minting;

impl Minting {
    /// The bound meeting shows this.
    #[must_use]
    pub fn updated(mut self, id: &MeetingId, shown: Shown, now: Timestamp) -> Self {
        if let MeetingState::Bound(meeting) = &mut self.state
            && meeting.id == *id
        {
            meeting.shown = shown;
            meeting.shown_at = now;
            let host = meeting.grant.clone();
            self.pauses.resume(&host);
            self.claimed_until = None;
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
