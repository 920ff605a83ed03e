//! Owns the stored shape of an event.

use serde::Deserialize;
use serde::Serialize;

use crate::domain::account::Owner;
use crate::domain::account::Revision;
use crate::domain::cause::Cause;
use crate::domain::event::Event;
use crate::domain::event::EventId;
use crate::domain::event::EventKind;
use crate::domain::event::News;
use crate::domain::event::Subject;
use crate::domain::id::ServiceId;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::store::records::field::Time;
use crate::store::records::field::Unreadable;
use crate::store::records::field::field;

#[derive(Serialize, Deserialize)]
pub(super) struct EventV1 {
    id: String,
    site: String,
    occurred_at: Time,
    kind: String,
    subject: SubjectV1,
    cause: Option<String>,
    reason: Option<String>,
    revision: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SubjectV1 {
    Session(String),
    Service(String),
    Links(String),
    Site,
    Account(String),
}

impl From<&Event> for EventV1 {
    fn from(event: &Event) -> Self {
        let news = &event.news;
        Self {
            id: event.id.as_str().into(),
            site: event.site.as_str().into(),
            occurred_at: event.occurred_at,
            kind: news.kind.name().into(),
            subject: (&news.subject).into(),
            cause: news.cause.map(|cause| cause.name().into()),
            reason: news.reason.clone(),
            revision: news.revision.map(|revision| revision.0),
        }
    }
}

impl TryFrom<EventV1> for Event {
    type Error = Unreadable;

    fn try_from(shape: EventV1) -> Result<Self, Unreadable> {
        let cause = shape.cause.map(|cause| Cause::parse(&cause).ok_or(Unreadable::Field("cause")));
        let news = News {
            kind: EventKind::parse(&shape.kind).ok_or(Unreadable::Field("event kind"))?,
            subject: shape.subject.try_into()?,
            cause: cause.transpose()?,
            reason: shape.reason,
            revision: shape.revision.map(Revision),
        };
        Ok(Self {
            id: EventId::parse(&shape.id).ok_or(Unreadable::Field("event id"))?,
            site: field("site id", SiteId::parse(&shape.site))?,
            occurred_at: shape.occurred_at,
            news,
        })
    }
}

impl From<&Subject> for SubjectV1 {
    fn from(subject: &Subject) -> Self {
        match subject {
            Subject::Session(id) => Self::Session(id.as_str().into()),
            Subject::Service(id) => Self::Service(id.as_str().into()),
            Subject::Links(owner) => Self::Links(owner.to_string()),
            Subject::Site => Self::Site,
            Subject::Account(owner) => Self::Account(owner.to_string()),
        }
    }
}

impl TryFrom<SubjectV1> for Subject {
    type Error = Unreadable;

    fn try_from(shape: SubjectV1) -> Result<Self, Unreadable> {
        let owner = |text: String| Owner::parse(&text).ok_or(Unreadable::Field("owner"));
        Ok(match shape {
            SubjectV1::Session(id) => Self::Session(field("session id", SessionId::parse(&id))?),
            SubjectV1::Service(id) => Self::Service(field("service id", ServiceId::parse(&id))?),
            SubjectV1::Links(text) => Self::Links(owner(text)?),
            SubjectV1::Site => Self::Site,
            SubjectV1::Account(text) => Self::Account(owner(text)?),
        })
    }
}
