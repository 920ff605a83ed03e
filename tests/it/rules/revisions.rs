//! The revision of a link never goes down, and grows with whatever the link shows: through changes of the site and
//! the session, through what becomes of its meeting at a provider, and from one session of an id to the next.

use std::time::Duration;

use greenroom::domain::account::Provider;
use greenroom::domain::account::Revision;
use greenroom::domain::concealed::Concealed;
use greenroom::domain::concealed::LinkUrl;
use greenroom::domain::id::GrantId;
use greenroom::domain::link::Link;
use greenroom::domain::meeting::Held;
use greenroom::domain::meeting::Meeting;
use greenroom::domain::meeting::MeetingId;
use greenroom::domain::meeting::Shown;
use greenroom::domain::meeting::after;
use greenroom::domain::minting::Intent;
use greenroom::domain::minting::MeetingState;
use greenroom::domain::minting::Minting;
use greenroom::domain::minting::NotCreated;
use greenroom::domain::minting::Stray;
use greenroom::domain::pause::Pause;
use greenroom::domain::pause::PauseReason;
use greenroom::domain::session::Session;
use greenroom::domain::settle::settled;
use greenroom::domain::site::Site;
use greenroom::domain::step::Step;
use greenroom::domain::step::Timing;
use greenroom::domain::step::next_step;
use greenroom::domain::step::wanted;
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::select;

use crate::rules::changes::Change;
use crate::rules::changes::booked;
use crate::rules::changes::change;
use crate::rules::changes::start;
use crate::rules::house;
use crate::rules::many;

const TIMING: Timing = Timing {
    in_flight: Duration::from_secs(30),
    settle: Duration::from_mins(1),
    claim: Duration::from_mins(2),
};

/// What happens to a site and its session, as the use cases let it happen.
#[derive(Debug, Clone)]
enum Event {
    /// Somebody changes something.
    Change(Change),
    /// The sessions ahead are decided again.
    Redecide,
    /// The provider answers a create that is under way.
    Answer(Outcome),
    /// The worker takes the next step.
    Work(Outcome),
    /// Ten minutes pass.
    Pass,
}

/// What the provider says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Made,
    Later(PauseReason),
    Rejected,
    Lost,
}

/// What the store holds, and what is under way.
struct House {
    site: Site,
    /// The session's record, and its version.
    session: Option<(u64, Session)>,
    /// A new record's version is greater.
    floor: u64,
    launch: Option<(Intent, u64)>,
    seconds: i64,
}

/// The link of a session as somebody reads it, without its revision.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    status: &'static str,
    reason: Option<&'static str>,
    provider: Option<&'static str>,
    source: String,
    secrets: [Option<String>; 4],
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn a_link_that_shows_another_thing_has_a_higher_revision(
        start in start(),
        events in prop::collection::vec(events(), 0..14),
    ) {
        let mut house = House::new();
        let mut highest = Revision(0);
        let mut was_live = false;
        for event in start.into_iter().map(Event::Change).chain(events.into_iter().flatten()) {
            house.seconds += if matches!(event, Event::Pass) { 600 } else { 1 };
            let before = house.seen();
            house.apply(&event);
            let after = house.seen();
            let is_new = after.is_some() && before.is_none();
            let Some((revision, shown)) = after else { was_live |= before.is_some(); continue };
            prop_assert!(revision >= highest, "{:?} < {:?} after {:?}", revision, highest, event);
            if is_new && was_live || before.as_ref().is_some_and(|(_, before)| *before != shown) {
                prop_assert!(revision > highest, "{:?} {:?} after {:?}: {:?}", revision, before, event, shown);
            }
            highest = revision;
        }
    }
}

/// One thing, or a session that is cancelled, forgotten, and booked anew.
fn events() -> impl Strategy<Value = Vec<Event>> {
    let anew = |booked| {
        let work = Event::Work(Outcome::Made);
        let mut events = vec![Event::Answer(Outcome::Made), Event::Change(Change::Cancel)];
        events.extend([work.clone(), work.clone(), work, Event::Change(Change::Book(booked))]);
        events
    };
    prop_oneof![12 => event().prop_map(|event| vec![event]), 1 => booked().prop_map(anew)]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => change().prop_map(Event::Change),
        2 => Just(Event::Redecide),
        4 => outcome().prop_map(Event::Answer),
        4 => outcome().prop_map(Event::Work),
        1 => Just(Event::Pass),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let reasons = vec![PauseReason::Unavailable, PauseReason::RateLimited, PauseReason::DailyLimit];
    prop_oneof![
        3 => Just(Outcome::Made),
        1 => select(reasons).prop_map(Outcome::Later),
        1 => Just(Outcome::Rejected),
        1 => Just(Outcome::Lost),
    ]
}

