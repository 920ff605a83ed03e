//! Use case: ask the provider for a host's start link at this moment (R26). Keeps nothing of it.

use std::time::Duration;

use jiff::Timestamp;
use tracing::info;
use tracing::warn;

use crate::app::budget::Asked;
use crate::app::call::CallFailure;
use crate::app::call::call;
use crate::app::gateway::Gateway;
use crate::app::mint::persist;
use crate::app::ports::stored::StoreError;
use crate::app::sessions;
use crate::app::sessions::SessionError;
use crate::domain::account::Provider;
use crate::domain::concealed::Concealed;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::link::Link;
use crate::domain::link::Pending;
use crate::domain::link::Status;
use crate::domain::meeting::Meeting;
use crate::domain::meeting::MeetingId;
use crate::domain::meeting::after;
use crate::domain::pace::Urgency;
use crate::domain::pause::PauseReason;
use crate::domain::request::Request;

/// How long a start link works once it is made (zoom/facts.md 2.4).
const LIFETIME: Duration = Duration::from_hours(2);
/// How long a caller waits until a meeting that is gone is known to be.
const GONE_WAIT: Duration = Duration::from_secs(2);

/// What opens a meeting as its host: whoever has it is the host.
#[derive(Debug)]
pub struct HostLink {
    /// The link, concealed.
    pub start_url: Concealed,
    /// When it stops to work, at the latest.
    pub expires_at: Timestamp,
}

/// Why there is no start link.
#[derive(Debug, thiserror::Error)]
pub enum HostLinkError {
    /// There is no such session, or it cannot be read.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// There is no meeting to host.
    #[error("there is no meeting to host")]
    NoLink(Missing),
    /// The account no longer lets us in.
    #[error("the account must be authorised again")]
    ReauthorizationRequired,
    /// The provider gave no answer.
    #[error("the provider gave no start link")]
    Unavailable {
        /// When to ask again, where that is known.
        retry_after: Option<Duration>,
    },
}

/// Why there is no meeting to host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The session has a custom link.
    CustomLink,
    /// The link is not ready, for the reason that it tells.
    Status(Status),
    /// The meeting is gone at the provider, and is made anew (R18).
    Gone,
    /// The account that the meeting is on was disconnected.
    Disconnected,
}

impl From<StoreError> for HostLinkError {
    fn from(error: StoreError) -> Self {
        Self::Session(error.into())
    }
}

/// Asks the provider for the start link of a session's meeting.
///
/// Refuses as [`HostLinkError`] says. A session without a meeting whose account lapsed is refused with
/// [`HostLinkError::ReauthorizationRequired`], since that is what somebody must do about it.
#[tracing::instrument(name = "host_link.find", skip_all, fields(session.id = %session))]
pub async fn find(gateway: &Gateway, site: &SiteId, session: &SessionId) -> Result<HostLink, HostLinkError> {
    let view = sessions::find(gateway, site, session).await?;
    let now = gateway.clock.now();
    let meeting = hosted(&Link::of(&view.site, &view.session, now), view.session.minting.handed_out())?;
    let asked = Asked { urgency: Urgency::Awaited, ..Asked::background(&meeting.grant, Request::Find) };
    let found = call(gateway, asked, |host| async move { gateway.meetings.find(&host, &meeting.id).await });
    match found.await {
        Ok(Some(found)) => {
            let start_url = found.start_url.ok_or(HostLinkError::Unavailable { retry_after: None })?;
            Ok(HostLink { start_url, expires_at: after(now, LIFETIME) })
        }
        Ok(None) | Err(CallFailure::Gone) => {
            make_anew(gateway, site, session, &meeting.id).await;
            Err(HostLinkError::NoLink(Missing::Gone))
        }
        Err(failure) => {
            warn!(session.id = %session, ?failure, "no start link");
            Err(refused(failure, gateway.clock.now()))
        }
    }
}

/// The meeting that a link leads to.
fn hosted<'a>(link: &Link<'_>, handed_out: Option<&'a Meeting>) -> Result<&'a Meeting, HostLinkError> {
    match (link.status, link.provider, handed_out) {
        (Status::Ready, Some(Provider::Zoom), Some(meeting)) => Ok(meeting),
        (Status::Ready, Some(Provider::CustomLink), _) => Err(HostLinkError::NoLink(Missing::CustomLink)),
        (Status::Pending(Pending::Paused(PauseReason::Reauthorization)), ..) => {
            Err(HostLinkError::ReauthorizationRequired)
        }
        (status, ..) => Err(HostLinkError::NoLink(Missing::Status(status))),
    }
}

fn refused(failure: CallFailure, now: Timestamp) -> HostLinkError {
    match failure {
        CallFailure::NoGrant => HostLinkError::NoLink(Missing::Disconnected),
        CallFailure::Later { why: PauseReason::Reauthorization, .. } => {
            HostLinkError::ReauthorizationRequired
        }
        CallFailure::Later { until, .. } => {
            let wait = until.and_then(|until| Duration::try_from(until.duration_since(now)).ok());
            HostLinkError::Unavailable { retry_after: wait }
        }
        CallFailure::Ambiguous | CallFailure::Rejected | CallFailure::Gone => {
            HostLinkError::Unavailable { retry_after: None }
        }
    }
}

/// Writes that a meeting is gone, so that the worker makes another one; the caller waits for it a little.
async fn make_anew(gateway: &Gateway, site: &SiteId, session: &SessionId, meeting: &MeetingId) {
    info!(session.id = %session, "meeting gone at the provider");
    let (own, site, session, meeting) = (gateway.clone(), site.clone(), session.clone(), meeting.clone());
    let written = gateway.tasks.spawn(async move {
        persist(&own, &site, &session, |minting| minting.gone(&meeting)).await;
    });
    tokio::select! {
        biased;
        _ = written => {}
        () = gateway.clock.wait(GONE_WAIT) => {}
    }
}
