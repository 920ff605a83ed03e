//! Two sessions on one host, or on one link, at one time are warned about, by name (R31).

use std::collections::BTreeSet;

use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::world::Backend;
use crate::gateway::world::World;

/// The other sessions that a warning of a link names.
fn named(link: &Value, code: &str) -> BTreeSet<String> {
    let warnings = link["warnings"].as_array().unwrap();
    let ours = warnings.iter().filter(|warning| warning["code"] == code);
    let names = ours.flat_map(|warning| warning["session_ids"].as_array().unwrap());
    names.map(|name| name.as_str().unwrap().to_owned()).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Books a session so many minutes after the usual time.
async fn book(world: &World, session: &str, (service, staff): (&str, &[&str]), minutes: i64) -> Value {
    let mut booking = world.booking(service, staff);
    let start: jiff::Timestamp = booking["starts_at"].as_str().unwrap().parse().unwrap();
    booking["starts_at"] = json!((start + jiff::SignedDuration::from_mins(minutes)).to_string());
    let put = world.put(&format!("/v1/sites/studio/sessions/{session}"), &booking).await;
    assert!(put.status.is_success(), "{}", put.body);
    put.body["link"].clone()
}

#[rstest]
#[tokio::test]
async fn r31_two_sessions_on_one_host_at_one_time_name_each_other(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.connect("staff/ana", "ana@example.com").await;
    let double = "host_double_booked";
    assert_eq!(named(&book(&world, "s-1", ("yoga", &["bob"]), 0).await, double), set(&[]));
    assert_eq!(named(&book(&world, "s-2", ("talk", &["ana"]), 10).await, double), set(&[]));
    assert_eq!(named(&book(&world, "s-3", ("series", &["ana"]), 29).await, double), set(&["s-1"]));
    assert_eq!(named(&book(&world, "s-4", ("yoga", &[]), 30).await, double), set(&["s-3"]));
    assert_eq!(named(&world.link("s-1", "staff").await, double), set(&["s-3"]));
    assert_eq!(named(&world.link("s-3", "staff").await, double), set(&["s-1", "s-4"]));
    assert_eq!(named(&book(&world, "s-3", ("series", &["ana"]), 120).await, double), set(&[]));
    assert_eq!(named(&world.link("s-1", "staff").await, double), set(&[]));
    assert_eq!(named(&book(&world, "s-1", ("yoga", &["ana"]), 15).await, double), set(&["s-2"]));
    world.delete("/v1/sites/studio/sessions/s-2").await;
    world
        .until("nobody is met any more", async || named(&world.link("s-1", "staff").await, double).is_empty())
        .await;
}

#[rstest]
#[tokio::test]
async fn r31_one_zoom_user_connected_twice_is_one_host(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    book(&world, "s-1", ("yoga", &["ana"]), 0).await;
    book(&world, "s-2", ("yoga", &["bob"]), 0).await;
    world.connect("staff/ana", "lua@example.com").await;
    world
        .until("both are still warned", async || {
            named(&world.link("s-1", "staff").await, "host_double_booked") == set(&["s-2"])
                && named(&world.link("s-2", "staff").await, "host_double_booked") == set(&["s-1"])
        })
        .await;
    assert_eq!(
        named(&book(&world, "s-3", ("talk", &["ana"]), 5).await, "host_double_booked"),
        set(&["s-1", "s-2"])
    );
}

#[rstest]
#[tokio::test]
async fn r31_sessions_that_share_a_link_at_one_time_name_each_other(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.site().await;
    let custom =
        |room: &str| json!({"provider": "custom_link", "url": format!("https://meet.example.com/{room}")});
    world.put("/v1/sites/studio/accounts/default", &custom("a")).await;
    let shared = "shared_link_overlap";
    book(&world, "s-1", ("yoga", &[]), 0).await;
    assert_eq!(named(&book(&world, "s-2", ("talk", &[]), 10).await, shared), set(&["s-1"]));
    assert_eq!(named(&book(&world, "s-3", ("series", &[]), 40).await, shared), set(&[]));
    let by_hand = json!({"mode": "custom", "url": "https://own.example/room"});
    let own = world.put("/v1/sites/studio/sessions/s-2/link", &by_hand).await.body;
    assert_eq!(named(&own, shared), set(&[]));
    assert_eq!(named(&world.link("s-1", "staff").await, shared), set(&[]));
    let same = json!({"mode": "custom", "url": "https://meet.example.com/a"});
    let same = world.put("/v1/sites/studio/sessions/s-2/link", &same).await.body;
    assert_eq!(named(&same, shared), set(&["s-1"]));
    world.put("/v1/sites/studio/accounts/default", &custom("b")).await;
    assert_eq!(named(&world.link("s-1", "staff").await, shared), set(&[]));
    assert_eq!(named(&world.link("s-2", "staff").await, shared), set(&[]));
}
