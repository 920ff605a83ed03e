//! `/v1/sites/{site_id}/sessions:batch`: book many sessions in one commit, each answered for itself.

use std::collections::BTreeSet;

use axum::Extension;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::booking;
use crate::app::booking::Book;
use crate::app::booking::Booked;
use crate::app::presupposed::Presupposed;
use crate::app::sessions::SessionError;
use crate::domain::id::RequestId;
use crate::domain::id::SessionId;
use crate::web::auth::OnSite;
use crate::web::auth::needs;
use crate::web::extract::BatchJson;
use crate::web::extract::Json;
use crate::web::extract::NoParameters;
use crate::web::extract::Object;
use crate::web::extract::PreferWait;
use crate::web::extract::Query;
use crate::web::extract::whole;
use crate::web::internal::state::Internal;
use crate::web::internal::v1::answer;
use crate::web::internal::v1::sessions::PutSession;
use crate::web::internal::v1::sessions::SessionBody;
use crate::web::problem;
use crate::web::problem::FieldError;
use crate::web::problem::Problem;
use crate::web::schema::Id;
use crate::web::schema::Moment;
use crate::web::schema::TimeZone;
use crate::web::schema::Title;

/// The most sessions of one batch.
const MOST: usize = 100;

/// Sessions as they are put.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"sessions": [{
    "session_id": "s-1", "service_id": "yoga", "staff_ids": ["ana"], "title": "Yoga with Ana",
    "starts_at": "2027-03-01T13:00:00Z", "duration_minutes": 60, "time_zone": "America/Sao_Paulo",
}]})))]
pub(super) struct PutSessions {
    /// The sessions; none may be named twice.
    #[schema(value_type = Vec<PutOne>, max_items = 100)]
    sessions: Vec<Object<PutOne>>,
}

/// A session with its id, and the fields of [`PutSession`].
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PutSessionOfBatch, description = "A session of a batch as it is put.")]
struct PutOne {
    /// Its id.
    #[schema(value_type = Id)]
    session_id: String,
    /// The service it is an occurrence of; it must be there.
    #[schema(value_type = Id)]
    service_id: String,
    /// Who gives it; the first who has an account hosts it.
    #[serde(default)]
    #[schema(value_type = Vec<Id>, max_items = 20)]
    staff_ids: Vec<String>,
    /// What participants see it called.
    #[schema(value_type = Title)]
    title: String,
    /// When it begins.
    #[schema(value_type = Moment)]
    starts_at: Timestamp,
    /// How long it lasts, in minutes.
    #[serde(deserialize_with = "whole")]
    #[schema(minimum = 1, maximum = 1440)]
    duration_minutes: u16,
    /// Where it takes place, as clocks go.
    #[schema(value_type = TimeZone)]
    time_zone: String,
}

/// What became of each session of a batch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BatchResults, examples(json!({"results": [{
    "session_id": "s-1", "status": 404,
    "problem": {
        "type": "/problems/unknown_service", "title": "Unknown service", "status": 404,
        "detail": "The site has no such service. Create it with PUT first.", "code": "unknown_service",
        "request_id": "r-1",
    },
}]})))]
pub(super) struct Results {
    /// The results, in the order asked.
    results: Vec<OneResult>,
}

/// What became of one session.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = BatchResult)]
enum OneResult {
    /// It is booked.
    Booked {
        /// The session.
        #[schema(value_type = Id)]
        session_id: String,
        /// 201 where it was not there before, else 200.
        #[schema(minimum = 200, maximum = 201)]
        status: u16,
        /// What it is now.
        session: Box<SessionBody>,
    },
    /// It was refused.
    Refused {
        /// The session.
        #[schema(value_type = Id)]
        session_id: String,
        /// The status that it would have been refused with alone.
        #[schema(minimum = 400, maximum = 599)]
        status: u16,
        /// Why it was refused.
        problem: problem::Body,
    },
}

