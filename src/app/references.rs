//! Owns what sites and a grant say to each other: whether it works, whose it is, and whether they refer to it (R2, R7).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tracing::Instrument;
use tracing::info_span;
use tracing::warn;

use crate::app::causes::WithCauses;
use crate::app::change::Change;
use crate::app::change::Decision;
use crate::app::change::change;
use crate::app::gateway::Gateway;
use crate::app::grants_due::NEEDED_AT_MOST;
use crate::app::grants_due::NEEDED_FOR_LONG;
use crate::app::grants_due::NEEDED_FOR_NOW;
use crate::app::grants_due::RELEASE_AFTER;
use crate::app::grants_due::UNTOLD_AGAIN;
use crate::app::look_back::Found;
use crate::app::look_back::look_back;
use crate::app::ports::store::GrantChange;
use crate::app::ports::store::Grants;
use crate::app::ports::store::Redecide;
use crate::app::ports::store::SessionRange;
use crate::app::ports::store::SessionsOf;
use crate::app::ports::store::SiteSnapshot;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::domain::account::AccountState;
use crate::domain::account::Connection;
use crate::domain::account::HostedAccount;
use crate::domain::grant::Grant;
use crate::domain::grant::Reference;
use crate::domain::grant::Tokens;
use crate::domain::id::GrantId;
use crate::domain::id::SiteId;
use crate::domain::leftover::Use;
use crate::domain::meeting::after;
use crate::domain::session::LONGEST_SESSION;
use crate::domain::site::Clearing;
use crate::domain::site::Site;
use crate::domain::step::wanted;

/// How many sessions are looked at at once.
const PAGE: usize = 100;

/// What the sites say that a grant refers to.
#[derive(Debug, Default)]
pub struct Told {
    /// Those that do not bear a reference out any more.
    pub gone: BTreeSet<Reference>,
    /// Until when others, which do not either, have their meetings deleted.
    pub leaving_until: Option<Timestamp>,
    /// When those are told again whose sites could not be read or written.
    pub again_at: Option<Timestamp>,
}

/// Tells every account that uses a grant whether it works, and who its user is at the provider. A site that cannot be read
/// or written hides nothing from the others.
pub async fn tell(gateway: &Gateway, grant: &Grant) -> Told {
    let mut told = Told::default();
    for reference in &grant.references {
        match tell_one(gateway, grant, reference).await {
            Ok(Word::BorneOut) => {}
            Ok(Word::LeavingUntil(until)) => told.leaving_until = told.leaving_until.max(Some(until)),
            Err(error) => {
                warn!(site.id = %reference.site, error = %error, "an account is not told of its grant yet");
                told.again_at = Some(after(gateway.clock.now(), UNTOLD_AGAIN));
            }
            Ok(Word::NotBorneOut) => {
                told.gone.insert(reference.clone());
            }
        }
    }
    told
}

/// Looks whether a grant still knows of an account that uses it, and writes it again where the store went back over it: the
/// grant would be revoked when nothing else refers to it. Ends with the gateway.
pub fn watch(gateway: &Gateway, grant: &GrantId, reference: &Reference) {
    let (sites, grants) = (Arc::downgrade(&gateway.sites), Arc::downgrade(&gateway.grants));
    let (grant, reference, clock) = (grant.clone(), reference.clone(), Arc::clone(&gateway.clock));
    let span = info_span!("references.watch", grant.id = %grant, site.id = %reference.site);
    let looking = look_back(Arc::clone(&gateway.clock), move || {
        let (sites, grants) = (sites.upgrade(), grants.upgrade());
        let (grant, reference, now) = (grant.clone(), reference.clone(), clock.now());
        async move {
            let (Some(sites), Some(grants)) = (sites, grants) else { return Ok(Found::Ended) };
            let site = sites.read(&reference.site, &[]).await?.site.value;
            let account = site.as_ref().and_then(|site| site.accounts.get(&reference.owner));
            if account.and_then(|account| account.connection.hosted()).is_some_and(|used| used.grant == grant)
            {
                refer(grants.as_ref(), &grant, &reference, now).await?;
            }
            Ok(Found::Settled)
        }
    });
    tokio::spawn(looking.instrument(span));
}

async fn refer(
    grants: &dyn Grants,
    id: &GrantId,
    reference: &Reference,
    now: Timestamp,
) -> Result<(), StoreError> {
    loop {
        let stored = grants.read(id).await?;
        let Some(grant) = stored.value.filter(|grant| !grant.references.contains(reference)) else {
            return Ok(());
        };
        let mut referred = Grant::clone(&grant);
        referred.references.insert(reference.clone());
        let change = GrantChange::Put { grant: Arc::new(referred), due: now };
        if grants.commit(id, stored.basis, change).await? == Committed::Yes {
            warn!(grant = %id, site.id = %reference.site, "the store went back over a reference: it was written again");
            return Ok(());
        }
    }
}

/// The accounts that name a grant.
#[derive(Debug, Default)]
pub struct Named {
    /// Those of all sites that can be opened.
    pub references: BTreeSet<Reference>,
    /// How many sites cannot.
    pub unread: usize,
}

