//! `/v1/sites/{site_id}/links:batch`: the links of many sessions, in one round trip to the store.

use axum::Json as Answer;
use axum::extract::State;
use serde::Deserialize;
use serde::Serialize;

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
use crate::web::internal::v1::link::LinkBody;
use crate::web::internal::v1::link::Untold;
use crate::web::problem::FieldError;
use crate::web::problem::Problem;

/// The most sessions of one batch.
const MOST: usize = 500;

/// A batch as it is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AskLinks {
    session_ids: Vec<String>,
    #[serde(default)]
    audience: Option<String>,
}

/// The links, in the order asked.
#[derive(Debug, Serialize)]
pub(super) struct Links {
    links: Vec<Asked>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Asked {
    Link(Box<LinkBody>),
    Unknown(UnknownLink),
}

/// What stands in the place of a session that is not there.
#[derive(Debug, Serialize)]
struct UnknownLink {
    session_id: String,
    status: &'static str,
    reason: &'static str,
    #[serde(flatten)]
    untold: Untold,
    revision: (),
    updated_at: (),
}

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
            errors.push(FieldError::new("/session_ids", "must be at most 500"));
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
