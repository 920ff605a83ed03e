//! What endpoints are told, and how it is signed.

use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use greenroom::domain::outgoing::Health;
use reqwest::Method;
use rstest::rstest;
use serde_json::Value;

use crate::gateway::outgoing::SOON;
use crate::gateway::outgoing::happen;
use crate::gateway::outgoing::telling;
use crate::gateway::outgoing::told_by_feed;
use crate::gateway::outgoing::until;
use crate::gateway::world::Backend;
use crate::gateway::world::World;
use crate::support::receiver::Receiver;
use crate::support::receiver::Says;

/// Waits until a receiver took so many events of a site.
async fn until_taken(world: &World, (receiver, site): (&Receiver, &str), count: usize) {
    until(world, ("it is told", SOON), async || receiver.taken_of(site).len() >= count).await;
}

#[rstest]
#[tokio::test]
async fn r24_events_are_told_once_in_the_order_of_their_site_as_the_feed_has_them(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let receiver = Receiver::start(&[1]).await;
    let world = telling(backend, &[&receiver]).await;
    let begun = world.clock.now().as_second();
    let sites = ["a", "b", "c"];
    for number in 0..8 {
        for site in sites {
            happen(&world, site, number).await;
        }
    }
    for site in sites {
        until_taken(&world, (&receiver, site), 9).await;
        assert_eq!(receiver.taken_of(site), told_by_feed(&world, site).await, "{site}");
    }
    assert_eq!(receiver.taken().len(), 27, "each once");
    let feed = world.get("/v1/events?limit=200").await.body;
    for heard in receiver.heard() {
        assert!(feed["items"].as_array().unwrap().contains(&heard.event), "{}", heard.event);
        assert_eq!(
            (heard.event["id"].as_str(), heard.signed_with(&[1, 2])),
            (Some(heard.id.as_str()), vec![1])
        );
        let at: i64 = heard.at.parse().unwrap();
        assert!((begun..=world.clock.now().as_second()).contains(&at), "{at}");
    }
}

#[tokio::test]
async fn r24_with_two_secrets_either_of_them_verifies() {
    let receiver = Receiver::start(&[1, 2]).await;
    let world = telling(Backend::Embedded, &[&receiver]).await;
    happen(&world, "a", 0).await;
    until_taken(&world, (&receiver, "a"), 2).await;
    let heard = receiver.heard().remove(0);
    assert_eq!((heard.signatures.len(), heard.signed_with(&[1, 2, 3])), (2, vec![1, 2]));
    let mut altered = heard.clone();
    altered.body[3] ^= 1;
    assert!(altered.signed_with(&[1, 2]).is_empty());
}

#[rstest]
#[tokio::test]
async fn r24_what_was_not_told_before_a_restart_is_told_after_it(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let receiver = Receiver::start(&[1]).await;
    let mut world = telling(backend, &[&receiver]).await;
    happen(&world, "a", 0).await;
    until_taken(&world, (&receiver, "a"), 2).await;
    receiver.says(|_| Says::Status(500));
    happen(&world, "a", 1).await;
    until(&world, ("it is tried", SOON), async || receiver.heard().len() > 2).await;
    world.restart().await;
    receiver.says(|_| Says::Status(200));
    until_taken(&world, (&receiver, "a"), 3).await;
    assert_eq!(receiver.taken_of("a"), told_by_feed(&world, "a").await);
    assert_eq!(receiver.taken().len(), 3, "what was taken before is not told again");
}

#[tokio::test]
async fn r24_an_endpoint_begins_with_what_happens_from_now_on() {
    let receiver = Receiver::start(&[1]).await;
    let mut world = World::start(Backend::Embedded).await;
    happen(&world, "a", 0).await;
    until(&world, ("the feed has it", SOON), async || told_by_feed(&world, "a").await.len() == 2).await;
    world.stop().await;
    world.set("EVENTS__ENDPOINTS", &Receiver::setting(&[&receiver]));
    world.restart_stopped().await;
    world.endpoints().await;
    happen(&world, "a", 1).await;
    until_taken(&world, (&receiver, "a"), 1).await;
    assert_eq!(receiver.taken(), told_by_feed(&world, "a").await[2..]);
}

