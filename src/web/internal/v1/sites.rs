//! `/v1/sites/{site_id}`: put, read and off-board a site.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::app::sites;
use crate::domain::id::SiteId;
use crate::domain::locale::Locale;
use crate::domain::site::Site;
use crate::domain::site::SiteSettings;
use crate::web::auth::OnSite;
use crate::web::auth::needs;
use crate::web::extract::IfMatch;
use crate::web::extract::Json;
use crate::web::extract::NoParameters;
use crate::web::extract::Object;
use crate::web::extract::Query;
use crate::web::internal::state::Internal;
use crate::web::internal::v1::answer::Resource;
use crate::web::internal::v1::answer::presupposed;
use crate::web::internal::v1::visibility::VisibilityBody;
use crate::web::problem::FieldError;
use crate::web::problem::Problem;

/// The longest name of a business, in characters.
const NAME_CHARACTERS: usize = 200;

/// A site as it is put.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PutSite {
    display_name: Option<String>,
    entitled: bool,
    staff_self_service: bool,
    locale: String,
    visibility: Object<VisibilityBody>,
}

impl Default for PutSite {
    fn default() -> Self {
        Self {
            display_name: None,
            entitled: true,
            staff_self_service: false,
            locale: Locale::English.tag().into(),
            visibility: Object::default(),
        }
    }
}

/// A site as it is answered.
#[derive(Debug, Serialize)]
pub(super) struct SiteBody {
    site_id: String,
    display_name: String,
    entitled: bool,
    staff_self_service: bool,
    locale: &'static str,
    visibility: VisibilityBody,
    revision: u64,
    updated_at: Timestamp,
}

pub(super) async fn put(
    on: OnSite<needs::SitesWrite>,
    State(state): State<Internal>,
    _: Query<NoParameters>,
    if_match: IfMatch,
    Json(body): Json<PutSite>,
) -> Result<Resource<SiteBody>, Problem> {
    let settings = body.settings(on.site.id())?;
    let (put, site) = sites::put(&state.gateway, on.site.id(), &settings, &presupposed(if_match)).await?;
    Ok(Resource::put(put, site.revision, SiteBody::from(&*site)))
}

pub(super) async fn find(
    on: OnSite<needs::SitesRead>,
    State(state): State<Internal>,
    _: Query<NoParameters>,
) -> Result<Resource<SiteBody>, Problem> {
    let site = sites::find(&state.gateway, on.site.id()).await?;
    Ok(Resource::found(site.revision, SiteBody::from(&*site)))
}

pub(super) async fn remove(
    on: OnSite<needs::SitesWrite>,
    State(state): State<Internal>,
    _: Query<NoParameters>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    sites::remove(&state.gateway, on.site.id(), &presupposed(if_match)).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl PutSite {
    fn settings(self, id: &SiteId) -> Result<SiteSettings, Problem> {
        let mut errors = Vec::new();
        let display_name = self.display_name.unwrap_or_else(|| id.as_str().into());
        let length = display_name.trim().chars().count();
        if !(1..=NAME_CHARACTERS).contains(&length) || display_name.chars().any(char::is_control) {
            errors.push(FieldError::new(
                "/display_name",
                "must be 1 to 200 characters, without control characters",
            ));
        }
        let locale = Locale::parse(&self.locale).unwrap_or_else(|_| {
            errors.push(FieldError::new("/locale", "must be one of en, pt-BR"));
            Locale::English
        });
        if !errors.is_empty() {
            return Err(Problem::invalid_body(errors));
        }
        let (entitled, staff_self_service) = (self.entitled, self.staff_self_service);
        Ok(SiteSettings {
            display_name,
            entitled,
            staff_self_service,
            locale,
            visibility: self.visibility.0.of_site(),
        })
    }
}

impl From<&Site> for SiteBody {
    fn from(site: &Site) -> Self {
        let settings = &site.settings;
        Self {
            site_id: site.id.as_str().into(),
            display_name: settings.display_name.clone(),
            entitled: settings.entitled,
            staff_self_service: settings.staff_self_service,
            locale: settings.locale.tag(),
            visibility: settings.visibility.into(),
            revision: site.revision.0,
            updated_at: site.updated_at,
        }
    }
}
