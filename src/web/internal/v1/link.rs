//! `…/sessions/{session_id}/link`: the link of a session, for an audience.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::choice;
use crate::app::sessions;
use crate::domain::id::SessionId;
use crate::domain::session::Choice;
use crate::domain::visibility::Audience;
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
use crate::web::internal::v1::link_body::LinkBody;
use crate::web::problem::Code;
use crate::web::problem::Problem;
use crate::web::schema::AudienceName;
use crate::web::schema::LinkDescription;
use crate::web::schema::LinkPassword;
use crate::web::schema::LinkUrl;

/// For whom a link is asked.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ForAudience {
    /// For whom the link is; `staff` where it is left out.
    #[param(value_type = AudienceName, required = false, inline)]
    audience: Option<String>,
}

/// Read the link of a session
///
/// As one audience gets it now; hidden from it, there is nothing to see. Asks no provider.
#[utoipa::path(
    get,
    path = "/v1/sites/{site_id}/sessions/{session_id}/link",
    operation_id = "findLink",
    tag = "Links",
    params(OnSite<needs::LinksRead>, PathId<SessionId>),
    responses((status = 200, description = "The link.", body = LinkBody)),
    extensions(("x-problems" = json!([Code::UnknownSession]))),
)]
pub(super) async fn find(
    on: OnSite<needs::LinksRead>,
    State(state): State<Internal>,
    PathId(id): PathId<SessionId>,
    Query(query): Query<ForAudience>,
) -> Result<Resource<LinkBody>, Problem> {
    let audience = query.audience()?;
    let view = sessions::find(&state.gateway, on.site.id(), &id).await?;
    let body = LinkBody::new(&view, audience, &state);
    Ok(Resource::found(view.session.link_revision(&view.site), body))
}

/// A choice by hand as it is put.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, tag = "mode", rename_all = "snake_case")]
#[schema(examples(json!({"mode": "custom", "url": "https://meet.example.com/room", "password": "k3J9aQ"})))]
pub(super) enum PutChoice {
    /// None: the rules decide.
    Inherit {},
    /// A link of the account.
    Account {},
    /// This link.
    Custom {
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
    },
    /// No link.
    None {},
}

/// Choose the link of a session by hand
///
/// `inherit` leaves it to the rules, `account` takes the link of an account, `custom` this one, `none` none at all.
#[utoipa::path(
    put,
    path = "/v1/sites/{site_id}/sessions/{session_id}/link",
    operation_id = "putLink",
    tag = "Links",
    params(OnSite<needs::LinksWrite>, PathId<SessionId>, IfMatch),
    request_body = PutChoice,
    responses((status = 200, description = "The link as staff see it now.", body = LinkBody)),
    extensions(("x-problems" = json!([Code::UnknownSession]))),
)]
pub(super) async fn put(
    on: OnSite<needs::LinksWrite>,
    State(state): State<Internal>,
    PathId(id): PathId<SessionId>,
    (_query, if_match): (Query<NoParameters>, IfMatch),
    Json(body): Json<PutChoice>,
) -> Result<Resource<LinkBody>, Problem> {
    let choice = body.choice()?;
    let wanted = (&choice, &presupposed(if_match));
    let view = choice::put(&state.gateway, on.site.id(), &id, wanted).await?;
    let body = LinkBody::new(&view, Audience::Staff, &state);
    Ok(Resource::found(view.session.link_revision(&view.site), body))
}

/// Remove the link of a session by hand
///
/// The same as choosing `none`.
#[utoipa::path(
    delete,
    path = "/v1/sites/{site_id}/sessions/{session_id}/link",
    operation_id = "removeLink",
    tag = "Links",
    params(OnSite<needs::LinksWrite>, PathId<SessionId>, IfMatch),
    responses((status = 204, description = "The session has no link any more.")),
    extensions(("x-problems" = json!([Code::UnknownSession]))),
)]
pub(super) async fn remove(
    on: OnSite<needs::LinksWrite>,
    State(state): State<Internal>,
    PathId(id): PathId<SessionId>,
    _: Query<NoParameters>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    let wanted = (&Choice::None, &presupposed(if_match));
    choice::put(&state.gateway, on.site.id(), &id, wanted).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl PutChoice {
    fn choice(&self) -> Result<Choice, Problem> {
        Ok(match self {
            Self::Inherit {} => Choice::Inherit,
            Self::Account {} => Choice::Account,
            Self::None {} => Choice::None,
            Self::Custom { url, password, description } => Choice::Custom(custom_link::parse(&LinkTexts {
                url,
                password: password.as_deref(),
                description: description.as_deref(),
            })?),
        })
    }
}

impl ForAudience {
    fn audience(&self) -> Result<Audience, Problem> {
        let Some(name) = &self.audience else { return Ok(Audience::Staff) };
        Audience::parse(name).ok_or_else(|| {
            let names = Audience::ALL.map(Audience::name).join(", ");
            Problem::new(Code::InvalidQuery, format!("Set audience to one of {names}."))
        })
    }
}
