//! `…/services/{service_id}/link`: the one link of all sessions of a course (R14, R15).

use std::fmt;

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::app::course_link;
use crate::domain::id::ServiceId;
use crate::domain::service::CourseLink;
use crate::web::auth::OnSite;
use crate::web::auth::needs;
use crate::web::extract::IfMatch;
use crate::web::extract::Json;
use crate::web::extract::NoParameters;
use crate::web::extract::PathId;
use crate::web::extract::Query;
use crate::web::internal::state::Internal;
use crate::web::internal::v1::answer::Resource;
use crate::web::internal::v1::answer::presupposed;
use crate::web::internal::v1::custom_link;
use crate::web::internal::v1::custom_link::LinkTexts;
use crate::web::problem::Problem;

/// A course link as it is put.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PutCourseLink {
    url: String,
    #[serde(default)]
    password: Option<String>,
    #[serde(default)]
    description: Option<String>,
}

/// A course link as it is answered: whole, and not for a log.
#[derive(Serialize)]
pub(super) struct CourseLinkBody {
    url: String,
    password: Option<String>,
    description: Option<String>,
    revision: u64,
    updated_at: Timestamp,
}

impl fmt::Debug for CourseLinkBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CourseLinkBody").field("revision", &self.revision).finish_non_exhaustive()
    }
}

pub(super) async fn put(
    on: OnSite<needs::LinksWrite>,
    State(state): State<Internal>,
    PathId(id): PathId<ServiceId>,
    (_, if_match): (Query<NoParameters>, IfMatch),
    Json(body): Json<PutCourseLink>,
) -> Result<Resource<CourseLinkBody>, Problem> {
    let link = custom_link::parse(&LinkTexts {
        url: &body.url,
        password: body.password.as_deref(),
        description: body.description.as_deref(),
    })?;
    let wanted = (&link, &presupposed(if_match));
    let (put, course) = course_link::put(&state.gateway, on.site.id(), &id, wanted).await?;
    Ok(Resource::put(put, course.revision, CourseLinkBody::from(&course)))
}

pub(super) async fn find(
    on: OnSite<needs::LinksWrite>,
    State(state): State<Internal>,
    PathId(id): PathId<ServiceId>,
    _: Query<NoParameters>,
) -> Result<Resource<CourseLinkBody>, Problem> {
    let course = course_link::find(&state.gateway, on.site.id(), &id).await?;
    Ok(Resource::found(course.revision, CourseLinkBody::from(&course)))
}

pub(super) async fn remove(
    on: OnSite<needs::LinksWrite>,
    State(state): State<Internal>,
    PathId(id): PathId<ServiceId>,
    _: Query<NoParameters>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    course_link::remove(&state.gateway, on.site.id(), &id, &presupposed(if_match)).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<&CourseLink> for CourseLinkBody {
    fn from(course: &CourseLink) -> Self {
        let link = &course.link;
        Self {
            url: link.url.expose().into(),
            password: link.password.as_ref().map(|password| password.expose().into()),
            description: link.description.as_ref().map(|description| description.expose().into()),
            revision: course.revision.0,
            updated_at: course.updated_at,
        }
    }
}
