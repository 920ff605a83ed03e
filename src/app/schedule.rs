//! Owns how a changed session is written: settled, with its next step due, or begun with the same commit.

use std::sync::Arc;

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
}

impl Launch {
    /// The create that a session intends; `None` where it intends none.
    pub fn of(site: &Site, session: &Session, failures: u32) -> Option<Self> {
        let MeetingState::Intended(intent) = &session.minting.state else { return None };
        let generation = session.minting.generation;
        Some(Self {
            session: session.id.clone(),
            generation,
            intent: intent.clone(),
            marker: Marker::new(&site.marker_key, &session.id, generation, intent.attempt),
            failures,
        })
    }
    /// The meeting that was made by it.
    pub fn meeting(&self, created: &Created, now: Timestamp) -> Meeting {
        Meeting {
            grant: self.intent.grant.clone(),
            id: created.id.clone(),
            join_url: created.join_url.clone(),
            passcode: created.passcode.clone(),
            shown: self.intent.shown.clone(),
            generation: self.generation,
            bound_at: now,
            shown_at: now,
        }
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
    let due = due_at(&next_step(&session, &wanted(site, &session, now), gateway.timing(), now), now);
    let write = SessionWrite::Put(Arc::clone(&session));
    (
        SessionChange {
            id: session.id.clone(),
            basis: stored.basis,
            before: stored.value.clone(),
            write,
            due,
        },
        session,
    )
}

/// The same again, except that a create is begun: the session is written as intending it, and the caller sends it once
/// that is committed. Should the caller die, it is due when it can no longer be under way.
pub fn with_first_step(
    gateway: &Gateway,
    site: &Site,
    (session, stored): (Session, &Stored<Session>),
    now: Timestamp,
) -> (SessionChange, Arc<Session>, Option<Launch>) {
    let mut session = settled(session, site, stored.value.as_deref(), now);
    let step = next_step(&session, &wanted(site, &session, now), gateway.timing(), now);
    let mut due = due_at(&step, now);
    let mut launch = None;
    if let Step::Create(wanted) = step {
        let failures = session.minting.failures(&wanted.grant);
        session.minting = session.minting.begun(&wanted, now);
        launch = Launch::of(site, &session, failures);
        due = Some(after(now, gateway.timing().in_flight));
    }
    let session = Arc::new(session);
    let write = SessionWrite::Put(Arc::clone(&session));
    let (id, before) = (session.id.clone(), stored.value.clone());
    (SessionChange { id, basis: stored.basis, before, write, due }, session, launch)
}

/// When a step is due.
pub fn due_at(step: &Step, now: Timestamp) -> Option<Timestamp> {
    match step {
        Step::Rest => None,
        Step::Wait(until) => Some(*until),
        Step::Create(_)
        | Step::Look(_)
        | Step::Update(..)
        | Step::Remove(_)
        | Step::Search(_)
        | Step::Forget => Some(now),
    }
}
