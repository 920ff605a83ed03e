//! Endpoints that take nothing, or not everything: they hold up nobody else, and lose nothing that is kept.

use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use greenroom::domain::outgoing::Health;
use greenroom::domain::outgoing::Parking;
use greenroom::domain::reply::Answer;
use rstest::rstest;
use serde_json::Value;

use crate::gateway::outgoing::LATER;
use crate::gateway::outgoing::SOON;
use crate::gateway::outgoing::gaps;
use crate::gateway::outgoing::happen;
use crate::gateway::outgoing::next_try;
use crate::gateway::outgoing::telling;
use crate::gateway::outgoing::told_by_feed;
use crate::gateway::outgoing::until;
use crate::gateway::world::Backend;
use crate::gateway::world::World;
use crate::support::receiver::Receiver;
use crate::support::receiver::Says;

async fn until_all_is_taken(world: &World, receiver: &Receiver, sites: &[&str]) {
    until(world, ("all is taken", SOON), async || {
        for site in sites {
            if receiver.taken_of(site) != told_by_feed(world, site).await {
                return false;
            }
        }
        true
    })
    .await;
}

async fn health(world: &World) -> Health {
    world.endpoints().await[0].outgoing.health
}

#[rstest]
#[tokio::test]
async fn r24_an_endpoint_that_is_away_for_hours_holds_up_nobody_and_is_told_everything_after(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let [dead, good] = [Receiver::start(&[1]).await, Receiver::start(&[1]).await];
    let world = telling(backend, &[&dead, &good]).await;
    let sites = ["a", "b", "c", "d"];
    dead.says(|_| Says::Status(503));
    for number in 0..3 {
        for site in sites {
            happen(&world, site, number).await;
        }
        until_all_is_taken(&world, &good, &sites).await;
    }
    until(&world, ("it is left alone", SOON), async || {
        matches!(health(&world).await, Health::Failing { .. })
    })
    .await;
    let tried = dead.heard().len();
    until(&world, ("it is tried again and again", LATER), async || dead.heard().len() > tried + 7).await;
    // A site that it was not told of is tried together with one that it was.
    let pauses = gaps(&dead).split_off(tried).into_iter().filter(|gap| *gap > 0);
    for (pause, least) in pauses.zip([10, 20, 40, 80, 160, 320, 640]) {
        assert!(pause >= least, "{pause} s, not {least} s");
    }
    dead.says(|_| Says::Status(200));
    until(&world, ("it takes events again", LATER), async || health(&world).await == Health::Delivering)
        .await;
    until_all_is_taken(&world, &dead, &sites).await;
    assert_eq!((dead.taken().len(), good.taken().len()), (16, 16), "each once");
}

#[tokio::test]
async fn r24_an_endpoint_that_does_not_answer_delays_no_other() {
    let [hanging, good] = [Receiver::start(&[1]).await, Receiver::start(&[1]).await];
    hanging.says(|_| Says::Nothing);
    let world = telling(Backend::Embedded, &[&hanging, &good]).await;
    let sites = ["a", "b", "c"];
    for site in sites {
        happen(&world, site, 0).await;
    }
    until_all_is_taken(&world, &good, &sites).await;
    assert!(!hanging.heard().is_empty());
    assert!(hanging.heard().len() <= sites.len(), "nobody is told something later before something earlier");
}

#[rstest]
#[tokio::test]
async fn r24_an_event_that_is_refused_holds_up_its_site_alone_and_is_given_up_after_a_day(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let receiver = Receiver::start(&[1]).await;
    let world = telling(backend, &[&receiver]).await;
    let poison = |event: &Value| event["site_id"] == "a" && event["type"] == "account.connected";
    receiver.says(move |event| if poison(event) { Says::Status(400) } else { Says::Status(200) });
    happen(&world, "a", 0).await;
    happen(&world, "b", 0).await;
    until_all_is_taken(&world, &receiver, &["b"]).await;
    for number in 1..24 {
        world.clock.advance(Duration::from_hours(1));
        happen(&world, "b", number).await;
        until_all_is_taken(&world, &receiver, &["b"]).await;
    }
    assert_eq!(receiver.taken_of("a"), [""; 0], "what follows it waits");
    assert!(receiver.heard().iter().filter(|heard| heard.event["site_id"] == "a").count() > 8);
    until(&world, ("the others of its site", LATER), async || receiver.taken_of("a").len() == 1).await;
    assert_eq!(receiver.taken_of("a"), told_by_feed(&world, "a").await[1..]);
    let state = async || world.endpoints().await.remove(0).outgoing;
    until(&world, ("it is written down", SOON), async || state().await.given_up == 1).await;
    assert_eq!(state().await.lost, 0);
}