#[tokio::test]
async fn r24_an_endpoint_that_is_left_out_for_a_while_goes_on_where_it_stood() {
    let receiver = Receiver::start(&[1]).await;
    let mut world = telling(Backend::Embedded, &[&receiver]).await;
    happen(&world, "a", 0).await;
    until_taken(&world, (&receiver, "a"), 2).await;
    world.stop().await;
    world.set("EVENTS__ENDPOINTS", "[]");
    world.restart_stopped().await;
    happen(&world, "a", 1).await;
    until(&world, ("time passes", Duration::from_hours(1)), async || {
        told_by_feed(&world, "a").await.len() == 3
    })
    .await;
    for _ in 0..30 {
        world.clock.advance(Duration::from_mins(10));
        world.get("/v1/events").await;
    }
    world.stop().await;
    world.set("EVENTS__ENDPOINTS", &Receiver::setting(&[&receiver]));
    world.restart_stopped().await;
    until_taken(&world, (&receiver, "a"), 3).await;
    assert_eq!(receiver.taken(), told_by_feed(&world, "a").await);
}

#[tokio::test]
async fn r24_an_answer_counts_by_its_status_and_a_redirect_is_not_followed() {
    let elsewhere = Receiver::start(&[1]).await;
    let [endless, redirecting] = [Receiver::start(&[1]).await, Receiver::start(&[1]).await];
    let to: &'static str = Box::leak(elsewhere.url.to_string().into_boxed_str());
    endless.says(|_| Says::Endless);
    redirecting.says(move |_| Says::With(307, "location", to));
    let world = telling(Backend::Embedded, &[&endless, &redirecting]).await;
    happen(&world, "a", 0).await;
    until_taken(&world, (&endless, "a"), 2).await;
    until(&world, ("it is tried again", SOON), async || redirecting.heard().len() > 2).await;
    assert_eq!(endless.heard().len(), 2);
    assert!(elsewhere.heard().is_empty());
}

#[tokio::test]
async fn r24_states_show_the_host_of_an_endpoint_and_how_it_stands() {
    let [good, bad] = [Receiver::start(&[1]).await, Receiver::start(&[2]).await];
    bad.says(|event: &Value| if event["site_id"] == "b" { Says::Status(400) } else { Says::Status(200) });
    let world = telling(Backend::Embedded, &[&good, &bad]).await;
    happen(&world, "a", 0).await;
    happen(&world, "b", 0).await;
    until_taken(&world, (&good, "b"), 2).await;
    until(&world, ("a lane", SOON), async || world.endpoints().await[1].outgoing.lanes.len() == 1).await;
    let states = world.endpoints().await;
    for (state, receiver) in states.iter().zip([&good, &bad]) {
        assert_eq!(state.host, receiver.url.origin().ascii_serialization());
        assert_eq!(state.outgoing.health, Health::Delivering);
        assert!(!format!("{state:?}").contains("5ecret"), "{state:?}");
    }
    assert!(states[1].waiting_since.is_some());
    until(&world, ("the good one took all", SOON), async || {
        world.endpoints().await[0].waiting_since.is_none()
    })
    .await;
    let ready = world.send(world.anonymous(Method::GET, "/readyz"), None).await;
    assert!(ready.status.is_success());
}

#[rstest]
#[tokio::test]
async fn r24_what_is_announced_of_a_site_that_goes_is_told_at_once(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let receiver = Receiver::start(&[1]).await;
    let world = telling(backend, &[&receiver]).await;
    // Whoever else brings its events into the feed says so, too: of several goodbyes some are brought by this alone.
    let sites = ["a", "b", "c", "d", "e", "f"];
    for site in sites {
        happen(&world, site, 0).await;
        until_taken(&world, (&receiver, site), 2).await;
        until(&world, ("it is looked at again", SOON), async || world.rests().await).await;
        let begun = world.clock.now();
        assert!(world.delete(&format!("/v1/sites/{site}")).await.status.is_success());
        until_taken(&world, (&receiver, site), 3).await;
        let told_after = world.clock.now().duration_since(begun).as_secs();
        assert!(told_after < 20, "{site}: {told_after} s");
    }
}
