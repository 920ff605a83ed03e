//! `/v1/sites/{site_id}`: put, read and off-board a site.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

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
use crate::web::schema::Id;
use crate::web::schema::Language;
use crate::web::schema::Moment;
use crate::web::schema::Name;
use crate::web::schema::Revision;

/// The longest name of a business, in characters.
const NAME_CHARACTERS: usize = 200;

/// A site as it is put.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(examples(json!({
    "display_name": "Studio Lua", "entitled": true, "staff_self_service": false, "locale": "pt-BR",
    "visibility": {"confirmation_email": true, "members_area": true, "reminder_email": null, "sms": null, "calendar_file": null},
})))]
pub(super) struct PutSite {
    /// What the business is called on pages; the site's id where it is left out.
    #[schema(value_type = Option<Name>, default = json!(null))]
    display_name: Option<String>,
    /// Whether the site's plan has video.
    #[schema(default = true)]
    entitled: bool,
    /// Whether staff members may set up accounts of their own.
    #[schema(default = false)]
    staff_self_service: bool,
    /// The language of its pages where nothing else decides.
    #[schema(value_type = Language, default = "en")]
    locale: String,
    /// Which audiences see the links of its sessions.
    #[schema(value_type = VisibilityBody, default = json!({}))]
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
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Site, examples(json!({
    "site_id": "studio", "display_name": "Studio Lua", "entitled": true, "staff_self_service": false, "locale": "pt-BR",
    "visibility": {"confirmation_email": true, "members_area": true, "reminder_email": null, "sms": null, "calendar_file": null},
    "revision": 3, "updated_at": "2027-02-01T10:00:00Z",
})))]
pub(super) struct SiteBody {
    /// Its id.
    #[schema(value_type = Id)]
    site_id: String,
    /// What the business is called on pages.
    display_name: String,
    /// Whether the site's plan has video.
    entitled: bool,
    /// Whether staff members may set up accounts of their own.
    staff_self_service: bool,
    /// The language of its pages where nothing else decides.
    #[schema(value_type = Language)]
    locale: &'static str,
    /// Which audiences see the links of its sessions.
    visibility: VisibilityBody,
    /// Grows with every change of the site.
    #[schema(value_type = Revision)]
    revision: u64,
    /// When it changed last.
    #[schema(value_type = Moment)]
    updated_at: Timestamp,
}

/// Create or replace a site
///
/// Every field may be left out. The same body twice changes nothing.
#[utoipa::path(
    put,
    path = "/v1/sites/{site_id}",
    operation_id = "putSite",
    tag = "Sites",
    params(OnSite<needs::SitesWrite>, IfMatch),
    request_body = PutSite,
    responses(
        (status = 200, description = "The site was there; this is what it is now.", body = SiteBody),
        (status = 201, description = "The site was created.", body = SiteBody),
    ),
)]
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

/// Read a site
///
/// What was put, every field filled in.
#[utoipa::path(
    get,
    path = "/v1/sites/{site_id}",
    operation_id = "findSite",
    tag = "Sites",
    params(OnSite<needs::SitesRead>),
    responses((status = 200, description = "The site.", body = SiteBody)),
)]
pub(super) async fn find(
    on: OnSite<needs::SitesRead>,
    State(state): State<Internal>,
    _: Query<NoParameters>,
) -> Result<Resource<SiteBody>, Problem> {
    let site = sites::find(&state.gateway, on.site.id()).await?;
    Ok(Resource::found(site.revision, SiteBody::from(&*site)))
}

/// Off-board a site
///
/// Its accounts, services, sessions and links go with it. The id may be used anew.
#[utoipa::path(
    delete,
    path = "/v1/sites/{site_id}",
    operation_id = "removeSite",
    tag = "Sites",
    params(OnSite<needs::SitesWrite>, IfMatch),
    responses((status = 204, description = "The site is not there any more.")),
)]
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
