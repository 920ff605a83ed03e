//! Endpoints that do not take the events of some sites, and are well: every other site is told at once, all the while.

use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use greenroom::domain::outgoing::Health;
use rstest::rstest;
use serde_json::Value;

use crate::gateway::outgoing::SOON;
use crate::gateway::outgoing::gaps;
use crate::gateway::outgoing::happen;
use crate::gateway::outgoing::telling;
use crate::gateway::outgoing::told_by_feed;
use crate::gateway::outgoing::until;
use crate::gateway::world::Backend;
use crate::gateway::world::World;
use crate::support::receiver::Receiver;
use crate::support::receiver::Says;

/// Something happens on a site that is well, and is told within seconds.
async fn tell_soon(world: &World, receiver: &Receiver, number: u32) {
    happen(world, "well", number).await;
    let begun = world.clock.now();
    let expected = told_by_feed(world, "well").await.len().max(usize::try_from(number).unwrap() + 2);
    let is_told = || receiver.taken_of("well").len() >= expected;
    let is_late = || world.clock.now().duration_since(begun).as_secs() > 30;
    until(world, ("it is told or late", SOON), async || is_told() || is_late()).await;
    assert!(is_told(), "event {number} is late: {:?}", world.endpoints().await);
}

/// Has time pass without anything new: what waits is tried again, alone.
async fn pass(world: &World, time: Duration) {
    world.clock.advance(time);
    until(world, ("what is due is tried", SOON), async || world.rests().await).await;
}

#[rstest]
#[tokio::test]
async fn r24_sites_whose_events_are_refused_hold_up_no_other_however_many_they_are(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
    #[values(400, 410)] status: u16,
) {
    let receiver = Receiver::start(&[1]).await;
    let world = telling(backend, &[&receiver]).await;
    let is_well = |event: &Value| event["site_id"] == "well";
    receiver.says(move |event| Says::Status(if is_well(event) { 200 } else { status }));
    let refused = ["a", "b", "c"];
    for (site, number) in refused.iter().zip(0..) {
        happen(&world, site, 0).await;
        let is_tried = || receiver.heard().iter().any(|heard| heard.event["site_id"] == **site);
        until(&world, ("it is tried", SOON), async || is_tried()).await;
        tell_soon(&world, &receiver, number).await;
    }
    for minutes in [1, 2, 4, 8, 15] {
        pass(&world, Duration::from_mins(minutes)).await;
    }
    tell_soon(&world, &receiver, 3).await;
    for number in 4..31 {
        // An hour with nothing new, in which all three are tried.
        for _ in 0..3 {
            pass(&world, Duration::from_mins(20)).await;
        }
        tell_soon(&world, &receiver, number).await;
        assert_eq!(world.endpoints().await[0].outgoing.health, Health::Delivering);
    }
    let outgoing = world.endpoints().await.remove(0).outgoing;
    assert_eq!((outgoing.given_up, outgoing.lost), (3, 0), "the first event of each, after a day");
    assert_eq!(outgoing.lanes.len(), 3, "the second is tried for a day, too");
}

#[tokio::test]
async fn r24_many_refused_sites_that_are_tried_first_leave_what_is_new_its_turn() {
    let receiver = Receiver::start(&[1]).await;
    let mut world = telling(Backend::Embedded, &[&receiver]).await;
    receiver.says(|event| Says::Status(if event["site_id"] == "well" { 200 } else { 400 }));
    for number in 0..12 {
        let site = format!("a{number:02}");
        happen(&world, &site, 0).await;
        let is_tried = || receiver.heard().iter().any(|heard| heard.event["site_id"] == *site);
        until(&world, ("it is tried", SOON), async || is_tried()).await;
        tell_soon(&world, &receiver, number).await;
    }
    // A gateway that tells nobody brings something new into the feed; when another tells again, all are due.
    world.stop().await;
    world.set("EVENTS__ENDPOINTS", "[]");
    world.restart_stopped().await;
    let known = told_by_feed(&world, "well").await.len();
    happen(&world, "well", 12).await;
    let is_in_feed = async || told_by_feed(&world, "well").await.len() > known;
    until(&world, ("the feed has it", SOON), is_in_feed).await;
    world.stop().await;
    world.clock.advance(Duration::from_hours(2));
    let tried = receiver.heard().len();
    world.set("EVENTS__ENDPOINTS", &Receiver::setting(&[&receiver]));
    world.restart_stopped().await;
    until(&world, ("it is told", SOON), async || receiver.taken_of("well").len() > known).await;
    let heard = receiver.heard().split_off(tried);
    let at = heard.iter().position(|heard| heard.event["site_id"] == "well").unwrap();
    assert!(at <= 8, "after {at} others");
    assert!(heard.len() > 3, "it was not told first");
}

#[rstest]
#[tokio::test]
async fn r24_one_that_is_taken_behind_twenty_that_are_refused_in_a_row_is_told_within_a_minute(
    #[values(404, 410)] status: u16,
) {
    let receiver = Receiver::start(&[1]).await;
    let mut world = telling(Backend::Embedded, &[&receiver]).await;
    receiver.says(move |event| Says::Status(if event["site_id"] == "well" { 200 } else { status }));
    tell_soon(&world, &receiver, 0).await;
    // All of it is in the feed when the endpoint is told again.
    world.stop().await;
    world.set("EVENTS__ENDPOINTS", "[]");
    world.restart_stopped().await;
    for number in 0..20 {
        happen(&world, &format!("a{number:02}"), 0).await;
    }
    happen(&world, "well", 1).await;
    let is_in_feed = async || told_by_feed(&world, "well").await.len() == 3;
    until(&world, ("the feed has it", SOON), is_in_feed).await;
    world.stop().await;
    world.set("EVENTS__ENDPOINTS", &Receiver::setting(&[&receiver]));
    world.restart_stopped().await;
    until(&world, ("it is told", SOON), async || receiver.taken_of("well").len() == 3).await;
    let heard = receiver.heard();
    let at = |of: fn(&Value) -> bool| {
        let heard = heard.iter().rev().filter(|heard| of(&heard.event)).map(|heard| heard.at.parse::<i64>());
        heard.map(Result::unwrap).collect::<Vec<_>>()
    };
    let refused = at(|event| event["site_id"] != "well");
    let seconds = at(|event| event["site_id"] == "well")[0] - refused.last().unwrap();
    assert!(seconds < 60, "{seconds} s: {:?}", gaps(&receiver));
}

#[tokio::test]
async fn r24_those_who_failed_together_are_not_tried_together() {
    let receiver = Receiver::start(&[1]).await;
    let world = telling(Backend::Embedded, &[&receiver]).await;
    receiver.says(|event| Says::Status(if event["site_id"] == "well" { 200 } else { 400 }));
    for (site, number) in ["a", "b", "c"].iter().zip(0..) {
        happen(&world, site, 0).await;
        let is_tried = || receiver.heard().iter().any(|heard| heard.event["site_id"] == **site);
        until(&world, ("it is tried", SOON), async || is_tried()).await;
        tell_soon(&world, &receiver, number).await;
    }
    // After an hour away all are tried in one turn.
    world.clock.advance(Duration::from_hours(1));
    let tried = receiver.heard().len();
    until(&world, ("all are tried", SOON), async || receiver.heard().len() >= tried + 3).await;
    until(&world, ("it is written", SOON), async || world.rests().await).await;
    let lanes = world.endpoints().await.remove(0).outgoing;
    let mut next = lanes.lanes.values().map(|lane| lane.next_at.as_millisecond()).collect::<Vec<_>>();
    next.dedup();
    assert!(next.len() > 1, "{lanes:?}");
}
