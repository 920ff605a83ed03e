//! Owns what exists of a session at a provider, and how it changes (R28).
//!
//! `Nothing → Intended → Bound`, and what is no longer wanted is *doomed*, removed at the provider one by one.

use jiff::Timestamp;

use crate::domain::id::GrantId;
use crate::domain::meeting::Meeting;
use crate::domain::meeting::MeetingId;
use crate::domain::meeting::Shown;
use crate::domain::pause::Pause;
use crate::domain::pause::Pauses;

/// At most this many creates of one generation may end without a clear answer; then a person must look.
pub const ATTEMPTS: u8 = 2;

/// What exists of a session at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minting {
    /// Which of the session's meetings is being made or was made last; grows with every new one.
    pub generation: u64,
    /// How many creates of this generation may have been executed.
    pub attempts: u8,
    /// Where the current meeting stands.
    pub state: MeetingState,
    /// What is to be removed at the provider.
    pub doomed: Vec<Doomed>,
    /// Creates whose meeting may still appear.
    pub strays: Vec<Stray>,
    /// Why, and until when, hosts are left alone.
    pub pauses: Pauses,
    /// A worker is taking a step, and nobody else does before this time.
    pub claimed_until: Option<Timestamp>,
}

impl Minting {
    /// Nothing exists. Generations begin above those of any session of this id before it, so that no old marker is
    /// taken for a new one.
    pub fn new(first_generation: u64) -> Self {
        Self {
            generation: first_generation,
            attempts: 0,
            state: MeetingState::Nothing,
            doomed: Vec::new(),
            strays: Vec::new(),
            pauses: Pauses::default(),
            claimed_until: None,
        }
    }
}

/// Where the current meeting stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "most sessions have a meeting")]
pub enum MeetingState {
    /// There is none.
    Nothing,
    /// A create was begun: there may be one (correctness.md section 2, steps 1 to 5).
    Intended(Intent),
    /// There is one, and it belongs to the session.
    Bound(Meeting),
    /// No further create is tried for what was wanted then.
    Blocked(Blocked),
}

/// A create that was begun, committed before the request is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Which try of this generation, from 1.
    pub attempt: u8,
    /// On whose account.
    pub grant: GrantId,
    /// What the meeting is to show.
    pub shown: Shown,
    /// When the request was sent, or was about to be.
    pub begun_at: Timestamp,
    /// Whether its answer can still come.
    pub reply: Reply,
    /// How many complete listings of the host's meetings did not show it.
    pub scans: u8,
    /// The meeting it is to replace: handed out until the new one is bound (R19).
    pub replaces: Option<Box<Meeting>>,
}

/// Whether the answer to a create can still come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// It can, until the request must be over; or its sender has died.
    Awaited,
    /// It came and made no sense, or the connection broke: the meeting may be there all the same.
    Lost,
}

/// A meeting to be removed at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doomed {
    /// Whose meeting it is.
    pub grant: GrantId,
    /// The provider's id.
    pub id: MeetingId,
    /// Why it is to go.
    pub why: Doom,
    /// How often the provider refused to remove it, as it stands.
    pub refusals: u8,
}

/// Why a meeting is to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doom {
    /// It was handed out, and nothing wants it any more.
    Unwanted,
    /// It was made beside the one that is handed out: not removed while it runs (correctness.md section 2, step 6).
    Stray,
}

/// A create that listings did not show: should the provider have carried it out late, its meeting is found by looking
/// again (correctness.md section 2, steps 5 and 6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// On whose account.
    pub grant: GrantId,
    /// Of which of the session's meetings.
    pub generation: u64,
    /// What the meeting was to show.
    pub shown: Shown,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// How often was looked for it since.
    pub looks: u8,
}

/// Why nothing more is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// Why.
    pub reason: BlockReason,
    /// For whom it was tried; another wish begins anew.
    pub grant: GrantId,
    /// What was to be shown.
    pub shown: Shown,
    /// The meeting that was to be replaced: still handed out.
    pub kept: Option<Box<Meeting>>,
}

