//! `/v1/sites/{site_id}/portal-links`: one-time links into the portal (R4, R6).

use std::borrow::Cow;
use std::fmt;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::json;
use url::Url;
use utoipa::ToSchema;
use utoipa::openapi::ObjectBuilder;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::schema::Type;

use crate::app::portal;
use crate::domain::account::Owner;
use crate::domain::id::SiteId;
use crate::domain::id::StaffId;
use crate::domain::locale::Locale;
use crate::domain::portal::Actor;
use crate::domain::portal::Page;
use crate::domain::portal::Visit;
use crate::web::auth::OnSite;
use crate::web::auth::needs;
use crate::web::extract::Json;
use crate::web::extract::NoParameters;
use crate::web::extract::Object;
use crate::web::extract::Query;
use crate::web::internal::state::Internal;
use crate::web::problem::Code;
use crate::web::problem::FieldError;
use crate::web::problem::Problem;
use crate::web::schema;
use crate::web::schema::Id;
use crate::web::schema::Language;
use crate::web::schema::Moment;
use crate::web::urls;

/// A portal link as it is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreatePortalLink {
    /// Who will open it.
    #[schema(value_type = ActorBody)]
    actor: Object<ActorBody>,
    /// Where it leads: each has a form of its own.
    #[schema(value_type = String)]
    page: PageBody,
    /// Whose account is to be connected: required for `connect_zoom`, refused for `manage`.
    #[serde(default)]
    #[schema(value_type = Option<OwnerBody>)]
    owner: Option<Object<OwnerBody>>,
    /// Where the browser goes at the end: an address whose origin is listed in `portal.return_origins`.
    #[serde(default)]
    #[schema(
        format = "return-address",
        pattern = "^https?://",
        examples("https://app.example.com/settings")
    )]
    return_to: Option<String>,
    /// The language of the pages.
    #[serde(default)]
    #[schema(value_type = Option<Language>)]
    locale: Option<String>,
}

/// A portal link as the document shows it: each page is a form of its own.
#[derive(Debug)]
enum PortalLinkForms {}

impl utoipa::PartialSchema for PortalLinkForms {
    fn schema() -> RefOr<Schema> {
        let described =
            "A portal link as it is asked for: into the accounts, or straight into connecting one.";
        let example =
            json!({"actor": {"role": "owner"}, "page": "connect_zoom", "owner": {"kind": "default"}});
        let forms = ["manage", "connect_zoom"]
            .into_iter()
            .filter_map(form)
            .fold(utoipa::openapi::schema::OneOfBuilder::new(), utoipa::openapi::schema::OneOfBuilder::item);
        forms.description(Some(described)).examples([example]).into()
    }
}

impl ToSchema for PortalLinkForms {
    fn name() -> Cow<'static, str> {
        "CreatePortalLink".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        CreatePortalLink::schemas(schemas);
    }
}

fn form(page: &'static str) -> Option<Schema> {
    let RefOr::T(Schema::Object(mut form)) = <CreatePortalLink as utoipa::PartialSchema>::schema() else {
        return None;
    };
    let this_page = schema::names([page]).description(Some("Where it leads."));
    form.properties.insert("page".into(), this_page.into());
    let owner = if page == "manage" {
        let nobody =
            ObjectBuilder::new().schema_type(Type::Null).description(Some("Belongs to the other form."));
        nobody.into()
    } else {
        form.required.push("owner".into());
        let mut owner = utoipa::openapi::Ref::from_schema_name("OwnerToConnect");
        owner.description = "Whose account is to be connected.".into();
        owner.into()
    };
    form.properties.insert("owner".into(), owner);
    Some(Schema::Object(form))
}

/// Who opens a portal link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, tag = "role", rename_all = "snake_case")]
#[schema(as = Actor, examples(json!({"role": "owner"})))]
enum ActorBody {
    /// The owner of the site.
    Owner {},
    /// A staff member, who may manage their own account only.
    Staff {
        /// Who it is.
        #[schema(value_type = Id)]
        staff_id: String,
    },
}

