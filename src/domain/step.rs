//! Decides the next step of a session's meeting (R28): compares what is wanted with what exists.
//!
//! One pure function, used by requests and by the worker alike; the protocol, and why it is so, stands in
//! correctness.md section 2.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::account::AccountState;
use crate::domain::id::GrantId;
use crate::domain::meeting::Meeting;
use crate::domain::meeting::Shown;
use crate::domain::meeting::after;
use crate::domain::minting::Doomed;
use crate::domain::minting::Intent;
use crate::domain::minting::MeetingState;
use crate::domain::minting::Minting;
use crate::domain::minting::Reply;
use crate::domain::minting::Stray;
use crate::domain::minting::Wanted;
use crate::domain::minting::WantedMeeting;
use crate::domain::request::Request;
use crate::domain::resolve::Verdict;
use crate::domain::resolve::resolve;
use crate::domain::session::Choice;
use crate::domain::session::Session;
use crate::domain::site::Site;
use crate::domain::upkeep::doubted_at;
use crate::domain::upkeep::look_at;

/// Decides what a session should have at a provider (R17, R21).
pub fn wanted(site: &Site, session: &Session, now: Timestamp) -> Wanted {
    let Some(booking) = &session.booking else { return Wanted::Nothing };
    if session.choice == Choice::None {
        return Wanted::Nothing;
    }
    let host = match resolve(site, session) {
        Verdict::Hosted { account, .. } => Some(account),
        Verdict::Custom { .. } | Verdict::NoLink(_) => None,
    };
    if let Some(account) = host
        && account.state == AccountState::Active
        && now < booking.ends_at()
    {
        return Wanted::Meeting(WantedMeeting { grant: account.grant.clone(), shown: booking.shown() });
    }
    let cleared = |meeting: &Meeting| {
        let is_served = host.is_some_and(|account| account.grant == meeting.grant);
        !is_served && site.clearing.contains_key(&meeting.grant) && meeting.shown.starts_at > now
    };
    if session.minting.handed_out().is_some_and(cleared) { Wanted::Nothing } else { Wanted::Kept }
}

/// How long a create and its traces take.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// A create that began this long ago is no longer under way.
    pub in_flight: Duration,
    /// A meeting that was made shows in listings after this at the latest.
    pub settle: Duration,
    /// A step that began this long ago may be taken by another replica.
    pub claim: Duration,
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
    /// Look whether this meeting is there, and where.
    Check(Meeting),
    /// Remove this meeting.
    Remove(Doomed),
    /// List the host's meetings: a create that was given up may have been carried out late.
    Search(Stray),
    /// The session is cancelled and nothing is left of it: forget it.
    Forget,
}

/// Names the next step: one pure function, used by requests and by the worker alike.
pub fn next_step(session: &Session, wanted: &Wanted, timing: Timing, now: Timestamp) -> Step {
    let minting = &session.minting;
    if let Some(until) = minting.claimed_until.filter(|until| *until > now) {
        return Step::Wait(until);
    }
    let paused = |(grant, request): (&GrantId, Request)| {
        let pause = minting.pauses.of(grant).filter(|pause| pause.until > now)?;
        pause.holds(request, now).then_some(pause.until)
    };
    let own = std::iter::once(own_step(session, wanted, timing, now)).chain(check_step(minting, wanted, now));
    let steps = own.chain(further_steps(minting, now));
    let mut waiting = None;
    for step in steps {
        let until = match &step {
            Step::Rest => continue,
            Step::Wait(until) => Some(*until),
            Step::Create(_)
            | Step::Look(_)
            | Step::Update(..)
            | Step::Check(_)
            | Step::Remove(_)
            | Step::Search(_)
            | Step::Forget => step.call().and_then(paused),
        };
        // What waits for its time may be paused for longer.
        match until {
            None => return step,
            Some(until) => waiting = waiting.into_iter().chain([until]).min(),
        }
    }
    match waiting {
        Some(until) => Step::Wait(until),
        None if session.booking.is_none() && minting.doomed.is_empty() => Step::Forget,
        None => Step::Rest,
    }
}
/// What the meeting itself needs.
fn own_step(session: &Session, wanted: &Wanted, timing: Timing, now: Timestamp) -> Step {
    match (&session.minting.state, wanted) {
        (MeetingState::Intended(intent), _) => look_or_wait(intent, timing, now),
        (MeetingState::Nothing, Wanted::Meeting(wanted)) => Step::Create(wanted.clone()),
        (MeetingState::Bound(meeting), Wanted::Meeting(wanted)) => keep_or_change(meeting, wanted, now),
        (MeetingState::Blocked(_), Wanted::Meeting(_) | Wanted::Kept | Wanted::Nothing)
        | (MeetingState::Nothing | MeetingState::Bound(_), Wanted::Kept | Wanted::Nothing) => Step::Rest,
    }
}

