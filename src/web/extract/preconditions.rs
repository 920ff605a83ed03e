//! Takes what a caller prefers and presupposes: `If-Match` and `Prefer: wait` (RFC 9110, RFC 7240).

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::HeaderName;
use axum::http::header;
use axum::http::request::Parts;
use utoipa::IntoParams;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::path::ParameterIn;

use crate::web::schema;

/// The longest wait a caller may ask for (contract.md section 3, Sessions).
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Which revision a caller presupposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// The caller does not say.
    Any,
    /// `*`: the resource must exist, whatever its revision.
    Exists,
    /// One of these revisions. What is not one of our tags matches nothing: empty, if none is ours.
    OneOf(Vec<u64>),
}

impl IfMatch {
    /// Whether a resource at this revision, or one that is not there, is what the caller presupposes.
    pub fn admits(&self, revision: Option<u64>) -> bool {
        match self {
            Self::Any => true,
            Self::Exists => revision.is_some(),
            Self::OneOf(revisions) => revision.is_some_and(|revision| revisions.contains(&revision)),
        }
    }

    fn parse(headers: &HeaderMap) -> Self {
        let mut tags = Vec::new();
        for value in headers.get_all(header::IF_MATCH) {
            tags.extend(value.to_str().unwrap_or("\"\"").split(',').map(str::trim));
        }
        match *tags {
            [] => Self::Any,
            ["*"] => Self::Exists,
            _ => Self::OneOf(tags.into_iter().filter_map(revision).collect()),
        }
    }
}

/// Reads a strong tag of ours, `"7"`. Weak ones never match (RFC 9110 section 13.1.1).
fn revision(tag: &str) -> Option<u64> {
    tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(&parts.headers))
    }
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "The revision that the caller presupposes, as the ETag of an earlier answer says it; `*`: any, \
                           but there must be one. Anything else matches nothing.";
        vec![schema::header("If-Match", description, schema::header_text("entity-tags", "\"3\""))]
    }
}

/// How long the caller prefers to wait: `Prefer: wait=<seconds>`, at most 30; none where it does not say.
///
/// A preference that cannot be read is ignored, as RFC 7240 section 2 asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PreferWait(pub Option<Duration>);

impl PreferWait {
    fn parse(headers: &HeaderMap) -> Self {
        let values = headers.get_all(HeaderName::from_static("prefer")).iter();
        let mut preferences = values.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(','));
        Self(preferences.find_map(wait).map(|wait| wait.min(LONGEST_WAIT)))
    }
}

impl IntoParams for PreferWait {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "`wait=<seconds>`: how long the answer may wait for the meeting (RFC 7240), from 0 to 30. What cannot \
                           be read is ignored.";
        vec![schema::header("Prefer", description, schema::header_text("preferences", "wait=5"))]
    }
}

fn wait(preference: &str) -> Option<Duration> {
    let (name, value) = preference.split(';').next()?.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("wait") {
        return None;
    }
    let digits = value.trim().trim_matches('"');
    let seconds = digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(digits)?;
    (!seconds.is_empty()).then(|| Duration::from_secs(seconds.parse().unwrap_or(u64::MAX)))
}

impl<S: Send + Sync> FromRequestParts<S> for PreferWait {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(name: &'static str, values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn if_match_admits_only_what_it_names() {
        let table: [(&[&'static str], IfMatch); 7] = [
            (&[], IfMatch::Any),
            (&["*"], IfMatch::Exists),
            (&["\"7\""], IfMatch::OneOf(vec![7])),
            (&["\"7\", \"8\"", "\"9\""], IfMatch::OneOf(vec![7, 8, 9])),
            (&["W/\"7\""], IfMatch::OneOf(vec![])),
            (&["7"], IfMatch::OneOf(vec![])),
            (&[""], IfMatch::OneOf(vec![])),
        ];
        for (values, expected) in table {
            assert_eq!(IfMatch::parse(&headers("if-match", values)), expected, "{values:?}");
        }
        assert!(!IfMatch::Exists.admits(None));
        assert!(IfMatch::OneOf(vec![7]).admits(Some(7)));
        assert!(!IfMatch::OneOf(vec![]).admits(Some(7)));
    }

    #[test]
    fn a_wait_is_read_bounded_and_else_ignored() {
        let table: [(&[&'static str], Option<u64>); 9] = [
            (&[], None),
            (&["wait=0"], Some(0)),
            (&["wait=7"], Some(7)),
            (&["respond-async, Wait = \"7\""], Some(7)),
            (&["wait=7; foo=bar"], Some(7)),
            (&["wait=31"], Some(30)),
            (&["wait=99999999999999999999999"], Some(30)),
            (&["wait=-1"], None),
            (&["wait="], None),
        ];
        for (values, seconds) in table {
            let expected = PreferWait(seconds.map(Duration::from_secs));
            assert_eq!(PreferWait::parse(&headers("prefer", values)), expected, "{values:?}");
        }
    }
}
