//! Use case: what operators see of the accounts of all sites: whether they work, and what their tokens are at (R38).
//! Changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::TryStreamExt;
use futures_util::stream;

use crate::app::accounts;
use crate::app::accounts::AccountError;
use crate::app::accounts::AccountRange;
use crate::app::accounts::Place;
use crate::app::gateway::Gateway;
use crate::app::ports::stored::StoreError;
use crate::domain::account::Account;
use crate::domain::account::Owner;
use crate::domain::diagnosis::Diagnosis;
use crate::domain::diagnosis::diagnosis;
use crate::domain::grant::Grant;
use crate::domain::id::GrantId;
use crate::domain::id::SiteId;

/// How many grants are read at once.
const AT_ONCE: usize = 8;

/// An account and the grant that it uses.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Whose it is.
    pub owner: Owner,
    /// The account.
    pub account: Account,
    /// Its grant; `None` for a custom link, and where the grant is gone.
    pub grant: Option<Arc<Grant>>,
    /// What is wrong with it.
    pub diagnosis: Diagnosis,
}

/// Lists accounts of a site with their grants, the default one first.
///
/// Refuses with [`AccountError::UnknownSite`], [`AccountError::Store`].
pub async fn list(
    gateway: &Gateway,
    site: &SiteId,
    range: &AccountRange,
) -> Result<Vec<Entry>, AccountError> {
    let found = accounts::list(gateway, site, range).await.map_err(as_unknown)?;
    let grants = grants_of(gateway, &found).await?;
    Ok(found.into_iter().map(|found| entry(gateway, found, &grants)).collect())
}

/// Finds an account with its grant.
///
/// Refuses with [`AccountError::UnknownSite`], [`AccountError::UnknownAccount`], [`AccountError::Store`].
pub async fn find(gateway: &Gateway, place: &Place) -> Result<Entry, AccountError> {
    let account = accounts::find(gateway, place).await.map_err(as_unknown)?;
    let found = [(place.owner.clone(), account.ok_or(AccountError::UnknownAccount)?)];
    let grants = grants_of(gateway, &found).await?;
    let [found] = found;
    Ok(entry(gateway, found, &grants))
}

/// A site whose key is destroyed is being off-boarded: its accounts are gone.
fn as_unknown(error: AccountError) -> AccountError {
    match error {
        AccountError::Store(StoreError::Destroyed) => AccountError::UnknownSite,
        AccountError::UnknownSite
        | AccountError::UnknownAccount
        | AccountError::DefaultAccountRequired
        | AccountError::RevisionMismatch
        | AccountError::Store(_) => error,
    }
}

type Grants = BTreeMap<GrantId, Option<Arc<Grant>>>;

/// The grants that accounts use, each read once.
async fn grants_of(gateway: &Gateway, accounts: &[(Owner, Account)]) -> Result<Grants, StoreError> {
    let used = accounts.iter().filter_map(|(_, account)| account.connection.hosted());
    let distinct = used.map(|hosted| (hosted.grant.clone(), None)).collect::<Grants>();
    let reads = distinct.into_keys().map(|id| async move {
        let grant = match gateway.grants.read(&id).await {
            Ok(stored) => stored.value,
            Err(StoreError::Destroyed) => None,
            Err(error) => return Err(error),
        };
        Ok((id, grant))
    });
    stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await
}

fn entry(gateway: &Gateway, (owner, account): (Owner, Account), grants: &Grants) -> Entry {
    let used = account.connection.hosted().and_then(|hosted| grants.get(&hosted.grant));
    let grant = used.cloned().flatten();
    let (timing, now) = (gateway.settings.refresh, gateway.clock.now());
    let diagnosis = diagnosis(&account, grant.as_deref(), timing, now);
    Entry { owner, account, grant, diagnosis }
}
