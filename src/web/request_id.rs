//! Owns how a request gets its name: the caller's, if it fits, else a fresh one (contract.md section 2).

use axum::http::HeaderMap;
use axum::http::HeaderName;
use axum::http::HeaderValue;

use crate::domain::id::RequestId;

/// The header that names a request, in both directions.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The caller's name for the request, if it is one and fits, else a fresh one.
pub(in crate::web) fn of(headers: &HeaderMap) -> RequestId {
    let mut given = headers.get_all(X_REQUEST_ID).iter();
    match (given.next(), given.next()) {
        (Some(only), None) => only.to_str().ok().and_then(|text| RequestId::parse(text).ok()),
        _ => None,
    }
    .unwrap_or_else(fresh)
}

/// The header's value.
pub(in crate::web) fn value(request: &RequestId) -> HeaderValue {
    HeaderValue::from_str(request.as_str()).expect("the id alphabet is a part of ASCII")
}

fn fresh() -> RequestId {
    RequestId::parse(&uuid::Uuid::now_v7().to_string()).expect("a UUID is in the id alphabet")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_callers_name_is_kept_only_where_it_fits() {
        let mut headers = HeaderMap::new();
        assert_eq!(of(&headers).as_str().len(), 36);
        headers.insert(X_REQUEST_ID, HeaderValue::from_static("r-1"));
        assert_eq!(of(&headers).as_str(), "r-1");
        headers.append(X_REQUEST_ID, HeaderValue::from_static("r-2"));
        assert_ne!(of(&headers).as_str(), "r-1");
        headers.insert(X_REQUEST_ID, HeaderValue::from_static("not fit: a/b"));
        assert_eq!(of(&headers).as_str().len(), 36);
    }
}
