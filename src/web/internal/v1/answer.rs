//! Owns how resources are answered: status, `ETag`, body.

use axum::Json;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Serialize;

use crate::app::presupposed::Presupposed;
use crate::app::sites::Put;
use crate::domain::account::Revision;
use crate::web::extract::IfMatch;

/// A resource with its revision.
#[derive(Debug)]
pub(super) struct Resource<T> {
    pub(super) status: StatusCode,
    pub(super) revision: Revision,
    pub(super) body: T,
}

impl<T> Resource<T> {
    /// What was read.
    pub(super) fn found(revision: Revision, body: T) -> Self {
        Self { status: StatusCode::OK, revision, body }
    }

    /// What was put: 201 where there was none, else 200.
    pub(super) fn put(put: Put, revision: Revision, body: T) -> Self {
        Self { status: status(put), revision, body }
    }
}

/// 201 for what was put where there was none, else 200.
pub(super) const fn status(put: Put) -> StatusCode {
    match put {
        Put::Created => StatusCode::CREATED,
        Put::Replaced => StatusCode::OK,
    }
}

impl<T: Serialize> IntoResponse for Resource<T> {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", self.revision)) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

/// What the caller presupposes, in the use cases' words.
pub(super) fn presupposed(if_match: IfMatch) -> Presupposed {
    match if_match {
        IfMatch::Any => Presupposed::Anything,
        IfMatch::Exists => Presupposed::Existence,
        IfMatch::OneOf(revisions) => Presupposed::OneOf(revisions.into_iter().map(Revision).collect()),
    }
}
