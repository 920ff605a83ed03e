//! Use case: take the next step of a session's meeting, whichever it is (R18 to R20, R28).
//!
//! Level-triggered: it looks at the record, not at what happened. Every step is claimed in a commit before the
//! provider is called, so that one replica takes it.

use std::sync::Arc;

use jiff::Timestamp;
use tracing::info;
use tracing::warn;

use crate::app::budget::Asked;
use crate::app::call::CallFailure;
use crate::app::call::call;
use crate::app::change::Change;
use crate::app::change::Decision;
use crate::app::change::change;
use crate::app::gateway::Gateway;
use crate::app::lost;
use crate::app::lost::Lost;
use crate::app::lost::Missed;
use crate::app::mint;
use crate::app::mint::persist;
use crate::app::overlaps;
use crate::app::ports::provider::Draft;
use crate::app::ports::provider::Standing;
use crate::app::ports::store::SessionChange;
use crate::app::ports::store::SessionWrite;
use crate::app::ports::store::SiteSnapshot;
use crate::app::ports::stored::StoreError;
use crate::app::ports::stored::Stored;
use crate::app::schedule;
use crate::app::schedule::Launch;
use crate::app::target::Target;
use crate::app::target::pause;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::meeting::Marker;
use crate::domain::meeting::Meeting;
use crate::domain::meeting::after;
use crate::domain::minting::Doom;
use crate::domain::minting::Doomed;
use crate::domain::minting::Minting;
use crate::domain::pace::Urgency;
use crate::domain::request::Request;
use crate::domain::session::Session;
use crate::domain::step::Step;
use crate::domain::step::next_step;
use crate::domain::step::wanted;

/// What was claimed.
#[derive(Debug)]
enum Claimed {
    Nothing,
    NoSite,
    Create(Launch),
    Look(Lost),
    Search(Missed),
    Update(Revised),
    Check(Looked),
    Remove(Doomed),
    Forget(Arc<Session>),
}

/// A meeting that is to show something else.
#[derive(Debug)]
struct Revised {
    meeting: Meeting,
    draft: Draft,
    sent_at: Timestamp,
}

/// A meeting that is looked at.
#[derive(Debug)]
struct Looked {
    meeting: Meeting,
    begun_at: Timestamp,
}

/// A step that was claimed, and how many tries in a row before it did not succeed.
type Claim = (Claimed, u32);

/// Takes the next step of a session, if one is due; of a site that is half off-boarded, the rest is. Fails only as the
/// store fails: then it stays due.
pub async fn take_step(gateway: &Gateway, site: &SiteId, session: &SessionId) -> Result<(), StoreError> {
    let target = Target { gateway, site, session };
    let (claimed, failures) = match claim(target).await {
        Err(StoreError::Destroyed) => (Claimed::NoSite, 0),
        claimed => claimed?,
    };
    match claimed {
        Claimed::Nothing => {}
        Claimed::NoSite => gateway.sites.purge(site).await?,
        Claimed::Create(launch) => mint::create(gateway.clone(), site.clone(), launch).await,
        Claimed::Look(lost) => lost::look(target, (&lost, failures)).await,
        Claimed::Search(missed) => lost::search(target, (&missed, failures)).await,
        Claimed::Update(revised) => update(target, (&revised, failures)).await,
        Claimed::Check(looked) => check(target, (&looked, failures)).await,
        Claimed::Remove(doomed) => remove(target, (&doomed, failures)).await,
        Claimed::Forget(forgotten) => forget(target, &forgotten).await?,
    }
    Ok(())
}

/// Commits that the step is being taken, before anything is done at the provider.
async fn claim(target: Target<'_>) -> Result<Claim, StoreError> {
    let ids = std::slice::from_ref(target.session);
    change(target.gateway, target.site, ids, |snapshot| Ok(decide(target.gateway, target.session, snapshot)))
        .await
}

