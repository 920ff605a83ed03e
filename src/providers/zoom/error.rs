//! Owns what an answer of Zoom's REST API that is no success means (zoom/facts.md 3 and 4). Decides no retry.
//!
//! It looks at status and code, never at texts, but for one: the limit of 100 calls a day has no other sign. What
//! is not Zoom's JSON comes from an edge before it and says nothing about the request (correctness.md section 2).

use jiff::Timestamp;

use crate::app::ports::provider::CallError;
use crate::app::ports::provider::LimitOf;
use crate::app::ports::provider::ProviderError;
use crate::domain::account::LapseReason;
use crate::domain::budget::next_midnight;
use crate::providers::http::Answer;
use crate::providers::http::Unanswered;
use crate::providers::retry_after::parse_retry_after;
use crate::providers::zoom::wire;

/// Why a REST call gave nothing that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The access token does not work.
    Token,
    /// The consent lacks a permission.
    Scopes,
    /// The user is gone, or not in that organisation any more.
    User,
    /// The user may host no meetings.
    Unlicensed,
    /// The meeting is gone.
    Gone,
    /// Refused for good, as it stands.
    Rejected { status: u16, code: Option<i64> },
    /// Too many requests a second.
    RateLimited { until: Option<Timestamp> },
    /// The calls of the day are spent.
    DailyLimit { until: Timestamp, of: LimitOf },
    /// Certainly not executed.
    NotExecuted(CallError),
    /// Perhaps executed.
    Ambiguous(CallError),
}

/// Names what an answer without success means.
///
/// A 429 is a limit whatever its body: who refuses for the rate has not executed. 3161, a user without a licence
/// to host, is none of the consent: another one would bring back the same user, and the tokens work.
pub(super) fn classify(answer: &Answer, now: Timestamp) -> Failure {
    let status = answer.status.as_u16();
    let error = parse_error(answer);
    if status == 429 {
        return limit(answer, error.and_then(|error| error.message).as_deref().unwrap_or_default(), now);
    }
    let (Some(error), true) = (error, answer.status.is_client_error()) else {
        return Failure::Ambiguous(CallError::Status(status));
    };
    match (status, error.code) {
        (400 | 401, Some(4700 | 4711)) | (401, Some(201)) => Failure::Scopes,
        (400 | 401 | 404, Some(1001 | 1010 | 1120 | 4735)) => Failure::User,
        (400, Some(124)) | (401, _) => Failure::Token,
        (400, Some(3161)) => Failure::Unlicensed,
        (404, Some(3001)) => Failure::Gone,
        (_, code) => Failure::Rejected { status, code },
    }
}

/// The code of an error, for a log.
pub(super) fn code_of(answer: &Answer) -> Option<i64> {
    parse_error(answer).and_then(|error| error.code)
}

/// Reads Zoom's own error; `None` for what somebody else wrote.
fn parse_error(answer: &Answer) -> Option<wire::RestError> {
    let error: wire::RestError = wire::parse(&answer.body)?;
    (error.code.is_some() || error.message.is_some()).then_some(error)
}

/// Tells the three limits apart. That of 100 calls a day for a host ends at midnight and carries no header that
/// says so; that of the organisation says when in `Retry-After`.
fn limit(answer: &Answer, message: &str, now: Timestamp) -> Failure {
    let retry_after = parse_retry_after(&answer.headers, now);
    let kind = answer.headers.get("x-ratelimit-type").and_then(|kind| kind.to_str().ok());
    let is_daily = kind.is_some_and(|kind| kind.eq_ignore_ascii_case("daily-limit"));
    if message.starts_with("You have exceeded the daily rate limit") {
        Failure::DailyLimit { until: next_midnight(now), of: LimitOf::Host }
    } else if is_daily || message.contains("maximum daily rate limit") {
        let until = retry_after.unwrap_or_else(|| next_midnight(now));
        Failure::DailyLimit { until, of: LimitOf::Organisation }
    } else {
        Failure::RateLimited { until: retry_after }
    }
}

impl From<Unanswered> for Failure {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::NotSent(error) => Self::NotExecuted(error),
            Unanswered::Lost(error) => Self::Ambiguous(error),
        }
    }
}