/// Whose account is to be connected.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "snake_case")]
#[schema(as = OwnerToConnect, examples(json!({"kind": "default"})))]
enum OwnerBody {
    /// The site's default account.
    Default {},
    /// The account of a staff member.
    Staff {
        /// Who it is.
        #[schema(value_type = Id)]
        staff_id: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PageBody {
    Manage,
    ConnectZoom,
}

/// A portal link that was made. Its address lets in whoever has it: never shown in a log.
#[derive(Serialize, ToSchema)]
#[schema(as = PortalLink, examples(json!({
    "id": "pl_k2vq5xg3ar6d7yq2h4tw5m3e6c7b2n4z", "url": "https://meet.studio.example/portal/open/8hQ",
    "expires_at": "2027-02-01T10:10:00Z",
})))]
pub(super) struct PortalLinkBody {
    /// Names the link in the audit trail; it opens nothing.
    id: String,
    /// Opens the portal, once.
    url: Url,
    /// Until when it can be opened.
    #[schema(value_type = Moment)]
    expires_at: Timestamp,
}

impl fmt::Debug for PortalLinkBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expires_at = &self.expires_at;
        f.debug_struct("PortalLinkBody").field("expires_at", expires_at).finish_non_exhaustive()
    }
}

/// Make a one-time link into the portal
///
/// Whoever has the link gets in, once, within ten minutes: hand it to the person it is for, and to nobody else.
#[utoipa::path(
    post,
    path = "/v1/sites/{site_id}/portal-links",
    operation_id = "createPortalLink",
    tag = "Portal",
    params(OnSite<needs::AccountsWrite>),
    request_body = PortalLinkForms,
    responses((status = 201, description = "The link was made.", body = PortalLinkBody)),
    extensions(("x-problems" = json!([
        Code::NotEntitled, Code::NotYourAccount, Code::SelfServiceDisabled, Code::DefaultAccountRequired,
    ]))),
)]
pub(super) async fn create(
    on: OnSite<needs::AccountsWrite>,
    State(state): State<Internal>,
    _: Query<NoParameters>,
    Json(body): Json<CreatePortalLink>,
) -> Result<(StatusCode, Answer<PortalLinkBody>), Problem> {
    let visit = body.visit(on.site.id())?;
    let link = portal::create_link(&state.gateway, visit).await?;
    let url = urls::portal_link(&state.gateway.settings.base_url, &link.token);
    let body = PortalLinkBody { id: link.id, url, expires_at: link.expires_at };
    Ok((StatusCode::CREATED, Answer(body)))
}

impl CreatePortalLink {
    fn visit(self, site: &SiteId) -> Result<Visit, Problem> {
        let mut errors = Vec::new();
        let actor = match &self.actor.0 {
            ActorBody::Owner {} => Some(Actor::Owner),
            ActorBody::Staff { staff_id } => {
                staff(staff_id, "/actor/staff_id", &mut errors).map(Actor::Staff)
            }
        };
        let page = self.page(&mut errors);
        let return_to = self.return_to.as_ref().and_then(|text| {
            let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
            if url.is_none() {
                errors.push(FieldError::new("/return_to", "must be an absolute https address"));
            }
            url
        });
        let locale = self.locale.as_ref().and_then(|tag| {
            Locale::parse(tag)
                .map_err(|_| errors.push(FieldError::new("/locale", "must be one of en, pt-BR")))
                .ok()
        });
        match (actor, page) {
            (Some(actor), Some(page)) if errors.is_empty() => {
                Ok(Visit { site: site.clone(), actor, page, return_to, locale })
            }
            _ => Err(Problem::invalid_body(errors)),
        }
    }

    fn page(&self, errors: &mut Vec<FieldError>) -> Option<Page> {
        match (self.page, &self.owner) {
            (PageBody::Manage, None) => Some(Page::Manage),
            (PageBody::Manage, Some(_)) => {
                errors.push(FieldError::new("/owner", "belongs to the page connect_zoom only"));
                None
            }
            (PageBody::ConnectZoom, None) => {
                errors.push(FieldError::new("/owner", "is required: whose account is to be connected"));
                None
            }
            (PageBody::ConnectZoom, Some(Object(OwnerBody::Default {}))) => {
                Some(Page::Connect(Owner::Default))
            }
            (PageBody::ConnectZoom, Some(Object(OwnerBody::Staff { staff_id }))) => {
                staff(staff_id, "/owner/staff_id", errors).map(|member| Page::Connect(Owner::Staff(member)))
            }
        }
    }
}

fn staff(text: &str, pointer: &str, errors: &mut Vec<FieldError>) -> Option<StaffId> {
    StaffId::parse(text).map_err(|error| errors.push(FieldError::new(pointer, error.to_string()))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn showing_a_portal_link_does_not_show_the_way_in() {
        let url = Url::parse("https://meet.example/portal/open/s3cret").unwrap();
        let body = PortalLinkBody { id: "s3cret".into(), url, expires_at: Timestamp::UNIX_EPOCH };
        assert!(!format!("{body:?}").contains("s3cret"));
    }
}
