//! Owns how the meeting that a session has is kept up to date (R18), and when it is looked at (R32).

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
use crate::domain::request::Request;

/// An update that was not answered is carried out by then, or never.
const LATE: Duration = Duration::from_mins(5);

/// When an update is to be sent though the meeting shows what is wanted, as far as is known: at once where an update was
/// not answered since, and once more when it can no longer be carried out; `None` where nothing is in doubt.
pub fn doubted_at(meeting: &Meeting) -> Option<Timestamp> {
    let since = meeting.doubt?;
    Some(if meeting.shown_at <= since { since } else { after(since, LATE) })
}

/// How long before its session a meeting is looked at though nobody told of it: so what webhooks lose is found.
const LOOKS: [Duration; 3] = [Duration::from_hours(24), Duration::from_hours(1), Duration::from_mins(10)];

/// When the meeting of a session that starts then is to be looked at next: as soon as a notice asks for it, and at set
/// times before the start that none of its looks came after; `None` where no more look is due.
pub fn look_at(meeting: &Meeting, starts_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let times = LOOKS.iter().filter_map(|before| starts_at.checked_sub(*before).ok());
    let next = times.filter(|_| now < starts_at).find(|time| *time > meeting.seen_at);
    meeting.asked_at.into_iter().chain(next).min()
}

/// What a provider tells of a meeting that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holding {
    /// It was started.
    Started,
    /// It ended.
    Ended,
}

impl Minting {
    /// The provider, asked at `asked_at`, told of the bound meeting: looks that were due by then are done.
    #[must_use]
    pub fn seen(mut self, id: &MeetingId, asked_at: Timestamp) -> Self {
        if let MeetingState::Bound(meeting) = &mut self.state
            && meeting.id == *id
        {
            meeting.seen_at = meeting.seen_at.max(asked_at);
            meeting.asked_at = meeting.asked_at.filter(|asked| *asked > asked_at);
            let host = meeting.grant.clone();
            // What is short of creates and updates is no less short now.
            if self.pauses.of(&host).is_some_and(|pause| pause.holds(Request::Find, asked_at)) {
                self.pauses.resume(&host);
            }
            self.claimed_until = None;
        }
        self
    }

    /// A notice says that something befell the bound meeting: that is not believed, but looked at.
    #[must_use]
    pub fn asked(mut self, id: &MeetingId, now: Timestamp) -> Self {
        if let MeetingState::Bound(meeting) = &mut self.state
            && meeting.id == *id
        {
            // The last one counts: a look that is under way may have come before it.
            meeting.asked_at = Some(now);
        }
        self
    }

    /// The meeting that is handed out was started or ended then. What is known of later stays.
    #[must_use]
    pub fn held(mut self, id: &MeetingId, (holding, at): (Holding, Timestamp)) -> Self {
        if let Some(meeting) = self.handed_out_mut().filter(|meeting| meeting.id == *id) {
            let known = match holding {
                Holding::Started => &mut meeting.held.started_at,
                Holding::Ended => &mut meeting.held.ended_at,
            };
            *known = (*known).max(Some(at));
        }
        self
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::at;
    use crate::domain::fixture::meeting;
    use crate::domain::fixture::session;

    const DAY: i64 = 86_400;
    const START: i64 = 10 * DAY;

    fn bound(seen: i64) -> Minting {
        let made = meeting(&session("yoga", &[]), "lua", 1);
        let state = MeetingState::Bound(Meeting { seen_at: at(seen), ..made });
        Minting { state, ..Minting::new(1) }
    }

    fn next(minting: &Minting, now: i64) -> Option<i64> {
        let meeting = minting.handed_out().unwrap();
        look_at(meeting, at(START), at(now)).map(|due| due.as_second() - at(0).as_second())
    }

    #[test]
    fn a_meeting_is_looked_at_a_day_an_hour_and_ten_minutes_before_it_starts() {
        let id = bound(0).handed_out().unwrap().id.clone();
        let (day, hour, minutes) = (START - DAY, START - 3_600, START - 600);
        let cases = [(0, day), (day - 1, day), (day, hour), (hour, minutes), (hour - 1, hour)];
        for (seen, due) in cases {
            assert_eq!(next(&bound(seen), seen), Some(due), "{seen}");
            assert_eq!(next(&bound(0).seen(&id, at(seen)), seen), Some(due), "{seen}");
        }
        assert_eq!(next(&bound(minutes), minutes), None);
        assert_eq!(next(&bound(START - 1_800), START - 1_800), Some(minutes), "booked half an hour ahead");
        assert_eq!(next(&bound(0), START - 1), Some(day), "what was due while nobody could look");
        assert_eq!(next(&bound(0), START), None, "it has begun");
    }

    #[test]
    fn what_a_notice_asks_for_is_due_until_a_look_that_began_after_it() {
        let id = bound(0).handed_out().unwrap().id.clone();
        let asked = bound(0).asked(&id, at(50));
        assert_eq!(next(&asked, START + 1), Some(50));
        assert_eq!(next(&asked.clone().seen(&id, at(49)), 60), Some(50));
        assert_eq!(next(&asked.clone().seen(&id, at(50)), 60), Some(START - DAY));
        assert_eq!(asked.clone().asked(&MeetingId::new("another"), at(70)), asked);
    }

    #[test]
    fn when_it_was_held_is_never_told_earlier_than_it_is_known() {
        let id = bound(0).handed_out().unwrap().id.clone();
        let told =
            [(Holding::Ended, 90), (Holding::Started, 40), (Holding::Started, 30), (Holding::Ended, 80)];
        let minting =
            told.into_iter().fold(bound(0), |minting, (what, second)| minting.held(&id, (what, at(second))));
        let held = minting.handed_out().unwrap().held;
        assert_eq!((held.started_at, held.ended_at), (Some(at(40)), Some(at(90))));
        assert_eq!(minting.clone().held(&MeetingId::new("another"), (Holding::Ended, at(99))), minting);
    }
}