impl From<Failure> for ProviderError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Token => Self::TokenRefused,
            Failure::Scopes => Self::Reauthorize(LapseReason::MissingScopes),
            Failure::User => Self::Reauthorize(LapseReason::UserGone),
            Failure::Unlicensed => Self::MayNotHost,
            Failure::Gone => Self::Gone,
            Failure::Rejected { status, code } => Self::Rejected { status, code },
            Failure::RateLimited { until } => Self::RateLimited { until },
            Failure::DailyLimit { until, of } => Self::DailyLimit { until, of },
            Failure::NotExecuted(error) => Self::NotExecuted(error),
            Failure::Ambiguous(error) => Self::Ambiguous(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;
    use http::HeaderValue;
    use http::StatusCode;
    use zeroize::Zeroizing;

    use super::*;

    const PER_SECOND: &str = r#"{"code":429,"message":"You have reached the maximum per-second rate limit for this API. Try again later."}"#;
    const OF_THE_DAY: &str = r#"{"code":429,"message":"You have reached the maximum daily rate limit for this API. Refer to the response header for details on when you can make another request."}"#;
    const OF_THE_HOST: &str = r#"{"code":429,"message":"You have exceeded the daily rate limit (100) of Meeting Create/Update API requests permitted for this particular user. You may resume these requests at GMT 00:00:00."}"#;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Answer {
        let header = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers.iter().map(header).collect(),
            body: Zeroizing::new(body.as_bytes().to_vec()),
        }
    }

    fn classified(status: u16, body: &str) -> Failure {
        classify(&answer(status, &[], body), at("2026-11-22T13:00:00Z"))
    }

    #[test]
    fn every_code_has_its_class_by_its_status() {
        let rejected = |status, code| Failure::Rejected { status, code: Some(code) };
        let cases = [
            (401, 124, Failure::Token),
            (400, 124, Failure::Token),
            (401, 200, Failure::Token),
            (401, 201, Failure::Scopes),
            (400, 201, rejected(400, 201)),
            (400, 4711, Failure::Scopes),
            (401, 4711, Failure::Scopes),
            (400, 4700, Failure::Scopes),
            (401, 4700, Failure::Scopes),
            (404, 1001, Failure::User),
            (400, 1010, Failure::User),
            (404, 1010, Failure::User),
            (400, 1120, Failure::User),
            (400, 4735, Failure::User),
            (401, 4735, Failure::User),
            (404, 3001, Failure::Gone),
            (400, 3001, rejected(400, 3001)),
            (404, 300, rejected(404, 300)),
            (400, 300, rejected(400, 300)),
            (400, 200, rejected(400, 200)),
            (403, 200, rejected(403, 200)),
            (400, 3000, rejected(400, 3000)),
            (400, 3002, rejected(400, 3002)),
            (400, 3003, rejected(400, 3003)),
            (400, 3007, rejected(400, 3007)),
            (400, 3018, rejected(400, 3018)),
            (400, 3037, rejected(400, 3037)),
            (400, 3161, Failure::Unlicensed),
            (409, 409, rejected(409, 409)),
            (500, 124, Failure::Ambiguous(CallError::Status(500))),
            (503, 3001, Failure::Ambiguous(CallError::Status(503))),
        ];
        for (status, code, expected) in cases {
            let body = format!(r#"{{"code":{code},"message":"Sorry."}}"#);
            assert_eq!(classified(status, &body), expected, "{status} {code}");
        }
    }

    #[test]
    fn an_error_without_a_code_is_a_rejection_where_zoom_wrote_it() {
        let denied = r#"{"message":"Access to the Zoom REST API has been denied for this user."}"#;
        assert_eq!(classified(400, denied), Failure::Rejected { status: 400, code: None });
        assert_eq!(classified(403, denied), Failure::Rejected { status: 403, code: None });
    }

    #[test]
    fn what_zoom_did_not_write_says_nothing_about_the_request() {
        for (status, body) in [
            (400, "<html>Bad Request</html>"),
            (401, ""),
            (403, "<?xml version=\"1.0\"?><Error/>"),
            (404, "<html>Not Found</html>"),
            (404, "{}"),
            (404, "[3001]"),
            (404, r#"{"code":3001,"mess"#),
            (302, r#"{"code":300,"message":"Moved."}"#),
            (502, "<html>Bad Gateway</html>"),
        ] {
            assert_eq!(classified(status, body), Failure::Ambiguous(CallError::Status(status)), "{body}");
        }
    }

    #[test]
    fn the_three_limits_are_told_apart() {
        let now = at("2026-11-22T13:00:00Z");
        let midnight = at("2026-11-23T00:00:00Z");
        let daily = Failure::DailyLimit { until: midnight, of: LimitOf::Organisation };
        let of_host = Failure::DailyLimit { until: midnight, of: LimitOf::Host };
        let qps = ("x-ratelimit-type", "QPS");
        let of_day = ("x-ratelimit-type", "Daily-limit");
        let cases = [
            (vec![qps], PER_SECOND, Failure::RateLimited { until: None }),
            (
                vec![qps, ("retry-after", "2")],
                PER_SECOND,
                Failure::RateLimited { until: Some(at("2026-11-22T13:00:02Z")) },
            ),
            (vec![of_day, ("retry-after", "2026-11-23T00:00:00Z")], OF_THE_DAY, daily.clone()),
            (vec![of_day, ("retry-after", "Mon, 23 Nov 2026 00:00:00 GMT")], "", daily.clone()),
            (vec![of_day], OF_THE_DAY, daily.clone()),
            (vec![], OF_THE_DAY, daily),
            (vec![("x-ratelimit-remaining", "5893")], OF_THE_HOST, of_host.clone()),
            (vec![qps, ("retry-after", "1")], OF_THE_HOST, of_host),
            (vec![], "<html>Too Many Requests</html>", Failure::RateLimited { until: None }),
        ];
        for (headers, body, expected) in cases {
            assert_eq!(classify(&answer(429, &headers, body), now), expected, "{headers:?} {body}");
        }
    }
}
