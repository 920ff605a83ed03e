//! The host's start link: asked for at Zoom when it is wanted, with a scope of its own, and kept nowhere (R26).

use std::fs;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Method;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::search::Log;
use crate::gateway::search::Secrets;
use crate::gateway::stored::dump;
use crate::gateway::world::Backend;
use crate::gateway::world::Reply;
use crate::gateway::world::World;

const HOST_LINK: &str = "/v1/sites/studio/sessions/s-1/host-link";

#[track_caller]
fn assert_refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status.as_u16(), &reply.body["code"]), (status, &json!(code)), "{}", reply.body);
    let detail = reply.body["detail"].as_str().unwrap();
    assert!(detail.ends_with('.'), "{detail}");
}

#[rstest]
#[tokio::test]
async fn r26_a_start_link_is_fetched_anew_each_time_and_kept_nowhere(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let log = Log::start();
    let mut world = World::connected(backend).await;
    world.book("s-1", "yoga", &["ana"]).await;
    let mut known = Vec::new();
    for _ in 0..2 {
        use greenroom::app::ports::clock::Clock;
        let asked_at = world.clock.now();
        let reply = world.get(HOST_LINK).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        assert_eq!(reply.headers["cache-control"], "no-store");
        let expires_at: Timestamp = reply.body["expires_at"].as_str().unwrap().parse().unwrap();
        let lives = expires_at.as_second() - asked_at.as_second();
        assert!((7_200..7_230).contains(&lives), "{lives}");
        assert_eq!(reply.body.as_object().unwrap().len(), 2);
        let start_url = reply.body["start_url"].as_str().unwrap().to_owned();
        let meeting = world.meetings().await[0]["id"].to_string();
        assert!(start_url.contains(&format!("/s/{meeting}?zak=")), "{start_url}");
        known.push(("token of the start link", start_url.split("zak=").nth(1).unwrap().to_owned()));
        known.push(("start link", start_url));
    }
    assert_ne!(known[0].1, known[2].1);
    let link = world.link("s-1", "staff").await.to_string();
    let secrets = Secrets::new(known);
    secrets.assert_none_in("the link", link.as_bytes());
    if let Some(server) = &world.redis {
        for (key, value) in dump(server).await {
            secrets.assert_none_in(&key, &value);
        }
    } else {
        world.stop().await;
        secrets.assert_none_in("the file", &fs::read(world.files.path().join("greenroom.redb")).unwrap());
    }
    let route = Secrets::new(vec![("route", "/v1/sites/{site_id}/sessions/{session_id}/host-link".into())]);
    assert!(route.find(&log.bytes()).is_some(), "the requests are in it");
    secrets.assert_none_in("the log", &log.bytes());
}

#[rstest]
#[tokio::test]
async fn r26_a_start_link_has_a_scope_of_its_own_and_is_read_only(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.book("s-1", "yoga", &["ana"]).await;
    let others =
        json!({"scope": "sites:write accounts:read accounts:write links:read links:write events:read"});
    let request = world.anonymous(Method::GET, HOST_LINK).bearer_auth(world.token_with(&others));
    assert_refused(&world.send(request, None).await, 403, "missing_scope");
    let own = world.token_with(&json!({"scope": "links:host"}));
    let request = world.anonymous(Method::GET, HOST_LINK).bearer_auth(own);
    assert_eq!(world.send(request, None).await.status, StatusCode::OK);
    for method in [Method::PUT, Method::POST, Method::DELETE] {
        let body = Some(&json!({})).filter(|_| method != Method::DELETE).cloned();
        assert_refused(&world.call(method, HOST_LINK, body.as_ref()).await, 405, "method_not_allowed");
    }
    assert_refused(&world.get("/v1/sites/studio/sessions/none/host-link").await, 404, "unknown_session");
}

