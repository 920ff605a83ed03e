//! Use cases: put, read and remove a site (R8, R9, R36).

use std::sync::Arc;

use tracing::warn;

use crate::app::change::Change;
use crate::app::change::Decision;
use crate::app::change::change;
use crate::app::gateway::Gateway;
use crate::app::grants;
use crate::app::outgoing;
use crate::app::ports::store::Redecide;
use crate::app::ports::stored::Basis;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::app::presupposed::Presupposed;
use crate::domain::account::Revision;
use crate::domain::grant::Reference;
use crate::domain::hash::HashKey;
use crate::domain::id::SiteId;
use crate::domain::site::Site;
use crate::domain::site::SiteSettings;

/// How often an off-boarding begins anew before the caller is told to come back.
const ROUNDS: usize = 8;

/// Why a site cannot be put, read or removed.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// There is none of this id.
    #[error("there is no such site")]
    Unknown,
    /// It changed since the caller read it.
    #[error("the site has another revision")]
    RevisionMismatch,
    /// The store gave no answer.
    #[error("the site cannot be read or saved")]
    Store(#[from] StoreError),
}

/// What a put did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// There is one now.
    Created,
    /// It is another one now, or the same.
    Replaced,
}

/// Puts a site; the same settings change nothing.
pub async fn put(
    gateway: &Gateway,
    id: &SiteId,
    settings: &SiteSettings,
    presupposed: &Presupposed,
) -> Result<(Put, Arc<Site>), SiteError> {
    finish_removal(gateway, id).await?;
    change(gateway, id, &[], |snapshot| {
        let now = gateway.clock.now();
        let Some(old) = &snapshot.site.value else {
            admit(presupposed, None)?;
            let site =
                Site::new(id.clone(), settings.clone(), HashKey::generate(gateway.entropy.as_ref()), now);
            return Ok(Decision::Commit(Change::of_site(site.clone()), (Put::Created, Arc::new(site))));
        };
        admit(presupposed, Some(old.revision))?;
        let mut site = Site::clone(old);
        site.put_settings(settings.clone(), now);
        if site == **old {
            return Ok(Decision::Keep((Put::Replaced, Arc::clone(old))));
        }
        let redecide = (site.settings.entitled != old.settings.entitled).then_some(Redecide::At(now));
        let written = Change { redecide, ..Change::of_site(site.clone()) };
        Ok(Decision::Commit(written, (Put::Replaced, Arc::new(site))))
    })
    .await
}

/// Reads a site.
pub async fn find(gateway: &Gateway, id: &SiteId) -> Result<Arc<Site>, SiteError> {
    gateway.sites.read(id, &[]).await?.site.value.ok_or(SiteError::Unknown)
}

/// Off-boards a site (R36): everything of it becomes unreadable and then is gone, and its grants are released.
/// One that is gone already stays gone.
pub async fn remove(gateway: &Gateway, id: &SiteId, presupposed: &Presupposed) -> Result<(), SiteError> {
    let Some((_, site)) = standing(gateway, id).await? else {
        // Whatever an off-boarding that was cut short has left goes now, also where the caller expects a site.
        gateway.sites.purge(id).await?;
        return admit(presupposed, None);
    };
    admit(presupposed, Some(site.revision))?;
    // A caller that hangs up does not cut it short.
    let own = gateway.clone();
    let ending = gateway.tasks.spawn(async move { end(&own, &site).await });
    ending.await.unwrap_or(Err(SiteError::Store(StoreError::Uncertain)))
}

/// Removes what an off-boarding that was cut short has left of a site; where there is a site, or none was, does nothing.
pub async fn finish_removal(gateway: &Gateway, id: &SiteId) -> Result<(), StoreError> {
    match gateway.sites.read(id, &[]).await {
        Err(StoreError::Destroyed) => gateway.sites.purge(id).await,
        // Its keys are there: it is no such site.
        Ok(_) | Err(StoreError::Corrupt(_)) => Ok(()),
        Err(error @ (StoreError::Unavailable(_) | StoreError::Contended | StoreError::Uncertain)) => {
            Err(error)
        }
    }
}

/// The site, and what it was read at.
async fn standing(gateway: &Gateway, id: &SiteId) -> Result<Option<(Basis, Arc<Site>)>, StoreError> {
    match gateway.sites.read(id, &[]).await {
        Err(StoreError::Destroyed) => Ok(None),
        read => Ok(read?.site).map(|site| Some((site.basis, site.value?))),
    }
}

/// Says goodbye to a site, removes it as it is then, and releases its grants; where somebody changed it in between, all
/// over again. Whoever removed it meanwhile and put another of its id keeps that one.
async fn end(gateway: &Gateway, begun: &Site) -> Result<(), SiteError> {
    for _ in 0..ROUNDS {
        match say_goodbye(gateway, begun).await {
            // Somebody else removes it as well, and was first.
            Ok(()) | Err(SiteError::Store(StoreError::Destroyed)) => {}
            Err(error) => return Err(error),
        }
        let is_removed = match standing(gateway, &begun.id).await? {
            None => true,
            Some((_, site)) if !site.is_same_life(begun) => return Ok(()),
            Some((basis, site)) => {
                site.accounts.is_empty() && gateway.sites.remove(&begun.id, basis).await? == Committed::Yes
            }
        };
        if is_removed {
            gateway.sites.purge(&begun.id).await?;
            release_grants(gateway, begun).await;
            return Ok(());
        }
    }
    Err(StoreError::Contended.into())
}

/// Disconnects every account, and has all that is announced of the site told, while it can be.
async fn say_goodbye(gateway: &Gateway, begun: &Site) -> Result<(), SiteError> {
    let id = &begun.id;
    change::<_, SiteError>(gateway, id, &[], |snapshot| {
        let standing = snapshot.site.value.as_ref().filter(|site| site.is_same_life(begun));
        let Some(site) = standing.filter(|site| !site.accounts.is_empty()) else {
            return Ok(Decision::Keep(()));
        };
        let (mut bare, now) = (Site::clone(site), gateway.clock.now());
        // The default one last: it is the gate.
        for owner in site.accounts.keys().rev() {
            bare.remove_account(owner, now);
        }
        Ok(Decision::Commit(Change::of_site(bare), ()))
    })
    .await?;
    while gateway.feed.relay(id).await? > 0 {}
    gateway.heard.notify_waiters();
    // Whom this does not reach looks by itself.
    if let Err(error) = outgoing::rouse(gateway).await {
        warn!(error = %error, "endpoints hear late of a site that goes");
    }
    Ok(())
}

/// Releases every grant that an account of the site used. A failure is mended later: a reference that no site bears
/// out is swept.
async fn release_grants(gateway: &Gateway, site: &Site) {
    for (owner, account) in &site.accounts {
        let Some(hosted) = account.connection.hosted() else { continue };
        let reference = Reference { site: site.id.clone(), owner: owner.clone() };
        if let Err(error) = grants::release(gateway, &hosted.grant, &reference, account.updated_at).await {
            warn!(error = %error, "grant not released yet");
        }
    }
}

fn admit(presupposed: &Presupposed, found: Option<Revision>) -> Result<(), SiteError> {
    if presupposed.admits(found) { Ok(()) } else { Err(SiteError::RevisionMismatch) }
}
