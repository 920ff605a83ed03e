//! What came of each webhook is counted.

use reqwest::StatusCode;
use serde_json::json;

use crate::gateway::webhooks::meeting_event;
use crate::gateway::webhooks::signature;
use crate::gateway::world::Backend;
use crate::gateway::world::World;

/// Why a webhook may be refused.
const REFUSALS: [&str; 7] = [
    "bad_signature",
    "too_large",
    "request_timeout",
    "malformed_json",
    "overloaded",
    "store_unavailable",
    "internal",
];

pub(crate) async fn counted(world: &World, outcome: &str, reason: &str) -> Option<f64> {
    let labels = format!("outcome=\"{outcome}\",reason=\"{reason}\"");
    world.scrape().await.of(&format!("greenroom_webhooks_total{{{labels}}}"))
}

#[tokio::test]
async fn r38_webhooks_are_counted_by_what_came_of_them() {
    let world = World::start(Backend::Embedded).await;
    let kinds = ["stored", "duplicate", "unknown_event", "challenge"];
    for kind in kinds {
        assert_eq!(counted(&world, kind, "").await, Some(0.0), "{kind}");
    }
    for reason in REFUSALS {
        assert_eq!(counted(&world, "refused", reason).await, Some(0.0), "{reason}");
    }
    let known = meeting_event("meeting.deleted", "organisation", (&json!("123"), 1_700_000_000_000));
    let unknown = meeting_event("meeting.sharing_started", "organisation", (&json!("123"), 1));
    let challenge =
        json!({"event": "endpoint.url_validation", "payload": {"plainToken": "abc"}, "event_ts": 1});
    for body in [&known, &known, &known, &unknown, &challenge.to_string()] {
        assert_eq!(world.tell(body).await.status, StatusCode::OK, "{body}");
    }
    let seconds = world.seconds();
    let forged = (&*seconds, &*signature("another", &seconds, &known));
    assert_eq!(world.tell_signed(forged, &known).await.status, StatusCode::UNAUTHORIZED);
    let large = "a".repeat((1 << 20) + 1);
    assert_eq!(world.tell(&large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    for (kind, count) in kinds.into_iter().zip([1.0, 2.0, 1.0, 1.0]) {
        assert_eq!(counted(&world, kind, "").await, Some(count), "{kind}");
    }
    for reason in ["bad_signature", "too_large"] {
        assert_eq!(counted(&world, "refused", reason).await, Some(1.0), "{reason}");
    }
}

#[tokio::test]
async fn r38_a_webhook_that_cannot_be_kept_is_counted_as_refused() {
    let world = World::start(Backend::Redis).await;
    let server = world.redis.as_ref().unwrap();
    server.pause();
    let known = meeting_event("meeting.deleted", "organisation", (&json!("123"), 1_700_000_000_000));
    assert_eq!(world.tell(&known).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(counted(&world, "refused", "store_unavailable").await, Some(1.0));
    server.resume();
}