#[rstest]
#[tokio::test]
async fn r26_without_a_meeting_there_is_nothing_to_host(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let refusal = json!({"kind": "status", "status": 503, "body": "{}", "content_type": "application/json"});
    world.fault("meetings.create", 1, refusal).await;
    world.book("s-1", "yoga", &["ana"]).await;
    let calls = world.requests().await;
    let told = async |reason: &str| {
        let reply = world.get(HOST_LINK).await;
        assert_refused(&reply, 409, "no_link");
        assert!(reply.body["detail"].as_str().unwrap().contains(reason), "{reason}: {}", reply.body);
    };
    told("provider_unavailable").await;
    assert_eq!(world.requests().await, calls);
    world.until("the meeting is made", async || world.link("s-1", "staff").await["status"] == "ready").await;
    assert_eq!(world.get(HOST_LINK).await.status, StatusCode::OK);

    let link = "/v1/sites/studio/sessions/s-1/link";
    world.put(link, &json!({"mode": "custom", "url": "https://own.example/"})).await;
    told("custom link").await;
    world.put(link, &json!({"mode": "inherit"})).await;
    world.put("/v1/sites/studio", &json!({"entitled": false})).await;
    told("not_entitled").await;
    world.put("/v1/sites/studio", &json!({})).await;
    assert_eq!(world.get(HOST_LINK).await.status, StatusCode::OK);
    world.delete(link).await;
    told("removed_by_hand").await;
    world.put(link, &json!({"mode": "inherit"})).await;
    world.delete("/v1/sites/studio/accounts/default").await;
    told("no_default_account").await;
}

#[rstest]
#[tokio::test]
async fn r18_a_meeting_that_turns_out_to_be_gone_is_made_anew(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let before = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    let id = before["meeting_id"].as_str().unwrap();
    world.control(Method::POST, &format!("meetings/{id}/delete"), Some(&json!({}))).await;
    let reply = world.get(HOST_LINK).await;
    assert_refused(&reply, 409, "no_link");
    assert!(reply.body["detail"].as_str().unwrap().contains("made anew"), "{}", reply.body);
    world
        .until("another meeting is there", async || {
            let link = world.link("s-1", "staff").await;
            link["status"] == "ready" && link["meeting_id"] != before["meeting_id"]
        })
        .await;
    assert_eq!(world.link("s-1", "staff").await["join_url"], before["join_url"]);
    assert_eq!(world.get(HOST_LINK).await.status, StatusCode::OK);
    assert_eq!(world.meetings().await.len(), 1);
}

#[rstest]
#[case::down(json!({"kind": "status", "status": 503, "body": "{}", "content_type": "application/json"}), Value::Null)]
#[case::cut(json!({"kind": "process_then_drop"}), Value::Null)]
#[case::limited(
    json!({"kind": "status", "status": 429, "content_type": "application/json",
        "body": "{\"code\":429,\"message\":\"You have reached the maximum per-second rate limit for this API. Try again later.\"}",
        "headers": {"Retry-After": "30"}}),
    json!(30)
)]
#[tokio::test]
async fn r26_a_provider_that_does_not_answer_is_told_of(#[case] fault: Value, #[case] seconds: Value) {
    let world = World::connected(Backend::Embedded).await;
    world.book("s-1", "yoga", &["ana"]).await;
    world.fault("meetings.find", 1, fault).await;
    let reply = world.get(HOST_LINK).await;
    assert_refused(&reply, 503, "provider_unavailable");
    let told = reply.headers.get("retry-after").map(|wait| wait.to_str().unwrap().parse::<i64>().unwrap());
    assert!(
        told.is_some() == seconds.is_i64() && told.is_none_or(|told| (28..=30).contains(&told)),
        "{told:?}"
    );
    world.clock.advance(Duration::from_secs(31));
    assert_eq!(world.get(HOST_LINK).await.status, StatusCode::OK);
    assert_eq!(world.link("s-1", "staff").await["status"], "ready");
}

#[tokio::test]
async fn r21_an_account_that_lapsed_must_be_authorised_again_to_host() {
    let world = World::connected(Backend::Embedded).await;
    world.book("s-1", "yoga", &["ana"]).await;
    world.control(Method::POST, "users/lua@example.com/remove-app", Some(&json!({}))).await;
    assert_refused(&world.get(HOST_LINK).await, 409, "reauthorization_required");
    assert_eq!(world.link("s-1", "staff").await["status"], "ready");
    world.book("s-1", "yoga", &["ana"]).await;
    world
        .until("the account is known to need its owner", async || {
            let account = world.get("/v1/sites/studio/accounts/default").await.body;
            account["state"] == "reauthorization_required"
        })
        .await;
    world.clock.advance(Duration::from_secs(5));
    world.book("s-2", "yoga", &["ana"]).await;
    let other = world.get("/v1/sites/studio/sessions/s-2/host-link").await;
    assert_refused(&other, 409, "reauthorization_required");
    world.connect("default", "lua@example.com").await;
    assert_eq!(world.get(HOST_LINK).await.status, StatusCode::OK);
}
