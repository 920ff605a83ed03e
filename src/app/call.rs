//! Owns how the provider is called for a host: with a token that works, and what a failure means for the next step.

use std::time::Duration;

use jiff::Timestamp;
use tracing::warn;

use crate::app::budget;
use crate::app::budget::Asked;
use crate::app::closures::Closed;
use crate::app::gateway::Gateway;
use crate::app::hosts;
use crate::app::ports::provider::HostAccess;
use crate::app::ports::provider::LimitOf;
use crate::app::ports::provider::ProviderError;
use crate::app::refresh;
use crate::app::refresh::Access;
use crate::app::refresh::AccessError;
use crate::domain::grant::LapseReason;
use crate::domain::grant::Need;
use crate::domain::id::GrantId;
use crate::domain::meeting::after;
use crate::domain::minting::NotCreated;
use crate::domain::pause::Pause;
use crate::domain::pause::PauseReason;

/// What became of a call, as far as the next step depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallFailure {
    /// Whether it was executed is not known.
    Ambiguous,
    /// It was not executed; a later one may succeed.
    Later {
        /// Why not now.
        why: PauseReason,
        /// When it may, where the provider says so.
        until: Option<Timestamp>,
    },
    /// It is refused as it stands.
    Rejected,
    /// The meeting does not exist.
    Gone,
    /// The account was disconnected, and its grant is no more.
    NoGrant,
}

impl CallFailure {
    /// What it means for a create that was certainly not executed.
    pub fn outcome(self, gateway: &Gateway, grant: &GrantId, failures: u32) -> NotCreated {
        match self {
            Self::Rejected | Self::Gone => NotCreated::Rejected,
            Self::Later { .. } | Self::Ambiguous | Self::NoGrant => {
                NotCreated::Later(self.pause(gateway, grant, failures))
            }
        }
    }

    /// How long the provider is left alone after this. Waiting for a time that is known is no failure.
    pub fn pause(self, gateway: &Gateway, grant: &GrantId, failures: u32) -> Pause {
        let now = gateway.clock.now();
        let (why, until) = match self {
            Self::Later { why, until } => (why, until),
            Self::NoGrant => (PauseReason::Reauthorization, None),
            Self::Ambiguous | Self::Rejected | Self::Gone => (PauseReason::Unavailable, None),
        };
        if let Some(until) = until.filter(|until| *until > now) {
            return Closed { why, until }.pause(grant, failures);
        }
        let failures = failures.saturating_add(1);
        let until = after(now, backoff(gateway, (failures, longest(why))));
        Pause { grant: grant.clone(), until, reason: why, failures }
    }
}

impl From<Closed> for CallFailure {
    fn from(closed: Closed) -> Self {
        Self::Later { why: closed.why, until: Some(closed.until) }
    }
}

/// How long a pause grows. Who must consent again may take days, and is not waited for by asking.
const fn longest(why: PauseReason) -> Duration {
    match why {
        PauseReason::Reauthorization => Duration::from_hours(6),
        PauseReason::Unavailable
        | PauseReason::RateLimited
        | PauseReason::DailyLimit
        | PauseReason::Scheduled => Duration::from_mins(10),
    }
}

/// 2, 4, 8 … seconds, up to the longest; each a quarter shorter or longer, so that what failed together is not tried again
/// together.
fn backoff(gateway: &Gateway, (failures, longest): (u32, Duration)) -> Duration {
    let whole = Duration::from_secs(2_u64.saturating_pow(failures.clamp(1, 16))).min(longest);
    let mut chance = [0];
    gateway.entropy.fill(&mut chance);
    let [chance] = chance;
    whole * 3 / 4 + whole / 2 * u32::from(chance) / 255
}

/// Calls the provider for a host: with a token that works, and once more with a newer one where it is refused.
pub async fn call<T, Answer>(
    gateway: &Gateway,
    asked: Asked<'_>,
    attempt: impl Fn(HostAccess) -> Answer + Send,
) -> Result<T, CallFailure>
where
    T: Send,
    Answer: Future<Output = Result<T, ProviderError>> + Send,
{
    let grant = asked.grant;
    let access = refresh::access(gateway, grant, Need::Valid).await.map_err(|error| no_access(&error))?;
    let refused = match paid(gateway, asked, &access, &attempt).await? {
        Err(ProviderError::TokenRefused) => access.generation,
        outcome => return judge(gateway, grant, access.generation, outcome).await,
    };
    let access =
        refresh::access(gateway, grant, Need::NewerThan(refused)).await.map_err(|error| no_access(&error))?;
    let outcome = paid(gateway, asked, &access, &attempt).await?;
    judge(gateway, grant, access.generation, outcome).await
}

/// One attempt, within the budget.
async fn paid<T, Answer>(
    gateway: &Gateway,
    asked: Asked<'_>,
    access: &Access,
    attempt: &(impl Fn(HostAccess) -> Answer + Send),
) -> Result<Result<T, ProviderError>, CallFailure>
where
    T: Send,
    Answer: Future<Output = Result<T, ProviderError>> + Send,
{
    budget::enter(gateway, asked, access).await?;
    let outcome = attempt(access.host.clone()).await;
    budget::leave(gateway, asked, access, &outcome).await;
    Ok(outcome)
}

async fn judge<T>(
    gateway: &Gateway,
    grant: &GrantId,
    generation: u64,
    outcome: Result<T, ProviderError>,
) -> Result<T, CallFailure> {
    let error = match outcome {
        Ok(answer) => return Ok(answer),
        Err(error) => error,
    };
    Err(match error {
        ProviderError::Reauthorize(reason) => lapsed(gateway, grant, (generation, reason)).await,
        ProviderError::TokenRefused => lapsed(gateway, grant, (generation, LapseReason::Refused)).await,
        ProviderError::MayNotHost => {
            if let Err(error) = hosts::put_unlicensed(gateway, grant).await {
                warn!(error = %error, grant = %grant, "a lost licence could not be noted");
            }
            CallFailure::Rejected
        }
        ProviderError::Rejected { .. } | ProviderError::PersonalRoom => CallFailure::Rejected,
        ProviderError::Gone => CallFailure::Gone,
        ProviderError::RateLimited { until } => CallFailure::Later { why: PauseReason::RateLimited, until },
        ProviderError::DailyLimit { until, of } => {
            let why = match of {
                LimitOf::Host => PauseReason::DailyLimit,
                LimitOf::Organisation => PauseReason::RateLimited,
            };
            CallFailure::Later { why, until: Some(budget::spent_until(until, of, gateway.clock.now())) }
        }
        ProviderError::NotExecuted(_) => CallFailure::Later { why: PauseReason::Unavailable, until: None },
        ProviderError::Ambiguous(_) => CallFailure::Ambiguous,
    })
}

async fn lapsed(gateway: &Gateway, grant: &GrantId, (generation, reason): (u64, LapseReason)) -> CallFailure {
    if let Err(error) = refresh::lapse(gateway, grant, generation, reason).await {
        warn!(error = %error, grant = %grant, "a lapsed grant could not be marked");
    }
    CallFailure::Later { why: PauseReason::Reauthorization, until: None }
}

fn no_access(error: &AccessError) -> CallFailure {
    let why = match error {
        AccessError::NoGrant => return CallFailure::NoGrant,
        AccessError::Lapsed(_) => PauseReason::Reauthorization,
        AccessError::Unavailable | AccessError::Store(_) => PauseReason::Unavailable,
    };
    CallFailure::Later { why, until: None }
}
