//! Use cases: put, read and remove a service (R12).

use std::sync::Arc;

use crate::app::change::Change;
use crate::app::change::Decision;
use crate::app::change::change;
use crate::app::gateway::Gateway;
use crate::app::ports::store::Redecide;
use crate::app::ports::stored::StoreError;
use crate::app::presupposed::Presupposed;
use crate::app::sites::Put;
use crate::domain::id::ServiceId;
use crate::domain::id::SiteId;
use crate::domain::service::Service;
use crate::domain::service::ServiceKind;
use crate::domain::site::Site;
use crate::domain::visibility::ServiceVisibility;

/// What the platform says of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSettings {
    /// Which rules choose the account.
    pub kind: ServiceKind,
    /// How people call it.
    pub name: String,
    /// Whether its sessions are held over video.
    pub video: bool,
    /// Who sees its links.
    pub visibility: ServiceVisibility,
}

/// Why a service cannot be put, read or removed.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// There is no such site.
    #[error("there is no such site")]
    UnknownSite,
    /// There is no such service.
    #[error("there is no such service")]
    Unknown,
    /// It changed since the caller read it.
    #[error("the service has another revision")]
    RevisionMismatch,
    /// The store gave no answer.
    #[error("the service cannot be read or saved")]
    Store(#[from] StoreError),
}

/// Puts a service; the same settings change nothing.
pub async fn put(
    gateway: &Gateway,
    site: &SiteId,
    id: &ServiceId,
    (settings, presupposed): (&ServiceSettings, &Presupposed),
) -> Result<(Put, Service), ServiceError> {
    change(gateway, site, &[], |snapshot| {
        let old_site = snapshot.site.value.as_ref().ok_or(ServiceError::UnknownSite)?;
        let old = old_site.services.get(id);
        admit(presupposed, old)?;
        if let Some(old) = old.filter(|old| settings_of(old) == *settings) {
            return Ok(Decision::Keep((Put::Replaced, old.clone())));
        }
        let now = gateway.clock.now();
        let mut site = Site::clone(old_site);
        // What is no course any more has no course link: nobody could see it, or take it away.
        let is_course = settings.kind == ServiceKind::Course;
        let service = site.put_service(id, |revision| Service {
            kind: settings.kind,
            name: settings.name.clone(),
            video: settings.video,
            visibility: settings.visibility,
            course_link: old.and_then(|old| old.course_link.clone()).filter(|_| is_course),
            revision,
            updated_at: now,
        });
        let done = if old.is_some() { Put::Replaced } else { Put::Created };
        Ok(Decision::Commit(redecided(old_site, site), (done, service)))
    })
    .await
}

/// Reads a service.
pub async fn find(gateway: &Gateway, site: &SiteId, id: &ServiceId) -> Result<Service, ServiceError> {
    let site = gateway.sites.read(site, &[]).await?.site.value.ok_or(ServiceError::UnknownSite)?;
    site.services.get(id).cloned().ok_or(ServiceError::Unknown)
}

/// Removes a service; one that is gone already stays gone. Its sessions show no link any more.
pub async fn remove(
    gateway: &Gateway,
    site: &SiteId,
    id: &ServiceId,
    presupposed: &Presupposed,
) -> Result<(), ServiceError> {
    change(gateway, site, &[], |snapshot| {
        let old_site = snapshot.site.value.as_ref().ok_or(ServiceError::UnknownSite)?;
        let old = old_site.services.get(id);
        admit(presupposed, old)?;
        if old.is_none() {
            return Ok(Decision::Keep(()));
        }
        let mut site = Site::clone(old_site);
        site.remove_service(id, gateway.clock.now());
        Ok(Decision::Commit(redecided(old_site, site), ()))
    })
    .await
}

/// The change that writes a site whose services changed: where that touches links, sessions are decided again.
pub(in crate::app) fn redecided(old: &Arc<Site>, site: Site) -> Change {
    let touched = site.epochs != old.epochs;
    let at = site.epochs.services.values().map(|epoch| epoch.changed_at).max();
    let redecide = at.filter(|_| touched).map(Redecide::At);
    Change { redecide, ..Change::of_site(site) }
}

fn settings_of(service: &Service) -> ServiceSettings {
    ServiceSettings {
        kind: service.kind,
        name: service.name.clone(),
        video: service.video,
        visibility: service.visibility,
    }
}

fn admit(presupposed: &Presupposed, found: Option<&Service>) -> Result<(), ServiceError> {
    if presupposed.admits(found.map(|service| service.revision)) {
        Ok(())
    } else {
        Err(ServiceError::RevisionMismatch)
    }
}