/// Book or change many sessions
///
/// In one commit, each answered for itself. Waits for their meetings as long as the caller prefers.
#[utoipa::path(
    post,
    path = "/v1/sites/{site_id}/sessions:batch",
    operation_id = "putSessions",
    tag = "Sessions",
    params(OnSite<needs::LinksWrite>, PreferWait),
    request_body = PutSessions,
    responses((status = 200, description = "What became of each.", body = Results)),
)]
pub(super) async fn put(
    on: OnSite<needs::LinksWrite>,
    State(state): State<Internal>,
    (_query, prefer): (Query<NoParameters>, PreferWait),
    Extension(request): Extension<RequestId>,
    Json(body): BatchJson<PutSessions>,
) -> Result<Answer<Results>, Problem> {
    let books = body.books()?;
    let wait = prefer.0.unwrap_or(state.gateway.settings.minting.default_wait);
    let booked = booking::put_all(&state.gateway, on.site.id(), &books, wait).await?;
    let answered = answered(booked, &state).into_iter();
    let results = books.iter().zip(answered).map(|(book, answered)| {
        let session_id = book.session.as_str().into();
        match answered {
            Ok((status, session)) => {
                OneResult::Booked { session_id, status: status.as_u16(), session: Box::new(session) }
            }
            Err(problem) => {
                let status = problem.code().status().as_u16();
                OneResult::Refused { session_id, status, problem: problem.body(&request) }
            }
        }
    });
    Ok(Answer(Results { results: results.collect() }))
}

/// The answers, one by one. A store that failed for many of them is told of once in the log.
fn answered(booked: Vec<Booked>, state: &Internal) -> Vec<Result<(StatusCode, SessionBody), Problem>> {
    let mut unsaved: Option<Problem> = None;
    let answers = booked.into_iter().map(|booked| match booked {
        Ok((put, view)) => Ok((answer::status(put), SessionBody::new(&view, state)?)),
        Err(SessionError::Store(error)) => Err(unsaved.get_or_insert_with(|| error.into()).clone()),
        Err(error) => Err(error.into()),
    });
    answers.collect()
}

impl PutSessions {
    fn books(self) -> Result<Vec<Book>, Problem> {
        let mut errors = Vec::new();
        if self.sessions.len() > MOST {
            let error = FieldError::new("/sessions", "must be at most 100");
            return Err(Problem::invalid_body(vec![error]));
        }
        let mut seen = BTreeSet::new();
        let mut books = Vec::with_capacity(self.sessions.len());
        for (index, Object(one)) in self.sessions.into_iter().enumerate() {
            match one.book() {
                Ok(book) if seen.insert(book.session.clone()) => books.push(book),
                Ok(_) => errors.push(at(index, FieldError::new("/session_id", "must not stand twice"))),
                Err(found) => errors.extend(found.into_iter().map(|error| at(index, error))),
            }
        }
        if errors.is_empty() { Ok(books) } else { Err(Problem::invalid_body(errors)) }
    }
}

/// An error of one session, as it stands in the whole body.
fn at(index: usize, error: FieldError) -> FieldError {
    FieldError { pointer: format!("/sessions/{index}{}", error.pointer), ..error }
}

impl PutOne {
    fn book(self) -> Result<Book, Vec<FieldError>> {
        let session = SessionId::parse(&self.session_id)
            .map_err(|error| FieldError::new("/session_id", error.to_string()));
        let put = PutSession {
            service_id: self.service_id,
            staff_ids: self.staff_ids,
            title: self.title,
            starts_at: self.starts_at,
            duration_minutes: self.duration_minutes,
            time_zone: self.time_zone,
        };
        match (session, put.booking()) {
            (Ok(session), Ok(booking)) => Ok(Book { session, booking, presupposed: Presupposed::Anything }),
            (session, booking) => {
                Err(session.err().into_iter().chain(booking.err().into_iter().flatten()).collect())
            }
        }
    }
}