/// Why nothing more is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockReason {
    /// The provider refused what was asked.
    Rejected,
    /// Two creates ended without a clear answer.
    NeedsAttention,
}

/// What a session should have at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A meeting on this account that shows this.
    Meeting(WantedMeeting),
    /// Whatever there is stays as it is: hidden, overridden, or waiting for its owner (R21).
    Kept,
    /// Nothing: cancelled, or removed by hand.
    Nothing,
}

/// A meeting that a session should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedMeeting {
    /// On whose account.
    pub grant: GrantId,
    /// What it is to show.
    pub shown: Shown,
}

impl Minting {
    /// The meeting that is handed out: the bound one, or the one about to be replaced.
    pub fn handed_out(&self) -> Option<&Meeting> {
        match &self.state {
            MeetingState::Bound(meeting) => Some(meeting),
            MeetingState::Intended(intent) => intent.replaces.as_deref(),
            MeetingState::Blocked(blocked) => blocked.kept.as_deref(),
            MeetingState::Nothing => None,
        }
    }

    /// The same, to be changed.
    pub(in crate::domain) fn handed_out_mut(&mut self) -> Option<&mut Meeting> {
        match &mut self.state {
            MeetingState::Bound(meeting) => Some(meeting),
            MeetingState::Intended(intent) => intent.replaces.as_deref_mut(),
            MeetingState::Blocked(blocked) => blocked.kept.as_deref_mut(),
            MeetingState::Nothing => None,
        }
    }

    /// Settles what follows from a wish: a meeting that is not wanted is doomed, and what was blocked for another
    /// wish may be tried anew.
    #[must_use]
    pub fn settled(mut self, wanted: &Wanted) -> Self {
        match wanted {
            Wanted::Kept => {}
            Wanted::Nothing => self.drop_all(),
            Wanted::Meeting(wish) => {
                if let MeetingState::Blocked(blocked) = &self.state
                    && (blocked.grant != wish.grant || blocked.shown != wish.shown)
                {
                    let kept = blocked.kept.clone();
                    self.next_generation(kept);
                }
            }
        }
        self
    }

    /// Dooms whatever is handed out. A create under way stays intended: its meeting is doomed once it is known.
    fn drop_all(&mut self) {
        let unwanted = self.handed_out().map(|meeting| (meeting.grant.clone(), meeting.id.clone()));
        match &mut self.state {
            MeetingState::Intended(intent) => intent.replaces = None,
            MeetingState::Bound(_) | MeetingState::Blocked(_) => self.next_generation(None),
            MeetingState::Nothing => self.resume_all(),
        }
        if let Some((grant, id)) = unwanted {
            self.doom(grant, id, Doom::Unwanted);
        }
    }

    /// Begins anew: `kept` is handed out until a meeting of the new generation is bound.
    pub(in crate::domain) fn next_generation(&mut self, kept: Option<Box<Meeting>>) {
        self.generation += 1;
        self.attempts = 0;
        self.resume_all();
        self.claimed_until = None;
        self.state = kept.map_or(MeetingState::Nothing, |meeting| MeetingState::Bound(*meeting));
    }

    /// Begins a create: the state to commit before the request is sent. A meeting that is bound is replaced. Why the
    /// try before it did not succeed stays known until this one does.
    #[must_use]
    pub fn begun(mut self, wanted: &WantedMeeting, now: Timestamp) -> Self {
        let replaces = self.handed_out().cloned();
        if replaces.as_ref().is_some_and(|meeting| meeting.generation == self.generation) {
            self.next_generation(None);
        }
        self.claimed_until = None;
        self.state = MeetingState::Intended(Intent {
            attempt: self.attempts.saturating_add(1),
            grant: wanted.grant.clone(),
            shown: wanted.shown.clone(),
            begun_at: now,
            reply: Reply::Awaited,
            scans: 0,
            replaces: replaces.map(Box::new),
        });
        self
    }

