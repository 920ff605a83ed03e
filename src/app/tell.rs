//! Use case: tell the accounts that use a grant whether it works, then tend the grant itself (R7, R21).

use crate::app::change::Change;
use crate::app::change::Decision;
use crate::app::change::change;
use crate::app::gateway::Gateway;
use crate::app::grants;
use crate::app::ports::store::Redecide;
use crate::app::ports::store::SiteSnapshot;
use crate::app::ports::store::StoreError;
use crate::domain::account::AccountState;
use crate::domain::account::Connection;
use crate::domain::account::HostedAccount;
use crate::domain::grant::Grant;
use crate::domain::grant::Reference;
use crate::domain::grant::Tokens;
use crate::domain::id::GrantId;
use crate::domain::site::Site;

/// Brings every account that uses the grant up to date with it, and tends the grant.
pub async fn about_grant(gateway: &Gateway, id: &GrantId) -> Result<(), StoreError> {
    if let Some(grant) = gateway.grants.read(id).await?.value {
        for reference in &grant.references {
            tell(gateway, &grant, reference).await?;
        }
    }
    grants::tend(gateway, id).await
}

async fn tell(gateway: &Gateway, grant: &Grant, reference: &Reference) -> Result<(), StoreError> {
    change(gateway, &reference.site, &[], |snapshot| Ok(decide(gateway, grant, reference, snapshot))).await
}

fn decide(gateway: &Gateway, grant: &Grant, reference: &Reference, snapshot: &SiteSnapshot) -> Decision<()> {
    let Some(old) = &snapshot.site.value else { return Decision::Keep(()) };
    let account = old.accounts.get(&reference.owner).and_then(|account| account.connection.hosted());
    let Some(account) = account.filter(|account| account.grant == grant.id) else {
        return Decision::Keep(());
    };
    let told = as_told(grant, account);
    if told == *account {
        return Decision::Keep(());
    }
    let now = gateway.clock.now();
    let mut site = Site::clone(old);
    site.put_account(&reference.owner, Connection::Hosted(told), now);
    Decision::Commit(Change { redecide: Some(Redecide::At(now)), ..Change::of_site(site) }, ())
}

fn as_told(grant: &Grant, account: &HostedAccount) -> HostedAccount {
    let state = match (&grant.tokens, account.state) {
        (Tokens::Active(_) | Tokens::Refreshing { .. }, _) => AccountState::Active,
        (Tokens::Lapsed { .. }, known @ AccountState::ReauthorizationRequired { .. }) => known,
        (Tokens::Lapsed { since, .. }, AccountState::Active) => {
            AccountState::ReauthorizationRequired { since: *since }
        }
    };
    HostedAccount { grant: grant.id.clone(), host: grant.host.clone(), scopes: grant.scopes.clone(), state }
}
