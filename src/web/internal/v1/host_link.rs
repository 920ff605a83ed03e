//! `…/sessions/{session_id}/host-link`: what opens a meeting as its host, fetched when it is asked for (R26).

use std::fmt;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::host_link;
use crate::domain::id::SessionId;
use crate::web::auth::OnSite;
use crate::web::auth::needs;
use crate::web::extract::NoParameters;
use crate::web::extract::PathId;
use crate::web::extract::Query;
use crate::web::internal::state::Internal;
use crate::web::problem::Code;
use crate::web::problem::Problem;
use crate::web::schema::Moment;

/// A start link: whoever has it is the host, so no log has it.
#[derive(Serialize, ToSchema)]
#[schema(as = HostLink, examples(json!({
    "start_url": "https://us02web.zoom.us/s/92674392836?zak=x", "expires_at": "2027-03-01T15:00:00Z",
})))]
pub(super) struct HostLinkBody {
    /// Opens the meeting as its host: give it to nobody else, and keep it nowhere.
    #[schema(format = "uri")]
    start_url: String,
    /// When it stops to work, at the latest.
    #[schema(value_type = Moment)]
    expires_at: Timestamp,
}

impl fmt::Debug for HostLinkBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostLinkBody").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Says that an answer is not to be kept, by anybody.
type NotKept = [(HeaderName, &'static str); 1];

/// Read the start link of a session's host
///
/// Asked of the provider at this moment, and kept nowhere.
#[utoipa::path(
    get,
    path = "/v1/sites/{site_id}/sessions/{session_id}/host-link",
    operation_id = "findHostLink",
    tag = "Links",
    params(OnSite<needs::LinksHost>, PathId<SessionId>),
    responses((
        status = 200,
        description = "The start link.",
        body = HostLinkBody,
        headers(("Cache-Control", description = "`no-store`: not to be kept.")),
    )),
    extensions(("x-problems" = json!([
        Code::UnknownSession, Code::NoLink, Code::ReauthorizationRequired, Code::ProviderUnavailable,
    ]))),
)]
pub(super) async fn find(
    on: OnSite<needs::LinksHost>,
    State(state): State<Internal>,
    PathId(id): PathId<SessionId>,
    _: Query<NoParameters>,
) -> Result<(NotKept, Answer<HostLinkBody>), Problem> {
    let link = host_link::find(&state.gateway, on.site.id(), &id).await?;
    let body = HostLinkBody { start_url: link.start_url.expose().into(), expires_at: link.expires_at };
    Ok(([(header::CACHE_CONTROL, "no-store")], Answer(body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn showing_a_start_link_does_not_show_it() {
        let body =
            HostLinkBody { start_url: "https://s3cret.example".into(), expires_at: Timestamp::UNIX_EPOCH };
        let shown = format!("{body:?}");
        assert!(shown.contains("HostLinkBody") && !shown.contains("s3cret"), "{shown}");
    }
}
