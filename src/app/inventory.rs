//! Use case: what operators see of the accounts of all sites: whether they work, and what their tokens are at (R38).
//! Changes nothing.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
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
    /// Its grant; `None` for a custom link, and where the grant is gone or cannot be read.
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

/// The other accounts that use a grant, as their sites say: a reference that its site does not bear out is about to be
/// swept. A site that cannot be read is taken at the grant's word.
///
/// Refuses with [`AccountError::Store`].
pub async fn users_of(gateway: &Gateway, grant: &Grant, but: &Place) -> Result<Vec<Place>, AccountError> {
    let mut found = Vec::new();
    for place in grant.references.iter().filter(|reference| *reference != but) {
        let is_user = match accounts::find(gateway, place).await.map_err(as_unknown) {
            Ok(account) => account.is_some_and(|account| {
                account.connection.hosted().is_some_and(|hosted| hosted.grant == grant.id)
            }),
            Err(AccountError::UnknownSite) => false,
            Err(AccountError::Store(StoreError::Corrupt(_))) => true,
            Err(error) => return Err(error),
        };
        found.extend(is_user.then(|| place.clone()));
    }
    Ok(found)
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

type Grants = BTreeMap<GrantId, Known>;

/// What is known of a grant.
#[derive(Clone)]
enum Known {
    Found(Arc<Grant>),
    Gone,
    Unreadable,
}

/// The grants that accounts use, each read once; one that cannot be read hides no other.
async fn grants_of(gateway: &Gateway, accounts: &[(Owner, Account)]) -> Result<Grants, StoreError> {
    let used = accounts.iter().filter_map(|(_, account)| account.connection.hosted());
    let distinct = used.map(|hosted| hosted.grant.clone()).collect::<BTreeSet<_>>();
    let reads = distinct.into_iter().map(|id| async move {
        let grant = match gateway.grants.read(&id).await {
            Ok(stored) => stored.value.map_or(Known::Gone, Known::Found),
            Err(StoreError::Destroyed) => Known::Gone,
            Err(StoreError::Corrupt(_)) => Known::Unreadable,
            Err(error) => return Err(error),
        };
        Ok((id, grant))
    });
    stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await
}

fn entry(gateway: &Gateway, (owner, account): (Owner, Account), grants: &Grants) -> Entry {
    let used = account.connection.hosted().and_then(|hosted| grants.get(&hosted.grant));
    let (timing, now) = (gateway.settings.refresh, gateway.clock.now());
    let of = |grant: Option<&Grant>| diagnosis(&account, grant, timing, now);
    let (grant, diagnosis) = match used.cloned() {
        Some(Known::Unreadable) => (None, Diagnosis::Unreadable),
        Some(Known::Found(grant)) => (Some(Arc::clone(&grant)), of(Some(&grant))),
        Some(Known::Gone) | None => (None, of(None)),
    };
    Entry { owner, account, grant, diagnosis }
}
