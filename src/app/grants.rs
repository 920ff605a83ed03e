//! Use case: keep grants: know who refers to them, have them looked at when they are due, revoke what nobody
//! needs (R2, R7, correctness.md section 3). Renews no tokens.

use std::sync::Arc;

use jiff::Timestamp;
use tracing::info;
use tracing::warn;

use crate::app::gateway::Gateway;
use crate::app::grants_due::CONFIRM_WITHIN;
use crate::app::grants_due::RELEASE_AFTER;
use crate::app::grants_due::REVOKE_AGAIN;
use crate::app::grants_due::after_change;
use crate::app::grants_due::after_look;
use crate::app::grants_due::is_settled;
use crate::app::grants_due::user_due;
use crate::app::health;
use crate::app::ports::provider::AuthorizationError;
use crate::app::ports::store::GrantChange;
use crate::app::ports::store::GrantUser;
use crate::app::ports::stored::Basis;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::app::references;
use crate::app::references::Named;
use crate::app::refresh;
use crate::app::refresh::Access;
use crate::app::refresh::AccessError;
use crate::domain::grant::CLOCKS_APART;
use crate::domain::grant::Grant;
use crate::domain::grant::LapseReason;
use crate::domain::grant::Need;
use crate::domain::grant::Reference;
use crate::domain::grant::Tokens;
use crate::domain::id::GrantId;
use crate::domain::meeting::after;

/// How often a change is decided anew when others change the same grant.
pub const ATTEMPTS: usize = 16;

/// Why a grant was not changed.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// The grant is gone, or was authorised too long ago to be referred to anew.
    #[error("the authorisation is gone or too old")]
    Gone,
    /// Others kept changing it.
    #[error("the grant changed too often meanwhile")]
    Busy,
    /// The store gave no answer.
    #[error("grants cannot be read or saved")]
    Store(#[from] StoreError),
}

/// Writes down that an account is about to use a grant: before the site's record says so. Answers the grant.
///
/// Only a fresh authorisation can be referred to: refuses with [`GrantError::Gone`] later than [`CONFIRM_WITHIN`]
/// after it, and with [`GrantError::Busy`], [`GrantError::Store`].
pub async fn hold(gateway: &Gateway, id: &GrantId, reference: &Reference) -> Result<Arc<Grant>, GrantError> {
    for _ in 0..ATTEMPTS {
        let stored = gateway.grants.read(id).await?;
        let grant = stored.value.ok_or(GrantError::Gone)?;
        let now = gateway.clock.now();
        // Before the account: what the provider tells of the organisation must find the site.
        gateway.directory.note_site(&grant.host.account_id, &reference.site, now).await?;
        if now > after(grant.authorized_at, CONFIRM_WITHIN) || grant.tokens.pair().is_none() {
            return Err(GrantError::Gone);
        }
        if grant.references.contains(reference) {
            return Ok(grant);
        }
        let mut held = Grant::clone(&grant);
        held.references.insert(reference.clone());
        let held = Arc::new(held);
        if put(gateway, stored.basis, &held, now).await? == Committed::Yes {
            return Ok(held);
        }
    }
    Err(GrantError::Busy)
}

/// Drops a reference, whose account was confirmed last at `confirmed_at`. When it was the last one, the grant is
/// revoked in a task of its own, unless a later authorisation still waits to be confirmed.
///
/// Refuses with [`GrantError::Busy`], [`GrantError::Store`].
#[tracing::instrument(name = "grants.release", skip_all, fields(grant.id = %id))]
pub async fn release(
    gateway: &Gateway,
    id: &GrantId,
    reference: &Reference,
    confirmed_at: Timestamp,
) -> Result<(), GrantError> {
    for _ in 0..ATTEMPTS {
        let stored = gateway.grants.read(id).await?;
        let Some(grant) = stored.value else { return Ok(()) };
        // Somebody may have connected the account anew meanwhile: what the site does not bear out is swept later.
        if grant.authorized_at > confirmed_at && !is_settled(&grant, gateway.clock.now()) {
            return Ok(());
        }
        let mut released = Grant::clone(&grant);
        released.references.remove(reference);
        let released = Arc::new(released);
        if put(gateway, stored.basis, &released, gateway.clock.now()).await? == Committed::Conflict {
            continue;
        }
        if released.references.is_empty() {
            end_soon(gateway, released);
        }
        return Ok(());
    }
    Err(GrantError::Busy)
}

