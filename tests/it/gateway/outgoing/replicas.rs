//! Several gateways on one store: of each endpoint, one tells at a time, and those that know it decide about it.

use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use greenroom::app::ports::store::WorkScope;

use crate::gateway::outgoing::LATER;
use crate::gateway::outgoing::SOON;
use crate::gateway::outgoing::happen;
use crate::gateway::outgoing::telling;
use crate::gateway::outgoing::told_by_feed;
use crate::gateway::outgoing::until;
use crate::gateway::world::Backend;
use crate::support::receiver::Receiver;

#[tokio::test]
async fn r24_several_replicas_tell_each_event_once() {
    let receiver = Receiver::start(&[1]).await;
    let mut world = telling(Backend::Redis, &[&receiver]).await;
    world.replicate().await;
    world.replicate().await;
    let sites = ["a", "b", "c", "d", "e"];
    for number in 0..6 {
        for site in sites {
            happen(&world, site, number).await;
        }
    }
    for site in sites {
        until(&world, ("all is taken", SOON), async || receiver.taken_of(site).len() == 7).await;
        assert_eq!(receiver.taken_of(site), told_by_feed(&world, site).await);
    }
    let counts = receiver.counts();
    assert_eq!((counts.len(), counts.values().max()), (35, Some(&1)), "each once: {counts:?}");
}

#[tokio::test]
async fn r24_an_endpoint_that_only_one_replica_knows_keeps_its_place_and_its_time() {
    let receiver = Receiver::start(&[1]).await;
    let mut world = telling(Backend::Redis, &[&receiver]).await;
    happen(&world, "a", 0).await;
    until(&world, ("all is taken", SOON), async || receiver.taken_of("a").len() == 2).await;
    until(&world, ("it is written down", SOON), async || world.rests().await).await;
    world.set("EVENTS__ENDPOINTS", "[]");
    world.replicate().await;
    // The feed is over its place; for weeks nothing happens.
    let until_then = world.clock.now() + Duration::from_hours(10 * 24);
    until(&world, ("ten days are over", LATER), async || world.clock.now() > until_then).await;
    let state = world.endpoints().await.remove(0).outgoing;
    assert!(state.taken_at.is_some(), "it was forgotten and begun anew: {state:?}");
    for number in 1..8 {
        let begun = world.clock.now();
        happen(&world, "a", number).await;
        until(&world, ("it is told", SOON), async || receiver.taken_of("a").len() == 2 + number as usize)
            .await;
        let late = world.clock.now().duration_since(begun).as_secs();
        assert!(late <= 65, "{late} s");
    }
}

const fn is_endpoint(scope: &WorkScope) -> bool {
    matches!(scope, WorkScope::Endpoint(_))
}

#[tokio::test]
async fn r24_an_endpoint_that_nobody_knows_is_looked_at_each_minute_and_forgotten_after_a_week() {
    let receiver = Receiver::start(&[1]).await;
    let mut world = telling(Backend::Redis, &[&receiver]).await;
    happen(&world, "a", 0).await;
    until(&world, ("all is taken", SOON), async || receiver.taken_of("a").len() == 2).await;
    world.stop().await;
    world.set("EVENTS__ENDPOINTS", "[]");
    world.restart_stopped().await;
    world.clock.advance(Duration::from_mins(2));
    for _ in 0..20 {
        until(&world, ("it is put off", SOON), async || world.rests().await).await;
        let looks = world.looked_at(Duration::from_mins(2), is_endpoint).await;
        assert_eq!(looks.len(), 1, "whoever knows it is not kept waiting: {looks:?}");
        world.clock.advance(Duration::from_secs(30));
    }
    let step = Duration::from_hours(1);
    let week = Duration::from_hours(9 * 24);
    let is_forgotten = async || world.looked_at(week, is_endpoint).await.is_empty();
    until(&world, ("it is forgotten", step), is_forgotten).await;
}
