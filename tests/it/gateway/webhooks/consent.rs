//! Users who remove the app at Zoom, or leave it.

use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use jiff::Timestamp;
use reqwest::Method;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::webhooks::A_MINUTE;
use crate::gateway::world::Backend;
use crate::gateway::world::World;

const LUA: &str = "lua@example.com";
const ACCOUNTS: [&str; 2] = ["default", "staff/ana"];

async fn state(world: &World, owner: &str) -> Value {
    world.get(&format!("/v1/sites/studio/accounts/{owner}")).await.body["state"].clone()
}

/// The owners whose accounts are announced to need them, one for each time.
async fn announced(world: &World) -> Vec<Value> {
    let feed = world.get("/v1/events?limit=200").await.body;
    let events = feed["items"].as_array().unwrap().iter();
    let lapsed = events.filter(|event| event["type"] == "account.reauthorization_required");
    lapsed.map(|event| event["data"]["owner"].clone()).collect()
}

async fn lapsed(world: &World) {
    for owner in ACCOUNTS {
        world
            .until("the account needs its owner", async || {
                state(world, owner).await == "reauthorization_required"
            })
            .await;
    }
}

/// One user whose grant serves two accounts.
async fn shared(backend: Backend) -> World {
    let world = World::connected(backend).await;
    world.connect("staff/ana", LUA).await;
    world.subscribe().await;
    world
}

async fn remove_app(world: &World) {
    world.control(Method::POST, "users/lua@example.com/remove-app", Some(&json!({}))).await;
}

/// The body of a deauthorisation.
async fn deauthorization(world: &World, (client, at): (&str, Timestamp)) -> String {
    let (account, user) = world.zoom_user(LUA).await;
    let payload = json!({
        "account_id": account, "user_id": user, "client_id": client, "signature": "827edc3452044f0bc86bdd5684afb7d1",
        "deauthorization_time": at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
    });
    json!({"event": "app_deauthorized", "event_ts": at.as_millisecond(), "payload": payload}).to_string()
}

#[rstest]
#[tokio::test]
async fn r32_app_deauthorized_erases_the_tokens_at_once_and_tells_each_account_once(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
    #[values("beside", "inside")] told: &str,
) {
    let world = shared(backend).await;
    let before = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    world.control(Method::POST, "modes", Some(&json!({"deauthorization_time": told}))).await;
    let asked = world.requests().await;
    remove_app(&world).await;
    lapsed(&world).await;
    world.until("both are announced", async || announced(&world).await.len() >= 2).await;
    world.clock.advance(Duration::from_hours(2));
    world.quiet().await;
    let owners = [json!({"kind": "default"}), json!({"kind": "staff", "staff_id": "ana"})];
    let mut events = announced(&world).await;
    events.sort_by_key(Value::to_string);
    assert_eq!(events, owners);
    assert_eq!(world.requests().await, asked, "nothing is asked with tokens that are no more");
    let kept = world.link("s-1", "staff").await;
    assert_eq!((&kept["status"], &kept["meeting_id"]), (&json!("ready"), &before["meeting_id"]));
    assert_eq!(world.told().await.last().unwrap(), "app_deauthorized 200");
}

#[rstest]
#[tokio::test]
async fn r32_a_deauthorisation_that_is_replayed_after_a_reconnect_changes_nothing(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = shared(backend).await;
    let removed_at = world.clock.now();
    remove_app(&world).await;
    lapsed(&world).await;
    world.clock.advance(A_MINUTE);
    world.connect("default", LUA).await;
    for owner in ACCOUNTS {
        world.until("it works again", async || state(&world, owner).await == "active").await;
    }
    let events = announced(&world).await.len();
    // Signed anew, as Zoom does with what it tells again; and with another time of telling.
    let old = deauthorization(&world, ("greenroom-test", removed_at)).await;
    assert_eq!(world.tell(&old).await.status, StatusCode::OK);
    world.quiet().await;
    world.clock.advance(A_MINUTE);
    world.quiet().await;
    for owner in ACCOUNTS {
        assert_eq!(state(&world, owner).await, "active");
    }
    assert_eq!(announced(&world).await.len(), events);
    assert_eq!(world.book("s-1", "yoga", &["ana"]).await.body["link"]["status"], "ready");

    // One that is not older is no replay.
    let new = deauthorization(&world, ("greenroom-test", world.clock.now())).await;
    assert_eq!(world.tell(&new).await.status, StatusCode::OK);
    lapsed(&world).await;
}

