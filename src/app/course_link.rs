//! Use cases: put, read and remove the link of a course (R14, R15). One write, however many sessions follow it.

use crate::app::change::Decision;
use crate::app::change::change;
use crate::app::gateway::Gateway;
use crate::app::ports::stored::StoreError;
use crate::app::presupposed::Presupposed;
use crate::app::services::redecided;
use crate::app::sites::Put;
use crate::domain::custom_link::CustomLink;
use crate::domain::id::ServiceId;
use crate::domain::id::SiteId;
use crate::domain::service::CourseLink;
use crate::domain::service::ServiceKind;
use crate::domain::site::Site;

/// Why a course link cannot be put, read or removed.
#[derive(Debug, thiserror::Error)]
pub enum CourseLinkError {
    /// There is no such site.
    #[error("there is no such site")]
    UnknownSite,
    /// There is no such service.
    #[error("there is no such service")]
    UnknownService,
    /// The service has no course link.
    #[error("the service has no course link")]
    None,
    /// The service is no course.
    #[error("the service is no course")]
    NotACourse,
    /// The course has no session (R15).
    #[error("the course has no session")]
    NoSessionsYet,
    /// It changed since the caller read it.
    #[error("the course link has another revision")]
    RevisionMismatch,
    /// The store gave no answer.
    #[error("the course link cannot be read or saved")]
    Store(#[from] StoreError),
}

/// Puts the link of a course; the same one changes nothing. All sessions of the course, past and ahead, have it with
/// the same commit, each under a higher revision.
///
/// A first link needs a session (R15); one that is there may be edited for as long as the course is.
#[tracing::instrument(name = "course_link.put", skip_all, fields(service.id = %service))]
pub async fn put(
    gateway: &Gateway,
    site: &SiteId,
    service: &ServiceId,
    (link, presupposed): (&CustomLink, &Presupposed),
) -> Result<(Put, CourseLink), CourseLinkError> {
    let is_booked = gateway.sites.has_session_of(site, service).await?;
    let put = change::<_, CourseLinkError>(gateway, site, &[], |snapshot| {
        let old_site = snapshot.site.value.as_ref().ok_or(CourseLinkError::UnknownSite)?;
        let course = old_site.services.get(service).ok_or(CourseLinkError::UnknownService)?;
        let old = course.course_link.as_ref();
        if course.kind != ServiceKind::Course {
            return Err(CourseLinkError::NotACourse);
        }
        if old.is_none() && !is_booked {
            return Err(CourseLinkError::NoSessionsYet);
        }
        admit(presupposed, old)?;
        if let Some(same) = old.filter(|old| old.link == *link) {
            return Ok(Decision::Keep((Put::Replaced, same.clone())));
        }
        let done = if old.is_some() { Put::Replaced } else { Put::Created };
        let mut site = Site::clone(old_site);
        let new = site.put_course_link(service, link.clone(), gateway.clock.now());
        let new = new.ok_or(CourseLinkError::UnknownService)?;
        Ok(Decision::Commit(redecided(old_site, site), (done, new)))
    })
    .await?;
    gateway.bell.notify_one();
    Ok(put)
}

/// Reads the link of a course.
pub async fn find(
    gateway: &Gateway,
    site: &SiteId,
    service: &ServiceId,
) -> Result<CourseLink, CourseLinkError> {
    let site = gateway.sites.read(site, &[]).await?.site.value.ok_or(CourseLinkError::UnknownSite)?;
    let service = site.services.get(service).ok_or(CourseLinkError::UnknownService)?;
    service.course_link.clone().ok_or(CourseLinkError::None)
}

/// Removes the link of a course: its sessions follow the site's default account again. One that is gone already stays
/// gone.
#[tracing::instrument(name = "course_link.remove", skip_all, fields(service.id = %service))]
pub async fn remove(
    gateway: &Gateway,
    site: &SiteId,
    service: &ServiceId,
    presupposed: &Presupposed,
) -> Result<(), CourseLinkError> {
    change::<_, CourseLinkError>(gateway, site, &[], |snapshot| {
        let old_site = snapshot.site.value.as_ref().ok_or(CourseLinkError::UnknownSite)?;
        let course = old_site.services.get(service).ok_or(CourseLinkError::UnknownService)?;
        admit(presupposed, course.course_link.as_ref())?;
        if course.course_link.is_none() {
            return Ok(Decision::Keep(()));
        }
        let mut site = Site::clone(old_site);
        site.remove_course_link(service, gateway.clock.now());
        Ok(Decision::Commit(redecided(old_site, site), ()))
    })
    .await?;
    gateway.bell.notify_one();
    Ok(())
}

fn admit(presupposed: &Presupposed, found: Option<&CourseLink>) -> Result<(), CourseLinkError> {
    if presupposed.admits(found.map(|link| link.revision)) {
        Ok(())
    } else {
        Err(CourseLinkError::RevisionMismatch)
    }
}
