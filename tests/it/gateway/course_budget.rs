//! A course of 250 sessions on one Zoom host: the calls of each day go to the soonest, some are kept for sessions within
//! 48 hours, and Zoom never has to refuse one (R30).

use std::collections::BTreeMap;
use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use jiff::Timestamp;
use reqwest::Method;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;

use crate::gateway::world::Backend;
use crate::gateway::world::World;
use crate::support::dice::Dice;

const SESSIONS: usize = 250;
/// Five a day: the course takes seven weeks.
const A_DAY: usize = 5;
/// What Zoom allows a host each UTC day, and what is kept of it for sessions within 48 hours.
const CALLS: usize = 100;
const RESERVE: usize = 20;
const DAY: i64 = 86_400;

/// The course, and what was seen of it.
struct Course {
    world: World,
    begun: Timestamp,
}

impl Course {
    /// Begins in the morning of a UTC day.
    async fn begin() -> Self {
        let world = World::connected(Backend::Embedded).await;
        world.control(Method::POST, "modes", Some(&json!({"rate_limits": "documented"}))).await;
        let now = world.clock.now().as_second();
        let morning = now - now.rem_euclid(DAY) + DAY + 8 * 3_600;
        world.clock.advance(Duration::from_secs(u64::try_from(morning - now).unwrap()));
        let begun = world.clock.now();
        Self { world, begun }
    }

    /// When a session starts: the first one tomorrow.
    fn start(&self, session: usize) -> Timestamp {
        let day = i64::try_from(1 + session / A_DAY).unwrap();
        let hour = i64::try_from(session % A_DAY).unwrap();
        Timestamp::from_second(self.begun.as_second() + day * DAY + hour * 3_600).unwrap()
    }

    /// Books sessions in as few requests as may be, in no order.
    async fn book(&self, mut sessions: Vec<usize>, dice: &mut Dice) {
        let mut shuffled = Vec::new();
        while !sessions.is_empty() {
            shuffled.push(sessions.swap_remove(dice.below(sessions.len())));
        }
        for batch in shuffled.chunks(100) {
            let bookings = batch.iter().map(|session| {
                let mut booking = self.world.booking("series", &["ana"]);
                booking["session_id"] = json!(name(*session));
                booking["starts_at"] = json!(self.start(*session).to_string());
                booking
            });
            let body = json!({"sessions": bookings.collect::<Vec<_>>()});
            let path = "/v1/sites/studio/sessions:batch";
            let request = self.world.request(Method::POST, path).header("prefer", "wait=0");
            let booked = self.world.send(request, Some(&body)).await;
            assert_eq!(booked.status, StatusCode::OK, "{}", booked.body);
        }
    }

    async fn links(&self) -> Vec<Value> {
        let names = (0..SESSIONS).map(name).collect::<Vec<_>>();
        let body = json!({"session_ids": names});
        let links = self.world.post("/v1/sites/studio/links:batch", &body).await.body;
        links["links"].as_array().unwrap().clone()
    }

    /// Whether a link is neither being made nor overdue.
    fn is_at_rest(&self, link: &Value) -> bool {
        let retry_at = link["retry_at"].as_str().map(|at| at.parse::<Timestamp>().unwrap());
        link["reason"] != "minting" && retry_at.is_none_or(|at| at > self.world.clock.now())
    }

    /// Lets time go by until nothing is being made and Zoom is asked nothing.
    async fn calm_down(&self) {
        let (mut calm, mut requests) = (0, 0);
        for _ in 0..600 {
            let before = std::mem::replace(&mut requests, self.world.requests().await);
            calm = if requests == before { calm + 1 } else { 0 };
            if calm >= 3 && self.links().await.iter().all(|link| self.is_at_rest(link)) {
                return;
            }
            self.world.clock.advance(Duration::from_secs(1));
        }
        panic!("never calm");
    }

    /// Lets time go by until the next UTC day is two hours old.
    async fn next_day(&self) {
        let now = self.world.clock.now().as_second();
        let midnight = u64::try_from(DAY - now.rem_euclid(DAY)).unwrap();
        for seconds in [midnight, 600, 6_600] {
            self.world.clock.advance(Duration::from_secs(seconds));
            self.calm_down().await;
        }
    }

    /// How many of the course are ready: the soonest. The others wait for their turn, and say until when.
    async fn ready(&self) -> usize {
        let links = self.links().await;
        let ready = links.iter().take_while(|link| link["status"] == "ready").count();
        let now = self.world.clock.now();
        for link in &links[ready..] {
            assert_eq!(link["status"], "pending", "the soonest come first: {link}");
            let reason = link["reason"].as_str().unwrap();
            assert!(["scheduled", "daily_limit_reached"].contains(&reason), "{link}");
            let retry_at: Timestamp = link["retry_at"].as_str().unwrap().parse().unwrap();
            assert!(retry_at > now && retry_at < now + Duration::from_hours(26), "{now}: {link}");
        }
        ready
    }

    /// The host's calls by UTC day, as Zoom counts them.
    async fn calls(&self) -> BTreeMap<String, usize> {
        let ledger = self.world.ledger().await;
        let daily = ledger["daily"].as_array().unwrap().iter();
        let count = |day: &Value| usize::try_from(day["count"].as_u64().unwrap()).unwrap();
        daily.map(|day| (day["date"].as_str().unwrap().to_owned(), count(day))).collect()
    }

    async fn refused(&self) -> Vec<Value> {
        let ledger = self.world.ledger().await;
        let requests = ledger["requests"].as_array().unwrap().iter();
        requests.filter(|request| request["sent"] == 429).cloned().collect()
    }
}

fn name(session: usize) -> String {
    format!("s-{session}")
}

#[tokio::test]
async fn r30_a_course_of_250_sessions_gets_its_meetings_day_by_day_the_soonest_first() {
    let course = Course::begin().await;
    let mut dice = Dice::new(250);
    for sessions in [0..100, 100..200, 200..SESSIONS] {
        course.book(sessions.collect(), &mut dice).await;
        course.calm_down().await;
    }
    assert_eq!(course.ready().await, CALLS - RESERVE, "the rest is kept");

    // What comes in late for tomorrow is served from what was kept.
    let mut tomorrow = course.world.booking("yoga", &["ana"]);
    tomorrow["starts_at"] = json!(course.world.in_days(1));
    let late = course.world.put("/v1/sites/studio/sessions/late", &tomorrow).await;
    assert_eq!(late.body["link"]["status"], "ready", "{}", late.body);

    for expected in [160, 240, SESSIONS] {
        course.next_day().await;
        assert_eq!(course.ready().await, expected);
    }
    assert_eq!(course.refused().await, Vec::<Value>::new());
    let calls = course.calls().await.into_values().collect::<Vec<_>>();
    assert_eq!(calls, [81, 80, 80, 10]);
    let meetings = course.world.meetings().await.len();
    assert_eq!((course.world.creates().await, meetings), (251, SESSIONS + 1));
}
