//! Bad days that only a store for several replicas has: it goes back, another wins, clocks differ.

use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use greenroom::app::ports::clock::SystemClock;
use reqwest::Method;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::json;
use tokio::runtime::Builder;

use crate::gateway::tokens::replicas::Outcome;
use crate::gateway::tokens::replicas::Pair;
use crate::support::visitor::Visitor;

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
async fn r29_a_store_that_went_back_and_takes_no_writes_for_long_is_told_the_tokens_when_it_does() {
    let pair = Pair::start().await;
    let before = pair.held().await;
    assert_eq!(pair.ask(0).await, StatusCode::OK);
    pair.go_back(&before).await;
    pair.needs_replicas(1).await;
    pair.pass(240).await;
    assert_eq!(pair.held().await, before, "nothing is written");
    pair.needs_replicas(0).await;
    pair.pass(5).await;
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
async fn r29_tokens_of_a_new_consent_are_told_again_where_the_one_before_was_withdrawn() {
    let pair = Pair::start().await;
    pair.world.subscribe().await;
    pair.world.control(Method::POST, "users/lua@example.com/remove-app", Some(&json!({}))).await;
    pair.world
        .until("the account needs its owner", async || pair.state().await == "reauthorization_required")
        .await;
    pair.world.quiet().await;
    let before = pair.held().await;
    pair.world.connect("default", "lua@example.com").await;
    pair.go_back(&before).await;
    pair.world.quiet().await;
    pair.world.quiet().await;
    pair.works().await;
    assert_eq!(pair.state().await, "active");
}

#[tokio::test]
async fn r2_a_grant_that_a_store_forgot_to_be_used_by_an_account_is_told_again_and_stays() {
    let pair = Pair::start().await;
    let visitor = Visitor::new();
    let page = visitor.enter(&pair.world.portal_link("staff/ana").await).await;
    let confirm = visitor.consent(&page, "connect_zoom", "lua@example.com").await;
    let before = pair.held().await;
    visitor.press(&confirm, "confirm", &[]).await;
    pair.go_back(&before).await;
    pair.pass(100).await;
    assert!(pair.world.delete("/v1/sites/studio/accounts/default").await.status.is_success());
    pair.world.clock.advance(Duration::from_mins(90));
    pair.world.quiet().await;
    assert_eq!(pair.world.authorised().await, ["lua@example.com"]);
}

#[tokio::test]
async fn r29_a_refusal_because_another_won_alarms_nobody() {
    let pair = Pair::start().await;
    pair.world.fault("oauth.token.refresh", 1, json!({"kind": "delay_before", "seconds": 15})).await;
    let asked = tokio::spawn(pair.asking(0).send());
    pair.until_struck().await;
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

#[tokio::test]
async fn r29_an_alarm_that_was_none_ends_as_soon_as_the_tokens_are_there() {
    let pair = Pair::start().await;
    let before = pair.held().await;
    pair.world.fault("oauth.token.refresh", 1, json!({"kind": "delay", "seconds": 10})).await;
    let asked = tokio::spawn(pair.asking(0).send());
    pair.until_spent().await;
    // The store forgets that a refresh is under way: another spends the old token once more.
    pair.go_back(&before).await;
    assert_eq!(pair.asking(1).send().await.unwrap().status(), StatusCode::CONFLICT);
    let is = async |state: &str| pair.state().await == state;
    pair.world.until("it is alarmed", async || is("reauthorization_required").await).await;
    pair.world.clock.advance(Duration::from_secs(10));
    pair.world.until("the alarm is over", async || is("active").await).await;
    asked.await.unwrap().unwrap();
    pair.works().await;
    assert_eq!(pair.news().await, ["account.reauthorization_required", "account.recovered"]);
}

/// Where a replica is with a refresh when it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Killed {
    /// It has not written down that it begins.
    Beginning,
    /// It has, and Zoom has not spent the token.
    Asking,
    /// Zoom has, and its answer is on the way.
    Waiting,
    /// It has the answer, and the store does not take it.
    Saving,
    /// It has written down the new tokens.
    Done,
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r29_a_replica_killed_at_a_point_of_a_refresh_leaves_tokens_that_work_or_a_lapse_that_is_seen(
    #[values(Killed::Beginning, Killed::Asking, Killed::Waiting, Killed::Saving, Killed::Done)] at: Killed,
) {
    let doomed = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let pair = Pair::start_doomed(&doomed).await;
    let redis = pair.world.redis.as_ref().unwrap();
    let delay = match at {
        // Longer than another leaves it alone: what comes then is refused.
        Killed::Asking => Some(json!({"kind": "delay_before", "seconds": 400})),
        Killed::Waiting | Killed::Saving => Some(json!({"kind": "delay", "seconds": 10})),
        Killed::Beginning | Killed::Done => None,
    };
    if let Some(delay) = delay {
        pair.world.fault("oauth.token.refresh", 1, delay).await;
    }
    if at == Killed::Beginning {
        redis.pause();
    }
    let asked = tokio::spawn(pair.asking(1).send());
    match at {
        // What is sent to a store that stands still waits there.
        Killed::Beginning => SystemClock.wait(Duration::from_millis(50)).await,
        Killed::Asking => pair.until_struck().await,
        Killed::Waiting | Killed::Saving => pair.until_spent().await,
        Killed::Done => assert_eq!(asked.await.unwrap().unwrap().status(), StatusCode::OK),
    }
    if at == Killed::Saving {
        redis.pause();
        pair.world.clock.advance(Duration::from_secs(11));
        SystemClock.wait(Duration::from_millis(50)).await;
    }
    doomed.shutdown_background();
    redis.resume();

    let outcome = pair.outcome().await;
    match at {
        Killed::Beginning | Killed::Asking => assert_eq!(outcome, Outcome::Works),
        Killed::Waiting => assert_eq!(outcome, Outcome::Lapsed),
        // The store may have got what was sent before it stood still.
        Killed::Saving => assert!([Outcome::Works, Outcome::Lapsed].contains(&outcome)),
        Killed::Done => assert_eq!((outcome, pair.refreshes().await), (Outcome::Works, (1, 1))),
    }
}