/// Whether the meeting that is wanted is still there. One that is to be replaced is not looked at.
fn check_step(minting: &Minting, wanted: &Wanted, now: Timestamp) -> Option<Step> {
    let (MeetingState::Bound(meeting), Wanted::Meeting(wanted)) = (&minting.state, wanted) else {
        return None;
    };
    if meeting.grant != wanted.grant {
        return None;
    }
    match look_at(meeting, wanted.shown.starts_at, now)? {
        later if later > now => Some(Step::Wait(later)),
        _ => Some(Step::Check(meeting.clone())),
    }
}

/// What is left to be cleaned up: first what is known, then what may be there.
fn further_steps(minting: &Minting, now: Timestamp) -> impl Iterator<Item = Step> {
    let doomed = minting.doomed.iter().filter(|doomed| !doomed.needs_attention()).cloned().map(Step::Remove);
    // A search must not meet what a create under way is just making.
    let is_making = matches!(minting.state, MeetingState::Intended(_));
    let strays = minting.strays.iter().filter(move |_| !is_making);
    let search = move |stray: &Stray| match stray.look_at()? {
        later if later > now => Some(Step::Wait(later)),
        _ => Some(Step::Search(stray.clone())),
    };
    doomed.chain(strays.filter_map(search))
}

impl Step {
    /// Whose calls it needs, and which.
    pub fn call(&self) -> Option<(&GrantId, Request)> {
        match self {
            Self::Create(wanted) => Some((&wanted.grant, Request::Create(wanted.shown.starts_at))),
            Self::Look(intent) => Some((&intent.grant, Request::List)),
            Self::Update(meeting, shown) => Some((&meeting.grant, Request::Update(shown.starts_at))),
            Self::Check(meeting) => Some((&meeting.grant, Request::Find)),
            Self::Remove(doomed) => Some((&doomed.grant, Request::Remove)),
            Self::Search(stray) => Some((&stray.grant, Request::List)),
            Self::Rest | Self::Wait(_) | Self::Forget => None,
        }
    }
}

fn look_or_wait(intent: &Intent, timing: Timing, now: Timestamp) -> Step {
    let until = after(intent.begun_at, timing.in_flight);
    match intent.reply {
        Reply::Awaited if now < until => Step::Wait(until),
        Reply::Awaited | Reply::Lost => Step::Look(intent.clone()),
    }
}

fn keep_or_change(meeting: &Meeting, wanted: &WantedMeeting, now: Timestamp) -> Step {
    if meeting.grant != wanted.grant {
        let begun = meeting.shown.starts_at <= now && wanted.shown.starts_at <= now;
        return if begun { Step::Rest } else { Step::Create(wanted.clone()) };
    }
    let due = if meeting.shown.needs_update(&wanted.shown, now) {
        after(meeting.shown_at, COALESCE)
    } else if let Some(doubted_at) = doubted_at(meeting) {
        doubted_at
    } else {
        return Step::Rest;
    };
    if due > now { Step::Wait(due) } else { Step::Update(meeting.clone(), wanted.shown.clone()) }
}

