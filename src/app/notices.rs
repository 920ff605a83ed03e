//! Use case: act on what a provider told (R32). It is a hint: what it is about is looked at, and nothing of it is believed
//! but that a user withdrew a consent, and when a meeting was held.

use std::time::Duration;

use tracing::warn;

use crate::app::gateway::Gateway;
use crate::app::grants;
use crate::app::grants::GrantError;
use crate::app::grants::Withdrawn;
use crate::app::mint::settle_once;
use crate::app::ports::store::GrantUser;
use crate::app::ports::stored::StoreError;
use crate::app::ports::webhooks::NotedSite;
use crate::app::refresh;
use crate::app::refresh::AccessError;
use crate::domain::grant::Need;
use crate::domain::id::GrantId;
use crate::domain::id::NoticeId;
use crate::domain::id::SiteId;
use crate::domain::meeting::MeetingId;
use crate::domain::meeting::after;
use crate::domain::minting::Minting;
use crate::domain::notice::News;
use crate::domain::notice::Notice;
use crate::domain::site::Site;
use crate::domain::upkeep::Holding;

/// A site is noted before its account says so: younger notes are not swept.
const SWEPT_AFTER: Duration = Duration::from_hours(1);

/// Why a notice is to be acted on again.
#[derive(Debug, thiserror::Error)]
enum NotDone {
    /// The store gave no answer.
    #[error("what a notice is about cannot be read or saved")]
    Store(#[from] StoreError),
    /// The provider gave no answer.
    #[error("the provider cannot be asked about a notice now")]
    Provider,
}

/// Acts on a notice that is due: once, or again until it is done or no longer kept. Fails only as the store fails: then it
/// stays due.
pub async fn act(gateway: &Gateway, id: &NoticeId) -> Result<(), StoreError> {
    let Some(notice) = gateway.inbox.find(id).await? else { return gateway.inbox.put_off(id, None).await };
    let again = match try_act(gateway, &notice).await {
        Ok(()) => None,
        Err(error) => {
            warn!(error = %error, "a notice is left for later");
            Some(notice.again_at(gateway.clock.now()))
        }
    };
    gateway.inbox.put_off(id, again).await
}

async fn try_act(gateway: &Gateway, notice: &Notice) -> Result<(), NotDone> {
    let client_id = gateway.authorization.client_id();
    let account_id = notice.organisation.as_str();
    match &notice.news {
        News::MeetingChanged(meeting) => {
            let now = gateway.clock.now();
            tell(gateway, notice, (meeting, |minting: Minting| minting.asked(meeting, now))).await
        }
        News::MeetingStarted(meeting) => hold(gateway, notice, (meeting, Holding::Started)).await,
        News::MeetingEnded(meeting) => hold(gateway, notice, (meeting, Holding::Ended)).await,
        News::UserLeft(user) => {
            look_for_user(gateway, notice, &GrantUser { client_id, account_id, user_id: &user.0 }).await
        }
        News::ConsentWithdrawn(user, at) => {
            let user = GrantUser { client_id, account_id, user_id: &user.0 };
            match grants::withdraw(gateway, &user, *at).await {
                Ok(Withdrawn::Done) | Err(GrantError::Gone) => Ok(()),
                Ok(Withdrawn::InDoubt(grant, generation)) => renew(gateway, &grant, generation).await,
                Err(GrantError::Busy) => Err(StoreError::Contended.into()),
                Err(GrantError::Store(error)) => Err(error.into()),
            }
        }
    }
}

async fn hold(
    gateway: &Gateway,
    notice: &Notice,
    (meeting, holding): (&MeetingId, Holding),
) -> Result<(), NotDone> {
    let at = notice.at;
    tell(gateway, notice, (meeting, |minting: Minting| minting.held(meeting, (holding, at)))).await
}

/// Tells the sessions that hand a meeting out; most meetings of an organisation are none of ours. A site that cannot be
/// read hides it from no other: fails with the first error, after all others are told.
async fn tell(
    gateway: &Gateway,
    notice: &Notice,
    (meeting, settle): (&MeetingId, impl Fn(Minting) -> Minting + Send + Sync),
) -> Result<(), NotDone> {
    let organisation = notice.organisation.as_str();
    let (mut last, mut told) = (None, Ok(()));
    loop {
        let sites = gateway.directory.sites_of(organisation, last.as_ref()).await?;
        for noted in &sites {
            let site = tell_site(gateway, (organisation, noted), (meeting, &settle)).await;
            told = told.and(site);
        }
        let Some(next) = sites.into_iter().last() else { break };
        last = Some(next);
    }
    Ok(told?)
}

/// Tells those of one site.
async fn tell_site(
    gateway: &Gateway,
    (organisation, noted): (&str, &NotedSite),
    (meeting, settle): (&MeetingId, &(impl Fn(Minting) -> Minting + Send + Sync)),
) -> Result<(), StoreError> {
    let sessions = gateway.directory.sessions_with(&noted.site, meeting).await?;
    let mut told = Ok(());
    for session in &sessions {
        match settle_once(gateway, &noted.site, session, settle).await {
            Ok(()) => gateway.bell.notify_one(),
            Err(StoreError::Destroyed) => {}
            Err(error) => told = told.and(Err(error)),
        }
    }
    if sessions.is_empty() { sweep(gateway, organisation, noted).await } else { told }
}

/// Removes the note of a site that has nothing of the organisation any more.
async fn sweep(gateway: &Gateway, organisation: &str, noted: &NotedSite) -> Result<(), StoreError> {
    if after(noted.noted_at, SWEPT_AFTER) > gateway.clock.now()
        || is_of(gateway, organisation, &noted.site).await?
    {
        return Ok(());
    }
    gateway.directory.remove_site(organisation, noted).await
}

/// Whether a site has an account of the organisation, or meetings of one that are yet to go.
async fn is_of(gateway: &Gateway, organisation: &str, site: &SiteId) -> Result<bool, StoreError> {
    let site = match gateway.sites.read(site, &[]).await {
        Err(StoreError::Destroyed) => return Ok(false),
        read => read?.site.value,
    };
    let has_account = |site: &Site| {
        let mut hosted = site.accounts.values().filter_map(|account| account.connection.hosted());
        hosted.any(|hosted| hosted.host.account_id == organisation)
    };
    Ok(site.is_some_and(|site| !site.clearing.is_empty() || has_account(&site)))
}

/// Whether a user is still there shows when tokens are renewed; those that were obtained since say so already.
async fn look_for_user(gateway: &Gateway, notice: &Notice, user: &GrantUser<'_>) -> Result<(), NotDone> {
    let id = gateway.grants.id_of(user).await?;
    let Some(grant) = gateway.grants.read(&id).await?.value else { return Ok(()) };
    let Some(pair) = grant.tokens.pair().filter(|pair| pair.obtained_at <= notice.at) else { return Ok(()) };
    renew(gateway, &id, pair.generation).await
}

/// Renews tokens that are of this generation: whether their user's consent stands shows by that.
async fn renew(gateway: &Gateway, id: &GrantId, generation: u64) -> Result<(), NotDone> {
    match refresh::access(gateway, id, Need::NewerThan(generation)).await {
        Ok(_) | Err(AccessError::Lapsed(_) | AccessError::NoGrant) => Ok(()),
        Err(AccessError::Unavailable) => Err(NotDone::Provider),
        Err(AccessError::Store(error)) => Err(error.into()),
    }
}
