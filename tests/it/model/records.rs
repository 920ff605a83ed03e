//! Owns the records of the model's store: real sessions of one real site, changed by the product's own decisions, each
//! decided once and remembered.
//!
//! What `app` does between a read and a commit is repeated here in a few lines; what it decides is asked of `domain`.

use std::collections::BTreeMap;
use std::time::Duration;

use greenroom::domain::meeting::Meeting;
use greenroom::domain::meeting::after;
use greenroom::domain::minting::MeetingState;
use greenroom::domain::minting::NotCreated;
use greenroom::domain::session::Session;
use greenroom::domain::settle::settled;
use greenroom::domain::site::Site;
use greenroom::domain::step::SCANS;
use greenroom::domain::step::Step;
use greenroom::domain::step::Timing;
use greenroom::domain::step::next_step;
use greenroom::domain::step::wanted;

use crate::model::house;
use crate::model::house::at;
use crate::model::house::launch;
use crate::model::saving::settle;
use crate::model::variant::Variant;
use crate::model::world::Call;
use crate::model::world::MeetingNumber;
use crate::model::world::Outcome;
use crate::model::world::RecordId;
use crate::model::world::Wish;

/// How long a step may take before somebody else may take it.
const CLAIM: Duration = Duration::from_mins(2);

/// What somebody decides after reading a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Keep,
    /// Commit this, then do that.
    Take(RecordId, Call),
    /// Call the provider at once.
    TakeAtOnce(Call),
    Forget(RecordId),
}

/// What is asked of a record; the answer is always the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    Decide,
    Fulfil(Wish),
    Save(Outcome),
    Age,
    Rests,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Decision(Decision),
    Fulfilled(Option<(RecordId, Option<Call>)>),
    Record(RecordId),
    Rests(bool),
}

/// What a store may hold.
#[derive(Debug, Clone, PartialEq)]
enum Stored {
    Session(Box<Session>),
    /// Nothing; what comes next begins above this generation.
    Absent(u64),
}

/// Every record that came up, and what was decided on it.
#[derive(Debug)]
pub(super) struct Records {
    variant: Variant,
    timing: Timing,
    site: Site,
    /// By number.
    all: Vec<Stored>,
    numbers: BTreeMap<String, RecordId>,
    answers: BTreeMap<(RecordId, Asked, u8), Answer>,
    handed_out: Vec<Option<(MeetingNumber, u8)>>,
}

impl Records {
    /// A store that holds one session, just booked.
    pub(super) fn new(variant: Variant) -> (Self, RecordId) {
        let settle = if variant == Variant::NoSettleTime { Duration::ZERO } else { Duration::from_mins(1) };
        let mut records = Self {
            variant,
            timing: Timing { in_flight: Duration::from_secs(30), settle, claim: Duration::from_mins(2) },
            site: house::site(),
            all: Vec::new(),
            numbers: BTreeMap::new(),
            answers: BTreeMap::new(),
            handed_out: Vec::new(),
        };
        let booked = records.number(house::session(), 0);
        (records, booked)
    }

    /// What a worker does that finds this record.
    pub(super) fn decide(&mut self, record: RecordId, now: u8) -> Decision {
        let answer = self.ask(record, Asked::Decide, now, Self::decide_anew);
        let Answer::Decision(decision) = answer else { unreachable!("{answer:?}") };
        decision
    }

    /// What a person's wish makes of a record, and the first step that is committed along with it; `None` where the
    /// wish cannot be.
    pub(super) fn fulfil(
        &mut self,
        record: RecordId,
        wish: Wish,
        now: u8,
    ) -> Option<(RecordId, Option<Call>)> {
        let answer = self.ask(record, Asked::Fulfil(wish), now, |records, stored, now| {
            Answer::Fulfilled(records.fulfil_anew(stored, wish, now))
        });
        let Answer::Fulfilled(fulfilled) = answer else { unreachable!("{answer:?}") };
        fulfilled
    }

    /// What an outcome makes of a record; the same where it makes nothing of it.
    pub(super) fn save(&mut self, record: RecordId, outcome: Outcome, now: u8) -> RecordId {
        let answer = self.ask(record, Asked::Save(outcome), now, |records, stored, now| {
            let Stored::Session(session) = stored else { return Answer::Record(record) };
            Answer::Record(records.save_anew(&session, outcome, now).unwrap_or(record))
        });
        let Answer::Record(saved) = answer else { unreachable!("{answer:?}") };
        saved
    }

    /// The same record without claims and pauses that are over.
    pub(super) fn aged(&mut self, record: RecordId, now: u8) -> RecordId {
        let aged = self.ask(record, Asked::Age, now, |records, stored, now| {
            let Stored::Session(session) = stored else { return Answer::Record(record) };
            Answer::Record(records.number(*session, now))
        });
        let Answer::Record(aged) = aged else { unreachable!("{aged:?}") };
        aged
    }

