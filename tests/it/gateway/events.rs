//! Every change a customer could notice is announced, in one order for all sites, and kept for a week (R24).

use std::time::Duration;

use reqwest::Method;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::world::Backend;
use crate::gateway::world::World;

const LINK: &str = "/v1/sites/studio/sessions/s-1/link";

/// The feed from its beginning.
async fn feed(world: &World) -> Vec<Value> {
    let mut events = Vec::new();
    let mut after = String::new();
    loop {
        let page = world.get(&format!("/v1/events?limit=3{after}")).await.body;
        let items = page["items"].as_array().unwrap();
        events.extend(items.iter().cloned());
        after = format!("&after={}", page["next_cursor"].as_str().unwrap());
        if items.is_empty() {
            return events;
        }
    }
}

/// What happened, in short: type, and whom it names.
fn told(events: &[Value]) -> Vec<String> {
    let named = |event: &Value| {
        let data = &event["data"];
        let name = data["session_id"].as_str().or(data["service_id"].as_str());
        let owner = data["owner"]["staff_id"].as_str().or(data["owner"]["kind"].as_str());
        let name = name.or(owner).unwrap_or("everything");
        let why = data["reason"].as_str().or(data["cause"].as_str()).unwrap_or("-");
        format!("{} {name} {why}", event["type"].as_str().unwrap())
    };
    events.iter().map(named).collect()
}

/// Waits until the feed tells this, and answers it.
async fn until_told(world: &World, last: &str) -> Vec<Value> {
    let mut seen = Vec::new();
    world
        .until(last, async || {
            seen = feed(world).await;
            told(&seen).iter().any(|told| told == last)
        })
        .await;
    seen
}

#[rstest]
#[tokio::test]
async fn r24_what_a_customer_could_notice_is_announced_once_and_in_order(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.book("s-1", "yoga", &["ana"]).await;
    let mut renamed = world.booking("yoga", &["ana"]);
    renamed["title"] = json!("Pilates");
    world.put("/v1/sites/studio/sessions/s-1", &renamed).await;
    let custom = json!({"mode": "custom", "url": "https://own.example/room", "password": "s3cret"});
    world.put(LINK, &custom).await;
    world.put(LINK, &custom).await;
    world.delete(LINK).await;
    let site = json!({"display_name": "Studio Lua", "staff_self_service": true, "entitled": false});
    world.put("/v1/sites/studio", &site).await;
    world.delete("/v1/sites/studio/accounts/default").await;
    let events = until_told(&world, "link.removed everything no_default_account").await;
    let expected = [
        "account.connected default -",
        "link.changed everything default_account_changed",
        "link.ready s-1 meeting_made",
        "link.changed s-1 chosen_by_hand",
        "link.removed s-1 removed_by_hand",
        "link.removed everything not_entitled",
        "account.disconnected default -",
        "link.removed everything no_default_account",
    ];
    assert_eq!(told(&events), expected);
    let text = serde_json::to_string(&events).unwrap();
    for secret in ["own.example", "s3cret", "http", "zoom", "lua@example.com"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let ids: std::collections::BTreeSet<_> = events.iter().map(|event| event["id"].to_string()).collect();
    assert_eq!(ids.len(), events.len());
    assert!(events.iter().all(|event| event["site_id"] == "studio"));
}

#[rstest]
#[tokio::test]
async fn r24_a_provider_that_fails_is_announced_once_and_so_is_its_recovery(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.fault("meetings.create", 1, json!({"kind": "status", "status": 503})).await;
    world.book("s-1", "yoga", &["ana"]).await;
    world.until("it has a meeting", async || world.link("s-1", "staff").await["status"] == "ready").await;
    let events = until_told(&world, "link.ready s-1 meeting_made").await;
    let of_session = events.iter().filter(|event| event["data"]["session_id"] == "s-1").cloned();
    let kinds = told(&of_session.collect::<Vec<_>>());
    let expected = [
        "link.failing s-1 provider_unavailable",
        "link.recovered s-1 meeting_made",
        "link.ready s-1 meeting_made",
    ];
    assert_eq!(kinds, expected);
}

#[rstest]
#[tokio::test]
async fn r24_the_feed_waits_for_what_comes_and_shows_a_token_only_its_sites(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let seen = until_told(&world, "link.changed everything default_account_changed").await;
    let end = world.get("/v1/events?limit=200").await.body["next_cursor"].clone();
    let path = format!("/v1/events?wait=30&after={}", end.as_str().unwrap());
    let (waited, _) = tokio::join!(world.get(&path), async {
        tokio::task::yield_now().await;
        world.book("s-1", "yoga", &["ana"]).await
    });
    assert_eq!(told(waited.body["items"].as_array().unwrap()), ["link.ready s-1 meeting_made"]);
    let read = async |sites: Value| {
        let token = world.token_with(&json!({"sites": sites}));
        let request = world.anonymous(Method::GET, "/v1/events").bearer_auth(token);
        world.send(request, None).await.body["items"].as_array().unwrap().len()
    };
    assert_eq!(read(json!(["other", "studio"])).await, seen.len() + 1);
    assert_eq!(read(json!(["other"])).await, 0);
    let none = world.token_with(&json!({"scope": "links:read"}));
    let refused = world.anonymous(Method::GET, "/v1/events").bearer_auth(none);
    assert_eq!(world.send(refused, None).await.status, StatusCode::FORBIDDEN);
    for bad in ["wait=31", "wait=x", "limit=0", "after=x", "after=%00", "site=studio"] {
        let reply = world.get(&format!("/v1/events?{bad}")).await;
        assert_eq!(
            (reply.status.as_u16(), reply.body["code"].as_str()),
            (400, Some("invalid_query")),
            "{bad}"
        );
    }
}

#[rstest]
#[tokio::test]
async fn r24_events_are_kept_for_a_week_and_a_cursor_stays_good(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.site().await;
    let custom = json!({"provider": "custom_link", "url": "https://meet.example.com/a"});
    world.put("/v1/sites/studio/accounts/default", &custom).await;
    until_told(&world, "link.changed everything default_account_changed").await;
    let cursor = world.get("/v1/events").await.body["next_cursor"].clone();
    world.clock.advance(Duration::from_hours(7 * 24 - 1));
    assert_eq!(feed(&world).await.len(), 2);
    world.clock.advance(Duration::from_hours(2));
    assert_eq!(feed(&world).await.len(), 0);
    world.delete("/v1/sites/studio/accounts/default").await;
    until_told(&world, "link.removed everything no_default_account").await;
    let on = world.get(&format!("/v1/events?after={}", cursor.as_str().unwrap())).await.body;
    assert_eq!(told(on["items"].as_array().unwrap()).len(), 2);
}