#[rstest]
#[case::a_moment(Duration::from_secs(2), true)]
#[case::minutes(Duration::from_mins(14), true)]
#[case::longer_than_clocks_are_apart(Duration::from_mins(16), false)]
#[tokio::test]
async fn r32_a_consent_that_is_withdrawn_right_after_connecting_is_found_though_zooms_clock_is_behind(
    #[case] behind: Duration,
    #[case] is_found: bool,
) {
    let world = World::connected(Backend::Embedded).await;
    world.connect("staff/ana", LUA).await;
    let told_at = world.clock.now() - behind;
    // Nothing was withdrawn: what is told is looked at, and the accounts stay.
    let body = deauthorization(&world, ("greenroom-test", told_at)).await;
    assert_eq!(world.tell(&body).await.status, StatusCode::OK);
    world.quiet().await;
    let looked = world.succeeded("oauth.token.refresh").await;
    assert_eq!((looked, state(&world, "default").await), (u64::from(is_found), json!("active")));
    assert_eq!(announced(&world).await, Vec::<Value>::new());

    remove_app(&world).await;
    let body = deauthorization(&world, ("greenroom-test", told_at + Duration::from_millis(1))).await;
    assert_eq!(world.tell(&body).await.status, StatusCode::OK);
    if is_found {
        lapsed(&world).await;
    } else {
        world.quiet().await;
        assert_eq!(state(&world, "default").await, "active");
    }
}

#[tokio::test]
async fn r32_a_consent_to_another_app_and_a_user_unknown_here_are_none_of_our_business() {
    let world = shared(Backend::Embedded).await;
    let other = deauthorization(&world, ("another-app", world.clock.now())).await;
    let (_, user) = world.zoom_user(LUA).await;
    let ours = deauthorization(&world, ("greenroom-test", world.clock.now())).await;
    let unknown = ours.replace(&user, "nobody-22-characters-xx");
    for body in [other, unknown] {
        assert_eq!(world.tell(&body).await.status, StatusCode::OK);
    }
    world.quiet().await;
    assert_eq!(state(&world, "default").await, "active");
    assert_eq!(announced(&world).await, Vec::<Value>::new());
}

#[tokio::test]
async fn r32_a_user_who_is_said_to_have_left_is_looked_for_and_not_given_up_for_that() {
    let world = shared(Backend::Embedded).await;
    let (account, user) = world.zoom_user(LUA).await;
    let told = |event: &str| {
        let payload = json!({"account_id": account, "object": {"id": user, "email": LUA, "type": 2}});
        let event_ts = world.clock.now().as_millisecond();
        json!({"event": event, "event_ts": event_ts, "payload": payload}).to_string()
    };
    let body = told("user.deactivated");
    for _ in 0..2 {
        assert_eq!(world.tell(&body).await.status, StatusCode::OK);
    }
    world.until("it is looked at", async || world.succeeded("oauth.token.refresh").await == 1).await;
    world.quiet().await;
    assert_eq!(
        (world.succeeded("oauth.token.refresh").await, state(&world, "default").await),
        (1, json!("active"))
    );
    world.control(Method::DELETE, "webhooks", None).await;
    remove_app(&world).await;
    assert_eq!(world.tell(&told("user.deleted")).await.status, StatusCode::OK);
    lapsed(&world).await;
}
