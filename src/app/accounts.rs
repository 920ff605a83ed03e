//! Use case: see, put and disconnect the accounts of a site (R1, R3, R7). Knows no browser.

use std::sync::Arc;

use jiff::Timestamp;
use tracing::warn;

use crate::app::change::Change;
use crate::app::change::Decision;
use crate::app::change::change;
use crate::app::gateway::Gateway;
use crate::app::grants;
use crate::app::ports::store::Redecide;
use crate::app::ports::stored::StoreError;
use crate::app::presupposed::Presupposed;
use crate::app::sites::Put;
use crate::domain::account::Account;
use crate::domain::account::Connection;
use crate::domain::account::HostedAccount;
use crate::domain::account::Owner;
use crate::domain::custom_link::CustomLink;
use crate::domain::grant::Reference;
use crate::domain::id::SiteId;
use crate::domain::site::Site;

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
    /// The store gave no answer.
    #[error("accounts cannot be read or saved")]
    Store(#[from] StoreError),
}

/// An account that was put.
#[derive(Debug, Clone)]
pub struct PutAccount {
    /// The account as it is now.
    pub account: Account,
    /// What the put did.
    pub put: Put,
}

/// What becomes of the meetings of sessions ahead on an account that is disconnected (R21).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Meetings {
    /// They stay at the provider.
    #[default]
    Keep,
    /// They are removed there.
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
/// [`AccountError::RevisionMismatch`], [`AccountError::Store`].
#[tracing::instrument(name = "accounts.put_custom", skip_all, fields(site.id = %place.site))]
pub async fn put_custom(
    gateway: &Gateway,
    place: &Place,
    link: CustomLink,
    presupposed: &Presupposed,
) -> Result<PutAccount, AccountError> {
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
) -> Result<PutAccount, AccountError> {
    put(gateway, place, Connection::Hosted(account), &Presupposed::Anything).await
}

/// Finds an account; `None` where nothing is connected. Refuses with [`AccountError::UnknownSite`],
/// [`AccountError::Store`].
pub async fn find(gateway: &Gateway, place: &Place) -> Result<Option<Account>, AccountError> {
    let site = read(gateway, &place.site).await?;
    Ok(site.accounts.get(&place.owner).cloned())
}

/// Lists accounts, the default one first. Refuses with [`AccountError::UnknownSite`], [`AccountError::Store`].
pub async fn list(
    gateway: &Gateway,
    site: &SiteId,
    range: &AccountRange,
) -> Result<Vec<(Owner, Account)>, AccountError> {
    let site = read(gateway, site).await?;
    let follows = |owner: &Owner| range.after.as_ref().is_none_or(|after| owner > after);
    let wanted = site.accounts.iter().filter(|(owner, _)| follows(owner)).take(range.limit);
    Ok(wanted.map(|(owner, account)| (owner.clone(), account.clone())).collect())
}

/// Disconnects an account; one that is gone stays gone. The sessions ahead are decided again (R21): with
/// [`Meetings::Delete`] the site's record says that theirs are to go, whoever decides them. The grant it used is revoked
/// once nothing refers to it (R7): when the meetings that are to go had ten minutes for it, since deleting needs it.
///
/// Refuses with [`AccountError::UnknownSite`], [`AccountError::RevisionMismatch`], [`AccountError::Store`].
#[tracing::instrument(name = "accounts.disconnect", skip_all, fields(site.id = %place.site))]
pub async fn disconnect(
    gateway: &Gateway,
    place: &Place,
    presupposed: &Presupposed,
    meetings: Meetings,
) -> Result<(), AccountError> {
    // Looked at in any case, should this be cut short: a reference that its site does not bear out is swept then.
    if let Some(account) = find(gateway, place).await? {
        release_later(gateway, &account).await;
    }
    let removed = change(gateway, &place.site, &[], |snapshot| {
        let site = snapshot.site.value.as_ref().ok_or(AccountError::UnknownSite)?;
        let now = gateway.clock.now();
        let mut changed = Site::clone(site);
        let removed = changed.remove_account(&place.owner, now);
        if !presupposed.admits(removed.as_ref().map(|account| account.revision)) {
            return Err(AccountError::RevisionMismatch);
        }
        let Some(removed) = removed else { return Ok(Decision::Keep(None)) };
        if let (Meetings::Delete, Some(used)) = (meetings, removed.connection.hosted()) {
            changed.clear_meetings(&used.grant, now);
        }
        Ok(Decision::Commit(decided_anew(changed, now), Some(removed)))
    })
    .await?;
    let Some(removed) = removed else { return Ok(()) };
    tracing::info!("account disconnected");
    gateway.bell.notify_one();
    if meetings == Meetings::Keep {
        release(gateway, place, &removed).await;
    }
    Ok(())
}

async fn put(
    gateway: &Gateway,
    place: &Place,
    connection: Connection,
    presupposed: &Presupposed,
) -> Result<PutAccount, AccountError> {
    let (put, before) = change(gateway, &place.site, &[], |snapshot| {
        let site = snapshot.site.value.as_ref().ok_or(AccountError::UnknownSite)?;
        let before = site.accounts.get(&place.owner).cloned();
        if place.owner.staff().is_some() && site.default_account().is_none() {
            return Err(AccountError::DefaultAccountRequired);
        }
        if !presupposed.admits(before.as_ref().map(|account| account.revision)) {
            return Err(AccountError::RevisionMismatch);
        }
        let now = gateway.clock.now();
        let mut changed = Site::clone(site);
        let account = changed.put_account(&place.owner, connection.clone(), now);
        let put = if before.is_some() { Put::Replaced } else { Put::Created };
        let is_same = before.as_ref() == Some(&account);
        let answer = (PutAccount { account, put }, before);
        Ok(if is_same {
            Decision::Keep(answer)
        } else {
            Decision::Commit(decided_anew(changed, now), answer)
        })
    })
    .await?;
    if let Some(before) = before.filter(|before| !before.connection.is_same_connection(&connection)) {
        release_later(gateway, &before).await;
    }
    gateway.bell.notify_one();
    Ok(put)
}

async fn read(gateway: &Gateway, site: &SiteId) -> Result<Arc<Site>, AccountError> {
    gateway.sites.read(site, &[]).await?.site.value.ok_or(AccountError::UnknownSite)
}

/// The change that writes a site whose accounts changed: its sessions are decided again (R21).
fn decided_anew(site: Site, now: Timestamp) -> Change {
    Change { redecide: Some(Redecide::At(now)), ..Change::of_site(site) }
}

/// Releases the grant that a disconnected account used. A failure is mended later: the reference is one that the
/// site does not bear out, and is swept.
async fn release(gateway: &Gateway, place: &Place, removed: &Account) {
    let Some(used) = removed.connection.hosted() else { return };
    if let Err(error) = grants::release(gateway, &used.grant, place, removed.updated_at).await {
        warn!(error = %error, "grant not released yet");
    }
}

/// Has the grant of an account that goes looked at once its meetings had time to move, or to be deleted.
async fn release_later(gateway: &Gateway, replaced: &Account) {
    let Some(used) = replaced.connection.hosted() else { return };
    if let Err(error) = grants::release_later(gateway, &used.grant).await {
        warn!(error = %error, "grant not released yet");
    }
}