fn decide(gateway: &Gateway, id: &SessionId, snapshot: &SiteSnapshot) -> Decision<Claim> {
    let (Some(site), Some(stored)) = (&snapshot.site.value, snapshot.sessions.first()) else {
        return Decision::Keep((Claimed::NoSite, 0));
    };
    let Some(old) = &stored.value else {
        let change = writing(id, stored, SessionWrite::Keep, None);
        return Decision::Commit(Change::of_session(change), (Claimed::Nothing, 0));
    };
    let now = gateway.clock.now();
    let claim_until = after(now, gateway.timing().claim);
    let marker = |generation| Marker::new(&site.marker_key, &old.id, generation, 1);
    let step = next_step(old, &wanted(site, old, now), gateway.timing(), now);
    let failures = step.call().map_or(0, |(host, _)| old.minting.failures(host));
    let with = |minting: Minting, claimed| {
        let session = Session { minting, ..Session::clone(old) };
        let written = schedule::as_due(gateway, site, (session, stored), now);
        Decision::Commit(Change::of_session(written), (claimed, failures))
    };
    let claiming = |claimed| with(old.minting.clone().claimed(claim_until), claimed);
    if let Some(pause) = schedule::held_back(gateway, &step, old, now) {
        return with(old.minting.clone().paused(pause), Claimed::Nothing);
    }
    let due = schedule::due_at(&step, old, now);
    match step {
        Step::Rest | Step::Wait(_) => {
            let change = writing(id, stored, SessionWrite::Keep, due);
            Decision::Commit(Change::of_session(change), (Claimed::Nothing, 0))
        }
        Step::Create(_) => {
            let (written, _, launch) = schedule::with_first_step(
                gateway,
                site,
                (Session::clone(old), stored),
                (Urgency::Background, now),
            );
            let claimed = launch.map_or(Claimed::Nothing, Claimed::Create);
            Decision::Commit(Change::of_session(written), (claimed, failures))
        }
        Step::Look(intent) => {
            let generation = old.minting.generation;
            let doomed = old.minting.doomed.iter().map(|doomed| doomed.id.clone()).collect();
            claiming(Claimed::Look(Lost { intent, generation, marker: marker(generation), doomed }))
        }
        Step::Search(stray) => {
            let marker = marker(stray.generation);
            claiming(Claimed::Search(Missed { stray, marker }))
        }
        Step::Update(meeting, shown) => {
            let draft = Draft { shown, marker: marker(meeting.generation) };
            let minting = old.minting.clone().updating(&meeting.id, now).claimed(claim_until);
            with(minting, Claimed::Update(Revised { meeting, draft, sent_at: now }))
        }
        Step::Check(meeting) => claiming(Claimed::Check(Looked { meeting, begun_at: now })),
        Step::Remove(doomed) => claiming(Claimed::Remove(doomed)),
        Step::Forget => Decision::Keep((Claimed::Forget(Arc::clone(old)), 0)),
    }
}

/// A change that takes no step at the provider.
fn writing(
    id: &SessionId,
    stored: &Stored<Session>,
    write: SessionWrite,
    due: Option<Timestamp>,
) -> SessionChange {
    SessionChange { id: id.clone(), basis: stored.basis, before: stored.value.clone(), write, due }
}

/// Forgets a session: first all that it left beside itself, so that nothing of it stays should this be cut short.
async fn forget(target: Target<'_>, forgotten: &Session) -> Result<(), StoreError> {
    let Target { gateway, site, session } = target;
    overlaps::look(gateway, site, std::slice::from_ref(session)).await?;
    gateway.traces.forget(site, forgotten).await?;
    let is_gone = change::<_, StoreError>(gateway, site, std::slice::from_ref(session), |snapshot| {
        let Some(stored) = snapshot.sessions.first() else { return Ok(Decision::Keep(false)) };
        // Booked again meanwhile, it stays.
        let Some(before) = stored.value.clone().filter(|found| **found == *forgotten) else {
            return Ok(Decision::Keep(false));
        };
        let (id, basis, write) = (session.clone(), stored.basis, SessionWrite::Remove);
        let change = SessionChange { id, basis, before: Some(before), write, due: None };
        Ok(Decision::Commit(Change::of_session(change), true))
    })
    .await?;
    if is_gone {
        gateway.tickets.remove(&forgotten.join.locator().hash()).await?;
    }
    Ok(())
}

