//! `/v1/events`: what customers could notice, of every site that the token names, in one order (R24).

use std::time::Duration;

use axum::Json as Answer;
use axum::extract::State;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::events;
use crate::app::events::Asked;
use crate::app::ports::traces::FeedPlace;
use crate::app::ports::traces::Only;
use crate::domain::cause::Cause;
use crate::domain::event::Event;
use crate::domain::event::Subject;
use crate::web::auth::Authorized;
use crate::web::auth::Sites;
use crate::web::auth::needs;
use crate::web::extract::Query;
use crate::web::internal::state::Internal;
use crate::web::internal::v1::account_body::OwnerBody;
use crate::web::internal::v1::paging::Paging;
use crate::web::internal::v1::paging::cursor;
use crate::web::problem::Code;
use crate::web::problem::Problem;
use crate::web::schema::CauseName;
use crate::web::schema::Cursor;
use crate::web::schema::EventScope;
use crate::web::schema::EventType;
use crate::web::schema::Id;
use crate::web::schema::Moment;
use crate::web::schema::Revision;

/// The longest wait, in seconds.
const LONGEST_WAIT: u64 = 30;

/// Which events are asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Where to go on: the `next_cursor` of the answer before. Left out: from the oldest event that is kept.
    #[param(value_type = Cursor, required = false, inline)]
    after: Option<String>,
    /// The most events of the answer.
    #[param(value_type = usize, required = false, minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// How many seconds to wait for the first event, where there is none yet.
    #[param(value_type = u64, required = false, minimum = 0, maximum = 30, default = 0)]
    wait: Option<u64>,
}

/// Some events, and where to go on: also where there are none.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "items": [{
        "id": "019c1f3e-7a52-7c11-9b4e-2f6f0a1d5c33", "type": "link.ready", "occurred_at": "2027-02-01T10:00:00Z",
        "site_id": "studio", "data": {"scope": "session", "session_id": "s-1", "cause": "meeting_made", "revision": 3},
    }],
    "next_cursor": "MTI",
})))]
pub(super) struct Events {
    /// The events, oldest first; each at least once, for 7 days.
    items: Vec<EventBody>,
    /// Where to go on, also where there is nothing yet.
    #[schema(value_type = Cursor)]
    next_cursor: String,
}

/// An event: ids, reasons and revisions; no address, no secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(super) struct EventBody {
    /// Its id: the same however often it is told.
    id: String,
    /// What happened.
    #[serde(rename = "type")]
    #[schema(value_type = EventType)]
    kind: &'static str,
    /// When it happened.
    #[schema(value_type = Moment)]
    occurred_at: Timestamp,
    /// On which site.
    #[schema(value_type = Id)]
    site_id: String,
    /// To what it happened, and why.
    data: EventData,
}

/// To what it happened, and why. What does not apply is left out.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct EventData {
    /// What `session_id`, `service_id` or `owner` name: how wide the change is.
    #[schema(value_type = EventScope)]
    scope: &'static str,
    /// The session; for the scope `session`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Id, required = false)]
    session_id: Option<String>,
    /// The service; for the scope `service`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Id, required = false)]
    service_id: Option<String>,
    /// Whose account; for the scopes `owner` and `account`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = OwnerBody, required = false)]
    owner: Option<OwnerBody>,
    /// Why links changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = CauseName, required = false)]
    cause: Option<&'static str>,
    /// Why a link is not there: its reason, or `cancelled`; why an account must be connected again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    reason: Option<String>,
    /// The revision of the session's link, or of the account, after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Revision, required = false)]
    revision: Option<u64>,
}

/// Read events
///
/// What customers could notice, of every site that the token names, in one order. Ask again with `next_cursor`.
#[utoipa::path(
    get,
    path = "/v1/events",
    operation_id = "readEvents",
    tag = "Events",
    params(Authorized<needs::EventsRead>),
    responses((status = 200, description = "Some events, or none.", body = Events)),
)]
pub(super) async fn read(
    Authorized { caller, .. }: Authorized<needs::EventsRead>,
    State(state): State<Internal>,
    Query(wanted): Query<Wanted>,
) -> Result<Answer<Events>, Problem> {
    let only = match &caller.sites {
        Sites::All => Only::All,
        Sites::Some(sites) => Only::These(sites.clone()),
    };
    let page = events::read(&state.gateway, &wanted.asked(only)?).await?;
    let items = page.events.iter().map(EventBody::from).collect();
    Ok(Answer(Events { items, next_cursor: cursor(&page.next.0.to_string()) }))
}

impl Wanted {
    fn asked(self, only: Only) -> Result<Asked, Problem> {
        let paging = Paging::new(self.limit, self.after);
        let after = paging.after(|name| name.parse().ok().map(FeedPlace));
        let detail = "Leave after out, or send the next_cursor of the answer before.";
        let after = after.map_err(|_| Problem::new(Code::InvalidQuery, detail))?.unwrap_or_default();
        let wait = self.wait.unwrap_or_default();
        if wait > LONGEST_WAIT {
            return Err(Problem::new(Code::InvalidQuery, "Set wait to a number of seconds from 0 to 30."));
        }
        Ok(Asked { after, only, limit: paging.limit()?, wait: Duration::from_secs(wait) })
    }
}

impl From<&Event> for EventBody {
    fn from(event: &Event) -> Self {
        let news = &event.news;
        let data = EventData {
            cause: news.cause.map(Cause::name),
            reason: news.reason.clone(),
            revision: news.revision.map(|revision| revision.0),
            ..EventData::of(&news.subject)
        };
        Self {
            id: event.id.as_str().into(),
            kind: news.kind.name(),
            occurred_at: event.occurred_at,
            site_id: event.site.as_str().into(),
            data,
        }
    }
}

impl EventData {
    fn of(subject: &Subject) -> Self {
        match subject {
            Subject::Session(id) => {
                Self { scope: "session", session_id: Some(id.as_str().into()), ..Self::default() }
            }
            Subject::Service(id) => {
                Self { scope: "service", service_id: Some(id.as_str().into()), ..Self::default() }
            }
            Subject::Links(of) => Self { scope: "owner", owner: Some(of.into()), ..Self::default() },
            Subject::Site => Self { scope: "site", ..Self::default() },
            Subject::Account(of) => Self { scope: "account", owner: Some(of.into()), ..Self::default() },
        }
    }
}
