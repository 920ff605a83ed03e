//! Use case: find the meetings of creates that were not answered, by their marker (R28, correctness.md section 2, steps
//! 5 and 6).

use jiff::Timestamp;
use tracing::info;
use tracing::warn;

use crate::app::budget::Asked;
use crate::app::call::CallFailure;
use crate::app::call::call;
use crate::app::gateway::Gateway;
use crate::app::mint::persist;
use crate::app::ports::provider::Found;
use crate::app::ports::provider::Listed;
use crate::app::target::Target;
use crate::app::target::pause;
use crate::domain::id::GrantId;
use crate::domain::meeting::Marker;
use crate::domain::meeting::Meeting;
use crate::domain::meeting::MeetingId;
use crate::domain::meeting::Shown;
use crate::domain::minting::Doom;
use crate::domain::minting::Intent;
use crate::domain::minting::MeetingState;
use crate::domain::minting::Minting;
use crate::domain::minting::NotCreated;
use crate::domain::minting::Stray;
use crate::domain::request::Request;
use crate::domain::step::ScanVerdict;
use crate::domain::step::judge_scans;

/// A create whose meeting is looked for.
#[derive(Debug)]
pub struct Lost {
    /// The create.
    pub intent: Intent,
    /// Of which of the session's meetings.
    pub generation: u64,
    /// By what it is found.
    pub marker: Marker,
    /// Meetings that are to be removed: none of them is adopted.
    pub doomed: Vec<MeetingId>,
}

/// A create that was given up, whose meeting may have come late.
#[derive(Debug)]
pub struct Missed {
    /// The create.
    pub stray: Stray,
    /// By what its meeting is found.
    pub marker: Marker,
}

/// Looks for the meeting of a create that was not answered: adopts it, or finds that it was not made.
pub async fn look(target: Target<'_>, (lost, failures): (&Lost, u32)) {
    let intent = &lost.intent;
    let grant = &intent.grant;
    let found = match find_marked(target.gateway, grant, (&lost.marker, &lost.doomed)).await {
        Ok(found) => found,
        Err(CallFailure::NoGrant) => return abandon(target, intent).await,
        Err(failure) => return pause(target, (grant, failure, failures)).await,
    };
    let Some(first) = found.first else { return count_scan(target, intent).await };
    info!(session.id = %target.session, "meeting adopted");
    let adopted = adopted(&first, (grant, lost.generation, &intent.shown), target.gateway.clock.now());
    let settle = |mut minting: Minting| {
        minting = minting.bound(adopted.clone());
        for twin in &found.all {
            minting.doom(grant.clone(), twin.clone(), Doom::Stray);
        }
        minting
    };
    persist(target.gateway, target.site, target.session, settle).await;
}

/// Looks again for the meeting of a create that was given up: it becomes the session's, or goes.
pub async fn search(target: Target<'_>, (missed, failures): (&Missed, u32)) {
    let stray = &missed.stray;
    let found = match find_marked(target.gateway, &stray.grant, (&missed.marker, &[])).await {
        Ok(found) => found,
        // Who took the grant back keeps what it made.
        Err(CallFailure::NoGrant) => Marked::default(),
        Err(failure) => return pause(target, (&stray.grant, failure, failures)).await,
    };
    let now = target.gateway.clock.now();
    let first = found.first.map(|first| adopted(&first, (&stray.grant, stray.generation, &stray.shown), now));
    let settle = |minting: Minting| minting.searched(stray, (first.clone(), &found.all));
    persist(target.gateway, target.site, target.session, settle).await;
}

/// A meeting that was found, as it is: an earlier attempt of its generation may have asked for something else.
fn adopted(found: &Found, (host, generation, asked): (&GrantId, u64, &Shown), now: Timestamp) -> Meeting {
    let shown = Shown {
        topic: found.topic.clone(),
        starts_at: found.starts_at.unwrap_or(asked.starts_at),
        duration_minutes: found.duration_minutes.unwrap_or(asked.duration_minutes),
        time_zone: asked.time_zone.clone(),
    };
    found.meeting.meeting(host, (generation, &shown), now)
}

async fn abandon(target: Target<'_>, intent: &Intent) {
    warn!(session.id = %target.session, "a lost create is not looked for any more: its account was disconnected");
    persist(target.gateway, target.site, target.session, |minting| minting.abandoned(intent)).await;
}

/// What a complete listing showed of a marker.
#[derive(Debug, Default)]
struct Marked {
    /// The oldest that is still there.
    first: Option<Found>,
    /// All, the oldest first.
    all: Vec<MeetingId>,
}

/// Every meeting of a host that bears the marker, in whichever attempt, but for these.
async fn find_marked(
    gateway: &Gateway,
    grant: &GrantId,
    (marker, except): (&Marker, &[MeetingId]),
) -> Result<Marked, CallFailure> {
    let listed = list_marked(gateway, grant, marker).await?;
    let all = listed.into_iter().map(|listed| listed.id).filter(|id| !except.contains(id)).collect();
    let mut shown = Marked { first: None, all };
    for id in &shown.all {
        let asked = Asked::background(grant, Request::Find);
        let found =
            call(gateway, asked, |host| async move { gateway.meetings.find(&host, id).await }).await?;
        if let Some(found) = found {
            shown.first = Some(found);
            break;
        }
    }
    Ok(shown)
}

async fn list_marked(
    gateway: &Gateway,
    grant: &GrantId,
    marker: &Marker,
) -> Result<Vec<Listed>, CallFailure> {
    let mut found = Vec::new();
    let mut next = None;
    loop {
        let from = next.as_ref();
        let asked = Asked::background(grant, Request::List);
        let page =
            call(gateway, asked, |host| async move { gateway.meetings.list(&host, from).await }).await?;
        let is_ours = |listed: &Listed| {
            listed.marker.as_ref().is_some_and(|theirs| theirs.is_of_same_generation(marker))
        };
        found.extend(page.meetings.into_iter().filter(is_ours));
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    found.sort_by_key(|listed| (listed.created_at.unwrap_or(Timestamp::MAX), listed.id.clone()));
    found.dedup_by(|one, two| one.id == two.id);
    Ok(found)
}

async fn count_scan(target: Target<'_>, intent: &Intent) {
    let gateway = target.gateway;
    let now = gateway.clock.now();
    let settle = |minting: Minting| {
        let MeetingState::Intended(current) = &minting.state else { return minting };
        let scans = current.scans.saturating_add(1);
        match judge_scans(current, scans, gateway.timing(), now) {
            ScanVerdict::NotMade => minting.not_created(intent, NotCreated::Lost),
            ScanVerdict::LookAgain(at) => minting.scanned(intent).claimed(at),
        }
    };
    persist(gateway, target.site, target.session, settle).await;
}