#[rstest]
#[tokio::test]
async fn r24_what_an_endpoint_did_not_take_while_it_failed_is_not_given_up_when_it_is_back(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let receiver = Receiver::start(&[1]).await;
    let world = telling(backend, &[&receiver]).await;
    let begun = world.clock.now();
    receiver.says(|_| Says::Status(502));
    happen(&world, "a", 0).await;
    let almost_a_day = Duration::from_mins(23 * 60 + 30);
    let is_late = async || world.clock.now() > begun + almost_a_day;
    until(&world, ("almost a day is over", LATER), is_late).await;
    // It is back for others, and a little later for this one.
    let first = |event: &Value| event["site_id"] == "a" && event["type"] == "account.connected";
    receiver.says(move |event| if first(event) { Says::Status(500) } else { Says::Status(200) });
    for (number, events) in (0..4).zip(2..) {
        happen(&world, "b", number).await;
        // Before it is in the feed there is nothing to be taken.
        until(&world, ("it is taken", SOON), async || receiver.taken_of("b").len() == events).await;
        world.clock.advance(Duration::from_hours(1));
        until(&world, ("it is tried", SOON), async || world.rests().await).await;
    }
    assert_eq!(receiver.taken_of("a"), [""; 0], "what follows it waits");
    receiver.says(|_| Says::Status(200));
    world.clock.advance(Duration::from_hours(2));
    until_all_is_taken(&world, &receiver, &["a", "b"]).await;
    let state = world.endpoints().await.remove(0).outgoing;
    assert_eq!((state.given_up, state.lost), (0, 0));
}

#[rstest]
#[tokio::test]
async fn r24_an_endpoint_that_took_nothing_for_a_day_is_parked_and_found_again_by_trying(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let receiver = Receiver::start(&[1]).await;
    let world = telling(backend, &[&receiver]).await;
    receiver.says(|_| Says::Status(500));
    happen(&world, "a", 0).await;
    until(&world, ("it is parked", LATER), async || matches!(health(&world).await, Health::Parked { .. }))
        .await;
    let Health::Parked { why, .. } = health(&world).await else { panic!() };
    let state = world.endpoints().await.remove(0);
    assert_eq!((why, state.outgoing.last), (Parking::Silent, Some(Answer::Status(500))));
    assert!(state.waiting_since.is_some());
    let tried = receiver.heard().len();
    until(&world, ("it is tried again and again", LATER), async || receiver.heard().len() > tried + 5).await;
    let gaps = gaps(&receiver);
    // After a day the event behind the one that is refused is tried with it.
    assert!(gaps[tried..].iter().all(|gap| *gap == 0 || *gap >= 3_600), "{gaps:?}");
    happen(&world, "a", 1).await;
    happen(&world, "b", 1).await;
    receiver.says(|_| Says::Status(200));
    until(&world, ("it takes events again", LATER), async || health(&world).await == Health::Delivering)
        .await;
    until_all_is_taken(&world, &receiver, &["a", "b"]).await;
    let state = world.endpoints().await.remove(0).outgoing;
    assert_eq!((state.given_up, state.lost), (0, 0));
}

#[tokio::test]
async fn r24_what_a_parked_endpoint_did_not_take_in_seven_days_is_counted() {
    let receiver = Receiver::start(&[1]).await;
    let world = telling(Backend::Embedded, &[&receiver]).await;
    receiver.says(|_| Says::Status(500));
    happen(&world, "a", 0).await;
    happen(&world, "b", 0).await;
    until(&world, ("it is parked", LATER), async || matches!(health(&world).await, Health::Parked { .. }))
        .await;
    let lost = async || world.endpoints().await.remove(0).outgoing.lost;
    let mut tries = 0;
    while lost().await == 0 && tries < 7 * 24 {
        next_try(&world).await;
        tries += 1;
    }
    assert_eq!(lost().await, 4);
    receiver.says(|_| Says::Status(200));
    // Whichever of the sites is tried first, nothing of it is passed over.
    happen(&world, "a", 1).await;
    happen(&world, "b", 1).await;
    until(&world, ("it goes on", LATER), async || receiver.taken().len() == 2).await;
    assert_eq!((lost().await, receiver.taken_of("a").len(), receiver.taken_of("b").len()), (4, 1, 1));
}