/// What came of a consent that was said to be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Withdrawn {
    /// Nothing is left to be done.
    Done,
    /// By the provider's clock it was taken back shortly before it was given by ours: which was first, these tokens show.
    InDoubt(GrantId, u64),
}

/// A user took their consent back at `at`: the tokens go at once, and every account that uses them is told. A consent that
/// was given since stays (correctness.md section 3); where clocks that are apart may have made it look so, it is in doubt.
/// A user who never gave any is as good as done.
///
/// Refuses with [`GrantError::Busy`], [`GrantError::Store`].
#[tracing::instrument(name = "grants.withdraw", skip_all)]
pub async fn withdraw(
    gateway: &Gateway,
    user: &GrantUser<'_>,
    at: Timestamp,
) -> Result<Withdrawn, GrantError> {
    let id = gateway.grants.id_of(user).await?;
    for _ in 0..ATTEMPTS {
        let stored = gateway.grants.read(&id).await?;
        let Some(grant) = stored.value else { return Ok(Withdrawn::Done) };
        if at < grant.authorized_at {
            let pair = grant.tokens.pair().filter(|_| grant.authorized_at < after(at, CLOCKS_APART));
            return Ok(pair.map_or(Withdrawn::Done, |pair| Withdrawn::InDoubt(id, pair.generation)));
        }
        let now = gateway.clock.now();
        let mut withdrawn = Grant::clone(&grant);
        let generation = grant.tokens.generation();
        withdrawn.tokens = withdrawn.tokens.lapsed(generation, LapseReason::Removed, now);
        if put(gateway, stored.basis, &Arc::new(withdrawn), now).await? == Committed::Yes {
            info!(grant.id = %id, "consent withdrawn");
            return tend(gateway, &id).await.map(|()| Withdrawn::Done);
        }
    }
    Err(GrantError::Busy)
}

/// Has a grant looked at when the meetings on it had ten minutes to go: references that their sites do not bear out
/// are swept then. Refuses with [`GrantError::Busy`], [`GrantError::Store`].
pub async fn release_later(gateway: &Gateway, id: &GrantId) -> Result<(), GrantError> {
    for _ in 0..ATTEMPTS {
        let stored = gateway.grants.read(id).await?;
        let Some(grant) = stored.value else { return Ok(()) };
        let due = after(gateway.clock.now(), RELEASE_AFTER);
        let change = GrantChange::Put { grant, due };
        if gateway.grants.commit(id, stored.basis, change).await? == Committed::Yes {
            return Ok(());
        }
    }
    Err(GrantError::Busy)
}

/// Does what is due for a grant, looking at what is: looks at its user once a day, tells its accounts whether it works and
/// whose it is, drops references that their sites do not bear out, and revokes it when none is left.
///
/// Refuses with [`GrantError::Busy`], [`GrantError::Store`].
#[tracing::instrument(name = "grants.tend", skip_all, fields(grant.id = %id))]
pub async fn tend(gateway: &Gateway, id: &GrantId) -> Result<(), GrantError> {
    let grant = gateway.grants.read(id).await?.value;
    if grant.is_some_and(|grant| !grant.references.is_empty() && user_due(&grant) <= gateway.clock.now()) {
        health::look(gateway, id).await?;
    }
    for _ in 0..ATTEMPTS {
        let stored = gateway.grants.read(id).await?;
        let Some(grant) = stored.value else { return Ok(()) };
        let mut tended = Grant::clone(&grant);
        let told = references::tell(gateway, &grant).await;
        let now = gateway.clock.now();
        if is_settled(&grant, now) {
            tended.references.retain(|reference| !told.gone.contains(reference));
            if tended.references.is_empty() {
                return end(gateway, &grant).await;
            }
        }
        let due = after_look(&tended, gateway.settings.refresh.keep_alive, now);
        let due = [told.leaving_until, told.again_at].into_iter().flatten().fold(due, Timestamp::min);
        let change = GrantChange::Put { grant: Arc::new(tended), due };
        if gateway.grants.commit(id, stored.basis, change).await? == Committed::Yes {
            return Ok(());
        }
    }
    Err(GrantError::Busy)
}

/// Writes a grant, with when it is looked at next. Refuses with a [`StoreError`].
pub async fn put(
    gateway: &Gateway,
    basis: Basis,
    grant: &Arc<Grant>,
    now: Timestamp,
) -> Result<Committed, StoreError> {
    let change = GrantChange::Put {
        grant: Arc::clone(grant),
        due: after_change(grant, gateway.settings.refresh.keep_alive, now),
    };
    gateway.grants.commit(&grant.id, basis, change).await
}