    /// Binds a meeting that was made for this session. One of an earlier generation, or beside one that is bound
    /// already, is doomed: only one is ever handed out (R28).
    #[must_use]
    pub fn bound(mut self, meeting: Meeting) -> Self {
        let held = self.handed_out().cloned();
        if held.as_ref().is_some_and(|held| held.id == meeting.id && held.grant == meeting.grant) {
            return self;
        }
        let is_doomed = self.doomed.iter().any(|doomed| doomed.is(&meeting.grant, &meeting.id));
        let taken = held.as_ref().is_some_and(|held| held.generation == self.generation);
        if is_doomed || taken || meeting.generation != self.generation {
            self.doom(meeting.grant, meeting.id, Doom::Stray);
            return self;
        }
        self.attempts = 0;
        self.pauses.resume(&meeting.grant);
        self.claimed_until = None;
        self.state = MeetingState::Bound(meeting);
        if let Some(old) = held {
            self.doom(old.grant, old.id, Doom::Unwanted);
        }
        self
    }

    /// The create of `intent` made nothing: the intent goes, `outcome` says what comes after it. An intent that is
    /// not the current one any more changes nothing.
    #[must_use]
    pub fn not_created(mut self, intent: &Intent, outcome: NotCreated) -> Self {
        let MeetingState::Intended(current) = &self.state else { return self };
        if current.attempt != intent.attempt || current.begun_at != intent.begun_at {
            return self;
        }
        let kept = current.replaces.clone();
        let block = |reason, kept| {
            let (grant, shown) = (intent.grant.clone(), intent.shown.clone());
            MeetingState::Blocked(Blocked { reason, grant, shown, kept })
        };
        let back =
            |kept: Option<Box<Meeting>>| kept.map_or(MeetingState::Nothing, |m| MeetingState::Bound(*m));
        self.claimed_until = None;
        self.state = match outcome {
            NotCreated::Later(pause) => {
                self.pauses.hold(pause);
                back(kept)
            }
            NotCreated::Rejected => block(BlockReason::Rejected, kept),
            NotCreated::Lost => {
                self.missed(intent);
                self.attempts = intent.attempt;
                if intent.attempt >= ATTEMPTS { block(BlockReason::NeedsAttention, kept) } else { back(kept) }
            }
        };
        self
    }

    /// The create of `intent` cannot be cleared up now, since its account is gone: should the account come back, what it
    /// made is looked for.
    #[must_use]
    pub fn abandoned(mut self, intent: &Intent) -> Self {
        if let MeetingState::Intended(current) = &self.state
            && current.begun_at == intent.begun_at
        {
            let kept = current.replaces.clone();
            self.missed(intent);
            self.next_generation(kept);
        }
        self
    }

    /// The answer to the create of `intent` is lost: look for its meeting after the pause.
    #[must_use]
    pub fn unanswered(mut self, intent: &Intent, pause: Pause) -> Self {
        if let MeetingState::Intended(current) = &mut self.state
            && current.attempt == intent.attempt
            && current.begun_at == intent.begun_at
        {
            current.reply = Reply::Lost;
            self.pauses.hold(pause);
        }
        self
    }

    /// The handed-out meeting does not exist any more at the provider: the next is of a new generation (R18).
    #[must_use]
    pub fn gone(mut self, id: &MeetingId) -> Self {
        if matches!(&self.state, MeetingState::Bound(meeting) if meeting.id == *id) {
            self.next_generation(None);
        }
        self
    }

    /// The step that was claimed did not succeed: leave the provider alone until then.
    #[must_use]
    pub fn paused(mut self, pause: Pause) -> Self {
        self.pauses.hold(pause);
        self.claimed_until = None;
        self
    }

    /// A worker takes the step, and nobody else before this time.
    #[must_use]
    pub fn claimed(mut self, until: Timestamp) -> Self {
        self.claimed_until = Some(until);
        self
    }

