//! Every event goes out to every endpoint: signed, in the order of its site, at least once (R24).

mod crashing;
mod delivering;
mod failing;
mod refusing;
mod replicas;

use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use greenroom::domain::outgoing::Health;
use reqwest::StatusCode;
use serde_json::json;

use crate::gateway::world::Backend;
use crate::gateway::world::World;
use crate::support::receiver::Receiver;

/// A gateway that tells these of every event.
async fn telling(backend: Backend, receivers: &[&Receiver]) -> World {
    World::start_with(backend, &[("EVENTS__ENDPOINTS", &Receiver::setting(receivers))]).await
}

/// Has something happen on a site: the first time two events, then one.
async fn happen(world: &World, site: &str, number: u32) {
    let path = format!("/v1/sites/{site}");
    assert!(world.put(&path, &json!({})).await.status.is_success());
    let custom = json!({"provider": "custom_link", "url": format!("https://meet.example.com/{number}")});
    let put = world.put(&format!("{path}/accounts/default"), &custom).await;
    assert!([StatusCode::CREATED, StatusCode::OK].contains(&put.status), "{}", put.body);
}

/// The ids of a site's events, as the feed has them.
async fn told_by_feed(world: &World, site: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut after = String::new();
    loop {
        let page = world.get(&format!("/v1/events?limit=200{after}")).await.body;
        let items = page["items"].as_array().unwrap();
        let of_site = items.iter().filter(|item| item["site_id"] == site);
        ids.extend(of_site.map(|item| item["id"].as_str().unwrap().to_owned()));
        after = format!("&after={}", page["next_cursor"].as_str().unwrap());
        if items.is_empty() {
            return ids;
        }
    }
}

/// Looks again until `seen` holds; between two looks time moves on by `step`, or only a little while an endpoint is told:
/// who has a turn is not overtaken by the clock.
async fn until(world: &World, (what, step): (&str, Duration), mut seen: impl AsyncFnMut() -> bool) {
    for _ in 0..10_000 {
        if seen().await {
            return;
        }
        let rests = world.rests().await;
        world.clock.advance(if rests { step } else { step.min(SOON) });
    }
    panic!("never: {what}: {:?} at {}", world.endpoints().await, world.clock.now());
}

/// Moves time on to when the first endpoint is tried next, and waits until it was.
async fn next_try(world: &World) {
    let before = world.endpoints().await.remove(0).outgoing;
    let (Health::Failing { next_at, .. } | Health::Parked { next_at, .. }) = before.health else {
        panic!("it is not waited for: {before:?}")
    };
    let left = Duration::try_from(next_at.duration_since(world.clock.now())).unwrap_or_default();
    world.clock.advance(left + Duration::from_secs(1));
    let has_tried = async || {
        let outgoing = world.endpoints().await.remove(0).outgoing;
        outgoing.health != before.health && outgoing.claimed_until.is_none()
    };
    until(world, ("it is tried", Duration::from_millis(1)), has_tried).await;
}

/// How many seconds passed between what a receiver heard, by the gateway's clock.
fn gaps(receiver: &Receiver) -> Vec<i64> {
    let times = receiver.heard().iter().map(|heard| heard.at.parse().unwrap()).collect::<Vec<i64>>();
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// A little at a time.
const SOON: Duration = Duration::from_millis(100);
/// Where pauses are to be passed through.
const LATER: Duration = Duration::from_mins(10);