/// Makes the bound meeting show what the session is now, and reads back what the provider made of it: it may ignore
/// values, and may answer with another address (zoom/facts.md 2.6).
async fn update(target: Target<'_>, (revised, failures): (&Revised, u32)) {
    let gateway = target.gateway;
    let Revised { meeting, draft, sent_at } = revised;
    let id = &meeting.id;
    let grant = &meeting.grant;
    let asked = Asked::background(grant, Request::Update(draft.shown.starts_at));
    let outcome = call(gateway, asked, |host| async move {
        gateway.meetings.update(&host, id, draft).await?;
        gateway.meetings.find(&host, id).await
    })
    .await;
    match outcome {
        Ok(Some(found)) => {
            if found.topic != draft.shown.topic {
                warn!(session.id = %target.session, "the provider did not take an update as sent");
            }
            let now = gateway.clock.now();
            let settle = |minting: Minting| {
                let minting = minting.updated(id, draft.shown.clone(), (*sent_at, now));
                let there = &found.meeting;
                minting.readdressed(id, &there.join_url, there.passcode.as_ref()).seen(id, *sent_at)
            };
            persist(gateway, target.site, target.session, settle).await;
        }
        Ok(None) | Err(CallFailure::Gone) => {
            info!(session.id = %target.session, "meeting gone at the provider");
            persist(gateway, target.site, target.session, |minting| minting.gone(id)).await;
        }
        Err(CallFailure::Rejected) => give_up(target, revised).await,
        Err(CallFailure::Ambiguous) => pause(target, (grant, CallFailure::Ambiguous, failures)).await,
        Err(failure) => {
            warn!(session.id = %target.session, ?failure, "an update was not sent");
            let pause = failure.pause(gateway, grant, failures);
            let settle = |minting: Minting| minting.not_updated(id, *sent_at).paused(pause.clone());
            persist(gateway, target.site, target.session, settle).await;
        }
    }
}

/// An update that is refused for good is not sent again until something else is wanted: the meeting stays as it is.
async fn give_up(target: Target<'_>, Revised { meeting, draft, sent_at }: &Revised) {
    warn!(session.id = %target.session, "the provider rejected an update");
    let now = target.gateway.clock.now();
    let settle = |minting: Minting| minting.updated(&meeting.id, draft.shown.clone(), (*sent_at, now));
    persist(target.gateway, target.site, target.session, settle).await;
}

/// Looks at a meeting: one that is gone is made anew, and people are led where it is (R32).
async fn check(target: Target<'_>, (looked, failures): (&Looked, u32)) {
    let Target { gateway, site, session } = target;
    let Looked { meeting, begun_at } = looked;
    let (grant, id) = (&meeting.grant, &meeting.id);
    let asked = Asked::background(grant, Request::Find);
    match call(gateway, asked, |host| async move { gateway.meetings.find(&host, id).await }).await {
        Ok(Some(found)) => {
            let there = &found.meeting;
            let settle = |minting: Minting| {
                minting.readdressed(id, &there.join_url, there.passcode.as_ref()).seen(id, *begun_at)
            };
            persist(gateway, site, session, settle).await;
        }
        Ok(None) | Err(CallFailure::Gone) => {
            info!(session.id = %session, "meeting gone at the provider");
            persist(gateway, site, session, |minting| minting.gone(id)).await;
        }
        Err(CallFailure::Rejected) => {
            warn!(session.id = %session, "the provider does not let a meeting be looked at");
            persist(gateway, site, session, |minting| minting.seen(id, *begun_at)).await;
        }
        Err(failure @ (CallFailure::Ambiguous | CallFailure::Later { .. } | CallFailure::NoGrant)) => {
            pause(target, (grant, failure, failures)).await;
        }
    }
}

/// What became of a removal that was not refused.
enum Removal {
    Done,
    PutOff,
}

async fn remove(target: Target<'_>, (doomed, failures): (&Doomed, u32)) {
    let gateway = target.gateway;
    let grant = &doomed.grant;
    let asked = Asked::background(grant, Request::Remove);
    let outcome = call(gateway, asked, |host| async move {
        // Whoever runs what nobody was ever given must not lose it under their hands.
        if doomed.why == Doom::Stray
            && let Some(found) = gateway.meetings.find(&host, &doomed.id).await?
            && found.standing == Standing::Running
        {
            return Ok(Removal::PutOff);
        }
        gateway.meetings.remove(&host, &doomed.id).await.map(|()| Removal::Done)
    });
    match outcome.await {
        Ok(Removal::Done) | Err(CallFailure::Gone) => {
            info!(session.id = %target.session, "meeting removed");
            persist(gateway, target.site, target.session, |minting| minting.removed(doomed)).await;
        }
        Err(CallFailure::NoGrant) => {
            warn!(session.id = %target.session, "a meeting stays at the provider: its account was disconnected");
            persist(gateway, target.site, target.session, |minting| minting.removed(doomed)).await;
        }
        Ok(Removal::PutOff) | Err(CallFailure::Rejected) => {
            warn!(session.id = %target.session, "a meeting cannot be removed as it stands");
            let pause = CallFailure::Rejected.pause(gateway, grant, failures);
            let settle = |minting: Minting| minting.not_removed(doomed, pause.clone());
            persist(gateway, target.site, target.session, settle).await;
        }
        Err(failure) => pause(target, (grant, failure, failures)).await,
    }
}
