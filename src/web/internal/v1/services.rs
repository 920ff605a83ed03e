//! `/v1/sites/{site_id}/services/{service_id}`: put, read and remove a service.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

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
use crate::web::problem::FieldError;
use crate::web::problem::Problem;

/// The longest name of a service, in characters.
const NAME_CHARACTERS: usize = 200;

/// A service as it is put.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PutService {
    kind: String,
    name: String,
    video: bool,
    #[serde(default)]
    visibility: Object<VisibilityBody>,
}

/// A service as it is answered.
#[derive(Debug, Serialize)]
pub(super) struct ServiceBody {
    service_id: String,
    kind: &'static str,
    name: String,
    video: bool,
    visibility: VisibilityBody,
    revision: u64,
    updated_at: Timestamp,
}

pub(super) async fn put(
    on: OnSite<needs::LinksWrite>,
    State(state): State<Internal>,
    PathId(id): PathId<ServiceId>,
    (_, if_match): (Query<NoParameters>, IfMatch),
    Json(body): Json<PutService>,
) -> Result<Resource<ServiceBody>, Problem> {
    let settings = body.settings()?;
    let wanted = (&settings, &presupposed(if_match));
    let (put, service) = services::put(&state.gateway, on.site.id(), &id, wanted).await?;
    Ok(Resource::put(put, service.revision, ServiceBody::new(&id, &service)))
}

pub(super) async fn find(
    on: OnSite<needs::LinksWrite>,
    State(state): State<Internal>,
    PathId(id): PathId<ServiceId>,
    _: Query<NoParameters>,
) -> Result<Resource<ServiceBody>, Problem> {
    let service = services::find(&state.gateway, on.site.id(), &id).await?;
    Ok(Resource::found(service.revision, ServiceBody::new(&id, &service)))
}

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