impl House {
    fn new() -> Self {
        Self { site: house::site(), session: None, floor: 0, launch: None, seconds: 0 }
    }

    fn now(&self) -> Timestamp {
        house::at(self.seconds)
    }

    /// What a reader is answered; nothing, where there is no session.
    fn seen(&self) -> Option<(Revision, Seen)> {
        let (_, session) = self.session.as_ref()?;
        session.booking.as_ref()?;
        let link = Link::of(&self.site, session, self.now());
        let seen = Seen {
            status: link.status.name(),
            reason: link.status.reason(),
            provider: link.provider.map(Provider::name),
            source: format!("{:?}", link.source),
            secrets: [
                link.provider_url.map(|url| url.expose().to_owned()),
                link.password.map(|password| password.expose().to_owned()),
                link.description.map(|description| description.expose().to_owned()),
                link.meeting_id.map(|id| id.as_str().to_owned()),
            ],
        };
        Some((link.revision, seen))
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::Pass => {}
            Event::Change(change) => {
                house::change_site(&mut self.site, change, house::at(self.seconds));
                self.change_session(change);
            }
            Event::Redecide => {
                let Some((_, session)) = self.session.clone() else { return };
                let settled = settled(session.clone(), &self.site, Some(&session), self.now());
                if settled != session {
                    self.write(settled);
                }
            }
            Event::Answer(outcome) => {
                let Some((intent, generation)) = self.launch.take() else { return };
                self.settle(|minting, now| answered(minting, (&intent, generation), *outcome, now));
            }
            Event::Work(outcome) => self.work(*outcome),
        }
    }

    /// As `app::sessions` and `app::choice` do it.
    fn change_session(&mut self, change: &Change) {
        let live = self.session.clone().filter(|(_, session)| session.booking.is_some());
        match (change, self.session.clone(), live) {
            (Change::Book(booked), None, _) => {
                let session = house::session(booked, Revision(self.floor + 1), self.now());
                self.begin(session, None);
            }
            (Change::Book(_), Some((_, old)), _) | (Change::Choose(_), _, Some((_, old))) => {
                let mut session = old.clone();
                house::change_session(&mut session, change, self.now());
                if session != old {
                    self.begin(session, Some(&old));
                }
            }
            (Change::Cancel, _, Some((_, old))) => {
                let mut session = old.clone();
                house::change_session(&mut session, change, self.now());
                self.write(settled(session, &self.site, Some(&old), self.now()));
            }
            _ => {}
        }
    }

    /// As `app::schedule::with_first_step` does it.
    fn begin(&mut self, session: Session, old: Option<&Session>) {
        let now = self.now();
        let mut session = settled(session, &self.site, old, now);
        if let Step::Create(wish) = next_step(&session, &wanted(&self.site, &session, now), TIMING, now) {
            session.minting = session.minting.begun(&wish, now);
            if let MeetingState::Intended(intent) = &session.minting.state {
                self.launch = Some((intent.clone(), session.minting.generation));
            }
        }
        self.write(session);
    }

    /// As `app::mint::persist` does it.
    fn settle(&mut self, change: impl FnOnce(Minting, Timestamp) -> Minting) {
        let Some((_, old)) = self.session.clone() else { return };
        let mut session = old.clone();
        session.minting = change(session.minting, self.now());
        if session != old {
            self.write(settled(session, &self.site, Some(&old), self.now()));
        }
    }

    /// As `app::reconcile` does it.
    fn work(&mut self, outcome: Outcome) {
        let Some((version, session)) = self.session.clone() else { return };
        let now = self.now();
        let generation = session.minting.generation;
        match next_step(&session, &wanted(&self.site, &session, now), TIMING, now) {
            Step::Rest | Step::Wait(_) => {}
            Step::Create(_) => self.begin(session.clone(), Some(&session)),
            Step::Look(intent) => self.settle(|minting, now| match outcome {
                Outcome::Made => minting.bound(meeting(&intent, generation, now)),
                Outcome::Later(reason) => minting.paused(pause(&intent.grant, reason, now)),
                Outcome::Rejected => minting.abandoned(&intent),
                Outcome::Lost => minting.not_created(&intent, NotCreated::Lost),
            }),
            Step::Update(bound, shown) => self.settle(|minting, now| match outcome {
                Outcome::Made => moved(minting.updated(&bound.id, shown, (now, now)), &bound, now),
                Outcome::Later(reason) => minting.paused(pause(&bound.grant, reason, now)),
                Outcome::Rejected => minting.gone(&bound.id),
                Outcome::Lost => minting,
            }),
            Step::Check(bound) => self.settle(|minting, now| match outcome {
                Outcome::Made => moved(minting.seen(&bound.id, now), &bound, now),
                Outcome::Later(reason) => minting.paused(pause(&bound.grant, reason, now)),
                Outcome::Rejected => minting.gone(&bound.id),
                Outcome::Lost => minting,
            }),
            Step::Remove(doomed) => self.settle(|minting, _| minting.removed(&doomed)),
            Step::Search(stray) => self.settle(|minting, now| match outcome {
                Outcome::Made => {
                    let found = late(&stray, now);
                    let id = found.id.clone();
                    minting.searched(&stray, (Some(found), &[id]))
                }
                Outcome::Later(reason) => minting.paused(pause(&stray.grant, reason, now)),
                Outcome::Rejected | Outcome::Lost => minting.searched(&stray, (None, &[])),
            }),
            Step::Forget => {
                self.floor = self.floor.max(version);
                self.session = None;
            }
        }
    }

    fn write(&mut self, session: Session) {
        let version = self.session.as_ref().map_or(self.floor, |(version, _)| *version);
        self.session = Some((version + 1, session));
    }
}

