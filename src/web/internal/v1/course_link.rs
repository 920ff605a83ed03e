//! `…/services/{service_id}/link`: the one link of all sessions of a course (R14, R15).

use std::fmt;

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

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
use crate::web::problem::Code;
use crate::web::problem::Problem;
use crate::web::schema::LinkDescription;
use crate::web::schema::LinkPassword;
use crate::web::schema::LinkUrl;
use crate::web::schema::Moment;
use crate::web::schema::Revision;

/// A course link as it is put.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "url": "https://meet.example.com/room", "password": "k3J9aQ", "description": "Ring twice.",
})))]
pub(super) struct PutCourseLink {
    /// The address that participants open.
    #[schema(value_type = LinkUrl)]
    url: String,
    /// What they type to get in.
    #[serde(default)]
    #[schema(value_type = Option<LinkPassword>)]
    password: Option<String>,
    /// What they read beside it.
    #[serde(default)]
    #[schema(value_type = Option<LinkDescription>)]
    description: Option<String>,
}

/// A course link as it is answered: whole, and not for a log.
#[derive(Serialize, ToSchema)]
#[schema(as = CourseLink, examples(json!({
    "url": "https://meet.example.com/room", "password": "k3J9aQ", "description": null, "revision": 2,
    "updated_at": "2027-02-01T10:00:00Z",
})))]
pub(super) struct CourseLinkBody {
    /// The address that participants open.
    #[schema(format = "uri")]
    url: String,
    /// What they type to get in; `null` where there is nothing to type.
    #[schema(required)]
    password: Option<String>,
    /// What they read beside it; `null` where there is nothing to read.
    #[schema(required)]
    description: Option<String>,
    /// Grows with every change of the course link.
    #[schema(value_type = Revision)]
    revision: u64,
    /// When it changed last.
    #[schema(value_type = Moment)]
    updated_at: Timestamp,
}

impl fmt::Debug for CourseLinkBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CourseLinkBody").field("revision", &self.revision).finish_non_exhaustive()
    }
}

/// Put the link of a course
///
/// All its sessions, past and ahead, have it at once. A first link needs a session; one that is there may be edited.
#[utoipa::path(
    put,
    path = "/v1/sites/{site_id}/services/{service_id}/link",
    operation_id = "putCourseLink",
    tag = "Links",
    params(OnSite<needs::LinksWrite>, PathId<ServiceId>, IfMatch),
    request_body = PutCourseLink,
    responses(
        (status = 200, description = "The course had a link; this is what it is now.", body = CourseLinkBody),
        (status = 201, description = "The course has a link now.", body = CourseLinkBody),
    ),
    extensions(("x-problems" = json!([Code::UnknownService, Code::NotACourse, Code::NoSessionsYet]))),
)]
pub(super) async fn put(
    on: OnSite<needs::LinksWrite>,
    State(state): State<Internal>,
    PathId(id): PathId<ServiceId>,
    (_query, if_match): (Query<NoParameters>, IfMatch),
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

/// Read the link of a course
///
/// The whole of it, as it was put.
#[utoipa::path(
    get,
    path = "/v1/sites/{site_id}/services/{service_id}/link",
    operation_id = "findCourseLink",
    tag = "Links",
    params(OnSite<needs::LinksWrite>, PathId<ServiceId>),
    responses((status = 200, description = "The course link.", body = CourseLinkBody)),
    extensions(("x-problems" = json!([Code::UnknownService, Code::NotFound]))),
)]
pub(super) async fn find(
    on: OnSite<needs::LinksWrite>,
    State(state): State<Internal>,
    PathId(id): PathId<ServiceId>,
    _: Query<NoParameters>,
) -> Result<Resource<CourseLinkBody>, Problem> {
    let course = course_link::find(&state.gateway, on.site.id(), &id).await?;
    Ok(Resource::found(course.revision, CourseLinkBody::from(&course)))
}

/// Remove the link of a course
///
/// Its sessions follow the site's default account again.
#[utoipa::path(
    delete,
    path = "/v1/sites/{site_id}/services/{service_id}/link",
    operation_id = "removeCourseLink",
    tag = "Links",
    params(OnSite<needs::LinksWrite>, PathId<ServiceId>, IfMatch),
    responses((status = 204, description = "The course has no link of its own any more.")),
    extensions(("x-problems" = json!([Code::UnknownService]))),
)]
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
