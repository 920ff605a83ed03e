//! Bad days that only a store for several replicas has: it goes back, another wins, clocks differ.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;

use crate::gateway::tokens::replicas::Pair;

#[tokio::test]
async fn r29_a_store_that_loses_the_last_commit_is_told_the_tokens_again() {
    let pair = Pair::start().await;
    let before = pair.held().await;
    assert_eq!(pair.ask(0).await, StatusCode::OK);
    pair.go_back(&before).await;
    // Who saved them looks for them after five seconds. Nobody asks for a token meanwhile.
    pair.world.quiet().await;
    pair.world.quiet().await;
    pair.works().await;
    assert_eq!(pair.refreshes().await, (1, 1));
    assert_eq!((pair.state().await, pair.news().await), (json!("active"), Vec::new()));
}

#[tokio::test]
async fn r29_tokens_that_an_authorisation_brought_are_told_again_as_well() {
    let pair = Pair::start().await;
    let before = pair.held().await;
    pair.world.connect("default", "lua@example.com").await;
    pair.go_back(&before).await;
    pair.world.quiet().await;
    pair.world.quiet().await;
    pair.works().await;
    assert_eq!(pair.refreshes().await, (0, 0));
    assert_eq!(pair.state().await, "active");
}

#[tokio::test]
async fn r29_a_refusal_because_another_won_alarms_nobody() {
    let pair = Pair::start().await;
    pair.world.fault("oauth.token.refresh", 1, json!({"kind": "delay_before", "seconds": 15})).await;
    let asked = tokio::spawn(pair.asking(0).send());
    let faults = async || pair.world.control(reqwest::Method::GET, "faults", None).await;
    pair.world
        .until("the refresh is on its way", async || faults().await["faults"].as_array().unwrap().is_empty())
        .await;
    pair.world.connect("default", "lua@example.com").await;
    pair.world.clock.advance(Duration::from_secs(20));
    asked.await.unwrap().unwrap();
    pair.works().await;
    assert_eq!(pair.refreshes().await, (1, 0), "it was refused");
    assert_eq!((pair.state().await, pair.news().await), (json!("active"), Vec::new()));
}

#[tokio::test]
async fn r29_clocks_ten_minutes_apart_refresh_once_and_blame_nobody() {
    let pair = Pair::start_ahead(Duration::from_mins(10)).await;
    pair.world.fault("oauth.token.refresh", 1, json!({"kind": "delay", "seconds": 4})).await;
    let asks = (0..40).map(|caller| pair.ask(caller % 2));
    let asks = futures_util::future::join_all(asks);
    let later = async {
        pair.world.until("the refresh is on its way", async || pair.refreshes().await.0 > 0).await;
        pair.world.clock.advance(Duration::from_secs(2));
    };
    let (answers, ()) = tokio::join!(asks, later);
    // The budget of calls goes by the clock that is ahead: who is behind is told to come back, and nobody to consent.
    let other =
        answers.iter().find(|status| ![StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE].contains(status));
    assert_eq!(other, None);
    pair.world.until("tokens work", async || pair.ask(1).await == StatusCode::OK).await;
    assert_eq!(pair.refreshes().await, (1, 1));
    assert_eq!((pair.state().await, pair.news().await), (json!("active"), Vec::new()));
    // Who is ahead takes a token for dead that another got, and it renews it; who is behind goes on with the newer one.
    pair.world.clock.advance(Duration::from_mins(55));
    pair.world.until("tokens work", async || pair.ask(1).await == StatusCode::OK).await;
    pair.world.clock.advance(Duration::from_mins(11));
    pair.world.until("both can", async || pair.ask(0).await == StatusCode::OK).await;
    assert_eq!(pair.refreshes().await.0, pair.refreshes().await.1, "none was refused");
    assert_eq!((pair.state().await, pair.news().await), (json!("active"), Vec::new()));
}