/// Which accounts name a grant: what refers to it, whatever its own record says.
///
/// Refuses with [`StoreError`] where the store does not answer.
pub async fn named(gateway: &Gateway, organisation: &str, grant: &GrantId) -> Result<Named, StoreError> {
    let (mut last, mut named) = (None, Named::default());
    loop {
        let sites = gateway.directory.sites_of(organisation, last.as_ref()).await?;
        for noted in &sites {
            let site = match gateway.sites.read(&noted.site, &[]).await {
                Err(StoreError::Destroyed) => continue,
                Err(error @ StoreError::Corrupt(_)) => {
                    warn!(site.id = %noted.site, error = %WithCauses(&error), "a site cannot say which grants it uses");
                    named.unread += 1;
                    continue;
                }
                read => read?.site.value,
            };
            let accounts = site.iter().flat_map(|site| &site.accounts);
            let of_it = accounts.filter(|(_, account)| {
                account.connection.hosted().is_some_and(|hosted| hosted.grant == *grant)
            });
            let of_it = of_it.map(|(owner, _)| Reference { site: noted.site.clone(), owner: owner.clone() });
            named.references.extend(of_it);
        }
        let Some(next) = sites.into_iter().last() else { return Ok(named) };
        last = Some(next);
    }
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
    let (word, since) = match told.await {
        Err(StoreError::Destroyed) => return Ok(Word::NotBorneOut),
        told => told?,
    };
    let now = gateway.clock.now();
    // One that lapsed moves and removes nothing, and no account is left whose owner would be told to renew it.
    let is_of_use = grant.tokens.pair().is_some();
    let may_be_needed = is_of_use && since.is_some_and(|since| after(since, NEEDED_AT_MOST) > now);
    if word == Word::NotBorneOut && may_be_needed {
        let needed = find_use(gateway, &reference.site, &grant.id).await?;
        return Ok(match needed {
            Use::Needed => Word::LeavingUntil(after(now, next_look(since, now))),
            Use::Over => Word::NotBorneOut,
        });
    }
    Ok(word)
}

fn next_look(since: Option<Timestamp>, now: Timestamp) -> Duration {
    let is_new = since.is_some_and(|since| after(since, NEEDED_FOR_LONG) > now);
    if is_new { NEEDED_FOR_NOW } else { NEEDED_FOR_LONG }
}

/// Whether meetings of a site that are to move, or to go, still need a grant that no account uses any more.
async fn find_use(gateway: &Gateway, site: &SiteId, grant: &GrantId) -> Result<Use, StoreError> {
    let from = gateway.clock.now().checked_sub(LONGEST_SESSION).unwrap_or(Timestamp::MIN);
    let mut range = SessionRange { of: SessionsOf::All, from, to: Timestamp::MAX, after: None, limit: PAGE };
    loop {
        let page = gateway.sites.sessions(site, &range).await?;
        let ids = page.iter().map(|entry| entry.id.clone()).collect::<Vec<_>>();
        let snapshot = gateway.sites.read(site, &ids).await?;
        let Some(site) = &snapshot.site.value else { return Ok(Use::Over) };
        let now = gateway.clock.now();
        let mut sessions = snapshot.sessions.iter().filter_map(|stored| stored.value.as_ref());
        if sessions.any(|session| session.minting.needs(grant, &wanted(site, session, now)) == Use::Needed) {
            return Ok(Use::Needed);
        }
        let Some(last) = page.last().filter(|_| page.len() >= PAGE) else { return Ok(Use::Over) };
        range.after = Some(last.clone());
    }
}

/// The word, and since when a reference is not borne out.
fn decide_word(
    snapshot: &SiteSnapshot,
    grant: &Grant,
    reference: &Reference,
    now: Timestamp,
) -> Decision<(Word, Option<Timestamp>)> {
    let Some(site) = &snapshot.site.value else { return Decision::Keep((Word::NotBorneOut, None)) };
    let account = site.accounts.get(&reference.owner).and_then(|account| account.connection.hosted());
    let Some(account) = account.filter(|account| account.grant == grant.id) else {
        let since = match site.clearing.get(&grant.id) {
            Some(Clearing::Wished(_)) => Some(now),
            Some(Clearing::Told(at)) => Some(*at),
            None => site.epochs.owners.get(&reference.owner).map(|epoch| epoch.changed_at),
        };
        let until = since.map(|since| after(since, RELEASE_AFTER)).filter(|until| *until > now);
        return Decision::Keep((until.map_or(Word::NotBorneOut, Word::LeavingUntil), since));
    };
    let told = HostedAccount {
        host: grant.host.clone(),
        scopes: grant.scopes.clone(),
        state: state(grant, account.state),
        ..account.clone()
    };
    if told == *account {
        return Decision::Keep((Word::BorneOut, None));
    }
    let (before, told) = (Connection::Hosted(account.clone()), Connection::Hosted(told));
    let redecide = (!before.serves_alike(&told)).then_some(Redecide::At(now));
    let mut changed = Site::clone(site);
    changed.put_account(&reference.owner, told, now);
    Decision::Commit(Change { redecide, ..Change::of_site(changed) }, (Word::BorneOut, None))
}

/// What an account says of its grant; one that has lapsed already keeps saying since when.
fn state(grant: &Grant, before: AccountState) -> AccountState {
    match (&grant.tokens, before) {
        (Tokens::Active(_) | Tokens::Refreshing { .. }, _) => AccountState::Active,
        (Tokens::Lapsed { reason, .. }, AccountState::ReauthorizationRequired { since, .. }) => {
            AccountState::ReauthorizationRequired { since, reason: *reason }
        }
        (Tokens::Lapsed { since, reason, .. }, AccountState::Active) => {
            AccountState::ReauthorizationRequired { since: *since, reason: *reason }
        }
    }
}
