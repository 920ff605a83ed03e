//! What Zoom does to a create on a bad day, drawn by chance.

use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use crate::support::dice::Dice;
use crate::support::shift_clock::ShiftClock;

/// How late a create may be carried out.
const LATEST_SECONDS: usize = 90;
/// How late a list may show a meeting.
pub(super) const LONGEST_LAG_SECONDS: usize = 120;

/// Kinds of bad days.
pub(super) struct Day;

impl Day {
    pub(super) fn lost(_: &mut Dice) -> Value {
        json!({"kind": "process_then_drop"})
    }

    pub(super) fn late(dice: &mut Dice) -> Value {
        json!({"kind": "late_commit", "seconds": dice.below(LATEST_SECONDS + 1)})
    }

    pub(super) fn failing_after(dice: &mut Dice) -> Value {
        let bodies = [
            ("", "text/plain"),
            ("{\"code\":5000,\"message\":\"Sorry.\"}", "application/json"),
            ("<html>Bad Gateway</html>", "text/html"),
            ("<?xml version=\"1.0\"?><Error/>", "text/xml"),
        ];
        let (body, content_type) = dice.one_of(&bodies);
        let status = dice.one_of(&[500, 502, 503, 504]);
        json!({"kind": "process_then_status", "status": status, "body": body, "content_type": content_type})
    }

    pub(super) fn truncated(_: &mut Dice) -> Value {
        json!({"kind": "truncated_body"})
    }

    pub(super) fn html(dice: &mut Dice) -> Value {
        let kind = dice.one_of(&["process_then_status", "status"]);
        let body = "<html><body>Signed in.</body></html>";
        json!({"kind": kind, "status": 200, "body": body, "content_type": "text/html"})
    }

    pub(super) fn dropped(_: &mut Dice) -> Value {
        json!({"kind": "drop_before"})
    }

    pub(super) fn anything(dice: &mut Dice) -> Value {
        let days = [Self::lost, Self::late, Self::failing_after, Self::truncated, Self::html, Self::dropped];
        dice.one_of(&days)(dice)
    }
}

const A_SECOND: &str = "You have reached the maximum per-second rate limit for this API. Try again later.";
const A_DAY: &str = "You have reached the maximum daily rate limit for this API. \
     Refer to the response header for details on when you can make another request.";
const OF_HOST: &str = "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests \
     permitted for this particular user. You may resume these requests at GMT 00:00:00.";

/// A 429 of any of the three kinds, with `Retry-After` in any of its forms or without, with other headers or without.
pub(super) fn limit(dice: &mut Dice, clock: &ShiftClock) -> Value {
    let (message, kind) = dice.one_of(&[(A_SECOND, "QPS"), (A_DAY, "Daily-limit"), (OF_HOST, "")]);
    let seconds = 1 + dice.below(7_200);
    let until = clock.now() + Duration::from_secs(u64::try_from(seconds).unwrap());
    let mut headers = serde_json::Map::new();
    if let Some(text) = retry_after(dice, seconds, until) {
        headers.insert("retry-after".into(), json!(text));
    }
    if !kind.is_empty() && dice.coin() {
        headers.insert("x-ratelimit-type".into(), json!(kind));
        headers.insert("x-ratelimit-category".into(), json!("Light"));
    }
    let body = json!({"code": 429, "message": message}).to_string();
    json!({"kind": "status", "status": 429, "body": body, "headers": headers})
}

fn retry_after(dice: &mut Dice, seconds: usize, until: Timestamp) -> Option<String> {
    match dice.below(4) {
        0 => Some(seconds.to_string()),
        1 => Some(until.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()),
        2 => Some(until.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        _ => None,
    }
}
