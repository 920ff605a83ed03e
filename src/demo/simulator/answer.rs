//! Owns the shape of Zoom's answers: JSON or empty, REST errors and OAuth errors.

use axum::Json;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use crate::demo::simulator::operation::Operation;

/// An answer before it goes out; as the `Err` of a result it is a refusal.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// `None` is an empty body.
    pub(super) body: Option<Value>,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// What it tells of, for the ledger.
    pub(super) subject: Subject,
}

/// What an answer tells of.
#[derive(Clone)]
pub(super) enum Subject {
    /// No meeting in particular.
    General,
    /// This meeting.
    Meeting(u64),
    /// A page of a list.
    Page(Box<ListPage>),
}

/// A page of a list.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct ListPage {
    /// Which list, counted from the first.
    pub(super) list: u64,
    /// Which page of it.
    pub(super) number: usize,
    /// How many meetings the list held when the page was turned.
    pub(super) total: usize,
}

/// Says of a response that goes out which meeting it tells of.
#[derive(Debug, Clone, Copy)]
pub(super) struct TellsOf(pub(super) u64);

/// One entry of `errors` in a 300.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldError {
    pub(super) field: String,
    pub(super) message: String,
}

impl FieldError {
    /// "Invalid field.", Zoom's usual words.
    pub(super) fn invalid(field: impl Into<String>) -> Self {
        Self { field: field.into(), message: "Invalid field.".to_owned() }
    }
}

impl Answer {
    /// A JSON answer.
    pub(super) fn json(status: StatusCode, body: Value) -> Self {
        Self { status, body: Some(body), headers: Vec::new(), subject: Subject::General }
    }

    /// A success without a body, as updates and deletions have it.
    pub(super) fn no_content() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: None, headers: Vec::new(), subject: Subject::General }
    }

    /// A REST error (zoom/facts.md 3).
    pub(super) fn refusal(status: StatusCode, code: u32, message: impl Into<String>) -> Self {
        Self::json(status, json!({"code": code, "message": message.into()}))
    }

    /// "Validation Failed." with the fields at fault.
    pub(super) fn invalid(errors: &[FieldError]) -> Self {
        let errors: Vec<Value> =
            errors.iter().map(|error| json!({"field": error.field, "message": error.message})).collect();
        Self::json(
            StatusCode::BAD_REQUEST,
            json!({"code": 300, "message": "Validation Failed.", "errors": errors}),
        )
    }

    /// "Meeting does not exist": deleted, expired, or never there.
    pub(super) fn no_meeting(id: u64) -> Self {
        Self::refusal(StatusCode::NOT_FOUND, 3001, format!("Meeting does not exist: {id}."))
    }

    /// "User does not exist": removed, deactivated, or in another account.
    pub(super) fn no_user(id: &str) -> Self {
        Self::refusal(StatusCode::NOT_FOUND, 1001, format!("User does not exist: {id}."))
    }

    /// "Does not contain scopes", naming the granular ones.
    pub(super) fn missing_scopes(code: u32, operation: Operation) -> Self {
        let granular = operation.scopes().map_or("", |(granular, _)| granular);
        let message =
            format!("Invalid access token, does not contain scopes:[{granular}, {granular}:admin].");
        Self::refusal(StatusCode::BAD_REQUEST, code, message)
    }

    /// An OAuth error, with `reason` where others write `error_description` (zoom/facts.md 1.6).
    pub(super) fn oauth(reason: &str, error: &str) -> Self {
        Self::json(StatusCode::BAD_REQUEST, json!({"reason": reason, "error": error}))
    }

    /// The same answer, about a meeting.
    pub(super) fn about(self, meeting: u64) -> Self {
        Self { subject: Subject::Meeting(meeting), ..self }
    }

    /// The same answer, as a page of a list.
    pub(super) fn on(self, page: ListPage) -> Self {
        Self { subject: Subject::Page(Box::new(page)), ..self }
    }

    /// The same answer with a header more.
    pub(super) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((HeaderName::from_static(name), value));
        }
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = match self.body {
            Some(body) => (self.status, Json(body)).into_response(),
            None => self.status.into_response(),
        };
        response.headers_mut().extend(self.headers);
        if let Subject::Meeting(meeting) = self.subject {
            response.extensions_mut().insert(TellsOf(meeting));
        }
        response
    }
}
