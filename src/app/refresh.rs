//! Use case: get an access token that works, refreshing it once whoever asks (R29, correctness.md section 3).

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tracing::error;
use tracing::info;
use tracing::warn;

use crate::app::causes::WithCauses;
use crate::app::flights::Seat;
use crate::app::gateway::Gateway;
use crate::app::grants_due;
use crate::app::ports::provider::AuthorizationError;
use crate::app::ports::provider::FreshTokens;
use crate::app::ports::provider::HostAccess;
use crate::app::ports::provider::Told;
use crate::app::ports::store::GrantChange;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::app::saving::save;
use crate::app::saving::watch;
use crate::domain::account::Plan;
use crate::domain::grant::Grant;
use crate::domain::grant::LapseReason;
use crate::domain::grant::Need;
use crate::domain::grant::TokenPair;
use crate::domain::grant::TokenStep;
use crate::domain::grant::Tokens;
use crate::domain::id::GrantId;
use crate::domain::meeting::after;

/// How often a caller looks again before it is told to come back.
const ROUNDS: usize = 40;
/// How long before a refresh of another replica is looked at again.
const LOOK_PAUSE: Duration = Duration::from_millis(500);

/// An access token, and of which generation it is.
#[derive(Debug, Clone)]
pub struct Access {
    /// For calls at the provider.
    pub host: HostAccess,
    /// To say which token the provider refused.
    pub generation: u64,
    /// The provider's organisation, whose budget calls draw from.
    pub organisation: String,
    /// What the host's plan allows.
    pub plan: Plan,
}

/// Why there is no access token.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The user must consent again.
    #[error("the account must be authorised again")]
    Lapsed(LapseReason),
    /// There is no such grant (any more).
    #[error("the grant does not exist")]
    NoGrant,
    /// The provider gives no token now.
    #[error("no access token can be had now")]
    Unavailable,
    /// The store gave no answer.
    #[error("tokens cannot be read or saved")]
    Store(#[from] StoreError),
}

/// An access token that works, or another one than that which the provider refused.
pub async fn access(gateway: &Gateway, id: &GrantId, need: Need) -> Result<Access, AccessError> {
    let mut has_refreshed = false;
    for _ in 0..ROUNDS {
        let Some(grant) = gateway.grants.read(id).await?.value else {
            return Err(AccessError::NoGrant);
        };
        let timing = grant.refresh_timing(gateway.settings.refresh);
        match grant.tokens.next_step(need, timing, times(gateway, &grant)) {
            TokenStep::Reauthorize(reason) => return Err(AccessError::Lapsed(reason)),
            TokenStep::Use => return usable(&grant),
            TokenStep::UseAndRefresh => {
                drop(begin(gateway, id, need));
                return usable(&grant);
            }
            TokenStep::Refresh if has_refreshed => return Err(AccessError::Unavailable),
            TokenStep::Refresh => {
                has_refreshed = true;
                // Over, well or not.
                begin(gateway, id, need).cancelled().await;
            }
            TokenStep::Wait(_) => gateway.clock.wait(LOOK_PAUSE).await,
        }
    }
    Err(AccessError::Unavailable)
}

/// Now, and since when a refresh that is under way is known here.
fn times(gateway: &Gateway, grant: &Grant) -> (Timestamp, Timestamp) {
    let now = gateway.clock.now();
    (now, gateway.refreshes.seen_since(&grant.id, &grant.tokens, now))
}

fn usable(grant: &Grant) -> Result<Access, AccessError> {
    let pair = grant.tokens.pair().ok_or(AccessError::Unavailable)?;
    let host = HostAccess {
        access: pair.access.clone(),
        api_url: pair.api_url.clone(),
        personal_room: grant.host.personal_room.clone(),
        told: Told::default(),
    };
    let (organisation, plan) = (grant.host.account_id.clone(), grant.host.plan);
    Ok(Access { host, generation: pair.generation, organisation, plan })
}