    /// Whether nothing more is due on it, ever, until somebody changes it.
    pub(super) fn rests(&mut self, record: RecordId, now: u8) -> bool {
        let answer = self.ask(record, Asked::Rests, now, |records, stored, now| {
            let Stored::Session(session) = stored else { return Answer::Rests(true) };
            Answer::Rests(match records.step(&session, now) {
                Step::Rest => true,
                Step::Wait(until) => house::is_never(until),
                Step::Create(_)
                | Step::Look(_)
                | Step::Update(..)
                | Step::Check(_)
                | Step::Remove(_)
                | Step::Search(_)
                | Step::Forget => false,
            })
        });
        let Answer::Rests(rests) = answer else { unreachable!("{answer:?}") };
        rests
    }

    /// The meeting that a record hands out, and its generation.
    pub(super) fn handed_out(&self, record: RecordId) -> Option<(MeetingNumber, u8)> {
        self.handed_out[usize::from(record.0)]
    }

    /// The session that a record is.
    pub(super) fn session(&self, record: RecordId) -> Option<&Session> {
        match &self.all[usize::from(record.0)] {
            Stored::Session(session) => Some(session),
            Stored::Absent(_) => None,
        }
    }

    /// Whether a record is as wished; of a session that is cancelled nothing else can be told.
    pub(super) fn fulfils(&self, record: RecordId, wish: Wish) -> bool {
        let Some(booking) = self.session(record).and_then(|session| session.booking.as_ref()) else {
            return true;
        };
        match wish {
            Wish::Cancel => false,
            Wish::ChangeHost => !booking.staff_ids.is_empty(),
            Wish::Reschedule => house::start_of(&booking.shown()) == 1,
            Wish::BookAgain => true,
        }
    }

    /// Whether what is booked starts then; of a session that is cancelled nothing is.
    pub(super) fn shows(&self, record: RecordId, start: u8) -> bool {
        let booking = self.session(record).and_then(|session| session.booking.as_ref());
        booking.is_none_or(|booking| house::start_of(&booking.shown()) == start)
    }

    /// How many different records came up.
    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    fn ask(
        &mut self,
        record: RecordId,
        asked: Asked,
        now: u8,
        answer: impl FnOnce(&mut Self, Stored, u8) -> Answer,
    ) -> Answer {
        if let Some(known) = self.answers.get(&(record, asked, now)) {
            return *known;
        }
        let stored = self.all[usize::from(record.0)].clone();
        let answer = answer(self, stored, now);
        self.answers.insert((record, asked, now), answer);
        answer
    }

    fn step(&self, session: &Session, now: u8) -> Step {
        next_step(session, &wanted(&self.site, session, at(now)), self.timing, at(now))
    }

    /// As `app/reconcile.rs` decides and claims.
    fn decide_anew(&mut self, stored: Stored, now: u8) -> Answer {
        let Stored::Session(session) = stored else { return Answer::Decision(Decision::Keep) };
        let session = *session;
        let step = self.step(&session, now);
        let call = match &step {
            Step::Rest | Step::Wait(_) => return Answer::Decision(Decision::Keep),
            Step::Forget => {
                return Answer::Decision(Decision::Forget(self.absent(session.minting.generation)));
            }
            Step::Create(_) => return Answer::Decision(self.begin(Some(&session), session.clone(), now)),
            Step::Look(intent) if self.variant == Variant::BlindSecondPost => {
                let mut again = session.clone();
                again.minting = again.minting.not_created(intent, NotCreated::Lost);
                return Answer::Decision(self.begin(Some(&session), again, now));
            }
            Step::Look(intent) => {
                let doomed = session.minting.doomed.iter().map(|doomed| house::number_of(&doomed.id));
                let doomed = doomed.fold(0, |bits, number| bits | 1 << number.0);
                Call::Look(launch(session.minting.generation, intent), doomed)
            }
            Step::Update(meeting, shown) => {
                Call::Update(house::number_of(&meeting.id), house::start_of(shown), now)
            }
            Step::Check(_) => unreachable!("the session is too far ahead for a look at its meeting"),
            Step::Remove(doomed) => Call::Remove(house::number_of(&doomed.id)),
            Step::Search(stray) => Call::Search(house::launch_of(stray), stray.looks),
        };
        let mut claimed = session.clone();
        if let Step::Update(meeting, _) = &step {
            claimed.minting = claimed.minting.updating(&meeting.id, at(now));
        }
        claimed.minting = claimed.minting.claimed(after(at(now), CLAIM));
        Answer::Decision(Decision::Take(self.write(Some(&session), claimed, now), call))
    }

    /// As `app/schedule.rs` writes a session with its first step.
    fn begin(&mut self, before: Option<&Session>, session: Session, now: u8) -> Decision {
        match self.with_first_step(before, session, now) {
            (_, Some(call)) if self.variant == Variant::NoIntent => Decision::TakeAtOnce(call),
            (record, Some(call)) => Decision::Take(record, call),
            (_, None) => Decision::Keep,
        }
    }

