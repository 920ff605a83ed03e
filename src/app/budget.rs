//! Owns how the budget of calls is kept (R30): drawn from before a call, corrected by what comes of it.

use std::time::Duration;

use jiff::Timestamp;
use tracing::warn;

use crate::app::closures::Closed;
use crate::app::gateway::Gateway;
use crate::app::ports::provider::LimitOf;
use crate::app::ports::provider::ProviderError;
use crate::app::ports::provider::Remaining;
use crate::app::refresh::Access;
use crate::domain::budget::Callee;
use crate::domain::budget::Correction;
use crate::domain::budget::Cost;
use crate::domain::budget::FAILURES;
use crate::domain::budget::Health;
use crate::domain::budget::Refusal;
use crate::domain::budget::Reserve;
use crate::domain::budget::failures_in;
use crate::domain::budget::next_midnight;
use crate::domain::budget::since_midnight;
use crate::domain::id::GrantId;
use crate::domain::meeting::after;
use crate::domain::pace::Turn;
use crate::domain::pace::Urgency;
use crate::domain::pause::PauseReason;
use crate::domain::request::Request;
use crate::domain::tally::Drawn;

/// How long a call waits for its place in line.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the bucket is left alone where the provider says no time.
const A_SECOND: Duration = Duration::from_secs(1);
/// A limit above this is one of a day.
const LARGEST_A_SECOND: u32 = 1_000;
/// Clocks differ: so soon after midnight, "the calls of the day are spent" may be said of the day before.
const NEW_DAY: Duration = Duration::from_mins(10);

/// A call that is to be made.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// For whom.
    pub grant: &'a GrantId,
    /// What is asked.
    pub request: Request,
    /// Whether somebody waits for it.
    pub urgency: Urgency,
    /// When it must have been sent; `None` where that does not matter.
    pub not_after: Option<Timestamp>,
}

impl<'a> Asked<'a> {
    /// A call that nobody waits for.
    pub fn background(grant: &'a GrantId, request: Request) -> Self {
        Self { grant, request, urgency: Urgency::Background, not_after: None }
    }
}

/// Draws what a call needs, and waits for its place in line. Refuses with why not, and until when; nothing of that is a
/// failure of the provider's.
pub async fn enter(gateway: &Gateway, asked: Asked<'_>, access: &Access) -> Result<(), Closed> {
    let latest = asked.not_after.unwrap_or_else(|| after(gateway.clock.now(), PATIENCE));
    loop {
        let now = gateway.clock.now();
        let Ok(patience) = Duration::try_from(latest.duration_since(now)) else { return Err(too_late(now)) };
        let health = gateway.closures.health(&access.organisation);
        let callee = Callee { grant: asked.grant, plan: access.plan, health };
        let reserve = Reserve { percent: gateway.settings.minting.reserve_percent };
        let turn = Turn { urgency: asked.urgency, patience: patience.min(longest_line(asked.request, now)) };
        let cost = Cost::of(asked.request, turn, callee, (reserve, now));
        match gateway.tallies.draw(&access.organisation, &cost.draws()).await {
            Ok(Drawn::All(became)) => {
                let line = cost.line(&became, now);
                if !line.is_zero() {
                    gateway.clock.wait(line).await;
                }
                let now = gateway.clock.now();
                return if asked.not_after.is_some_and(|latest| now > latest) {
                    Err(too_late(now))
                } else {
                    Ok(())
                };
            }
            Ok(Drawn::Short { at, stands }) => match cost.refusal((at, stands), now) {
                Refusal::Line(free) if free > latest => {
                    return Err(Closed { why: PauseReason::RateLimited, until: free });
                }
                Refusal::Line(free) => {
                    gateway
                        .clock
                        .wait(Duration::try_from(free.duration_since(now)).unwrap_or_default())
                        .await;
                }
                Refusal::Probed(until) => return Err(Closed { why: PauseReason::Unavailable, until }),
                Refusal::Closed { why, until } => return Err(refuse(gateway, asked, access, (why, until))),
            },
            Err(error) => {
                warn!(error = %error, grant = %asked.grant, "the budget of calls cannot be read");
                return Err(Closed { why: PauseReason::Unavailable, until: after(now, A_SECOND) });
            }
        }
    }
}

/// What counts among the calls of a day must not stand in line across midnight: it was drawn from the day before.
fn longest_line(request: Request, now: Timestamp) -> Duration {
    let day_left = Duration::try_from(next_midnight(now).duration_since(now)).unwrap_or_default();
    if request.starts_at().is_some() { PATIENCE.min(day_left) } else { PATIENCE }
}

