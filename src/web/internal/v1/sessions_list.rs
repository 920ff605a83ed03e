//! `/v1/sites/{site_id}/sessions`: the sessions of a site by their start, filtered.

use std::str::FromStr;

use axum::Json as Answer;
use axum::extract::State;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::ports::store::SessionEntry;
use crate::app::sessions_list;
use crate::app::sessions_list::LinkStatus;
use crate::app::sessions_list::Listing;
use crate::domain::id::InvalidId;
use crate::domain::id::ServiceId;
use crate::domain::id::SessionId;
use crate::domain::id::StaffId;
use crate::web::auth::OnSite;
use crate::web::auth::needs;
use crate::web::extract::Query;
use crate::web::internal::state::Internal;
use crate::web::internal::v1::paging::Paging;
use crate::web::internal::v1::paging::cursor;
use crate::web::internal::v1::sessions::SessionBody;
use crate::web::problem::Code;
use crate::web::problem::Problem;
use crate::web::schema::Cursor;
use crate::web::schema::Id;
use crate::web::schema::LinkStatusName;
use crate::web::schema::Moment;

/// Which sessions are asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Those that begin then or later.
    #[param(value_type = Moment, required = false, inline)]
    from: Option<String>,
    /// Those that begin before; not before `from`.
    #[param(value_type = Moment, required = false, inline)]
    to: Option<String>,
    /// Those of this service.
    #[param(value_type = Id, required = false, inline)]
    service_id: Option<String>,
    /// Those that this staff member gives.
    #[param(value_type = Id, required = false, inline)]
    staff_id: Option<String>,
    /// Those whose link is so.
    #[param(value_type = LinkStatusName, required = false, inline)]
    status: Option<String>,
    /// The most items of the page.
    #[param(value_type = usize, required = false, minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// Where the page begins: the `next_cursor` of the page before, which was asked for with the same `from` and `to`.
    #[param(value_type = Cursor, required = false, inline)]
    cursor: Option<String>,
}

/// A list of sessions, with their links as staff sees them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(super) struct SessionList {
    /// The sessions of the page by their start. Few of them, or none, are not yet the end.
    items: Vec<SessionBody>,
    /// Where the next page begins; `null` on the last one.
    #[schema(required, value_type = Option<Cursor>)]
    next_cursor: Option<String>,
}

/// List the sessions of a site
///
/// By their start, with their links as staff see them. Asks no provider.
#[utoipa::path(
    get,
    path = "/v1/sites/{site_id}/sessions",
    operation_id = "listSessions",
    tag = "Sessions",
    params(OnSite<needs::LinksRead>),
    responses((status = 200, description = "A page of sessions.", body = SessionList)),
)]
pub(super) async fn list(
    on: OnSite<needs::LinksRead>,
    State(state): State<Internal>,
    Query(wanted): Query<Wanted>,
) -> Result<Answer<SessionList>, Problem> {
    let listing = wanted.listing()?;
    let page = sessions_list::list(&state.gateway, on.site.id(), &listing).await?;
    let items = page.sessions.iter().map(|view| SessionBody::new(view, &state));
    Ok(Answer(SessionList {
        items: items.collect::<Result<_, _>>()?,
        next_cursor: page.next.map(|entry| cursor(&cursor_name(&entry))),
    }))
}

impl Wanted {
    fn listing(self) -> Result<Listing, Problem> {
        let from = time("from", self.from.as_deref())?.unwrap_or(Timestamp::MIN);
        let to = time("to", self.to.as_deref())?.unwrap_or(Timestamp::MAX);
        if from > to {
            return Err(refused("Set from to a time before to, or leave one of them out."));
        }
        let paging = Paging::new(self.limit, self.cursor);
        Ok(Listing {
            from,
            to,
            service: id("service_id", self.service_id.as_deref(), ServiceId::parse)?,
            staff: id("staff_id", self.staff_id.as_deref(), StaffId::parse)?,
            status: self.status.as_deref().map(status).transpose()?,
            after: paging.after(|name| parse_cursor(name).filter(|entry| is_within(entry, from, to)))?,
            limit: paging.limit()?,
        })
    }
}

fn time(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let read = text.map(Timestamp::from_str).transpose();
    let detail = "to a time such as 2026-11-22T18:00:00Z, as RFC 3339 writes it, with + as %2B.";
    read.map_err(|_| refused(format!("Set {name} {detail}")))
}

fn id<T>(
    name: &str,
    text: Option<&str>,
    parse: impl FnOnce(&str) -> Result<T, InvalidId>,
) -> Result<Option<T>, Problem> {
    text.map(parse).transpose().map_err(|error| refused(format!("Correct {name}: {error}.")))
}

fn status(text: &str) -> Result<LinkStatus, Problem> {
    LinkStatus::parse(text).ok_or_else(|| {
        let names = LinkStatus::ALL.map(LinkStatus::name).join(", ");
        refused(format!("Set status to one of {names}."))
    })
}

fn refused(detail: impl Into<String>) -> Problem {
    Problem::new(Code::InvalidQuery, detail.into())
}

/// `<milliseconds>/<id>`.
fn cursor_name(entry: &SessionEntry) -> String {
    format!("{}/{}", entry.starts_at.as_millisecond(), entry.id)
}

fn parse_cursor(name: &str) -> Option<SessionEntry> {
    let (start, id) = name.split_once('/')?;
    let starts_at = Timestamp::from_millisecond(start.parse().ok()?).ok()?;
    Some(SessionEntry { id: SessionId::parse(id).ok()?, starts_at })
}

/// A cursor of another range leads nowhere in this one.
fn is_within(entry: &SessionEntry, from: Timestamp, to: Timestamp) -> bool {
    entry.starts_at.as_millisecond() >= from.as_millisecond() && entry.starts_at < to
}
