//! Zoom is down, slow or makes no sense: the session is accepted, says why it waits, and heals (R27, R28).

use std::time::Duration;

use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::world::Backend;
use crate::gateway::world::World;

/// The session is ready in the end, with the one meeting there is.
async fn heals(world: &World, session: &str) -> Value {
    world.until("the session heals", async || world.link(session, "staff").await["status"] == "ready").await;
    let link = world.link(session, "staff").await;
    let meetings = world.meetings().await;
    assert_eq!(meetings.len(), 1, "{meetings:?}");
    assert_eq!(meetings[0]["id"].to_string(), link["meeting_id"].as_str().unwrap());
    link
}

#[rstest]
#[case::html(json!({"kind": "html"}))]
#[case::refused_before(json!({"kind": "drop_before"}))]
#[case::failing(json!({"kind": "status", "status": 503, "body": "{}", "content_type": "application/json"}))]
#[case::lost_reply(json!({"kind": "process_then_drop"}))]
#[case::failing_after(json!({"kind": "process_then_status", "status": 500}))]
#[case::truncated(json!({"kind": "truncated_body"}))]
#[tokio::test]
async fn a_create_whose_answer_makes_no_sense_ends_with_one_meeting(#[case] fault: Value) {
    let world = World::connected(Backend::Embedded).await;
    world.fault("meetings.create", 1, fault).await;
    let booked = world.book("s-1", "yoga", &["ana"]).await;
    assert_eq!(booked.status, StatusCode::CREATED);
    let link = &booked.body["link"];
    let told = (&link["status"], &link["reason"]);
    assert_eq!(told, (&json!("pending"), &json!("provider_unavailable")), "{link}");
    let (status, _, _) = world.join(link).await;
    assert_eq!(status, StatusCode::OK);
    let healed = heals(&world, "s-1").await;
    assert_eq!(healed["join_url"], link["join_url"]);
}

#[rstest]
#[case::limited(
    json!({"kind": "status", "status": 429, "content_type": "application/json",
        "body": "{\"code\":429,\"message\":\"You have reached the maximum per-second rate limit for this API. Try again later.\"}",
        "headers": {"Retry-After": "3"}}),
    "provider_rate_limited"
)]
#[case::spent(
    json!({"kind": "status", "status": 429, "content_type": "application/json",
        "body": "{\"code\":429,\"message\":\"You have exceeded the daily rate limit (100) of Meeting Create/Update API requests permitted for this particular user. You may resume these requests at GMT 00:00:00.\"}"}),
    "daily_limit_reached"
)]
#[tokio::test]
async fn a_limit_says_until_when_it_lasts_and_costs_no_attempt(#[case] fault: Value, #[case] reason: &str) {
    let world = World::connected(Backend::Embedded).await;
    world.fault("meetings.create", 1, fault).await;
    let link = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    assert_eq!((&link["status"], &link["reason"]), (&json!("pending"), &json!(reason)));
    assert!(link["retry_at"].is_string(), "{link}");
    world.clock.advance(Duration::from_hours(24));
    heals(&world, "s-1").await;
    assert_eq!(world.creates().await, 1);
}

#[tokio::test]
async fn what_zoom_refuses_for_good_is_failed_until_something_else_is_wanted() {
    let world = World::connected(Backend::Embedded).await;
    let refusal = json!({"kind": "status", "status": 400, "content_type": "application/json",
        "body": "{\"code\":300,\"message\":\"Validation Failed.\"}"});
    world.fault("meetings.create", 1, refusal).await;
    let link = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    assert_eq!((&link["status"], &link["reason"]), (&json!("failed"), &json!("provider_rejected")));
    let mut other = world.booking("yoga", &["ana"]);
    other["title"] = json!("Another title");
    let put = world.put("/v1/sites/studio/sessions/s-1", &other).await;
    assert_eq!(put.body["link"]["status"], "ready", "{}", put.body);
}

#[tokio::test]
async fn a_caller_who_does_not_wait_is_answered_at_once_and_the_meeting_is_made_all_the_same() {
    let world = World::connected(Backend::Embedded).await;
    world.fault("meetings.create", 1, json!({"kind": "delay", "seconds": 8})).await;
    let begun = std::time::Instant::now();
    let booked = world.book_preferring("s-1", "wait=0").await;
    assert!(begun.elapsed() < Duration::from_secs(4));
    assert_eq!((booked.status, &booked.body["link"]["reason"]), (StatusCode::CREATED, &json!("minting")));
    world.control(reqwest::Method::POST, "clock", Some(&json!({"advance_seconds": 10}))).await;
    heals(&world, "s-1").await;
    assert_eq!(world.creates().await, 1);
}

#[tokio::test]
async fn a_grant_that_zoom_took_back_waits_for_its_owner_and_never_switches() {
    let world = World::connected(Backend::Embedded).await;
    let before = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    world.control(reqwest::Method::POST, "users/lua@example.com/remove-app", Some(&json!({}))).await;
    world.book("s-2", "yoga", &["ana"]).await;
    world
        .until("the account is known to need its owner", async || {
            let account = world.get("/v1/sites/studio/accounts/default").await.body;
            account["state"] == "reauthorization_required"
        })
        .await;
    let waiting = world.link("s-2", "staff").await;
    assert_eq!(
        (&waiting["status"], &waiting["reason"]),
        (&json!("pending"), &json!("reauthorization_required"))
    );
    let kept = world.link("s-1", "staff").await;
    assert_eq!((&kept["status"], &kept["meeting_id"]), (&json!("ready"), &before["meeting_id"]));
    assert_eq!(kept["warnings"][0]["code"], "account_needs_reauthorization");

    world.connect("default", "lua@example.com").await;
    world
        .until("the waiting session is served", async || {
            world.link("s-2", "staff").await["status"] == "ready"
        })
        .await;
    assert_eq!(world.link("s-1", "staff").await["meeting_id"], before["meeting_id"]);
}

#[tokio::test]
async fn an_expiring_token_is_refreshed_once_for_fifty_bookings() {
    let world = World::connected(Backend::Embedded).await;
    world.clock.advance(Duration::from_mins(59) + Duration::from_secs(45));
    let names = (0..50).map(|n| format!("s-{n}")).collect::<Vec<_>>();
    let books = names.iter().map(|name| world.book(name, "yoga", &["ana"]));
    for booked in futures_util::future::join_all(books).await {
        assert_eq!(booked.body["link"]["status"], "ready", "{}", booked.body);
    }
    let counts = world.ledger().await["counts"].clone();
    assert_eq!(counts["oauth.token.refresh"]["succeeded"], 1, "{counts}");
}

#[tokio::test]
async fn without_its_store_the_gateway_says_so_and_comes_back_with_it() {
    let world = World::connected(Backend::Redis).await;
    let server = world.redis.as_ref().unwrap();
    server.pause();
    let ready = world.get("/readyz").await;
    assert_eq!(
        (ready.status, &ready.body["checks"]["store"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("unavailable"))
    );
    let refused = world.get("/v1/sites/studio").await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("store_unavailable"))
    );
    assert_eq!(refused.headers["retry-after"], "2");
    assert_eq!(world.get("/livez").await.status, StatusCode::OK);
    server.resume();
    world.until("it is ready again", async || world.get("/readyz").await.status == StatusCode::OK).await;
    assert_eq!(world.get("/v1/sites/studio").await.status, StatusCode::OK);
}
