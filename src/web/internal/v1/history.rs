//! `…/sessions/{session_id}/link/history`: every revision of a session's link, newest first.

use std::fmt;

use axum::Json as Answer;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;

use crate::app::history;
use crate::app::history::HistoryRange;
use crate::domain::account::Provider;
use crate::domain::account::Revision;
use crate::domain::history::Moment;
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
use crate::web::problem::Problem;

/// A part of a link's history.
#[derive(Debug, Serialize)]
pub(super) struct LinkHistory {
    items: Vec<PastLink>,
    next_cursor: Option<String>,
}

/// A link as it was from a time on. May be seen by whom it is answered to, and not in a log.
#[derive(Serialize)]
struct PastLink {
    revision: u64,
    changed_at: Timestamp,
    cause: &'static str,
    status: &'static str,
    reason: Option<&'static str>,
    source: Option<&'static str>,
    provider: Option<&'static str>,
    provider_url: Option<String>,
    password: Option<String>,
    description: Option<String>,
}

impl fmt::Debug for PastLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PastLink").field("revision", &self.revision).finish_non_exhaustive()
    }
}

pub(super) async fn list(
    on: OnSite<needs::LinksRead>,
    State(state): State<Internal>,
    PathId(id): PathId<SessionId>,
    Query(paging): Query<Paging>,
) -> Result<Answer<LinkHistory>, Problem> {
    let limit = paging.limit()?;
    let before = paging.after(|name| name.parse().ok().map(Revision))?;
    let range = HistoryRange { before, limit: limit + 1 };
    let moments = history::tell(&state.gateway, on.site.id(), &id, range).await?;
    let is_more = moments.len() > limit;
    let items = moments.iter().take(limit).map(PastLink::from).collect::<Vec<_>>();
    let next_cursor = items.last().filter(|_| is_more).map(|last| cursor(&last.revision.to_string()));
    Ok(Answer(LinkHistory { items, next_cursor }))
}

impl From<&Moment> for PastLink {
    fn from(moment: &Moment) -> Self {
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
