//! Decides the next step of a session's meeting (R28): compares what is wanted with what exists.
//!
//! One pure function, used by requests and by the worker alike; the protocol, and why it is so, stands in
//! correctness.md section 2.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::account::AccountState;
use crate::domain::meeting::Meeting;
use crate::domain::meeting::Shown;
use crate::domain::meeting::after;
use crate::domain::minting::Doomed;
use crate::domain::minting::Intent;
use crate::domain::minting::MeetingState;
use crate::domain::minting::Wanted;
use crate::domain::minting::WantedMeeting;
use crate::domain::resolve::Verdict;
use crate::domain::resolve::resolve;
use crate::domain::session::Choice;
use crate::domain::session::Session;
use crate::domain::site::Site;

/// Decides what a session should have at a provider (R17, R21).
pub fn wanted(site: &Site, session: &Session, now: Timestamp) -> Wanted {
    let Some(booking) = &session.booking else { return Wanted::Nothing };
    if session.choice == Choice::None {
        return Wanted::Nothing;
    }
    match resolve(site, session) {
        Verdict::Hosted { account, .. } => match account.state {
            AccountState::Active if now < booking.ends_at() => {
                Wanted::Meeting(WantedMeeting { grant: account.grant.clone(), shown: booking.shown() })
            }
            AccountState::Active | AccountState::ReauthorizationRequired { .. } => Wanted::Kept,
        },
        Verdict::Custom { .. } | Verdict::NoLink(_) => Wanted::Kept,
    }
}

/// How long a create and its traces take.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// A create that began this long ago is no longer under way.
    pub in_flight: Duration,
    /// A meeting that was made shows in listings after this at the latest.
    pub settle: Duration,
}

/// What to do next about a session's meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing, until something changes.
    Rest,
    /// Nothing before this time.
    Wait(Timestamp),
    /// Commit an intent ([`Minting::begun`](crate::domain::minting::Minting::begun)), then create this.
    Create(WantedMeeting),
    /// List the host's meetings: the create of this intent was not answered.
    Look(Intent),
    /// Make the meeting show this.
    Update(Meeting, Shown),
    /// Remove this meeting.
    Remove(Doomed),
    /// The session is cancelled and nothing is left of it: forget it.
    Forget,
}

/// Names the next step: one pure function, used by requests and by the worker alike.
pub fn next_step(session: &Session, wanted: &Wanted, timing: Timing, now: Timestamp) -> Step {
    let minting = &session.minting;
    let held = [minting.claimed_until, minting.pause.map(|pause| pause.until)];
    if let Some(until) = held.into_iter().flatten().filter(|until| *until > now).max() {
        return Step::Wait(until);
    }
    let step = match (&minting.state, wanted) {
        (MeetingState::Intended(intent), _) => look_or_wait(intent, timing, now),
        (MeetingState::Nothing, Wanted::Meeting(wanted)) => Step::Create(wanted.clone()),
        (MeetingState::Bound(meeting), Wanted::Meeting(wanted)) => keep_or_change(meeting, wanted, now),
        (MeetingState::Blocked(_), Wanted::Meeting(_) | Wanted::Kept | Wanted::Nothing)
        | (MeetingState::Nothing | MeetingState::Bound(_), Wanted::Kept | Wanted::Nothing) => Step::Rest,
    };
    match (step, minting.doomed.first()) {
        (Step::Rest, Some(doomed)) => Step::Remove(doomed.clone()),
        (Step::Rest, None) if session.booking.is_none() => Step::Forget,
        (step, _) => step,
    }
}

fn look_or_wait(intent: &Intent, timing: Timing, now: Timestamp) -> Step {
    let until = after(intent.begun_at, timing.in_flight);
    if now < until { Step::Wait(until) } else { Step::Look(intent.clone()) }
}

fn keep_or_change(meeting: &Meeting, wanted: &WantedMeeting, now: Timestamp) -> Step {
    if meeting.grant != wanted.grant {
        let begun = meeting.shown.starts_at <= now && wanted.shown.starts_at <= now;
        return if begun { Step::Rest } else { Step::Create(wanted.clone()) };
    }
    if meeting.shown.needs_update(&wanted.shown, now) {
        return Step::Update(meeting.clone(), wanted.shown.clone());
    }
    Step::Rest
}

/// How many complete listings must not show a meeting before it counts as not made.
pub const SCANS: u8 = 2;

/// Whether a create whose listing came back empty `scans` times, the last time now, counts as not made; else when
/// to look again (correctness.md section 2, step 5).
pub fn judge_scans(intent: &Intent, scans: u8, timing: Timing, now: Timestamp) -> ScanVerdict {
    let settled_at = after(intent.begun_at, timing.settle);
    if scans >= SCANS && now >= settled_at {
        return ScanVerdict::NotMade;
    }
    ScanVerdict::LookAgain(settled_at.max(after(now, Duration::from_secs(5))))
}

/// What empty listings say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanVerdict {
    /// The create was not executed.
    NotMade,
    /// It is too early to say: look again then.
    LookAgain(Timestamp),
}
