//! Takes ids out of the path and parameters out of the query (contract.md section 2).

use axum::RequestPartsExt;
use axum::extract::FromRequestParts;
use axum::extract::RawPathParams;
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::path::ParameterIn;

use crate::domain::id::InvalidId;
use crate::domain::id::ServiceId;
use crate::domain::id::SessionId;
use crate::domain::id::StaffId;
use crate::web::problem::Code;
use crate::web::problem::Problem;
use crate::web::schema;

/// An id that may be taken out of a path. A site is none: it comes from [`OnSite`](crate::web::auth::OnSite), checked.
pub trait PathParameter: Sized {
    /// Its name in the route: `{session_id}`.
    const NAME: &'static str;

    /// Reads it.
    fn parse(text: &str) -> Result<Self, InvalidId>;
}

macro_rules! path_parameter {
    ($($id:ident = $name:literal),*) => {$(
        impl PathParameter for $id {
            const NAME: &'static str = $name;

            fn parse(text: &str) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }
    )*};
}

path_parameter!(ServiceId = "service_id", SessionId = "session_id", StaffId = "staff_id");

/// An id out of the path: `PathId(session): PathId<SessionId>`. Refuses with 400 `invalid_id`.
#[derive(Debug, Clone)]
pub struct PathId<T>(pub T);

impl<S: Send + Sync, T: PathParameter> FromRequestParts<S> for PathId<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let text = raw_parameter(parts, T::NAME).await?;
        T::parse(&text).map(Self).map_err(|error| invalid_id(T::NAME, error))
    }
}

impl<T: PathParameter> IntoParams for PathId<T> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![schema::path_id(T::NAME)]
    }
}

/// The text of a path parameter, percent-decoded; the route must have it.
pub(in crate::web) async fn raw_parameter(parts: &mut Parts, name: &str) -> Result<String, Problem> {
    let parameters = parts.extract::<RawPathParams>().await.map_err(|rejection| {
        // Whichever is asked for, the one that is not UTF-8 is named: "Invalid UTF-8 in `staff_id`".
        let text = rejection.body_text();
        invalid_id(text.split('`').nth(1).unwrap_or(name), InvalidId)
    })?;
    let found = parameters.iter().find(|(given, _)| *given == name).map(|(_, text)| text.to_owned());
    found.ok_or_else(|| {
        tracing::error!(parameter = name, "route lacks a path parameter that its handler asks for");
        Problem::internal()
    })
}

/// An id in the path that cannot be one.
pub(in crate::web) fn invalid_id(name: &str, error: InvalidId) -> Problem {
    Problem::new(Code::InvalidId, format!("Correct {name}: {error}."))
}

/// The query as `T`, which must refuse unknown parameters (`#[serde(deny_unknown_fields)]`).
///
/// Refuses with 400 `invalid_query`.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

/// A query that has no parameters.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoParameters {}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match axum::extract::Query::try_from_uri(&parts.uri) {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(rejection) => Err(invalid_query(&rejection.body_text())),
        }
    }
}

fn invalid_query(text: &str) -> Problem {
    let reason = text.rsplit_once("query string: ").map_or(text, |(_, reason)| reason);
    Problem::new(Code::InvalidQuery, format!("Correct the query: {reason}."))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Page {
        limit: Option<u8>,
    }

    async fn query(uri: &str) -> Result<Option<u8>, Problem> {
        let (mut parts, ()) = Request::get(uri).body(()).unwrap().into_parts();
        Query::<Page>::from_request_parts(&mut parts, &()).await.map(|Query(page)| page.limit)
    }

    #[tokio::test]
    async fn unknown_bad_and_repeated_parameters_are_named() {
        assert_eq!(query("/").await.unwrap(), None);
        assert_eq!(query("/?limit=7").await.unwrap(), Some(7));
        for (uri, named) in [("/?limit=x", "limit"), ("/?more=1", "more"), ("/?limit=1&limit=2", "limit")] {
            let problem = query(uri).await.unwrap_err();
            assert_eq!(problem.code(), Code::InvalidQuery);
            assert!(problem.detail().contains(named), "{uri}: {}", problem.detail());
        }
    }
}
