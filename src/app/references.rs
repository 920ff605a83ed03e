//! Owns what sites and a grant say to each other: whether it works, and whether they refer to it (R2, R7).

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::app::change::Change;
use crate::app::change::Decision;
use crate::app::change::change;
use crate::app::gateway::Gateway;
use crate::app::grants_due::RELEASE_AFTER;
use crate::app::ports::store::Redecide;
use crate::app::ports::store::SiteSnapshot;
use crate::app::ports::stored::StoreError;
use crate::domain::account::AccountState;
use crate::domain::account::Connection;
use crate::domain::account::HostedAccount;
use crate::domain::grant::Grant;
use crate::domain::grant::Reference;
use crate::domain::grant::Tokens;
use crate::domain::meeting::after;
use crate::domain::site::Clearing;
use crate::domain::site::Site;

/// What the sites say that a grant refers to.
#[derive(Debug, Default)]
pub struct Told {
    /// Those that do not bear a reference out any more.
    pub gone: BTreeSet<Reference>,
    /// Until when others, which do not either, have their meetings deleted.
    pub leaving_until: Option<Timestamp>,
}

/// Tells every account that uses a grant whether it works. Refuses with a [`StoreError`].
pub async fn tell(gateway: &Gateway, grant: &Grant) -> Result<Told, StoreError> {
    let mut told = Told::default();
    for reference in &grant.references {
        match tell_one(gateway, grant, reference).await? {
            Word::BorneOut => {}
            Word::LeavingUntil(until) => told.leaving_until = told.leaving_until.max(Some(until)),
            Word::NotBorneOut => {
                told.gone.insert(reference.clone());
            }
        }
    }
    Ok(told)
}

/// Whether a site's record says that it uses a grant.
#[derive(PartialEq, Eq)]
enum Word {
    /// It does.
    BorneOut,
    /// Its account went a moment ago, and its meetings may be about to be deleted.
    LeavingUntil(Timestamp),
    /// It does not.
    NotBorneOut,
}

async fn tell_one(gateway: &Gateway, grant: &Grant, reference: &Reference) -> Result<Word, StoreError> {
    let told = change(gateway, &reference.site, &[], |snapshot| {
        Ok(decide_word(snapshot, grant, reference, gateway.clock.now()))
    });
    match told.await {
        Err(StoreError::Destroyed) => Ok(Word::NotBorneOut),
        told => told,
    }
}

fn decide_word(
    snapshot: &SiteSnapshot,
    grant: &Grant,
    reference: &Reference,
    now: Timestamp,
) -> Decision<Word> {
    let Some(site) = &snapshot.site.value else { return Decision::Keep(Word::NotBorneOut) };
    let account = site.accounts.get(&reference.owner).and_then(|account| account.connection.hosted());
    let Some(account) = account.filter(|account| account.grant == grant.id) else {
        let since = match site.clearing.get(&grant.id) {
            Some(Clearing::Wished(_)) => Some(now),
            Some(Clearing::Told(at)) => Some(*at),
            None => site.epochs.owners.get(&reference.owner).map(|epoch| epoch.changed_at),
        };
        let until = since.map(|since| after(since, RELEASE_AFTER)).filter(|until| *until > now);
        return Decision::Keep(until.map_or(Word::NotBorneOut, Word::LeavingUntil));
    };
    let told = HostedAccount { state: state(grant, account.state), ..account.clone() };
    if told == *account {
        return Decision::Keep(Word::BorneOut);
    }
    let mut changed = Site::clone(site);
    changed.put_account(&reference.owner, Connection::Hosted(told), now);
    let change = Change { redecide: Some(Redecide::At(now)), ..Change::of_site(changed) };
    Decision::Commit(change, Word::BorneOut)
}

/// What an account says of its grant; one that has lapsed already keeps saying since when.
fn state(grant: &Grant, before: AccountState) -> AccountState {
    match (&grant.tokens, before) {
        (Tokens::Active(_) | Tokens::Refreshing { .. }, _) => AccountState::Active,
        (Tokens::Lapsed { .. }, AccountState::ReauthorizationRequired { since }) => {
            AccountState::ReauthorizationRequired { since }
        }
        (Tokens::Lapsed { since, .. }, AccountState::Active) => {
            AccountState::ReauthorizationRequired { since: *since }
        }
    }
}
