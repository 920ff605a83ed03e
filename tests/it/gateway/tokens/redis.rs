//! Each bad day by its name, on a real Redis with two replicas.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::tokens::replicas::Pair;

const CALLERS: usize = 5_000;
/// So many of them at a time.
const AT_ONCE: usize = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r29_five_thousand_callers_on_one_expired_grant_cause_one_refresh() {
    let pair = Pair::start().await;
    let asks = (0..CALLERS).map(|caller| pair.asking(caller % 2));
    let answers = stream::iter(asks)
        .map(|asking| async move { asking.send().await.unwrap().status() })
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    assert_eq!(answers.len(), CALLERS);
    let other =
        answers.iter().find(|status| ![StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE].contains(status));
    assert_eq!(other, None);
    pair.works().await;
    assert_eq!(pair.refreshes().await, (1, 1));
}

#[tokio::test]
async fn r29_a_refresh_whose_reply_is_lost_ends_in_one_visible_request_to_authorise_again() {
    let pair = Pair::start().await;
    pair.world.fault("oauth.token.refresh", 1, json!({"kind": "process_then_drop"})).await;
    assert_ne!(pair.ask(0).await, StatusCode::OK);
    assert_eq!(pair.state().await, "active", "nobody knows yet");
    pair.world
        .until("the account needs its owner", async || {
            let _answers = tokio::join!(pair.ask(0), pair.ask(1));
            pair.world.clock.advance(Duration::from_secs(10));
            pair.state().await == "reauthorization_required"
        })
        .await;
    for _ in 0..20 {
        pair.world.clock.advance(Duration::from_mins(10));
        let _answers = tokio::join!(pair.ask(0), pair.ask(1));
    }
    assert_eq!(pair.news().await, ["account.reauthorization_required"]);
    assert_eq!(pair.refreshes().await, (2, 1), "the lost one, and the old token tried once");
    let kept = pair.world.link("s-1", "staff").await;
    assert_eq!(
        (&kept["status"], &kept["warnings"][0]["code"]),
        (&json!("ready"), &json!("account_needs_reauthorization"))
    );
    pair.world.connect("default", "lua@example.com").await;
    pair.works().await;
    assert_eq!(pair.news().await, ["account.reauthorization_required", "account.recovered"]);
}

#[rstest]
#[case::failing(json!({"kind": "status", "status": 500, "body": "{}"}))]
#[case::html(json!({"kind": "html"}))]
#[case::html_and_well(json!({"kind": "status", "status": 200, "body": "<html></html>", "content_type": "text/html"}))]
#[case::xml(json!({"kind": "status", "status": 503, "body": "<error/>", "content_type": "application/xml"}))]
#[case::empty(json!({"kind": "status", "status": 200, "body": ""}))]
#[case::slow(json!({"kind": "delay_before", "seconds": 30}))]
#[case::dropped(json!({"kind": "drop_before"}))]
#[tokio::test]
async fn r29_a_token_endpoint_that_makes_no_sense_is_tried_later_and_blames_nobody(#[case] fault: Value) {
    let pair = Pair::start().await;
    pair.world.fault("oauth.token.refresh", 1, fault).await;
    let _answers = tokio::join!(pair.ask(0), pair.ask(1));
    pair.works().await;
    assert_eq!((pair.state().await, pair.news().await), (json!("active"), Vec::new()));
    assert_eq!(pair.refreshes().await.1, 1);
}

#[tokio::test]
async fn r29_a_store_that_loses_the_last_commit_is_told_the_tokens_again() {
    let pair = Pair::start().await;
    let before = pair.held().await;
    assert_eq!(pair.ask(0).await, StatusCode::OK);
    let saved = pair.held().await;
    pair.go_back(&before).await;
    pair.world
        .until("the tokens are written again", async || {
            let held = pair.held().await;
            held != before && held != saved
        })
        .await;
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
    pair.world.until("the tokens are written again", async || pair.held().await != before).await;
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
