//! Limits: a hundred writes a day, calls per second, one deletion at a time.

use reqwest::Method;
use serde_json::json;

use crate::simulator::world::World;

const LUA: &str = "lua@example.com";
const DAY: u64 = 86_400;

#[tokio::test]
async fn the_hundred_and_first_write_of_a_utc_day_is_refused_without_saying_until_when() {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    let id = world.meeting(&token).await;
    for _ in 0..99 {
        assert_eq!(world.update(&token, id, json!({"agenda": "x"})).await.status, 204);
    }
    let refused = world.create(&token, json!({})).await;
    assert_eq!(refused.refusal(), (429, 429));
    assert_eq!(
        refused.body["message"],
        "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests permitted for this \
         particular user. You may resume these requests at GMT 00:00:00."
    );
    assert_eq!(refused.header("retry-after"), None);
    assert_eq!(refused.header("x-ratelimit-type"), None);
    assert_eq!(refused.header("x-ratelimit-category"), Some("Light"));
    assert_eq!(world.delete(&token, id).await.status, 204, "deletions go on");
    let other = world.connect("bruno@example.com").await.access;
    world.meeting(&other).await;
    assert_eq!(world.ledger().await["daily"].as_array().unwrap().len(), 2);
    world.advance(DAY / 2).await;
    let token = world.connect(LUA).await.access;
    assert_eq!(world.create(&token, json!({})).await.status, 201, "a new UTC day");
}

#[tokio::test]
async fn refused_writes_and_deletions_count_where_a_mode_says_so() {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    let used = async || world.ledger().await["daily"][0]["count"].as_u64().unwrap_or(0);
    world.create(&token, json!({"duration": 0})).await;
    assert_eq!(used().await, 0);
    world.tell("modes", json!({"daily_count": "attempts"})).await;
    world.create(&token, json!({"duration": 0})).await;
    assert_eq!(used().await, 1);
    world.tell("modes", json!({"daily_count": "executed_and_deletes"})).await;
    let id = world.meeting(&token).await;
    world.delete(&token, id).await;
    assert_eq!(used().await, 3);
}

#[tokio::test]
async fn calls_per_second_are_the_accounts_and_differ_by_label() {
    let world = World::start().await;
    world.tell("modes", json!({"rate_limits": {"custom": {"light": 3, "medium": 1}}})).await;
    let lua = world.connect(LUA).await.access;
    let colleague = world.connect("bruno@example.com").await.access;
    let stranger = world.connect("clara@example.com").await.access;
    for token in [&lua, &colleague, &lua] {
        assert_eq!(world.find("/v2/users/me", token).await.status, 200);
    }
    let refused = world.find("/v2/users/me", &colleague).await;
    assert_eq!(refused.refusal(), (429, 429));
    assert_eq!(
        refused.body["message"],
        "You have reached the maximum per-second rate limit for this API. Try again later."
    );
    assert_eq!(refused.header("x-ratelimit-type"), Some("QPS"));
    assert_eq!(world.find("/v2/users/me", &stranger).await.status, 200);
    assert_eq!(world.find("/v2/users/me/meetings", &lua).await.status, 200);
    assert_eq!(world.find("/v2/users/me/meetings", &lua).await.status, 429);
    world.advance(1).await;
    assert_eq!(world.find("/v2/users/me", &lua).await.status, 200);
}

#[tokio::test]
async fn a_free_account_has_four_light_calls_a_second_and_headers_may_be_missing() {
    let world = World::start().await;
    world.tell("modes", json!({"rate_limits": "documented", "rate_limit_headers": "absent"})).await;
    let ana = world.connect("ana@example.com").await.access;
    for _ in 0..4 {
        assert_eq!(world.find("/v2/users/me", &ana).await.status, 200);
    }
    let refused = world.find("/v2/users/me", &ana).await;
    assert_eq!(refused.status, 429);
    assert!(refused.headers.keys().all(|name| !name.as_str().starts_with("x-ratelimit")), "{refused:?}");
}

#[tokio::test]
async fn a_second_deletion_beside_a_running_one_is_refused() {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    let (slow, quick) = (world.meeting(&token).await, world.meeting(&token).await);
    world.fault("meetings.delete", json!({"kind": "delay", "seconds": 600})).await;
    let running = world.delete(&token, slow);
    let beside = async {
        while world.ledger().await["counts"]["meetings.delete"].is_null() {
            tokio::task::yield_now().await;
        }
        let refused = world.api(Method::DELETE, &format!("/v2/meetings/{quick}"), &token, None).await;
        world.advance(600).await;
        refused
    };
    let (first, refused) = tokio::join!(running, beside);
    assert_eq!((first.status, refused.status), (204, 429));
    assert_eq!(
        refused.body["message"],
        "Too many concurrent requests. A request to disassociate this user has already been made."
    );
    assert_eq!(world.delete(&token, quick).await.status, 204);
}
