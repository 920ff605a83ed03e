//! Owns `Retry-After`, in the two forms of RFC 9110 and the one that Zoom adds (zoom/facts.md 4). Refuses to park anybody for ever.

use std::time::Duration;

use http::HeaderMap;
use http::header::RETRY_AFTER;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use crate::domain::meeting::after;

/// No limit lasts longer than a day (Zoom's are a day's at most); an hour more for clocks that differ.
const LONGEST: Duration = Duration::from_hours(25);

/// Reads `Retry-After`: seconds, an HTTP date or ISO 8601. Never in the past, never beyond [`LONGEST`].
pub(in crate::providers) fn parse_retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let until = parse_seconds(text, now).or_else(|| text.parse().ok()).or_else(|| parse_http_date(text))?;
    Some(until.clamp(after(now, Duration::from_secs(1)), after(now, LONGEST)))
}

fn parse_seconds(text: &str, now: Timestamp) -> Option<Timestamp> {
    text.parse().ok().map(|seconds| after(now, Duration::from_secs(seconds)))
}

fn parse_http_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn every_form_of_retry_after_is_read() {
        let now = at("2026-11-22T13:00:00Z");
        let cases = [
            ("120", Some("2026-11-22T13:02:00Z")),
            ("2026-11-23T00:00:00Z", Some("2026-11-23T00:00:00Z")),
            ("Mon, 23 Nov 2026 00:00:00 GMT", Some("2026-11-23T00:00:00Z")),
            ("0", Some("2026-11-22T13:00:01Z")),
            ("2020-05-31T00:00:00Z", Some("2026-11-22T13:00:01Z")),
            ("2099-01-01T00:00:00Z", Some("2026-11-23T14:00:00Z")),
            ("18446744073709551615", Some("2026-11-23T14:00:00Z")),
            ("-5", None),
            ("soon", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
            assert_eq!(parse_retry_after(&headers, now), expected.map(at), "{text}");
        }
        assert_eq!(parse_retry_after(&HeaderMap::new(), now), None);
    }
}