/// Begins a refresh in a task of its own, or joins the one under way; the token is cancelled when it is over. Shortly after
/// one that the provider did not carry out none is begun.
fn begin(gateway: &Gateway, id: &GrantId, need: Need) -> CancellationToken {
    let (over, flight) = match gateway.refreshes.board(id, gateway.clock.now()) {
        Seat::Passenger(flight) => return flight,
        Seat::Pilot(over, flight) => (over, flight),
    };
    let (gateway, id) = (gateway.clone(), id.clone());
    let tasks = gateway.tasks.clone();
    tasks.spawn(async move {
        let outcome = refresh(&gateway, &id, need).await;
        if let Err(error) = outcome {
            warn!(error = %error, grant = %id, "tokens could not be refreshed");
        }
        gateway.refreshes.land(&id);
        drop(over);
    });
    flight
}

/// The refresh itself: write ahead, exchange, commit.
async fn refresh(gateway: &Gateway, id: &GrantId, need: Need) -> Result<(), AccessError> {
    let Some(Ahead { grant: ahead, fence, pair }) = write_ahead(gateway, id, need).await? else {
        return Ok(());
    };
    match gateway.authorization.refresh(&pair.refresh).await {
        Ok(fresh) => {
            gateway.refreshes.end_rest(id);
            let now = gateway.clock.now();
            let renewed = as_pair(fresh, &pair, now);
            let saved = save(gateway, id, |grant| {
                let had_lapsed = grant.tokens.pair().is_none();
                match grant.authorized_at.cmp(&ahead.authorized_at) {
                    Ordering::Equal => {}
                    // They ended with the consent that brought them.
                    Ordering::Greater => return None,
                    // The store went back over that consent.
                    Ordering::Less => *grant = Grant { references: grant.references.clone(), ..Grant::clone(&ahead) },
                }
                grant.tokens = grant.tokens.clone().renewed(renewed.clone());
                let is_back = had_lapsed && grant.tokens.pair().is_some();
                // Accounts were told of a lapse that was none.
                Some(if is_back { now } else { due(gateway, grant, now) })
            })
            .await
            .inspect_err(|failure| {
                error!(error = %WithCauses(failure), grant = %id, "tokens are lost: the store did not take them");
            })?;
            gateway.bell.notify_one();
            if let Some(saved) = saved {
                info!(grant = %id, "tokens refreshed");
                watch(gateway, saved);
            }
            Ok(())
        }
        Err(failure) => {
            settle_failure(gateway, id, Attempt { fence, generation: pair.generation }, &failure).await
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Attempt {
    fence: u64,
    generation: u64,
}

/// A refresh that may be sent.
#[derive(Debug)]
struct Ahead {
    /// The grant as it stands from then on.
    grant: Arc<Grant>,
    fence: u64,
    /// The tokens that are renewed.
    pair: TokenPair,
}

/// Commits that the refresh token may be spent from here on; `None` where a refresh is not needed any more.
async fn write_ahead(gateway: &Gateway, id: &GrantId, need: Need) -> Result<Option<Ahead>, AccessError> {
    let mut bytes = [0; 8];
    gateway.entropy.fill(&mut bytes);
    let fence = u64::from_be_bytes(bytes);
    for _ in 0..ROUNDS {
        let stored = gateway.grants.read(id).await?;
        let Some(grant) = stored.value else { return Ok(None) };
        let (now, timing) = (gateway.clock.now(), grant.refresh_timing(gateway.settings.refresh));
        match grant.tokens.next_step(need, timing, times(gateway, &grant)) {
            TokenStep::Refresh | TokenStep::UseAndRefresh => {}
            TokenStep::Use | TokenStep::Wait(_) | TokenStep::Reauthorize(_) => return Ok(None),
        }
        let Some(pair) = grant.tokens.pair().cloned() else { return Ok(None) };
        let mut grant = Grant::clone(&grant);
        grant.tokens = grant.tokens.refreshing(fence, now);
        let grant = Arc::new(grant);
        let change = GrantChange::Put { due: due(gateway, &grant, now), grant: Arc::clone(&grant) };
        match gateway.grants.commit(id, stored.basis, change).await? {
            Committed::Yes => return Ok(Some(Ahead { grant, fence, pair })),
            Committed::Conflict => {}
        }
    }
    Err(StoreError::Contended.into())
}

async fn settle_failure(
    gateway: &Gateway,
    id: &GrantId,
    attempt: Attempt,
    failure: &AuthorizationError,
) -> Result<(), AccessError> {
    let Attempt { fence, generation } = attempt;
    let now = gateway.clock.now();
    match failure {
        AuthorizationError::Refused => {
            settle_lapse(gateway, id, |tokens| tokens.refused(fence, generation, now)).await
        }
        AuthorizationError::MissingScopes(_) => {
            lapse(gateway, id, generation, LapseReason::MissingScopes).await
        }
        AuthorizationError::UserGone => lapse(gateway, id, generation, LapseReason::UserGone).await,
        AuthorizationError::OurCredentials => {
            error!(grant = %id, "the provider refused the app's own credentials: check zoom.client_secrets");
            give_back(gateway, id, fence).await
        }
        AuthorizationError::Unreachable(_) => give_back(gateway, id, fence).await,
        // The token may be spent: it is tried once more after the takeover time, by whoever needs it.
        AuthorizationError::Ambiguous(_) => Ok(()),
    }
}

async fn give_back(gateway: &Gateway, id: &GrantId, fence: u64) -> Result<(), AccessError> {
    let now = gateway.clock.now();
    gateway.refreshes.rest(id, now);
    save(gateway, id, |grant| {
        grant.tokens = grant.tokens.clone().not_refreshed(fence);
        Some(due(gateway, grant, now))
    })
    .await?;
    Ok(())
}

/// The tokens of this generation do not work any more: accounts that use them are told, newer tokens left alone.
pub async fn lapse(
    gateway: &Gateway,
    id: &GrantId,
    generation: u64,
    reason: LapseReason,
) -> Result<(), AccessError> {
    let now = gateway.clock.now();
    settle_lapse(gateway, id, |tokens| tokens.lapsed(generation, reason, now)).await
}

/// Writes that tokens do not work any more, where they turn out to be those that stand.
async fn settle_lapse(
    gateway: &Gateway,
    id: &GrantId,
    lapsed: impl Fn(Tokens) -> Tokens + Send + Sync,
) -> Result<(), AccessError> {
    let now = gateway.clock.now();
    let saved = save(gateway, id, |grant| {
        let had_lapsed = grant.tokens.pair().is_none();
        grant.tokens = lapsed(grant.tokens.clone());
        (!had_lapsed && grant.tokens.pair().is_none()).then_some(now)
    });
    if let Some(Tokens::Lapsed { reason, .. }) = saved.await?.map(|saved| saved.tokens.clone()) {
        info!(grant = %id, ?reason, "grant lapsed");
        gateway.bell.notify_one();
    }
    Ok(())
}

fn due(gateway: &Gateway, grant: &Grant, now: Timestamp) -> Timestamp {
    grants_due::after_change(grant, gateway.settings.refresh.keep_alive, now)
}

/// Renews tokens that nobody used for long (correctness.md section 3), and ends a refresh that was left half done, so that
/// it is known whether the tokens live though nobody asks for them. A failure is tried again when the grant is due.
pub async fn keep_alive(gateway: &Gateway, id: &GrantId) -> Result<(), AccessError> {
    let Some(grant) = gateway.grants.read(id).await?.value else { return Ok(()) };
    let Some(pair) = grant.tokens.pair() else { return Ok(()) };
    let is_half_done = matches!(grant.tokens, Tokens::Refreshing { .. });
    let is_old = gateway.clock.now() >= after(pair.obtained_at, gateway.settings.refresh.keep_alive);
    if is_half_done || is_old {
        access(gateway, id, Need::NewerThan(pair.generation)).await?;
    }
    Ok(())
}

fn as_pair(fresh: FreshTokens, old: &TokenPair, now: Timestamp) -> TokenPair {
    TokenPair {
        access: fresh.access,
        refresh: fresh.refresh,
        expires_at: after(now, fresh.expires_in),
        obtained_at: now,
        generation: old.generation + 1,
        api_url: fresh.api_url,
    }
}
