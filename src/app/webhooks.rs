//! Use case: take in what a provider tells unasked: proven, kept, and answered before anything is done about it (R32).

use std::time::Duration;

use tracing::debug;
use tracing::info;

use crate::app::gateway::Gateway;
use crate::app::ports::stored::StoreError;
use crate::app::ports::webhooks::Claim;
use crate::app::ports::webhooks::Heard;
use crate::app::ports::webhooks::Kept;
use crate::app::ports::webhooks::NotProven;

/// Zoom waits three seconds (zoom/facts.md 5.1); what it waits for in vain it tells again.
const STORED_WITHIN: Duration = Duration::from_millis(2_500);

/// What the provider is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Proof that the secret is held here: JSON.
    Challenge(String),
    /// It is kept, or need not be.
    Taken(Taken),
}

/// What became of what was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is kept.
    Stored,
    /// It was told before.
    Duplicate,
    /// It is of no use here.
    Unknown,
}

/// Why what was told is not taken in.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// Anybody may have sent it.
    #[error("the webhook is not proven")]
    NotProven(#[from] NotProven),
    /// It is not kept: the provider is to tell it again.
    #[error("the webhook cannot be kept")]
    Store(#[from] StoreError),
    /// It may be kept, but that is not known in time: the provider is to tell it again.
    #[error("the webhook is not kept in time")]
    TooSlow,
}

/// Looks at a request's headers, before its body is waited for. Refuses with [`WebhookError::NotProven`].
pub fn claim(gateway: &Gateway, headers: &[(&str, &str)]) -> Result<Claim, WebhookError> {
    Ok(gateway.webhooks.claim(headers, gateway.clock.now())?)
}

/// Takes in a request. Whatever follows from it is due work.
///
/// Refuses with [`WebhookError::NotProven`]; with [`WebhookError::Store`] and [`WebhookError::TooSlow`] where it must be
/// told again.
#[tracing::instrument(name = "webhooks.receive", skip_all)]
pub async fn receive(gateway: &Gateway, claim: &Claim, body: &[u8]) -> Result<Answer, WebhookError> {
    let now = gateway.clock.now();
    let received = match gateway.webhooks.verify(claim, body, now)? {
        Heard::Challenge(answer) => {
            info!("the provider made sure that the webhook secret is held here");
            return Ok(Answer::Challenge(answer));
        }
        Heard::Other => return Ok(Answer::Taken(Taken::Unknown)),
        Heard::Notice(received) => received,
    };
    let kept = tokio::select! {
        biased;
        kept = gateway.inbox.put_if_absent(&received, now) => kept?,
        () = gateway.clock.wait(STORED_WITHIN) => return Err(WebhookError::TooSlow),
    };
    Ok(Answer::Taken(match kept {
        Kept::New => {
            gateway.bell.notify_one();
            Taken::Stored
        }
        Kept::Before => {
            debug!("a webhook was told before");
            Taken::Duplicate
        }
    }))
}
