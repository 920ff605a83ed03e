//! An account says what is wrong with it, in the words that the links it serves use (R10, R21).

use std::time::Duration;

use reqwest::Method;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::world::Backend;
use crate::gateway::world::World;

const DEFAULT: &str = "/v1/sites/studio/accounts/default";
const ANA: &str = "/v1/sites/studio/accounts/staff/ana";

/// A site whose default account is of this plan.
async fn connected_on(backend: Backend, plan: &str) -> World {
    let world = World::start(backend).await;
    world.site().await;
    set_plan(&world, "lua@example.com", plan).await;
    world.connect("default", "lua@example.com").await;
    world
}

async fn set_plan(world: &World, email: &str, plan: &str) {
    world.control(Method::POST, "users", Some(&json!({"email": email, "plan": plan}))).await;
}

async fn warnings(world: &World, account: &str) -> Vec<Value> {
    world.get(account).await.body["warnings"].as_array().unwrap().clone()
}

async fn codes(world: &World, account: &str) -> Vec<String> {
    let warnings = warnings(world, account).await;
    warnings.iter().map(|warning| warning["code"].as_str().unwrap().to_owned()).collect()
}

#[rstest]
#[tokio::test]
async fn r10_an_account_with_a_basic_plan_warns_as_its_long_sessions_do(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = connected_on(backend, "basic").await;
    let mut booking = world.booking("yoga", &[]);
    booking["duration_minutes"] = json!(41);
    let link = world.put("/v1/sites/studio/sessions/s-1", &booking).await.body["link"].clone();
    let told = warnings(&world, DEFAULT).await;
    assert_eq!(json!(told), link["warnings"]);
    assert_eq!((&told[0]["code"], &told[0]["session_ids"]), (&json!("basic_plan_time_limit"), &json!([])));
    let listed = world.get("/v1/sites/studio/accounts").await.body["items"][0]["warnings"].clone();
    assert_eq!(listed, json!(told));
}

#[rstest]
#[tokio::test]
async fn r13_a_staff_member_without_a_plan_for_meetings_is_told_of_and_others_are_not(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = connected_on(backend, "licensed").await;
    set_plan(&world, "ana@example.com", "unassigned").await;
    world.connect("staff/ana", "ana@example.com").await;
    assert_eq!(codes(&world, ANA).await, ["staff_account_unavailable"]);
    assert_eq!(codes(&world, DEFAULT).await, [""; 0]);
}

#[rstest]
#[tokio::test]
async fn r21_an_account_that_lapsed_says_so_until_it_is_connected_again(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = connected_on(backend, "basic").await;
    world.control(Method::POST, "users/lua@example.com/remove-app", Some(&json!({}))).await;
    world.book("s-1", "yoga", &[]).await;
    world
        .until("the account is known to need its owner", async || {
            codes(&world, DEFAULT).await == ["basic_plan_time_limit", "account_needs_reauthorization"]
        })
        .await;
    world.clock.advance(Duration::from_secs(5));
    world.connect("default", "lua@example.com").await;
    assert_eq!(codes(&world, DEFAULT).await, ["basic_plan_time_limit"]);
}