/// Tends a grant beside what the caller does; a failure is mended when its work comes due.
pub fn tend_soon(gateway: &Gateway, id: GrantId) {
    let own = gateway.clone();
    gateway.tasks.spawn(async move {
        if let Err(error) = tend(&own, &id).await {
            warn!(grant.id = %id, error = %error, "grant not tended yet");
        }
    });
}

fn end_soon(gateway: &Gateway, grant: Arc<Grant>) {
    let own = gateway.clone();
    gateway.tasks.spawn(async move {
        if let Err(error) = end(&own, &grant).await {
            warn!(grant.id = %grant.id, error = %error, "grant not revoked yet");
        }
    });
}

/// Revokes a grant that nothing refers to and removes it. A newer authorisation, or a new reference, keeps it, and so does
/// an account that names it though the grant does not know: a store may have gone back over what it knew.
async fn end(gateway: &Gateway, decided: &Grant) -> Result<(), GrantError> {
    let named = references::named(gateway, &decided.host.account_id, &decided.id).await?;
    if !named.references.is_empty() || named.unread > 0 {
        return keep(gateway, &decided.id, named).await;
    }
    // Only a living access token revokes (zoom/facts.md 1.7): one that has expired is renewed first.
    let access = refresh::access(gateway, &decided.id, Need::Valid).await;
    let stored = gateway.grants.read(&decided.id).await?;
    let Some(grant) = stored.value else { return Ok(()) };
    if grant.authorized_at != decided.authorized_at || grant.references != decided.references {
        return put(gateway, stored.basis, &grant, gateway.clock.now()).await.map(drop).map_err(Into::into);
    }
    // While a refresh is under way, a token that is refused says nothing about the one that comes.
    let is_current = access.as_ref().ok().is_none_or(
        |access| matches!(&grant.tokens, Tokens::Active(pair) if pair.generation == access.generation),
    );
    if !is_current || revoke(gateway, access).await? == Revocation::Open {
        let due = after(gateway.clock.now(), REVOKE_AGAIN);
        let change = GrantChange::Put { grant, due };
        let _either = gateway.grants.commit(&decided.id, stored.basis, change).await?;
        return Ok(());
    }
    if gateway.grants.commit(&decided.id, stored.basis, GrantChange::Remove).await? == Committed::Yes {
        info!("grant ended and removed");
    }
    Ok(())
}

/// Keeps a grant that accounts name, and one of which that is not known: where a site cannot be opened, it is looked into
/// again.
async fn keep(gateway: &Gateway, id: &GrantId, named: Named) -> Result<(), GrantError> {
    for _ in 0..ATTEMPTS {
        let stored = gateway.grants.read(id).await?;
        let Some(grant) = stored.value else { return Ok(()) };
        let mut kept = Grant::clone(&grant);
        kept.references.extend(named.references.iter().cloned());
        let change =
            GrantChange::Put { grant: Arc::new(kept), due: after(gateway.clock.now(), REVOKE_AGAIN) };
        if gateway.grants.commit(id, stored.basis, change).await? == Committed::Yes {
            warn!(grant.id = %id, "a grant is kept: accounts name it that it did not know, or a site cannot be opened");
            return Ok(());
        }
    }
    Err(GrantError::Busy)
}

/// Whether anything is left to revoke.
#[derive(PartialEq, Eq)]
enum Revocation {
    /// The provider knows the grant no more.
    Done,
    /// It may still know it: to be tried again.
    Open,
}

async fn revoke(gateway: &Gateway, access: Result<Access, AccessError>) -> Result<Revocation, StoreError> {
    let access = match access {
        Ok(access) => access.host.access,
        Err(AccessError::Lapsed(_) | AccessError::NoGrant) => return Ok(Revocation::Done),
        Err(AccessError::Unavailable) => return Ok(Revocation::Open),
        Err(AccessError::Store(error)) => return Err(error),
    };
    match gateway.authorization.revoke(&access).await {
        Ok(()) | Err(AuthorizationError::Refused | AuthorizationError::UserGone) => Ok(Revocation::Done),
        Err(error) => {
            warn!(error = %error, "revocation not confirmed");
            Ok(Revocation::Open)
        }
    }
}
