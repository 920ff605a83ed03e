//! Use case: create the meeting of an intent that is committed, and bind it (R28, correctness.md section 2).

use std::time::Duration;

use tracing::info;
use tracing::warn;

use crate::app::budget::Asked;
use crate::app::call::CallFailure;
use crate::app::call::call;
use crate::app::change::Change;
use crate::app::change::Decision;
use crate::app::change::change;
use crate::app::gateway::Gateway;
use crate::app::ports::provider::Created;
use crate::app::ports::provider::Draft;
use crate::app::ports::stored::StoreError;
use crate::app::schedule;
use crate::app::schedule::Launch;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::meeting::after;
use crate::domain::minting::Minting;
use crate::domain::request::Request;
use crate::domain::session::Session;

/// Sends the create and commits what came of it. Where the reply is lost the intent stays, and the worker looks for
/// the meeting.
pub async fn create(gateway: Gateway, site: SiteId, launch: Launch) {
    let draft =
        Draft { shown: launch.intent.shown.from_now(gateway.clock.now()), marker: launch.marker.clone() };
    let outcome = send(&gateway, &launch, &draft).await;
    let (intent, failures) = (&launch.intent, launch.failures);
    match outcome {
        Ok(created) => {
            info!(session.id = %launch.session, "meeting made");
            let meeting = launch.meeting(&created, gateway.clock.now());
            persist(&gateway, &site, &launch.session, |minting| minting.bound(meeting.clone())).await;
        }
        Err(CallFailure::Ambiguous) => {
            warn!(session.id = %launch.session, "whether a meeting was made is not known");
            let pause = CallFailure::Ambiguous.pause(&gateway, &intent.grant, failures);
            let settle = |minting: Minting| minting.unanswered(intent, pause.clone());
            persist(&gateway, &site, &launch.session, settle).await;
        }
        Err(failure) => {
            warn!(session.id = %launch.session, ?failure, "no meeting made");
            let outcome = failure.outcome(&gateway, &intent.grant, failures);
            let settle = |minting: Minting| minting.not_created(intent, outcome.clone());
            persist(&gateway, &site, &launch.session, settle).await;
        }
    }
}

async fn send(gateway: &Gateway, launch: &Launch, draft: &Draft) -> Result<Created, CallFailure> {
    let too_late = after(launch.intent.begun_at, gateway.settings.minting.post_timeout);
    let request = Request::Create(launch.intent.shown.starts_at);
    let (grant, urgency) = (&launch.intent.grant, launch.urgency);
    let asked = Asked { grant, request, urgency, not_after: Some(too_late) };
    call(gateway, asked, |host| async move { gateway.meetings.create(&host, draft).await }).await
}

/// How often a result is written again from memory before it is left to the worker.
const SAVES: usize = 60;
/// How long before a store that did not take a result is asked again.
const SAVE_PAUSE: Duration = Duration::from_millis(500);

/// Commits what became of a call, again and again while the store does not take it, and rings for what follows.
pub async fn persist(
    gateway: &Gateway,
    site: &SiteId,
    id: &SessionId,
    settle: impl Fn(Minting) -> Minting + Send + Sync,
) {
    for _ in 0..SAVES {
        match settle_once(gateway, site, id, &settle).await {
            Ok(()) => {
                gateway.bell.notify_one();
                return;
            }
            Err(error) => warn!(error = %error, session.id = %id, "the result of a call is not saved yet"),
        }
        gateway.clock.wait(SAVE_PAUSE).await;
    }
}

/// Commits once what follows for a session, with its next step due. Fails as the store fails.
pub async fn settle_once(
    gateway: &Gateway,
    site: &SiteId,
    id: &SessionId,
    settle: &(impl Fn(Minting) -> Minting + Send + Sync),
) -> Result<(), StoreError> {
    change(gateway, site, std::slice::from_ref(id), |snapshot| {
        let (Some(site), Some(stored)) = (&snapshot.site.value, snapshot.sessions.first()) else {
            return Ok(Decision::Keep(()));
        };
        let Some(old) = &stored.value else { return Ok(Decision::Keep(())) };
        let mut session = Session::clone(old);
        session.minting = settle(session.minting);
        if session == **old {
            return Ok(Decision::Keep(()));
        }
        let written = schedule::as_due(gateway, site, (session, stored), gateway.clock.now());
        Ok(Decision::Commit(Change::of_session(written), ()))
    })
    .await
}
