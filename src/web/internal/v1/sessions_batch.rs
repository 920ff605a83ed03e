//! `/v1/sites/{site_id}/sessions:batch`: book many sessions in one commit, each answered for itself.

use std::collections::BTreeSet;

use axum::Extension;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

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
use crate::web::internal::state::Internal;
use crate::web::internal::v1::answer;
use crate::web::internal::v1::sessions::PutSession;
use crate::web::internal::v1::sessions::SessionBody;
use crate::web::problem::FieldError;
use crate::web::problem::Problem;

/// The most sessions of one batch.
const MOST: usize = 100;

/// Sessions as they are put.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PutSessions {
    sessions: Vec<Object<PutOne>>,
}

/// A session with its id, and the fields of [`PutSession`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PutOne {
    session_id: String,
    service_id: String,
    #[serde(default)]
    staff_ids: Vec<String>,
    title: String,
    starts_at: Timestamp,
    duration_minutes: u16,
    time_zone: String,
}

/// What became of each, in the order asked.
#[derive(Debug, Serialize)]
pub(super) struct Results<P> {
    results: Vec<OneResult<P>>,
}

#[derive(Debug, Serialize)]
struct OneResult<P> {
    session_id: String,
    status: u16,
    #[serde(flatten)]
    outcome: Outcome<P>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome<P> {
    Session(Box<SessionBody>),
    Problem(P),
}

pub(super) async fn put(
    on: OnSite<needs::LinksWrite>,
    State(state): State<Internal>,
    (_, PreferWait(wait)): (Query<NoParameters>, PreferWait),
    Extension(request): Extension<RequestId>,
    Json(body): BatchJson<PutSessions>,
) -> Result<Answer<Results<impl Serialize + use<>>>, Problem> {
    let books = body.books()?;
    let wait = wait.unwrap_or(state.gateway.settings.minting.default_wait);
    let booked = booking::put_all(&state.gateway, on.site.id(), &books, wait).await?;
    let answered = answered(booked, &state).into_iter();
    let results = books.iter().zip(answered).map(|(book, answered)| {
        let (status, outcome) = match answered {
            Ok((status, session)) => (status, Outcome::Session(Box::new(session))),
            Err(problem) => (problem.code().status(), Outcome::Problem(problem.body(&request))),
        };
        OneResult { session_id: book.session.as_str().into(), status: status.as_u16(), outcome }
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
