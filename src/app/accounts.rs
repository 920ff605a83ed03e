//! Use case: see, put and disconnect the accounts of a site (R1, R3, R7). Knows no browser.

use std::sync::Arc;

use jiff::Timestamp;
use tracing::warn;

use crate::app::dooming::doom_ahead;
use crate::app::gateway::Gateway;
use crate::app::grants;
use crate::app::ports::store::Basis;
use crate::app::ports::store::Committed;
use crate::app::ports::store::Redecide;
use crate::app::ports::store::SiteChange;
use crate::app::ports::store::StoreError;
use crate::app::presupposed::Presupposed;
use crate::domain::account::Account;
use crate::domain::account::Connection;
use crate::domain::account::HostedAccount;
use crate::domain::account::Owner;
use crate::domain::custom_link::CustomLink;
use crate::domain::grant::Reference;
use crate::domain::id::SiteId;
use crate::domain::site::Site;

/// How often a change is decided anew when others change the same site; then the caller is told to come back.
const ATTEMPTS: usize = 16;

/// Which account of which site: what a grant refers to as well.
pub type Place = Reference;

/// Why an account was not changed, or cannot be seen.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// There is no such site.
    #[error("there is no such site")]
    UnknownSite,
    /// There is no such account.
    #[error("there is no such account")]
    UnknownAccount,
    /// A staff account needs a default account first (R4).
    #[error("the site has no default account")]
    DefaultAccountRequired,
    /// The account is not at a revision that the caller presupposed.
    #[error("the account changed since the revision that was presupposed")]
    RevisionMismatch,
    /// Others kept changing the site.
    #[error("the site changed too often meanwhile")]
    Busy,
    /// The store gave no answer.
    #[error("accounts cannot be read or saved")]
    Store(#[from] StoreError),
}

/// What a put did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// There was none before.
    Created,
    /// There was one before, perhaps the same.
    Replaced,
}

/// An account that was put.
#[derive(Debug, Clone)]
pub struct Put {
    /// The account as it is now.
    pub account: Account,
    /// What the put did.
    pub change: Change,
}

/// What becomes of upcoming meetings when their account is disconnected (R21).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meetings {
    /// They stay at the provider.
    Keep,
    /// They are deleted at the provider.
    Delete,
}

/// Which accounts to list.
#[derive(Debug, Clone)]
pub struct AccountRange {
    /// After this one; `default` comes first, then staff by id.
    pub after: Option<Owner>,
    /// At most so many.
    pub limit: usize,
}

/// Puts a custom link in place of whatever was there; the same one changes nothing (R5).
///
/// Refuses with [`AccountError::UnknownSite`], [`AccountError::DefaultAccountRequired`],
/// [`AccountError::RevisionMismatch`], [`AccountError::Busy`], [`AccountError::Store`].
#[tracing::instrument(name = "accounts.put_custom", skip_all, fields(site.id = %place.site))]
pub async fn put_custom(
    gateway: &Gateway,
    place: &Place,
    link: CustomLink,
    presupposed: &Presupposed,
) -> Result<Put, AccountError> {
    put(gateway, place, Connection::Custom(link), presupposed).await
}

/// Puts a user at a provider in place of whatever was there. The grant must be held for this place before.
///
/// Refuses as [`put_custom`] does.
#[tracing::instrument(name = "accounts.put_hosted", skip_all, fields(site.id = %place.site))]
pub async fn put_hosted(
    gateway: &Gateway,
    place: &Place,
    account: HostedAccount,
) -> Result<Put, AccountError> {
    put(gateway, place, Connection::Hosted(account), &Presupposed::Anything).await
}

/// Finds an account; `None` where nothing is connected. Refuses with [`AccountError::UnknownSite`],
/// [`AccountError::Store`].
pub async fn find(gateway: &Gateway, place: &Place) -> Result<Option<Account>, AccountError> {
    let (_, site) = read(gateway, &place.site).await?;
    Ok(site.accounts.get(&place.owner).cloned())
}

/// Lists accounts, the default one first. Refuses with [`AccountError::UnknownSite`], [`AccountError::Store`].
pub async fn list(
    gateway: &Gateway,
    site: &SiteId,
    range: &AccountRange,
) -> Result<Vec<(Owner, Account)>, AccountError> {
    let (_, site) = read(gateway, site).await?;
    let follows = |owner: &Owner| range.after.as_ref().is_none_or(|after| owner > after);
    let wanted = site.accounts.iter().filter(|(owner, _)| follows(owner)).take(range.limit);
    Ok(wanted.map(|(owner, account)| (owner.clone(), account.clone())).collect())
}

