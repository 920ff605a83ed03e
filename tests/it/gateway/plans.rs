//! What a provider's plan means for a session is told, and not controlled (R10).

use reqwest::Method;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::looking::SITE;
use crate::gateway::looking::custom;
use crate::gateway::world::Backend;
use crate::gateway::world::World;

fn codes(link: &Value) -> Vec<&str> {
    let warnings = link["warnings"].as_array().unwrap();
    warnings.iter().map(|warning| warning["code"].as_str().unwrap()).collect()
}

/// Books a session of this length so many days ahead.
async fn book(world: &World, session: &str, (staff, minutes, days): (&str, u32, i64)) -> Value {
    let mut booking = world.booking("yoga", &[staff]);
    booking["duration_minutes"] = json!(minutes);
    booking["starts_at"] = json!(world.in_days(days));
    world.taken(&format!("{SITE}/sessions/{session}"), &booking).await["link"].clone()
}

#[rstest]
#[tokio::test]
async fn r10_a_basic_host_is_said_to_cut_at_forty_minutes_and_one_host_to_run_one_meeting(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.connect("staff/ana", "ana@example.com").await;
    world.taken(&format!("{SITE}/accounts/staff/carla"), &custom("carla")).await;
    let plan = async |owner: &str| {
        let account = world.get(&format!("{SITE}/accounts/{owner}")).await.body;
        account["zoom"]["plan"].clone()
    };
    assert_eq!((plan("default").await, plan("staff/ana").await), (json!("licensed"), json!("basic")));

    let cases = [
        ("ana", 40, vec![]),
        ("ana", 41, vec!["basic_plan_time_limit"]),
        ("bob", 1440, vec![]),
        ("carla", 90, vec![]),
    ];
    for (day, (staff, minutes, expected)) in (10..).step_by(3).zip(&cases) {
        let link = book(&world, &format!("{staff}-{minutes}"), (staff, *minutes, day)).await;
        assert_eq!((&link["status"], codes(&link)), (&json!("ready"), expected.clone()), "{link}");
        for warning in link["warnings"].as_array().unwrap() {
            assert!(warning["detail"].as_str().unwrap().contains("40 minutes"), "{warning}");
        }
    }
    let double = book(&world, "second", ("ana", 30, 13)).await;
    assert_eq!(codes(&double), ["host_double_booked"]);
    assert_eq!(double["warnings"][0]["session_ids"], json!(["ana-41"]));
    assert_eq!(codes(&world.link("ana-41", "staff").await), ["basic_plan_time_limit", "host_double_booked"]);

    // What was paid for at Zoom is seen when the account is connected again.
    world
        .control(Method::POST, "users", Some(&json!({"email": "ana@example.com", "plan": "licensed"})))
        .await;
    world.connect("staff/ana", "ana@example.com").await;
    assert_eq!(plan("staff/ana").await, "licensed");
    assert_eq!(codes(&world.link("ana-41", "staff").await), ["host_double_booked"]);
    world.control(Method::POST, "users", Some(&json!({"email": "lua@example.com", "plan": "basic"}))).await;
    world.connect("default", "lua@example.com").await;
    assert_eq!(codes(&world.link("bob-1440", "staff").await), ["basic_plan_time_limit"]);
}