    /// A complete listing did not show the meeting of the intent.
    #[must_use]
    pub fn scanned(mut self, intent: &Intent) -> Self {
        if let MeetingState::Intended(current) = &mut self.state
            && current.begun_at == intent.begun_at
        {
            current.scans = current.scans.saturating_add(1);
            self.claimed_until = None;
        }
        self
    }

    /// How many tries in a row did not succeed for a host.
    pub fn failures(&self, host: &GrantId) -> u32 {
        self.pauses.of(host).map_or(0, |pause| pause.failures)
    }

    /// Nothing is tried any more but removing what is doomed.
    fn resume_all(&mut self) {
        let doomed = &self.doomed;
        self.pauses.keep(|host| doomed.iter().any(|doomed| doomed.grant == *host));
    }
}

/// What comes after a create that made nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotCreated {
    /// Try again then; it counts as no attempt.
    Later(Pause),
    /// The provider refused what was asked.
    Rejected,
    /// Listings did not show it: the next attempt may begin, if one is left.
    Lost,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::at;
    use crate::domain::fixture::grant;
    use crate::domain::fixture::meeting;
    use crate::domain::fixture::session;
    use crate::domain::fixture::shown;
    use crate::domain::pause::PauseReason;

    fn wish(host: &str) -> WantedMeeting {
        WantedMeeting { grant: grant(host), shown: shown(&session("yoga", &[])) }
    }

    fn made(host: &str, generation: u64) -> Meeting {
        meeting(&session("yoga", &[]), host, generation)
    }

    fn intent(minting: &Minting) -> Intent {
        let MeetingState::Intended(intent) = &minting.state else { panic!("{minting:?}") };
        intent.clone()
    }

    fn doomed(minting: &Minting) -> Vec<&str> {
        minting.doomed.iter().map(|doomed| doomed.id.as_str()).collect()
    }

    #[test]
    fn of_two_meetings_of_a_generation_the_first_stays_and_the_second_is_doomed() {
        let minting = Minting::new(1).begun(&wish("lua"), at(0)).bound(made("lua", 1));
        let twin = Meeting { id: MeetingId::new("twin"), ..made("lua", 1) };
        let minting = minting.bound(twin.clone()).bound(twin).bound(made("lua", 1));
        assert_eq!(minting.handed_out().map(|meeting| meeting.id.as_str()), Some("lua-1"));
        assert_eq!(doomed(&minting), ["twin"]);
    }

    #[test]
    fn what_is_to_be_removed_is_not_bound() {
        let mut asked = Minting::new(1).begun(&wish("lua"), at(0));
        asked.doom(grant("lua"), made("lua", 1).id, Doom::Stray);
        assert_eq!(asked.clone().bound(made("lua", 1)), asked);
    }

    #[test]
    fn a_meeting_of_an_earlier_generation_is_doomed() {
        let minting = Minting::new(1).begun(&wish("lua"), at(0)).bound(made("lua", 1));
        let minting = minting.settled(&Wanted::Nothing).begun(&wish("lua"), at(9)).bound(made("lua", 1));
        assert_eq!((minting.generation, doomed(&minting).len()), (2, 1));
        let late = minting.bound(Meeting { id: MeetingId::new("late"), ..made("lua", 1) });
        assert_eq!((late.handed_out(), doomed(&late)), (None, vec!["lua-1", "late"]));
    }

    #[test]
    fn a_move_hands_the_old_meeting_out_until_the_new_one_is_there() {
        let minting = Minting::new(1).begun(&wish("lua"), at(0)).bound(made("lua", 1));
        let moving = minting.begun(&wish("ana"), at(9));
        assert_eq!(moving.handed_out().map(|meeting| meeting.id.as_str()), Some("lua-1"));
        let moved = moving.clone().bound(made("ana", 2));
        assert_eq!(moved.handed_out().map(|meeting| meeting.id.as_str()), Some("ana-2"));
        assert_eq!(doomed(&moved), ["lua-1"]);
        let failed = moving.clone().not_created(&intent(&moving), NotCreated::Rejected);
        assert_eq!(failed.handed_out().map(|meeting| meeting.id.as_str()), Some("lua-1"));
    }

    #[test]
    fn two_lost_creates_of_a_generation_need_a_person_and_a_limit_counts_as_none() {
        let mut minting = Minting::new(1);
        let limit =
            Pause { grant: grant("lua"), until: at(5), reason: PauseReason::RateLimited, failures: 1 };
        for _ in 0..5 {
            minting = minting.begun(&wish("lua"), at(0));
            minting = minting.clone().not_created(&intent(&minting), NotCreated::Later(limit.clone()));
        }
        assert_eq!(minting.attempts, 0);
        for attempt in 1..=2 {
            minting = minting.begun(&wish("lua"), at(attempt));
            assert_eq!(i64::from(intent(&minting).attempt), attempt);
            minting = minting.clone().not_created(&intent(&minting), NotCreated::Lost);
        }
        assert!(
            matches!(&minting.state, MeetingState::Blocked(blocked) if blocked.reason == BlockReason::NeedsAttention)
        );
        let late = minting.bound(made("lua", 1));
        assert!(matches!(late.state, MeetingState::Bound(_)));
    }

    #[test]
    fn a_meeting_that_comes_late_is_taken_where_none_is_and_removed_beside_another() {
        let begun = Minting::new(1).begun(&wish("lua"), at(0));
        let lost = begun.clone().not_created(&intent(&begun), NotCreated::Lost);
        let stray = lost.strays[0].clone();
        let late = Meeting { id: MeetingId::new("late"), ..made("lua", 1) };
        let found = [late.id.clone()];
        let healed = lost.clone().searched(&stray, (Some(late.clone()), &found));
        assert_eq!(healed.handed_out().map(|meeting| meeting.id.as_str()), Some("late"));
        assert_eq!((doomed(&healed).len(), healed.strays[0].looks), (0, 1));
        let second = lost.begun(&wish("lua"), at(90)).bound(made("lua", 1));
        let twin = second.clone().searched(&stray, (Some(late.clone()), &found));
        assert_eq!((doomed(&twin), twin.doomed[0].why), (vec!["late"], Doom::Stray));
        assert_eq!(twin.handed_out(), second.handed_out());
        assert_eq!(twin.clone().bound(late), twin, "what is doomed is never handed out");
    }

    #[test]
    fn an_answer_to_an_intent_that_is_not_the_current_one_changes_nothing() {
        let first = Minting::new(1).begun(&wish("lua"), at(0));
        let stale = intent(&first);
        let second = first.clone().not_created(&stale, NotCreated::Lost).begun(&wish("lua"), at(90));
        assert_eq!(second.clone().not_created(&stale, NotCreated::Rejected), second);
    }

    #[test]
    fn cancelling_while_a_create_is_under_way_dooms_its_meeting_once_it_is_known() {
        let asked = Minting::new(1).begun(&wish("lua"), at(0)).settled(&Wanted::Nothing);
        let known = asked.bound(made("lua", 1)).settled(&Wanted::Nothing);
        assert_eq!((known.state.clone(), doomed(&known)), (MeetingState::Nothing, vec!["lua-1"]));
    }

    #[test]
    fn what_was_refused_is_tried_again_only_for_another_wish() {
        let asked = Minting::new(1).begun(&wish("lua"), at(0));
        let refused = asked.clone().not_created(&intent(&asked), NotCreated::Rejected);
        let same = refused.clone().settled(&Wanted::Meeting(wish("lua")));
        assert_eq!(same, refused);
        let other = refused.settled(&Wanted::Meeting(wish("ana")));
        assert_eq!((other.state, other.generation), (MeetingState::Nothing, 2));
    }
}