/// Disconnects an account; one that is gone stays gone. The sessions ahead are decided again (R21), and the grant
/// it used is revoked once nothing refers to it (R7): with [`Meetings::Delete`] ten minutes later, since deleting
/// needs it.
///
/// Refuses with [`AccountError::UnknownSite`], [`AccountError::RevisionMismatch`], [`AccountError::Busy`],
/// [`AccountError::Store`].
#[tracing::instrument(name = "accounts.disconnect", skip_all, fields(site.id = %place.site))]
pub async fn disconnect(
    gateway: &Gateway,
    place: &Place,
    presupposed: &Presupposed,
    meetings: Meetings,
) -> Result<(), AccountError> {
    for _ in 0..ATTEMPTS {
        let (basis, site) = read(gateway, &place.site).await?;
        let mut changed = Site::clone(&site);
        let now = gateway.clock.now();
        let removed = changed.remove_account(&place.owner, now);
        if !presupposed.admits(removed.as_ref().map(|account| account.revision)) {
            return Err(AccountError::RevisionMismatch);
        }
        let Some(removed) = removed else { return Ok(()) };
        if commit(gateway, basis, changed, now).await? == Committed::Yes {
            tracing::info!("account disconnected");
            match meetings {
                Meetings::Keep => let_go(gateway, place, &removed, None).await,
                Meetings::Delete => doom(gateway, place, &removed),
            }
            return Ok(());
        }
    }
    Err(AccountError::Busy)
}

async fn put(
    gateway: &Gateway,
    place: &Place,
    connection: Connection,
    presupposed: &Presupposed,
) -> Result<Put, AccountError> {
    for _ in 0..ATTEMPTS {
        let (basis, site) = read(gateway, &place.site).await?;
        let before = site.accounts.get(&place.owner);
        if !presupposed.admits(before.map(|account| account.revision)) {
            return Err(AccountError::RevisionMismatch);
        }
        if place.owner.staff().is_some() && site.default_account().is_none() {
            return Err(AccountError::DefaultAccountRequired);
        }
        let change = if before.is_some() { Change::Replaced } else { Change::Created };
        let now = gateway.clock.now();
        let mut changed = Site::clone(&site);
        changed.put_account(&place.owner, connection.clone(), now);
        let account = changed.accounts.get(&place.owner).ok_or(AccountError::UnknownAccount)?.clone();
        if before == Some(&account) {
            return Ok(Put { account, change });
        }
        if commit(gateway, basis, changed, now).await? == Committed::Yes {
            tracing::info!(provider = connection.provider().name(), "account connected");
            if let Some(before) = before {
                let_go(gateway, place, before, Some(&connection)).await;
            }
            return Ok(Put { account, change });
        }
    }
    Err(AccountError::Busy)
}

async fn read(gateway: &Gateway, site: &SiteId) -> Result<(Basis, Arc<Site>), AccountError> {
    let stored = gateway.sites.read(site, &[]).await?.site;
    Ok((stored.basis, stored.value.ok_or(AccountError::UnknownSite)?))
}

async fn commit(
    gateway: &Gateway,
    basis: Basis,
    site: Site,
    now: Timestamp,
) -> Result<Committed, StoreError> {
    let change = SiteChange {
        site: site.id.clone(),
        basis,
        put: Some(Arc::new(site)),
        sessions: Vec::new(),
        redecide: Redecide::At(now),
    };
    gateway.sites.commit(change).await
}

/// Marks the upcoming meetings of an account that is gone, in a task of its own. Its reference stays: the site does
/// not bear it out any more, so it is swept when the meetings had time to go.
fn doom(gateway: &Gateway, place: &Place, removed: &Account) {
    let Some(used) = removed.connection.hosted() else { return };
    let (own, site, grant) = (gateway.clone(), place.site.clone(), used.grant.clone());
    gateway.tasks.spawn(async move {
        if let Err(error) = doom_ahead(&own, &site, &grant).await {
            warn!(site.id = %site, error = %error, "upcoming meetings not all marked for removal");
        }
        if let Err(error) = grants::release_later(&own, &grant).await {
            warn!(grant.id = %grant, error = %error, "grant not released yet");
        }
    });
}

/// Releases the grant that an account used and its successor does not. A failure is mended later: the reference is
/// one that the site does not bear out, and is swept.
async fn let_go(gateway: &Gateway, place: &Place, before: &Account, after: Option<&Connection>) {
    let Some(used) = before.connection.hosted() else { return };
    if after.and_then(Connection::hosted).is_some_and(|next| next.grant == used.grant) {
        return;
    }
    if let Err(error) = grants::release(gateway, &used.grant, place, before.updated_at).await {
        warn!(error = %error, "grant not released yet");
    }
}
