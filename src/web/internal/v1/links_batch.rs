//! `/v1/sites/{site_id}/links:batch`: the links of many sessions, in one round trip to the store.

use axum::Json as Answer;
use axum::extract::State;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::ObjectBuilder;

use crate::app::sessions;
use crate::domain::id::SessionId;
use crate::domain::visibility::Audience;
use crate::web::auth::OnSite;
use crate::web::auth::needs;
use crate::web::extract::BatchJson;
use crate::web::extract::Json;
use crate::web::extract::NoParameters;
use crate::web::extract::Query;
use crate::web::internal::state::Internal;
use crate::web::internal::v1::link_body::LinkBody;
use crate::web::internal::v1::link_body::Untold;
use crate::web::problem::FieldError;
use crate::web::problem::Problem;
use crate::web::schema;
use crate::web::schema::AudienceName;
use crate::web::schema::Id;

/// The most sessions of one batch.
const MOST: usize = 500;

/// A batch as it is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"session_ids": ["s-1", "s-2"], "audience": "members_area"})))]
pub(super) struct AskLinks {
    /// The sessions; a session may be named more than once.
    #[schema(value_type = Vec<Id>, max_items = 500)]
    session_ids: Vec<String>,
    /// For whom the links are; `staff` where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<AudienceName>)]
    audience: Option<String>,
}

/// The links of many sessions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({"links": [{
    "session_id": "s-9", "status": "none", "reason": "unknown_session", "provider": null, "source": null,
    "staff_id": null, "join_url": null, "provider_url": null, "password": null, "description": null,
    "meeting_id": null, "warnings": null, "retry_at": null, "revision": null, "updated_at": null,
}]})))]
pub(super) struct Links {
    /// The links, in the order asked.
    links: Vec<Asked>,
}

/// A link that was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = AskedLink)]
enum Asked {
    /// The session's link.
    Link(Box<LinkBody>),
    /// There is no such session.
    Unknown(UnknownLink),
}

/// What stands in the place of a session that is not there.
#[derive(Debug, Serialize, ToSchema)]
struct UnknownLink {
    /// The session as it was asked for.
    #[schema(value_type = Id)]
    session_id: String,
    /// There is no link.
    #[schema(schema_with = no_status)]
    status: &'static str,
    /// There is no session.
    #[schema(schema_with = no_session)]
    reason: &'static str,
    #[serde(flatten)]
    untold: Untold,
    /// There is none.
    #[schema(value_type = schema::Untold)]
    revision: (),
    /// There is none.
    #[schema(value_type = schema::Untold)]
    updated_at: (),
}

fn no_status() -> ObjectBuilder {
    schema::names(["none"]).description(Some("There is no link."))
}

fn no_session() -> ObjectBuilder {
    schema::names(["unknown_session"]).description(Some("There is no session."))
}

/// Read the links of many sessions
///
/// In the order asked, in one round trip to the store.
#[utoipa::path(
    post,
    path = "/v1/sites/{site_id}/links:batch",
    operation_id = "readLinks",
    tag = "Links",
    params(OnSite<needs::LinksRead>),
    request_body = AskLinks,
    responses((status = 200, description = "The links.", body = Links)),
)]
pub(super) async fn read(
    on: OnSite<needs::LinksRead>,
    State(state): State<Internal>,
    _: Query<NoParameters>,
    Json(body): BatchJson<AskLinks>,
) -> Result<Answer<Links>, Problem> {
    let (ids, audience) = body.parsed()?;
    let views = sessions::find_many(&state.gateway, on.site.id(), &ids).await?;
    let links = ids.iter().zip(views).map(|(id, view)| match view {
        Some(view) => Asked::Link(Box::new(LinkBody::new(&view, audience, &state))),
        None => Asked::Unknown(UnknownLink::of(id)),
    });
    Ok(Answer(Links { links: links.collect() }))
}

impl AskLinks {
    fn parsed(&self) -> Result<(Vec<SessionId>, Audience), Problem> {
        let mut errors = Vec::new();
        if self.session_ids.len() > MOST {
            return Err(Problem::invalid_body(vec![FieldError::new("/session_ids", "must be at most 500")]));
        }
        let ids = self.session_ids.iter().enumerate().filter_map(|(index, id)| {
            let pointer = format!("/session_ids/{index}");
            SessionId::parse(id)
                .map_err(|error| errors.push(FieldError::new(pointer, error.to_string())))
                .ok()
        });
        let ids = ids.collect::<Vec<_>>();
        let audience = self.audience.as_deref().map_or(Some(Audience::Staff), Audience::parse);
        if audience.is_none() {
            let names = Audience::ALL.map(Audience::name).join(", ");
            errors.push(FieldError::new("/audience", format!("must be one of {names}")));
        }
        match audience {
            Some(audience) if errors.is_empty() => Ok((ids, audience)),
            _ => Err(Problem::invalid_body(errors)),
        }
    }
}

impl UnknownLink {
    fn of(id: &SessionId) -> Self {
        Self {
            session_id: id.as_str().into(),
            status: "none",
            reason: "unknown_session",
            untold: Untold::default(),
            revision: (),
            updated_at: (),
        }
    }
}
