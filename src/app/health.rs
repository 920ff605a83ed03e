//! Use case: look whether a grant's user still is who they were (R7, R10): gone, on another plan, under another address.
//! Tells no accounts: who tends the grant does.

use std::time::Duration;

use tracing::debug;

use crate::app::budget::Asked;
use crate::app::call::CallFailure;
use crate::app::call::call;
use crate::app::gateway::Gateway;
use crate::app::hosts;
use crate::app::ports::provider::ProviderError;
use crate::app::ports::stored::StoreError;
use crate::domain::account::LapseReason;
use crate::domain::id::GrantId;
use crate::domain::meeting::after;
use crate::domain::pause::PauseReason;
use crate::domain::request::Request;

/// Who was looked at within this is not looked at again.
const RECENT: Duration = Duration::from_hours(1);

/// What came of a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked {
    /// The provider said who the user is: it is kept, and the accounts are told where it is news.
    Seen,
    /// The user was looked at within the last hour: nothing was asked.
    Recent,
    /// The provider gave no answer, or its limits allow no question: nothing changed, it is tried again later.
    Unanswered,
    /// The authorisation does not work any more, or is gone.
    Lost,
}

/// Looks at the user of a grant, unless somebody did within the last hour. A user who is gone, who moved to another
/// organisation, or who took permissions back makes the grant lapse; an answer that says nothing changes nothing.
///
/// It draws from the budget of calls as every call does. Refuses with a [`StoreError`].
#[tracing::instrument(name = "health.look", skip_all, fields(grant.id = %id))]
pub async fn look(gateway: &Gateway, id: &GrantId) -> Result<Looked, StoreError> {
    let Some(grant) = gateway.grants.read(id).await?.value else { return Ok(Looked::Lost) };
    if grant.tokens.pair().is_none() {
        return Ok(Looked::Lost);
    }
    let asked_at = gateway.clock.now();
    if asked_at < after(grant.looked_at, RECENT) {
        return Ok(Looked::Recent);
    }
    let (user, organisation) = (&grant.host.user_id, &grant.host.account_id);
    let found = call(gateway, Asked::background(id, Request::User), |access| async move {
        let host = gateway.users.find(&access).await?;
        // Who left the organisation is another user to us: their meetings stayed behind (zoom/facts.md 3, 1010).
        let is_same = host.user_id == *user && host.account_id == *organisation;
        if is_same { Ok(host) } else { Err(ProviderError::Reauthorize(LapseReason::UserGone)) }
    });
    match found.await {
        Ok(host) => {
            hosts::put(gateway, id, (&host, asked_at)).await?;
            Ok(Looked::Seen)
        }
        Err(CallFailure::NoGrant | CallFailure::Later { why: PauseReason::Reauthorization, .. }) => {
            Ok(Looked::Lost)
        }
        Err(failure) => {
            debug!(?failure, "user not looked at yet");
            Ok(Looked::Unanswered)
        }
    }
}
