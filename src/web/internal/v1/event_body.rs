//! Owns an event on the wire: what `/v1/events` answers and what endpoints are told is the same JSON (R24).

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::cause::Cause;
use crate::domain::event::Event;
use crate::domain::event::Subject;
use crate::web::internal::v1::account_body::OwnerBody;
use crate::web::schema::CauseName;
use crate::web::schema::EventScope;
use crate::web::schema::EventType;
use crate::web::schema::Id;
use crate::web::schema::Moment;
use crate::web::schema::Revision;

/// The JSON of an event.
#[expect(clippy::missing_panics_doc, reason = "texts and numbers are always JSON")]
pub fn event_json(event: &Event) -> Vec<u8> {
    serde_json::to_vec(&EventBody::from(event)).expect("texts and numbers are always JSON")
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
struct EventData {
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
