//! `/v1/sites/{site_id}/services/{service_id}`: put, read and remove a service.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::services;
use crate::app::services::ServiceSettings;
use crate::domain::id::ServiceId;
use crate::domain::service::Service;
use crate::domain::service::ServiceKind;
use crate::web::auth::OnSite;
use crate::web::auth::needs;
use crate::web::extract::IfMatch;
use crate::web::extract::Json;
use crate::web::extract::NoParameters;
use crate::web::extract::Object;
use crate::web::extract::PathId;
use crate::web::extract::Query;
use crate::web::internal::state::Internal;
use crate::web::internal::v1::answer::Resource;
use crate::web::internal::v1::answer::presupposed;
use crate::web::internal::v1::visibility::VisibilityBody;
use crate::web::problem::Code;
use crate::web::problem::FieldError;
use crate::web::problem::Problem;
use crate::web::schema::Id;
use crate::web::schema::Moment;
use crate::web::schema::Name;
use crate::web::schema::Revision;
use crate::web::schema::ServiceKindName;

/// The longest name of a service, in characters.
const NAME_CHARACTERS: usize = 200;

/// A service as it is put.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"kind": "class", "name": "Yoga", "video": true})))]
pub(super) struct PutService {
    /// Whether it is an appointment, a class or a course.
    #[schema(value_type = ServiceKindName)]
    kind: String,
    /// What it is called.
    #[schema(value_type = Name)]
    name: String,
    /// Whether its sessions are given by video.
    video: bool,
    /// Which audiences see the links of its sessions.
    #[serde(default)]
    #[schema(value_type = VisibilityBody, default = json!({}))]
    visibility: Object<VisibilityBody>,
}

/// A service as it is answered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Service, examples(json!({
    "service_id": "yoga", "kind": "class", "name": "Yoga", "video": true,
    "visibility": {"confirmation_email": null, "members_area": null, "reminder_email": null, "sms": null, "calendar_file": null},
    "revision": 2, "updated_at": "2027-02-01T10:00:00Z",
})))]
pub(super) struct ServiceBody {
    /// Its id.
    #[schema(value_type = Id)]
    service_id: String,
    /// Whether it is an appointment, a class or a course.
    #[schema(value_type = ServiceKindName)]
    kind: &'static str,
    /// What it is called.
    name: String,
    /// Whether its sessions are given by video.
    video: bool,
    /// Which audiences see the links of its sessions.
    visibility: VisibilityBody,
    /// Grows with every change of the service.
    #[schema(value_type = Revision)]
    revision: u64,
    /// When it changed last.
    #[schema(value_type = Moment)]
    updated_at: Timestamp,
}

/// Create or replace a service
///
/// A change of `kind` or `video` reaches the links of its sessions at once.
#[utoipa::path(
    put,
    path = "/v1/sites/{site_id}/services/{service_id}",
    operation_id = "putService",
    tag = "Services",
    params(OnSite<needs::LinksWrite>, PathId<ServiceId>, IfMatch),
    request_body = PutService,
    responses(
        (status = 200, description = "The service was there; this is what it is now.", body = ServiceBody),
        (status = 201, description = "The service was created.", body = ServiceBody),
    ),
)]
pub(super) async fn put(
    on: OnSite<needs::LinksWrite>,
    State(state): State<Internal>,
    PathId(id): PathId<ServiceId>,
    (_query, if_match): (Query<NoParameters>, IfMatch),
    Json(body): Json<PutService>,
) -> Result<Resource<ServiceBody>, Problem> {
    let settings = body.settings()?;
    let wanted = (&settings, &presupposed(if_match));
    let (put, service) = services::put(&state.gateway, on.site.id(), &id, wanted).await?;
    Ok(Resource::put(put, service.revision, ServiceBody::new(&id, &service)))
}

/// Read a service
///
/// What was put, every field filled in.
#[utoipa::path(
    get,
    path = "/v1/sites/{site_id}/services/{service_id}",
    operation_id = "findService",
    tag = "Services",
    params(OnSite<needs::LinksWrite>, PathId<ServiceId>),
    responses((status = 200, description = "The service.", body = ServiceBody)),
    extensions(("x-problems" = json!([Code::UnknownService]))),
)]
pub(super) async fn find(
    on: OnSite<needs::LinksWrite>,
    State(state): State<Internal>,
    PathId(id): PathId<ServiceId>,
    _: Query<NoParameters>,
) -> Result<Resource<ServiceBody>, Problem> {
    let service = services::find(&state.gateway, on.site.id(), &id).await?;
    Ok(Resource::found(service.revision, ServiceBody::new(&id, &service)))
}

/// Remove a service
///
/// Sessions that are booked with it stay.
#[utoipa::path(
    delete,
    path = "/v1/sites/{site_id}/services/{service_id}",
    operation_id = "removeService",
    tag = "Services",
    params(OnSite<needs::LinksWrite>, PathId<ServiceId>, IfMatch),
    responses((status = 204, description = "The service is not there any more.")),
)]
pub(super) async fn remove(
    on: OnSite<needs::LinksWrite>,
    State(state): State<Internal>,
    PathId(id): PathId<ServiceId>,
    _: Query<NoParameters>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    services::remove(&state.gateway, on.site.id(), &id, &presupposed(if_match)).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl PutService {
    fn settings(self) -> Result<ServiceSettings, Problem> {
        let mut errors = Vec::new();
        let kind = ServiceKind::parse(&self.kind).unwrap_or_else(|| {
            errors.push(FieldError::new("/kind", "must be one of appointment, class, course"));
            ServiceKind::Appointment
        });
        let length = self.name.trim().chars().count();
        if !(1..=NAME_CHARACTERS).contains(&length) || self.name.chars().any(char::is_control) {
            errors.push(FieldError::new("/name", "must be 1 to 200 characters, without control characters"));
        }
        if !errors.is_empty() {
            return Err(Problem::invalid_body(errors));
        }
        let visibility = self.visibility.0.of_service();
        Ok(ServiceSettings { kind, name: self.name, video: self.video, visibility })
    }
}

impl ServiceBody {
    fn new(id: &ServiceId, service: &Service) -> Self {
        Self {
            service_id: id.as_str().into(),
            kind: service.kind.name(),
            name: service.name.clone(),
            video: service.video,
            visibility: service.visibility.into(),
            revision: service.revision.0,
            updated_at: service.updated_at,
        }
    }
}