#[tokio::test]
async fn r24_an_endpoint_that_is_gone_is_tried_once_a_day() {
    let receiver = Receiver::start(&[1]).await;
    let world = telling(Backend::Embedded, &[&receiver]).await;
    receiver.says(|_| Says::Status(410));
    for site in ["a", "b", "c"] {
        happen(&world, site, 0).await;
    }
    until(&world, ("it is parked", SOON), async || {
        matches!(health(&world).await, Health::Parked { why: Parking::Gone, .. })
    })
    .await;
    let heard = receiver.heard().len();
    happen(&world, "d", 0).await;
    for _ in 0..46 {
        world.clock.advance(Duration::from_mins(30));
        world.get("/v1/events?limit=1").await;
        world.get("/v1/events?limit=1").await;
    }
    assert_eq!(receiver.heard().len(), heard, "left alone for 23 hours");
    receiver.says(|_| Says::Status(200));
    let is_tried = async || receiver.heard().len() > heard;
    until(&world, ("it is tried after a day", Duration::from_mins(30)), is_tried).await;
    until_all_is_taken(&world, &receiver, &["a", "b", "c", "d"]).await;
}

#[rstest]
#[tokio::test]
async fn r24_a_site_that_is_gone_at_an_endpoint_holds_up_no_other_site(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let receiver = Receiver::start(&[1]).await;
    let world = telling(backend, &[&receiver]).await;
    receiver.says(|event| if event["site_id"] == "a" { Says::Status(410) } else { Says::Status(200) });
    happen(&world, "a", 0).await;
    until(&world, ("it is told", SOON), async || !receiver.heard().is_empty()).await;
    let begun = world.clock.now();
    happen(&world, "b", 0).await;
    until_all_is_taken(&world, &receiver, &["b"]).await;
    assert!(world.clock.now().duration_since(begun).as_secs() < 60, "{}", world.clock.now());
    for number in 1..25 {
        world.clock.advance(Duration::from_hours(1));
        happen(&world, "b", number).await;
        until_all_is_taken(&world, &receiver, &["b"]).await;
    }
    until(&world, ("what it does not want is given up", LATER), async || {
        world.endpoints().await[0].outgoing.given_up > 0
    })
    .await;
    assert_eq!(receiver.taken_of("a"), [""; 0]);
}

#[tokio::test]
async fn r24_an_endpoint_is_left_alone_as_long_as_it_asks() {
    let receiver = Receiver::start(&[1]).await;
    let world = telling(Backend::Embedded, &[&receiver]).await;
    receiver.says(|_| Says::With(429, "retry-after", "1800"));
    happen(&world, "a", 0).await;
    until(&world, ("it is told", SOON), async || receiver.heard().len() == 1).await;
    until(&world, ("it is left alone", SOON), async || {
        matches!(health(&world).await, Health::Failing { .. })
    })
    .await;
    receiver.says(|_| Says::Status(200));
    happen(&world, "b", 0).await;
    let step = Duration::from_mins(1);
    until(&world, ("it is told again", step), async || receiver.heard().len() > 1).await;
    assert!(gaps(&receiver)[0] >= 1_800, "{:?}", gaps(&receiver));
    until_all_is_taken(&world, &receiver, &["a", "b"]).await;
}

#[tokio::test]
async fn r24_an_endpoint_whose_record_cannot_be_read_holds_up_no_other_and_goes_on_once_it_can() {
    let receivers = [Receiver::start(&[1]).await, Receiver::start(&[1]).await];
    let mut world = telling(Backend::Redis, &[&receivers[0], &receivers[1]]).await;
    happen(&world, "a", 0).await;
    for receiver in &receivers {
        until_all_is_taken(&world, receiver, &["a"]).await;
    }
    until(&world, ("it is written down", SOON), async || world.rests().await).await;
    world.stop().await;
    let mut redis = world.redis.as_ref().unwrap().connect().await;
    let keys: Vec<String> = redis::cmd("KEYS").arg("*outgoing*").query_async(&mut redis).await.unwrap();
    assert_eq!(keys.len(), 2, "{keys:?}");
    let whole: Vec<u8> = redis::cmd("GET").arg(&keys[0]).query_async(&mut redis).await.unwrap();
    let mut damaged = whole.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let () = redis::cmd("SET").arg(&keys[0]).arg(damaged).query_async(&mut redis).await.unwrap();

    world.restart_stopped().await;
    happen(&world, "b", 0).await;
    let has_all = |receiver: &&Receiver| receiver.taken_of("b").len() == 2;
    until(&world, ("one is told", SOON), async || receivers.iter().any(|receiver| has_all(&receiver))).await;
    world.clock.advance(Duration::from_mins(3));
    until(&world, ("all is looked at", SOON), async || world.rests().await).await;
    assert_eq!(receivers.iter().filter(has_all).count(), 1, "the other is not told from a wrong place");
    assert_eq!(told_by_feed(&world, "b").await.len(), 2);

    let () = redis::cmd("SET").arg(&keys[0]).arg(whole).query_async(&mut redis).await.unwrap();
    for receiver in &receivers {
        until_all_is_taken(&world, receiver, &["a", "b"]).await;
        assert_eq!(receiver.taken().len(), 4, "each once");
    }
}
