//! Bad days of tokens, each by its name, on both stores.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use greenroom::app::ports::clock::Clock;
use greenroom::app::ports::clock::SystemClock;
use reqwest::Method;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::tokens::replicas::Pair;
use crate::gateway::world::Backend;

const CALLERS: usize = 5_000;
/// So many of them at a time.
const AT_ONCE: usize = 400;

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r29_five_thousand_callers_on_one_expired_grant_cause_one_refresh(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let pair = Pair::start_on(backend).await;
    let asks = (0..CALLERS).map(|caller| pair.asking(caller % 2));
    let mut all = pin!(
        stream::iter(asks)
            .map(|asking| async move { asking.send().await.unwrap().status() })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
    );
    let mut is_renewed = false;
    let answers = loop {
        tokio::select! {
            biased;
            answers = &mut all => break answers,
            () = SystemClock.wait(Duration::from_millis(20)) => {
                is_renewed = is_renewed || pair.refreshes().await == (1, 1);
                // Whoever has tokens waits for their place in line at Zoom, not for the refresh.
                pair.world.clock.advance(Duration::from_secs(u64::from(is_renewed)));
            }
        }
    };
    assert_eq!(answers.len(), CALLERS);
    let other =
        answers.iter().find(|status| ![StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE].contains(status));
    assert_eq!(other, None);
    pair.works().await;
    assert_eq!(pair.refreshes().await, (1, 1));
}

#[rstest]
#[tokio::test]
async fn r29_a_refresh_whose_reply_is_lost_ends_in_one_visible_request_to_authorise_again(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let pair = Pair::start_on(backend).await;
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
#[tokio::test]
async fn r29_a_caller_who_hangs_up_during_a_refresh_does_not_take_the_tokens_along(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let pair = Pair::start_on(backend).await;
    pair.world.fault("oauth.token.refresh", 1, json!({"kind": "delay", "seconds": 5})).await;
    let asked = tokio::spawn(pair.asking(0).send());
    pair.until_spent().await;
    asked.abort();
    pair.works().await;
    assert_eq!(pair.refreshes().await, (1, 1));
    assert_eq!((pair.state().await, pair.news().await), (json!("active"), Vec::new()));
}

#[rstest]
#[tokio::test]
async fn r29_a_token_endpoint_that_refuses_to_answer_is_asked_ever_more_rarely_whoever_needs_tokens(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let pair = Pair::start_on(backend).await;
    let fault = json!({"kind": "status", "status": 429, "body": "{}"});
    pair.world.fault("oauth.token.refresh", 100, fault).await;
    let ask_often = async || {
        for _ in 0..20 {
            assert_eq!(pair.asking(0).send().await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
        }
        pair.refreshes().await.0
    };
    let mut asked = Vec::new();
    for seconds in [1, 1, 1, 30, 30] {
        asked.push(ask_often().await);
        pair.world.clock.advance(Duration::from_secs(seconds));
    }
    assert_eq!(asked, [1, 2, 2, 3, 4]);
    pair.world.control(Method::DELETE, "faults", None).await;
    pair.world.clock.advance(Duration::from_secs(30));
    pair.works().await;
    assert_eq!((pair.state().await, pair.news().await), (json!("active"), Vec::new()));
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
async fn r29_a_token_endpoint_that_makes_no_sense_is_tried_later_and_blames_nobody(
    #[case] fault: Value,
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let pair = Pair::start_on(backend).await;
    pair.world.fault("oauth.token.refresh", 1, fault).await;
    let _answers = tokio::join!(pair.ask(0), pair.ask(1));
    pair.works().await;
    assert_eq!((pair.state().await, pair.news().await), (json!("active"), Vec::new()));
    assert_eq!(pair.refreshes().await.1, 1);
}
