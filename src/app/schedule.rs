//! Owns how a changed session is written: settled, with its next step due, or begun with the same commit.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::app::gateway::Gateway;
use crate::app::ports::provider::Created;
use crate::app::ports::store::SessionChange;
use crate::app::ports::store::SessionWrite;
use crate::app::ports::stored::Stored;
use crate::domain::id::SessionId;
use crate::domain::meeting::Marker;
use crate::domain::meeting::Meeting;
use crate::domain::meeting::after;
use crate::domain::minting::Intent;
use crate::domain::minting::MeetingState;
use crate::domain::pace::Urgency;
use crate::domain::pause::Pause;
use crate::domain::session::Session;
use crate::domain::settle::settled;
use crate::domain::site::Site;
use crate::domain::step::Step;
use crate::domain::step::next_step;
use crate::domain::step::wanted;

/// A create whose intent is committed: it is sent once, by whoever committed it.
#[derive(Debug, Clone)]
pub struct Launch {
    /// Of which session.
    pub session: SessionId,
    /// Which of its meetings.
    pub generation: u64,
    /// The intent.
    pub intent: Intent,
    /// By what the meeting is found again.
    pub marker: Marker,
    /// How many tries in a row did not succeed before this one.
    pub failures: u32,
    /// Whether somebody waits for it.
    pub urgency: Urgency,
}

impl Launch {
    /// The create that a session intends; `None` where it intends none.
    pub fn of(site: &Site, session: &Session, (failures, urgency): (u32, Urgency)) -> Option<Self> {
        let MeetingState::Intended(intent) = &session.minting.state else { return None };
        let generation = session.minting.generation;
        Some(Self {
            session: session.id.clone(),
            generation,
            intent: intent.clone(),
            marker: Marker::new(&site.marker_key, &session.id, generation, intent.attempt),
            failures,
            urgency,
        })
    }

    /// The meeting that was made by it.
    pub fn meeting(&self, created: &Created, now: Timestamp) -> Meeting {
        created.meeting(&self.intent.grant, (self.generation, &self.intent.shown), now)
    }
}

/// The change that writes a session, settled, with its next step due.
pub fn as_due(
    gateway: &Gateway,
    site: &Site,
    session: (Session, &Stored<Session>),
    now: Timestamp,
) -> SessionChange {
    with_step_due(gateway, site, session, now).0
}

/// The same, and the session as it is written.
pub fn with_step_due(
    gateway: &Gateway,
    site: &Site,
    (session, stored): (Session, &Stored<Session>),
    now: Timestamp,
) -> (SessionChange, Arc<Session>) {
    let session = Arc::new(settled(session, site, stored.value.as_deref(), now));
    let step = next_step(&session, &wanted(site, &session, now), gateway.timing(), now);
    let due = due_at(&step, &session, now);
    (put(&session, stored, due), session)
}

/// The same again, except that a create is begun: the session is written as intending it, and the caller sends it once
/// that is committed. Should the caller die, it is due when it can no longer be under way. Where the budget is known to be
/// closed, the session is written as waiting for it.
pub fn with_first_step(
    gateway: &Gateway,
    site: &Site,
    (mut session, stored): (Session, &Stored<Session>),
    (urgency, now): (Urgency, Timestamp),
) -> (SessionChange, Arc<Session>, Option<Launch>) {
    let wish = wanted(site, &session, now);
    session.minting = session.minting.settled(&wish);
    let Step::Create(wish) = next_step(&session, &wish, gateway.timing(), now) else {
        let (change, session) = with_step_due(gateway, site, (session, stored), now);
        return (change, session, None);
    };
    let step = Step::Create(wish.clone());
    if let Some(pause) = held_back(gateway, &step, &session, now) {
        session.minting = session.minting.paused(pause);
        let (change, session) = with_step_due(gateway, site, (session, stored), now);
        return (change, session, None);
    }
    let failures = session.minting.failures(&wish.grant);
    session.minting = session.minting.begun(&wish, now);
    let session = settled(session, site, stored.value.as_deref(), now);
    let launch = Launch::of(site, &session, (failures, urgency));
    let due = Some(after(now, gateway.timing().in_flight));
    let session = Arc::new(session);
    (put(&session, stored, due), session, launch)
}

/// How long a step waits whose calls would be refused, as far as this process knows.
pub fn held_back(gateway: &Gateway, step: &Step, session: &Session, now: Timestamp) -> Option<Pause> {
    let (grant, request) = step.call()?;
    let closed = gateway.closures.closed(grant, request, now)?;
    Some(closed.pause(grant, session.minting.failures(grant)))
}

fn put(session: &Arc<Session>, stored: &Stored<Session>, due: Option<Timestamp>) -> SessionChange {
    SessionChange {
        id: session.id.clone(),
        basis: stored.basis,
        before: stored.value.clone(),
        write: SessionWrite::Put(Arc::clone(session)),
        due,
    }
}

/// What is due at once comes in the order of how soon its session starts: a millisecond later for every minute until
/// then, in a past that is this long.
const ORDER: Duration = Duration::from_mins(10);
/// Of a wait, such a part is given to the same order.
const ORDER_OF_WAIT: u32 = 60;

/// When a step is due: of what is due together, that of the soonest session first (R30).
pub fn due_at(step: &Step, session: &Session, now: Timestamp) -> Option<Timestamp> {
    match step {
        Step::Rest => None,
        Step::Wait(until) => {
            let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
            Some(after(*until, order(session, now).min(wait / ORDER_OF_WAIT)))
        }
        Step::Create(_)
        | Step::Look(_)
        | Step::Update(..)
        | Step::Check(_)
        | Step::Remove(_)
        | Step::Search(_)
        | Step::Forget => {
            let first = now.checked_sub(ORDER).unwrap_or(now);
            Some(after(first, order(session, now).min(ORDER)))
        }
    }
}

/// How far behind what is most urgent a session stands. What is left of a cancelled one can wait a day.
fn order(session: &Session, now: Timestamp) -> Duration {
    let starts_at = session.booking.as_ref().map(|booking| booking.starts_at);
    let starts_at = starts_at.unwrap_or_else(|| after(now, Duration::from_hours(24)));
    let ahead = Duration::try_from(starts_at.duration_since(now)).unwrap_or_default();
    Duration::from_millis(ahead.as_secs() / 60)
}