    fn with_first_step(
        &mut self,
        before: Option<&Session>,
        mut session: Session,
        now: u8,
    ) -> (RecordId, Option<Call>) {
        let wish = wanted(&self.site, &session, at(now));
        session.minting = session.minting.settled(&wish);
        let Step::Create(wish) = self.step(&session, now) else {
            return (self.write(before, session, now), None);
        };
        session.minting = session.minting.begun(&wish, at(now));
        let session = settled(session, &self.site, before, at(now));
        let MeetingState::Intended(intent) = &session.minting.state else {
            unreachable!("a create that is begun is intended")
        };
        let call = Call::Create(launch(session.minting.generation, intent));
        (self.number(session, now), Some(call))
    }

    /// As `app/schedule.rs` writes a changed session.
    fn write(&mut self, before: Option<&Session>, session: Session, now: u8) -> RecordId {
        let session = settled(session, &self.site, before, at(now));
        self.number(session, now)
    }

    /// As `app/booking.rs` and `app/sessions.rs` decide.
    fn fulfil_anew(&mut self, stored: Stored, wish: Wish, now: u8) -> Option<(RecordId, Option<Call>)> {
        let before = match stored {
            Stored::Session(session) => Some(*session),
            Stored::Absent(_) if wish != Wish::BookAgain => return None,
            Stored::Absent(generation) => {
                let anew = house::session_above(generation);
                return Some(self.write_wish(None, anew, now));
            }
        };
        let mut session = before.clone()?;
        match (wish, session.booking.is_some()) {
            (Wish::Cancel, true) => {
                session.cancel();
                return Some((self.write(before.as_ref(), session, now), None));
            }
            (Wish::ChangeHost | Wish::Reschedule, true) | (Wish::BookAgain, false) => {
                session.rebook(house::rebooked(session.booking.as_ref(), wish), house::join_key());
            }
            (Wish::Cancel | Wish::ChangeHost | Wish::Reschedule, false) | (Wish::BookAgain, true) => {
                return None;
            }
        }
        Some(self.write_wish(before.as_ref(), session, now))
    }

    /// Without intents, nobody begins a create but who finds the record.
    fn write_wish(
        &mut self,
        before: Option<&Session>,
        session: Session,
        now: u8,
    ) -> (RecordId, Option<Call>) {
        if self.variant == Variant::NoIntent {
            return (self.write(before, session, now), None);
        }
        self.with_first_step(before, session, now)
    }

    /// As `app/mint.rs` and `app/reconcile.rs` save what became of a step.
    fn save_anew(&mut self, before: &Session, outcome: Outcome, now: u8) -> Option<RecordId> {
        let mut session = before.clone();
        session.minting = settle((self.variant, self.timing), session.minting, outcome, now);
        (session != *before).then(|| self.write(Some(before), session, now))
    }

    /// The number of a session, under one spelling: what is over is not told apart from what never was.
    fn number(&mut self, mut session: Session, now: u8) -> RecordId {
        // A tick is half a minute: what ends in the middle of it may be over.
        let next = at(now + 1);
        let minting = &mut session.minting;
        minting.claimed_until = minting.claimed_until.filter(|until| *until >= next);
        let pauses = minting.pauses.clone();
        minting.pauses.keep(|host| pauses.of(host).is_some_and(|pause| pause.until >= next));
        match &mut minting.state {
            MeetingState::Intended(intent) => {
                intent.scans = intent.scans.min(SCANS);
                intent.replaces.iter_mut().for_each(|meeting| forget_when(meeting, now));
            }
            MeetingState::Bound(meeting) => forget_when(meeting, now),
            MeetingState::Blocked(blocked) => {
                blocked.kept.iter_mut().for_each(|meeting| forget_when(meeting, now));
            }
            MeetingState::Nothing => {}
        }
        let text = format!("{:?} {:?}", session.booking, session.minting);
        let handed_out = session.minting.handed_out().map(|meeting| {
            let generation = u8::try_from(meeting.generation).expect("few generations");
            (house::number_of(&meeting.id), generation)
        });
        self.number_of(text, Stored::Session(Box::new(house::plain(session))), handed_out)
    }

    /// The number of the absence of a session that is forgotten.
    fn absent(&mut self, generation: u64) -> RecordId {
        self.number_of(format!("absent above {generation}"), Stored::Absent(generation), None)
    }

    fn number_of(
        &mut self,
        text: String,
        stored: Stored,
        handed_out: Option<(MeetingNumber, u8)>,
    ) -> RecordId {
        if let Some(known) = self.numbers.get(&text) {
            return *known;
        }
        let number = RecordId(u16::try_from(self.all.len()).expect("few records"));
        self.all.push(stored);
        self.handed_out.push(handed_out);
        self.numbers.insert(text, number);
        number
    }
}

/// When a meeting was made to show something matters only at that moment.
fn forget_when(meeting: &mut Meeting, now: u8) {
    if meeting.shown_at < at(now) {
        meeting.shown_at = house::long_ago();
    }
}
