//! What a change makes necessary is found by deciding sessions again: the soonest first, and beside the rest (R21).

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;

use crate::gateway::world::Backend;
use crate::gateway::world::World;

/// A site on a custom link, with so many sessions ahead, an hour apart; answers their ids, the soonest first.
async fn busy(backend: Backend, count: usize) -> (World, Vec<String>) {
    let world = World::start(backend).await;
    world.site().await;
    let custom = json!({"provider": "custom_link", "url": "https://meet.example.com/a"});
    world.put("/v1/sites/studio/accounts/default", &custom).await;
    let first: Timestamp = world.in_days(2).parse().unwrap();
    // Named against their order, so that nobody takes one for the other.
    let ids = (0..count).map(|number| format!("s-{:05}", count - number)).collect::<Vec<_>>();
    for (hundred, chunk) in ids.chunks(100).enumerate() {
        let sessions = chunk.iter().enumerate().map(|(number, id)| {
            let hours = i64::try_from(hundred * 100 + number).unwrap();
            let mut booking = world.booking("yoga", &[]);
            booking["session_id"] = json!(id);
            booking["starts_at"] = json!((first + SignedDuration::from_hours(hours)).to_string());
            booking
        });
        let body = json!({"sessions": sessions.collect::<Vec<Value>>()});
        let booked = world.post("/v1/sites/studio/sessions:batch", &body).await;
        assert_eq!(booked.status, StatusCode::OK, "{}", booked.body);
    }
    (world, ids)
}

#[tokio::test]
async fn r21_of_many_sessions_ahead_the_soonest_get_their_meetings_first() {
    let (world, ids) = busy(Backend::Embedded, 400).await;
    world.connect("default", "lua@example.com").await;
    let mut looks = 0;
    while world.creates().await < 40 {
        world.clock.advance(Duration::from_millis(200));
        looks += 1;
        assert!(looks < 5_000, "some are made");
    }
    let mut ready = BTreeSet::new();
    for chunk in ids.chunks(200) {
        let reply = world.post("/v1/sites/studio/links:batch", &json!({"session_ids": chunk})).await;
        let links = reply.body["links"].as_array().unwrap();
        let made = links.iter().filter(|link| link["status"] == "ready");
        ready.extend(made.map(|link| link["session_id"].as_str().unwrap().to_owned()));
    }
    let soonest = ids.iter().take(ready.len() + 20).cloned().collect::<BTreeSet<_>>();
    assert!(ready.is_subset(&soonest), "{:?}", ready.difference(&soonest));
}

#[tokio::test]
async fn r21_a_site_is_booked_and_read_while_its_sessions_are_decided_again() {
    let (world, ids) = busy(Backend::Redis, 1_000).await;
    for room in ["b", "c", "d"] {
        let custom = json!({"provider": "custom_link", "url": format!("https://meet.example.com/{room}")});
        world.put("/v1/sites/studio/accounts/default", &custom).await;
        let booked = world.book(&format!("new-{room}"), "yoga", &[]).await;
        assert_eq!(booked.status, StatusCode::CREATED, "{}", booked.body);
        let address = format!("https://meet.example.com/{room}");
        assert_eq!(booked.body["link"]["provider_url"], address);
        for id in [&ids[0], &ids[999]] {
            assert_eq!(world.link(id, "staff").await["provider_url"], address);
        }
    }
}
