//! `…/sessions/{session_id}/link/history`: every revision of a session's link, newest first.

use std::fmt;

use axum::Json as Answer;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::history;
use crate::app::history::HistoryRange;
use crate::domain::account::Provider;
use crate::domain::account::Revision as LinkRevision;
use crate::domain::history::Moment as Past;
use crate::domain::id::SessionId;
use crate::domain::link::Link;
use crate::domain::resolve::Source;
use crate::web::auth::OnSite;
use crate::web::auth::needs;
use crate::web::extract::PathId;
use crate::web::extract::Query;
use crate::web::internal::state::Internal;
use crate::web::internal::v1::paging::Paging;
use crate::web::internal::v1::paging::cursor;
use crate::web::problem::Code;
use crate::web::problem::Problem;
use crate::web::schema::CauseName;
use crate::web::schema::Cursor;
use crate::web::schema::LinkReason;
use crate::web::schema::LinkSource;
use crate::web::schema::LinkStatusName;
use crate::web::schema::Moment;
use crate::web::schema::ProviderName;
use crate::web::schema::Revision;

/// A part of a link's history.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "items": [{
        "revision": 3, "changed_at": "2027-02-01T10:00:00Z", "cause": "chosen_by_hand", "status": "ready", "reason": null,
        "source": "session_link", "provider": "custom_link", "provider_url": "https://meet.example.com/room",
        "password": "k3J9aQ", "description": null,
    }],
    "next_cursor": null,
})))]
pub(super) struct LinkHistory {
    /// The revisions of the page, newest first.
    items: Vec<PastLink>,
    /// Where the next page begins; `null` on the last one.
    #[schema(required, value_type = Option<Cursor>)]
    next_cursor: Option<String>,
}

/// A link as it was from a time on. May be seen by whom it is answered to, and not in a log.
#[derive(Serialize, ToSchema)]
struct PastLink {
    /// The revision that it was.
    #[schema(value_type = Revision)]
    revision: u64,
    /// From when on.
    #[schema(value_type = Moment)]
    changed_at: Timestamp,
    /// Why it became so.
    #[schema(value_type = CauseName)]
    cause: &'static str,
    /// Whether there was a link.
    #[schema(value_type = LinkStatusName)]
    status: &'static str,
    /// Why the link was not ready; `null` where it was.
    #[schema(required, value_type = Option<LinkReason>)]
    reason: Option<&'static str>,
    /// Where it came from; `null` where there was none.
    #[schema(required, value_type = Option<LinkSource>)]
    source: Option<&'static str>,
    /// Who served it; `null` where there was none.
    #[schema(required, value_type = Option<ProviderName>)]
    provider: Option<&'static str>,
    /// The address at the provider.
    #[schema(required, format = "uri")]
    provider_url: Option<String>,
    /// What participants typed to get in.
    #[schema(required)]
    password: Option<String>,
    /// What participants read beside it.
    #[schema(required)]
    description: Option<String>,
}

impl fmt::Debug for PastLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PastLink").field("revision", &self.revision).finish_non_exhaustive()
    }
}

/// List the history of a link
///
/// Every revision of a session's link, newest first, as staff saw it.
#[utoipa::path(
    get,
    path = "/v1/sites/{site_id}/sessions/{session_id}/link/history",
    operation_id = "listLinkHistory",
    tag = "Links",
    params(OnSite<needs::LinksRead>, PathId<SessionId>),
    responses((status = 200, description = "A page of revisions.", body = LinkHistory)),
    extensions(("x-problems" = json!([Code::UnknownSession]))),
)]
pub(super) async fn list(
    on: OnSite<needs::LinksRead>,
    State(state): State<Internal>,
    PathId(id): PathId<SessionId>,
    Query(paging): Query<Paging>,
) -> Result<Answer<LinkHistory>, Problem> {
    let limit = paging.limit()?;
    let before = paging.after(|name| name.parse().ok().map(LinkRevision))?;
    let range = HistoryRange { before, limit: limit + 1 };
    let moments = history::tell(&state.gateway, on.site.id(), &id, range).await?;
    let is_more = moments.len() > limit;
    let items = moments.iter().take(limit).map(PastLink::from).collect::<Vec<_>>();
    let next_cursor = items.last().filter(|_| is_more).map(|last| cursor(&last.revision.to_string()));
    Ok(Answer(LinkHistory { items, next_cursor }))
}

impl From<&Past> for PastLink {
    fn from(moment: &Past) -> Self {
        let link = Link::of(&moment.site, &moment.session, moment.since);
        Self {
            revision: moment.revision.0,
            changed_at: moment.since,
            cause: moment.cause.name(),
            status: link.status.name(),
            reason: link.status.reason(),
            source: link.source.map(Source::name),
            provider: link.provider.map(Provider::name),
            provider_url: link.provider_url.map(|url| url.expose().into()),
            password: link.password.map(|password| password.expose().into()),
            description: link.description.map(|description| description.expose().into()),
        }
    }
}
