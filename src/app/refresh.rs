//! Use case: get an access token that works, refreshing it once whoever asks (R29, correctness.md section 3).

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tracing::error;
use tracing::info;
use tracing::warn;

use crate::app::flights::Seat;
use crate::app::gateway::Gateway;
use crate::app::grants_due;
use crate::app::look_back::Found;
use crate::app::look_back::look_back;
use crate::app::ports::provider::AuthorizationError;
use crate::app::ports::provider::FreshTokens;
use crate::app::ports::provider::HostAccess;
use crate::app::ports::provider::Told;
use crate::app::ports::store::GrantChange;
use crate::app::ports::store::Grants;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
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
/// How long new tokens are kept in memory and written again while the store does not take them.
const SAVE_FOR: Duration = Duration::from_mins(10);
/// How long before a store that did not take new tokens is asked again.
const SAVE_PAUSE: Duration = Duration::from_millis(500);
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
    let Some((fence, pair)) = write_ahead(gateway, id, need).await? else { return Ok(()) };
    match gateway.authorization.refresh(&pair.refresh).await {
        Ok(fresh) => {
            gateway.refreshes.end_rest(id);
            let now = gateway.clock.now();
            let renewed = as_pair(fresh, &pair, now);
            let saved = save(gateway, id, |grant| {
                let had_lapsed = grant.tokens.pair().is_none();
                grant.tokens = grant.tokens.clone().renewed(renewed.clone());
                let is_back = had_lapsed && grant.tokens.pair().is_some();
                // Accounts were told of a lapse that was none.
                Some(if is_back { now } else { due(gateway, grant, now) })
            })
            .await
            .inspect_err(|failure| {
                error!(error = %failure, grant = %id, "tokens are lost: the store did not take them");
            })?;
            info!(grant = %id, "tokens refreshed");
            gateway.bell.notify_one();
            if let Some(saved) = saved {
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

/// Commits that the refresh token may be spent from here on; `None` where a refresh is not needed any more.
async fn write_ahead(
    gateway: &Gateway,
    id: &GrantId,
    need: Need,
) -> Result<Option<(u64, TokenPair)>, AccessError> {
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
        let change = GrantChange::Put { due: due(gateway, &grant, now), grant: Arc::new(grant) };
        match gateway.grants.commit(id, stored.basis, change).await? {
            Committed::Yes => return Ok(Some((fence, pair))),
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
    .await
    .map(drop)
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

/// Looks whether what was saved still stands, and writes it again where the store went back over it: nobody else knows the
/// tokens. Ends with the gateway, which waits only for what is not saved yet.
///
/// A newer authorisation and newer tokens are left alone, and so is a grant that was removed.
pub fn watch(gateway: &Gateway, saved: Arc<Grant>) {
    let grants = Arc::downgrade(&gateway.grants);
    let (clock, bell) = (Arc::clone(&gateway.clock), Arc::clone(&gateway.bell));
    look_back(Arc::clone(&gateway.clock), move || {
        let (grants, saved, now) = (grants.upgrade(), Arc::clone(&saved), clock.now());
        let bell = Arc::clone(&bell);
        async move {
            let Some(grants) = grants else { return Ok(Found::Ended) };
            if restore(grants.as_ref(), &saved, now).await? == Restored::Again {
                warn!(grant = %saved.id, "the store went back over new tokens: they were written again");
                bell.notify_one();
            }
            Ok(Found::Settled)
        }
    });
}

/// Whether what was saved had to be written again.
#[derive(PartialEq, Eq)]
enum Restored {
    /// It stands, or what came after it.
    Stands,
    /// It had to.
    Again,
}

/// Writes tokens again that the store went back over.
async fn restore(grants: &dyn Grants, saved: &Grant, now: Timestamp) -> Result<Restored, StoreError> {
    let mut restore = |grant: &mut Grant| {
        let is_withdrawn = matches!(grant.tokens, Tokens::Lapsed { reason: LapseReason::Removed, .. });
        let went_back = !is_withdrawn && grant.is_before(saved);
        if went_back {
            *grant = Grant { references: grant.references.clone(), ..saved.clone() };
        }
        went_back.then_some(now)
    };
    loop {
        match try_save(grants, &saved.id, &mut restore).await? {
            (Committed::Yes, Some(_)) => return Ok(Restored::Again),
            (Committed::Yes, None) => return Ok(Restored::Stands),
            (Committed::Conflict, _) => {}
        }
    }
}

/// Writes a change of a grant, again and again while the store does not take it: what the provider gave exists
/// nowhere else. `edit` answers when the grant is due, or `None` where nothing is to be written. Answers what was
/// written, if anything.
async fn save(
    gateway: &Gateway,
    id: &GrantId,
    mut edit: impl FnMut(&mut Grant) -> Option<Timestamp> + Send,
) -> Result<Option<Arc<Grant>>, AccessError> {
    let give_up_at = after(gateway.clock.now(), SAVE_FOR);
    loop {
        let failure = match try_save(gateway.grants.as_ref(), id, &mut edit).await {
            Ok((Committed::Yes, saved)) => return Ok(saved),
            Ok((Committed::Conflict, _)) => continue,
            Err(failure) => failure,
        };
        if gateway.clock.now() >= give_up_at {
            return Err(failure.into());
        }
        gateway.clock.wait(SAVE_PAUSE).await;
    }
}

async fn try_save(
    grants: &dyn Grants,
    id: &GrantId,
    edit: &mut (impl FnMut(&mut Grant) -> Option<Timestamp> + Send),
) -> Result<(Committed, Option<Arc<Grant>>), StoreError> {
    let stored = grants.read(id).await?;
    let Some(grant) = stored.value else { return Ok((Committed::Yes, None)) };
    let mut grant = Grant::clone(&grant);
    let Some(due) = edit(&mut grant) else { return Ok((Committed::Yes, None)) };
    let grant = Arc::new(grant);
    let change = GrantChange::Put { grant: Arc::clone(&grant), due };
    Ok((grants.commit(id, stored.basis, change).await?, Some(grant)))
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