fn answered(
    minting: Minting,
    (intent, generation): (&Intent, u64),
    outcome: Outcome,
    now: Timestamp,
) -> Minting {
    match outcome {
        Outcome::Made => minting.bound(meeting(intent, generation, now)),
        Outcome::Later(reason) => {
            minting.not_created(intent, NotCreated::Later(pause(&intent.grant, reason, now)))
        }
        Outcome::Rejected => minting.not_created(intent, NotCreated::Rejected),
        Outcome::Lost => minting.unanswered(intent, pause(&intent.grant, PauseReason::Unavailable, now)),
    }
}

fn meeting(intent: &Intent, generation: u64, now: Timestamp) -> Meeting {
    let id = format!("{generation}-{}", intent.attempt);
    Meeting {
        grant: intent.grant.clone(),
        join_url: LinkUrl::new(format!("https://zoom.example/j/{id}").parse().unwrap()),
        id: MeetingId::new(&id),
        passcode: Some(Concealed::new("1234")),
        shown: Shown::clone(&intent.shown),
        generation,
        bound_at: now,
        shown_at: now,
        doubt: None,
        seen_at: now,
        asked_at: None,
        held: Held::default(),
    }
}

/// The meeting of a create that was given up.
fn late(stray: &Stray, now: Timestamp) -> Meeting {
    let id = format!("{}-late", stray.generation);
    Meeting {
        grant: stray.grant.clone(),
        join_url: LinkUrl::new(format!("https://zoom.example/j/{id}").parse().unwrap()),
        id: MeetingId::new(&id),
        passcode: None,
        shown: stray.shown.clone(),
        generation: stray.generation,
        bound_at: now,
        shown_at: now,
        doubt: None,
        seen_at: now,
        asked_at: None,
        held: Held::default(),
    }
}

/// The provider answers an update with another address.
fn moved(minting: Minting, bound: &Meeting, now: Timestamp) -> Minting {
    let url = format!("https://zoom.example/j/{}?at={}", bound.id.as_str(), now.as_second());
    minting.readdressed(&bound.id, &LinkUrl::new(url.parse().unwrap()), None)
}

fn pause(grant: &GrantId, reason: PauseReason, now: Timestamp) -> Pause {
    Pause { grant: grant.clone(), until: after(now, Duration::from_secs(5)), reason, failures: 1 }
}