/// Changes that follow a create or an update so closely wait for each other: each would be one of the host's hundred calls
/// a day (zoom/facts.md 7, pitfall 7).
const COALESCE: Duration = Duration::from_secs(5);

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::Connection;
    use crate::domain::account::LapseReason;
    use crate::domain::account::Owner;
    use crate::domain::fixture::at;
    use crate::domain::fixture::grant;
    use crate::domain::fixture::hosted;
    use crate::domain::fixture::meeting;
    use crate::domain::fixture::session;
    use crate::domain::fixture::shown;
    use crate::domain::fixture::site;
    use crate::domain::minting::Doom;
    use crate::domain::minting::NotCreated;
    use crate::domain::pause::Pause;
    use crate::domain::pause::PauseReason;

    const TIMING: Timing = Timing {
        in_flight: Duration::from_secs(30),
        settle: Duration::from_mins(1),
        claim: Duration::from_mins(2),
    };

    fn wish(of: &Session, host: &str) -> Wanted {
        Wanted::Meeting(WantedMeeting { grant: grant(host), shown: shown(of) })
    }

    fn bound(host: &str) -> Session {
        let mut session = session("yoga", &[]);
        session.minting.state = MeetingState::Bound(meeting(&session, host, 1));
        session
    }

    fn step(session: &Session, wanted: &Wanted, seconds: i64) -> Step {
        next_step(session, wanted, TIMING, at(seconds))
    }

    #[test]
    fn a_session_without_a_meeting_gets_one_and_one_with_it_rests() {
        let bare = session("yoga", &[]);
        let Step::Create(wanted) = step(&bare, &wish(&bare, "lua"), 0) else { panic!() };
        assert_eq!(wanted.grant, grant("lua"));
        assert_eq!(step(&bare, &Wanted::Kept, 0), Step::Rest);
        let done = bound("lua");
        assert_eq!(step(&done, &wish(&done, "lua"), 0), Step::Rest);
    }

    #[test]
    fn a_create_under_way_is_left_alone_and_one_that_is_lost_is_looked_for() {
        let mut asked = session("yoga", &[]);
        let Wanted::Meeting(wanted) = wish(&asked, "lua") else { panic!() };
        asked.minting = asked.minting.begun(&wanted, at(0));
        assert_eq!(step(&asked, &Wanted::Nothing, 29), Step::Wait(at(30)));
        assert!(matches!(step(&asked, &Wanted::Nothing, 30), Step::Look(_)));
        let MeetingState::Intended(intent) = asked.minting.state.clone() else { panic!() };
        let pause =
            Pause { grant: grant("lua"), until: at(2), reason: PauseReason::Unavailable, failures: 1 };
        asked.minting = asked.minting.unanswered(&intent, pause);
        assert_eq!(step(&asked, &Wanted::Kept, 1), Step::Wait(at(2)));
        assert!(matches!(step(&asked, &Wanted::Kept, 2), Step::Look(_)));
    }

    #[test]
    fn another_host_gets_a_new_meeting_unless_the_session_has_begun() {
        let mine = bound("lua");
        assert!(matches!(step(&mine, &wish(&mine, "ana"), 0), Step::Create(_)));
        assert_eq!(step(&mine, &wish(&mine, "ana"), 3_600), Step::Rest);
    }

    #[test]
    fn what_zoom_shows_is_updated_only_where_it_differs() {
        let mut renamed = bound("lua");
        if let Some(booking) = &mut renamed.booking {
            booking.title = "Pilates".into();
        }
        let wanted = wish(&renamed, "lua");
        assert_eq!(step(&renamed, &wanted, 4), Step::Wait(at(5)), "what follows closely waits for more");
        let Step::Update(_, wanted) = step(&renamed, &wanted, 5) else { panic!() };
        assert_eq!(wanted.topic, "Pilates");
    }

    #[test]
    fn a_meeting_is_looked_at_when_a_notice_asks_for_it_and_some_time_before_it_starts() {
        let mut told = bound("lua");
        let (wanted, id) = (wish(&told, "lua"), meeting(&told, "lua", 1).id);
        told.minting = told.minting.asked(&id, at(10));
        assert!(matches!(step(&told, &wanted, 10), Step::Check(_)));
        assert_eq!(step(&told, &wish(&told, "ana"), 4_000), Step::Rest, "it is to be replaced");
        let pause =
            Pause { grant: grant("lua"), until: at(15), reason: PauseReason::Unavailable, failures: 1 };
        let paused = Session { minting: told.minting.clone().paused(pause), ..told.clone() };
        assert_eq!(step(&paused, &wanted, 11), Step::Wait(at(15)));
        told.minting = told.minting.seen(&id, at(11));
        assert_eq!(step(&told, &wanted, 11), Step::Rest);
        let MeetingState::Bound(meeting) = &mut told.minting.state else { panic!() };
        meeting.seen_at = at(11);
        assert_eq!(step(&told, &wanted, 11), Step::Wait(at(3_000)));
        assert_eq!(step(&told, &Wanted::Kept, 3_000), Step::Rest);
        assert!(matches!(step(&told, &wanted, 3_000), Step::Check(_)));
    }

    #[test]
    fn an_update_that_was_not_answered_is_sent_again_and_once_more_when_it_cannot_come_late() {
        let mut renamed = bound("lua");
        let wanted = wish(&renamed, "lua");
        let Wanted::Meeting(WantedMeeting { shown, .. }) = &wanted else { panic!() };
        let id = meeting(&renamed, "lua", 1).id;
        renamed.minting = renamed.minting.updating(&id, at(10)).updated(&id, shown.clone(), (at(10), at(11)));
        assert_eq!(step(&renamed, &wanted, 12), Step::Rest);
        renamed.minting = renamed.minting.updating(&id, at(20));
        assert!(matches!(step(&renamed, &wanted, 20), Step::Update(..)), "its answer was lost");
        renamed.minting = renamed.minting.updating(&id, at(30)).updated(&id, shown.clone(), (at(30), at(31)));
        assert_eq!(step(&renamed, &wanted, 31), Step::Wait(at(320)));
        assert!(
            matches!(step(&renamed, &wanted, 320), Step::Update(..)),
            "the lost one may have come after it"
        );
        renamed.minting =
            renamed.minting.updating(&id, at(320)).updated(&id, shown.clone(), (at(320), at(321)));
        assert_eq!(step(&renamed, &wanted, 321), Step::Rest);
    }

    /// A session whose create on `lua`, begun at 0, listings did not show.
    fn given_up() -> Session {
        let mut lost = session("yoga", &[]);
        let Wanted::Meeting(wanted) = wish(&lost, "lua") else { panic!() };
        lost.minting = lost.minting.begun(&wanted, at(0));
        let MeetingState::Intended(intent) = lost.minting.state.clone() else { panic!() };
        lost.minting = lost.minting.not_created(&intent, NotCreated::Lost);
        lost
    }

    #[test]
    fn a_create_that_was_given_up_is_looked_for_again_but_never_beside_another() {
        let mut lost = given_up();
        let wanted = wish(&lost, "lua");
        assert!(matches!(step(&lost, &wanted, 300), Step::Create(_)));
        assert_eq!(step(&lost, &Wanted::Kept, 299), Step::Wait(at(300)));
        let Step::Search(stray) = step(&lost, &Wanted::Kept, 300) else { panic!() };
        let mut making = lost.clone();
        let Wanted::Meeting(wish) = wanted else { panic!() };
        making.minting = making.minting.begun(&wish, at(290));
        assert_eq!(step(&making, &Wanted::Kept, 300), Step::Wait(at(320)));
        assert_eq!(making.minting.clone().searched(&stray, (None, &[])).strays[0].looks, 0);
        for look in [300, 3_600, 86_400] {
            assert_eq!(step(&lost, &Wanted::Kept, look - 1), Step::Wait(at(look)));
            let Step::Search(stray) = step(&lost, &Wanted::Kept, look) else { panic!() };
            lost.minting = lost.minting.searched(&stray, (None, &[]));
        }
        assert_eq!(step(&lost, &Wanted::Kept, 86_400), Step::Rest);
    }

    #[test]
    fn a_cancelled_session_is_remembered_as_long_as_a_meeting_of_it_may_appear() {
        let mut lost = given_up();
        lost.cancel();
        lost.minting = lost.minting.settled(&Wanted::Nothing);
        assert_eq!(step(&lost, &Wanted::Nothing, 60), Step::Wait(at(300)));
        while let Some(stray) = lost.minting.strays.first().cloned() {
            lost.minting = lost.minting.searched(&stray, (None, &[]));
        }
        assert_eq!(step(&lost, &Wanted::Nothing, 60), Step::Forget);
    }

    #[test]
    fn a_removal_that_is_refused_again_and_again_is_left_to_a_person_and_keeps_its_session() {
        let mut gone = bound("lua");
        gone.cancel();
        gone.minting = gone.minting.settled(&Wanted::Nothing);
        let mut tries = 0;
        while let Step::Remove(doomed) = step(&gone, &Wanted::Nothing, 0) {
            let pause =
                Pause { grant: grant("lua"), until: at(0), reason: PauseReason::Unavailable, failures: 1 };
            gone.minting = gone.minting.not_removed(&doomed, pause);
            tries += 1;
        }
        assert_eq!((tries, step(&gone, &Wanted::Nothing, 0)), (150, Step::Rest));
    }

    #[test]
    fn who_disconnects_with_the_wish_has_meetings_ahead_removed_unless_something_wants_them() {
        let mut studio = site(&[("default", hosted("lua"))]);
        let held = bound("lua");
        studio.clear_meetings(&grant("lua"), at(0));
        studio.accounts.clear();
        assert_eq!(wanted(&studio, &held, at(0)), Wanted::Kept, "another account used it when it was wished");
        studio.clear_meetings(&grant("lua"), at(0));
        assert_eq!(wanted(&studio, &held, at(0)), Wanted::Nothing);
        assert_eq!(wanted(&studio, &held, at(3_600)), Wanted::Kept, "it has begun");
        let told = studio.told(at(9)).unwrap();
        assert_eq!((wanted(&told, &held, at(9)), told.told(at(10))), (Wanted::Nothing, None));
        studio.put_account(&Owner::Default, hosted("lua"), at(5));
        assert_eq!(wanted(&studio, &held, at(9)), wish(&held, "lua"));
        studio.remove_account(&Owner::Default, at(6));
        assert_eq!(wanted(&studio, &held, at(9)), Wanted::Kept, "it was connected again");
    }

    #[test]
    fn the_doomed_go_one_by_one_after_everything_else_and_then_the_session_is_forgotten() {
        let mut gone = bound("lua");
        gone.cancel();
        gone.minting = gone.minting.settled(&Wanted::Nothing);
        let Step::Remove(doomed) = step(&gone, &Wanted::Nothing, 0) else { panic!() };
        gone.minting = gone.minting.removed(&doomed);
        assert_eq!(step(&gone, &Wanted::Nothing, 0), Step::Forget);
    }

    #[test]
    fn nobody_takes_a_step_that_is_claimed_or_paused() {
        let mut claimed = bound("lua");
        claimed.minting.doom(grant("a"), meeting(&claimed, "a", 1).id, Doom::Unwanted);
        claimed.minting = claimed.minting.claimed(at(120));
        let wanted = wish(&claimed, "lua");
        assert_eq!(step(&claimed, &wanted, 119), Step::Wait(at(120)));
        assert!(matches!(step(&claimed, &wanted, 120), Step::Remove(_)));
    }

    #[test]
    fn a_host_that_fails_does_not_make_another_be_asked_sooner() {
        let mut moved = bound("lua");
        moved.minting.doom(grant("ana"), meeting(&moved, "ana", 0).id, Doom::Unwanted);
        let wanted = wish(&moved, "lua");
        let pause = |host: &str, until| Pause {
            grant: grant(host),
            until: at(until),
            reason: PauseReason::Unavailable,
            failures: 3,
        };
        moved.minting = moved.minting.paused(pause("ana", 100)).paused(pause("lua", 50));
        assert_eq!(step(&moved, &wanted, 0), Step::Wait(at(100)));
        assert_eq!(moved.minting.failures(&grant("ana")), 3);
        if let Some(booking) = &mut moved.booking {
            booking.title = "Pilates".into();
        }
        let wanted = wish(&moved, "lua");
        assert_eq!(step(&moved, &wanted, 5), Step::Wait(at(50)));
        assert!(matches!(step(&moved, &wanted, 50), Step::Update(..)));
    }

    #[test]
    fn what_waits_for_the_calls_of_a_day_goes_on_once_it_is_near_and_holds_up_nothing_else() {
        let mut far = session("yoga", &[]);
        if let Some(booking) = &mut far.booking {
            booking.starts_at = at(30 * 86_400);
        }
        let pause = |reason| Pause { grant: grant("lua"), until: at(9_000), reason, failures: 0 };
        far.minting = far.minting.paused(pause(PauseReason::Scheduled));
        assert_eq!(step(&far, &wish(&far, "lua"), 0), Step::Wait(at(9_000)));
        if let Some(booking) = &mut far.booking {
            booking.starts_at = at(3_600);
        }
        assert!(matches!(step(&far, &wish(&far, "lua"), 0), Step::Create(_)), "it was moved to within 48 h");
        far.minting = far.minting.paused(pause(PauseReason::DailyLimit));
        assert_eq!(step(&far, &wish(&far, "lua"), 0), Step::Wait(at(9_000)));
        far.minting.doom(grant("lua"), meeting(&far, "lua", 1).id, Doom::Stray);
        assert!(matches!(step(&far, &wish(&far, "lua"), 0), Step::Remove(_)), "removals are not counted");
    }

    #[test]
    fn what_is_wanted_follows_from_the_rules_the_time_and_the_account() {
        let mut studio = site(&[("default", hosted("lua"))]);
        let yoga = session("yoga", &[]);
        assert_eq!(wanted(&studio, &yoga, at(0)), wish(&yoga, "lua"));
        assert_eq!(wanted(&studio, &yoga, at(7_200)), Wanted::Kept);
        let removed = Session { choice: Choice::None, ..yoga.clone() };
        assert_eq!(wanted(&studio, &removed, at(0)), Wanted::Nothing);
        let account = studio.accounts.get_mut(&Owner::Default).unwrap();
        if let Connection::Hosted(hosted) = &mut account.connection {
            hosted.state =
                AccountState::ReauthorizationRequired { since: at(0), reason: LapseReason::Refused };
        }
        assert_eq!(wanted(&studio, &yoga, at(0)), Wanted::Kept);
        studio.settings.entitled = false;
        assert_eq!(wanted(&studio, &yoga, at(0)), Wanted::Kept);
    }

    #[test]
    fn a_meeting_counts_as_not_made_after_two_empty_listings_and_the_settle_time() {
        let mut asked = session("yoga", &[]);
        let Wanted::Meeting(wanted) = wish(&asked, "lua") else { panic!() };
        asked.minting = asked.minting.begun(&wanted, at(0));
        let MeetingState::Intended(intent) = asked.minting.state else { panic!() };
        let judge = |scans, seconds| judge_scans(&intent, scans, TIMING, at(seconds));
        assert_eq!(judge(1, 31), ScanVerdict::LookAgain(at(60)));
        assert_eq!(judge(2, 40), ScanVerdict::LookAgain(at(60)));
        assert_eq!(judge(1, 90), ScanVerdict::LookAgain(at(95)));
        assert_eq!(judge(2, 60), ScanVerdict::NotMade);
    }
}
