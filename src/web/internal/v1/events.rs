//! `/v1/events`: what customers could notice, of every site that the token names, in one order (R24).

use std::time::Duration;

use axum::Json as Answer;
use axum::extract::State;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::app::events;
use crate::app::events::Asked;
use crate::app::ports::traces::FeedPlace;
use crate::app::ports::traces::Only;
use crate::domain::account::Owner;
use crate::domain::cause::Cause;
use crate::domain::event::Event;
use crate::domain::event::Subject;
use crate::web::auth::Authorized;
use crate::web::auth::Sites;
use crate::web::auth::needs;
use crate::web::extract::Query;
use crate::web::internal::state::Internal;
use crate::web::internal::v1::paging::Paging;
use crate::web::internal::v1::paging::cursor;
use crate::web::problem::Code;
use crate::web::problem::Problem;

/// The longest wait, in seconds.
const LONGEST_WAIT: u64 = 30;

/// Which events are asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    after: Option<String>,
    limit: Option<usize>,
    wait: Option<u64>,
}

/// Some events, and where to go on: also where there are none.
#[derive(Debug, Serialize)]
pub(super) struct Events {
    items: Vec<EventBody>,
    next_cursor: String,
}

/// An event: ids, reasons and revisions; no address, no secret.
#[derive(Debug, Serialize)]
pub(super) struct EventBody {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    occurred_at: Timestamp,
    site_id: String,
    data: EventData,
}

/// To what it happened, and why.
#[derive(Debug, Default, Serialize)]
pub(super) struct EventData {
    /// What `session_id`, `service_id` or `owner` name: how wide the change is.
    scope: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<OwnerBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<u64>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum OwnerBody {
    Default,
    Staff { staff_id: String },
}

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

impl From<&Owner> for OwnerBody {
    fn from(owner: &Owner) -> Self {
        match owner {
            Owner::Default => Self::Default,
            Owner::Staff(member) => Self::Staff { staff_id: member.as_str().into() },
        }
    }
}
