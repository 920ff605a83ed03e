//! What webhooks lose: meetings are looked at before their sessions.

use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use jiff::Timestamp;
use reqwest::Method;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::webhooks::A_MINUTE;
use crate::gateway::world::Backend;
use crate::gateway::world::World;

const DAY: Duration = Duration::from_hours(24);
const HOUR: Duration = Duration::from_hours(1);
const MINUTES: Duration = Duration::from_mins(10);

impl World {
    /// Moves time on to so long before a start, less a minute; then past it, and waits for what comes of it.
    async fn pass(&self, start: Timestamp, before: Duration) {
        let due = start - before;
        let until = Duration::try_from((due - A_MINUTE).duration_since(self.clock.now())).unwrap();
        self.clock.advance(until);
        let looks = self.looks().await;
        self.quiet().await;
        assert_eq!(self.looks().await, looks, "too early");
        self.clock.advance(A_MINUTE);
        self.until("it is looked at", async || self.looks().await > looks).await;
        self.quiet().await;
    }

    async fn book_at(&self, session: &str, start: Timestamp) -> Value {
        let mut booking = self.booking("yoga", &["ana"]);
        booking["starts_at"] = json!(start.to_string());
        self.taken(&format!("/v1/sites/studio/sessions/{session}"), &booking).await["link"].clone()
    }
}

#[rstest]
#[tokio::test]
async fn r32_a_meeting_that_was_deleted_in_silence_is_found_a_day_an_hour_and_ten_minutes_before_it(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let start = world.clock.now() + 3 * DAY;
    let mut link = world.book_at("s-1", start).await;
    for (creates, before) in (2..).zip([DAY, HOUR, MINUTES]) {
        world.delete_at_zoom(&link).await;
        world.pass(start, before).await;
        let anew = world
            .link_when("s-1", |found| found["status"] == "ready" && found["meeting_id"] != link["meeting_id"])
            .await;
        assert_eq!((&anew["join_url"], world.creates().await), (&link["join_url"], creates));
        link = anew;
    }
    assert_eq!(world.looks().await, 3, "one look each");
}

#[tokio::test]
async fn r32_three_looks_are_all_that_a_session_costs_where_nothing_is_wrong() {
    let world = World::connected(Backend::Embedded).await;
    let start = world.clock.now() + 10 * DAY;
    let link = world.book_at("s-1", start).await;
    for before in [DAY, HOUR, MINUTES] {
        world.pass(start, before).await;
    }
    world.clock.advance(DAY);
    world.quiet().await;
    assert_eq!(world.looks().await, 3);
    let after = world.link("s-1", "staff").await;
    assert_eq!((&after["meeting_id"], &after["revision"]), (&link["meeting_id"], &link["revision"]));
}

#[tokio::test]
async fn r32_a_session_booked_half_an_hour_ahead_is_looked_at_once() {
    let world = World::connected(Backend::Embedded).await;
    let start = world.clock.now() + Duration::from_mins(30);
    world.book_at("s-1", start).await;
    world.quiet().await;
    assert_eq!(world.looks().await, 0);
    world.pass(start, MINUTES).await;
    world.clock.advance(HOUR);
    world.quiet().await;
    assert_eq!(world.looks().await, 1);
}

#[tokio::test]
async fn r32_a_look_that_cannot_be_made_is_made_later_and_leaves_the_link_ready() {
    let world = World::connected(Backend::Embedded).await;
    let start = world.clock.now() + 2 * DAY;
    let link = world.book_at("s-1", start).await;
    let down = json!({"kind": "status", "status": 503, "body": "{}", "content_type": "application/json"});
    world.fault("meetings.find", 3, down).await;
    world.pass(start, DAY).await;
    world.until("it is tried again", async || world.looks().await == 4).await;
    assert_eq!(world.link("s-1", "staff").await, link);
    world.quiet().await;
    assert_eq!((world.looks().await, world.creates().await), (4, 1));
    assert_eq!(world.control(Method::GET, "faults", None).await["faults"], json!([]));
}

#[tokio::test]
async fn r32_a_consent_that_was_withdrawn_in_silence_shows_at_the_next_look() {
    let world = World::connected(Backend::Embedded).await;
    let start = world.clock.now() + 2 * DAY;
    let link = world.book_at("s-1", start).await;
    world.control(Method::POST, "users/lua@example.com/remove-app", Some(&json!({}))).await;
    world.clock.advance(DAY);
    world
        .until("the account is known to need its owner", async || {
            let account = world.get("/v1/sites/studio/accounts/default").await.body;
            account["state"] == "reauthorization_required"
        })
        .await;
    let kept = world.link("s-1", "staff").await;
    assert_eq!((&kept["status"], &kept["meeting_id"]), (&json!("ready"), &link["meeting_id"]));
}
