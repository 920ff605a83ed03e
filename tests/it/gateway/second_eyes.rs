//! What goes wrong only in combination: a pause and a change of account, an off-boarding cut short, tokens nobody uses.

use std::time::Duration;

use greenroom::app::ports::stored::Committed;
use greenroom::app::ports::stored::StoreError;
use greenroom::app::presupposed::Presupposed;
use greenroom::app::sites;
use greenroom::app::sites::SiteError;
use greenroom::domain::id::SiteId;
use redis::AsyncCommands;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::json;

use crate::gateway::looking::DEFAULT;
use crate::gateway::looking::SITE;
use crate::gateway::looking::custom;
use crate::gateway::world::Backend;
use crate::gateway::world::World;

/// What Zoom says when a host's hundred calls of the day are spent (zoom/facts.md 4).
const SPENT: &str = "{\"code\":429,\"message\":\"You have exceeded the daily rate limit (100) of Meeting Create/Update \
    API requests permitted for this particular user. You may resume these requests at GMT 00:00:00.\"}";

#[rstest]
#[tokio::test]
async fn a_session_that_waits_for_one_host_is_served_by_another_as_soon_as_there_is_one(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let spent = json!({"kind": "status", "status": 429, "content_type": "application/json", "body": SPENT});
    world.fault("meetings.create", 1, spent).await;
    let waiting = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    assert_eq!(waiting["reason"], "daily_limit_reached");
    // Decided again without a change of its own, it stays listed, and so it is found when its account changes.
    world.put("/v1/sites/studio", &json!({"entitled": false, "staff_self_service": true})).await;
    world.put("/v1/sites/studio", &json!({"staff_self_service": true})).await;
    world.clock.advance(Duration::from_secs(3));
    world.connect("staff/ana", "ana@example.com").await;
    world
        .until("the other host serves it", async || {
            let link = world.link("s-1", "staff").await;
            link["status"] == "ready" && link["staff_id"] == "ana"
        })
        .await;
    assert_eq!(world.creates().await, 1);
}

#[tokio::test]
async fn tokens_that_nobody_uses_are_renewed_every_week() {
    let world = World::connected(Backend::Embedded).await;
    for week in 1..=3_u64 {
        world.clock.advance(Duration::from_hours(7 * 24 + 1));
        world
            .until("tokens are renewed", async || {
                let counts = world.ledger().await["counts"].clone();
                counts["oauth.token.refresh"]["succeeded"].as_u64() == Some(week)
            })
            .await;
    }
}

#[tokio::test]
async fn an_off_boarding_that_was_cut_short_is_finished_by_whoever_comes_by() {
    let world = World::connected(Backend::Redis).await;
    world.book("s-1", "yoga", &["ana"]).await;
    let mut store = world.redis.as_ref().unwrap().connect().await;
    let keys: Vec<String> = store.keys("*{s:studio}*deks*").await.unwrap();
    assert_eq!(keys.len(), 1, "{keys:?}");
    let _: () = store.del(&keys).await.unwrap();
    let gone = world.get("/v1/sites/studio").await;
    assert_eq!((gone.status, &gone.body["code"]), (StatusCode::NOT_FOUND, &json!("unknown_site")));
    assert_eq!(world.delete("/v1/sites/studio").await.status, StatusCode::NO_CONTENT);
    let left: Vec<String> = store.keys("*{s:studio}*").await.unwrap();
    assert!(left.iter().all(|key| key.ends_with("floor") || key.contains(":op")), "{left:?}");
    world.site().await;
}

#[rstest]
#[tokio::test]
async fn an_off_boarding_that_was_cut_short_is_finished_by_the_worker_though_nothing_is_due(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let mut world = World::start(backend).await;
    world.taken(SITE, &json!({})).await;
    world.taken(DEFAULT, &custom("room")).await;
    world.quiet().await;
    world.stop().await;
    // One destroys the keys, and dies.
    let dead = world.open_stopped().await;
    let (id, sites) = (SiteId::parse("studio").unwrap(), dead.gateway().sites.clone());
    let basis = sites.read(&id, &[]).await.unwrap().site.basis;
    assert_eq!(sites.remove(&id, basis).await.unwrap(), Committed::Yes);
    assert!(matches!(sites.read(&id, &[]).await, Err(StoreError::Destroyed)));
    drop((sites, dead));
    world.restart_stopped().await;
    let sites = world.gateway.uses.as_ref().unwrap().sites.clone();
    world.until("nothing is left", async || sites.read(&id, &[]).await.is_ok()).await;
}

#[tokio::test]
async fn an_off_boarding_that_was_cut_short_is_finished_by_who_expects_the_site_and_is_told_so() {
    let mut world = World::start(Backend::Redis).await;
    world.taken(SITE, &json!({})).await;
    world.quiet().await;
    world.stop().await;
    let dead = world.open_stopped().await;
    let (id, gateway) = (SiteId::parse("studio").unwrap(), dead.gateway().clone());
    let basis = gateway.sites.read(&id, &[]).await.unwrap().site.basis;
    assert_eq!(gateway.sites.remove(&id, basis).await.unwrap(), Committed::Yes);
    let removed = sites::remove(&gateway, &id, &Presupposed::Existence).await;
    assert!(matches!(removed, Err(SiteError::RevisionMismatch)), "{removed:?}");
    assert!(gateway.sites.read(&id, &[]).await.unwrap().site.value.is_none());
}