/// What must have been sent by now is not sent any more: it is begun anew.
fn too_late(now: Timestamp) -> Closed {
    Closed { why: PauseReason::RateLimited, until: after(now, A_SECOND) }
}

fn refuse(
    gateway: &Gateway,
    asked: Asked<'_>,
    access: &Access,
    (why, until): (PauseReason, Timestamp),
) -> Closed {
    if why == PauseReason::Unavailable {
        gateway.closures.failed(&access.organisation, FAILURES);
    }
    let closed = Closed { why, until };
    gateway.closures.close((asked.grant, &access.organisation), closed, gateway.clock.now());
    closed
}

/// Takes in what came of a call.
pub async fn leave<T>(
    gateway: &Gateway,
    asked: Asked<'_>,
    access: &Access,
    outcome: &Result<T, ProviderError>,
) {
    let now = gateway.clock.now();
    let health = gateway.closures.health(&access.organisation);
    if asked.request == Request::Remove {
        correct(gateway, access, Correction::Removed(asked.grant)).await;
    }
    if let Some(remaining) = access.host.told.take() {
        heed(gateway, asked, access, remaining).await;
    }
    match outcome {
        Ok(_)
        | Err(
            ProviderError::TokenRefused
            | ProviderError::Reauthorize(_)
            | ProviderError::MayNotHost
            | ProviderError::Rejected { .. }
            | ProviderError::Gone
            | ProviderError::PersonalRoom,
        ) => {
            if gateway.closures.answered(&access.organisation) {
                correct(gateway, access, Correction::Recovered).await;
            }
        }
        Err(ProviderError::RateLimited { until }) => {
            let until = until.unwrap_or_else(|| after(now, A_SECOND));
            correct(gateway, access, Correction::Slower(asked.request, until)).await;
        }
        Err(ProviderError::DailyLimit { until, of: LimitOf::Organisation }) => {
            correct(gateway, access, Correction::Shut(asked.request, *until)).await;
        }
        Err(ProviderError::DailyLimit { until, of: LimitOf::Host }) => {
            if since_midnight(now) >= NEW_DAY {
                correct(gateway, access, Correction::HostSpent(asked.grant)).await;
                let closed = Closed { why: PauseReason::DailyLimit, until: *until };
                gateway.closures.close((asked.grant, &access.organisation), closed, now);
            }
        }
        Err(ProviderError::Ambiguous(_) | ProviderError::NotExecuted(_)) => {
            fail(gateway, access, health).await;
        }
    }
}

/// Until when a host is left alone whose calls of the day are spent, as the provider says.
pub fn spent_until(said: Timestamp, of: LimitOf, now: Timestamp) -> Timestamp {
    if of == LimitOf::Host && since_midnight(now) < NEW_DAY { after(now, NEW_DAY / 5) } else { said }
}

/// Nothing is left, as the provider says beside an answer.
async fn heed(gateway: &Gateway, asked: Asked<'_>, access: &Access, remaining: Remaining) {
    if remaining.left > 0 {
        return;
    }
    let now = gateway.clock.now();
    let correction = if remaining.limit >= LARGEST_A_SECOND {
        Correction::Shut(asked.request, next_midnight(now))
    } else {
        Correction::Slower(asked.request, after(now, A_SECOND))
    };
    correct(gateway, access, correction).await;
}

async fn fail(gateway: &Gateway, access: &Access, health: Health) {
    let Some(became) = correct(gateway, access, Correction::Failed).await else { return };
    let failures = failures_in(became, gateway.clock.now());
    let is_open = failures >= FAILURES || health == Health::Suspect;
    gateway.closures.failed(&access.organisation, if is_open { failures.max(FAILURES) } else { failures });
    if is_open {
        correct(gateway, access, Correction::Open(health)).await;
    }
}

/// Writes a correction down; answers what the first of its numbers became. One that is lost costs a refused call.
async fn correct(gateway: &Gateway, access: &Access, correction: Correction<'_>) -> Option<i64> {
    let draws = correction.draws(gateway.clock.now());
    match gateway.tallies.draw(&access.organisation, &draws).await {
        Ok(Drawn::All(became)) => became.first().copied(),
        Ok(Drawn::Short { .. }) => None,
        Err(error) => {
            warn!(error = %error, "the budget of calls was not corrected");
            None
        }
    }
}
