//! Watches many sessions while time goes by: which links are seen, and what lives at Zoom in the end.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use greenroom::app::ports::clock::Clock;
use jiff::Timestamp;
use reqwest::Method;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;

use crate::gateway::world::Backend;
use crate::gateway::world::World;

/// The first session is in so many days: a whole organisation may be shut out for one after the other before.
const FIRST_DAY: i64 = 30;

/// No step of the clock is longer than what the gateway takes for an answer that cannot come any more, so that no
/// call under way is taken for a lost one.
const STEP: Duration = Duration::from_secs(1);
/// So many looks are taken.
const MOST_LOOKS: usize = 6_000;
/// So many looks in a row must see nothing happen.
const CALM: u32 = 8;
/// Time goes on like this once all are ready: something may be due that no link tells of.
const LEAPS: [Duration; 6] = [
    Duration::from_secs(30),
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(1),
    Duration::from_hours(2),
];

/// So many meetings are on a page where pages are to shift.
pub(super) const SHORT_PAGE: u64 = 7;

/// Sessions under watch.
pub(super) struct Watch {
    pub(super) world: World,
    sessions: Vec<String>,
    /// Of each session, the addresses under each meeting's id.
    seen: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

impl Watch {
    pub(super) async fn begin(sessions: usize) -> Self {
        let world = World::connected(Backend::Embedded).await;
        let sessions = (0..sessions).map(|n| format!("s-{n}")).collect();
        Self { world, sessions, seen: BTreeMap::new() }
    }

    /// Books all, at once, and waits for none.
    pub(super) async fn book_all(&self) {
        self.put_all(0, StatusCode::CREATED).await;
    }

    /// Moves all by so many days.
    pub(super) async fn move_all(&self, days: i64) {
        self.put_all(days, StatusCode::OK).await;
    }

    async fn put_all(&self, days: i64, expected: StatusCode) {
        let puts = self.sessions.iter().enumerate().map(|(n, session)| async move {
            let mut booking = self.world.booking("yoga", &["ana"]);
            booking["starts_at"] = json!(self.world.in_days(FIRST_DAY + days + i64::try_from(n).unwrap()));
            let path = format!("/v1/sites/studio/sessions/{session}");
            let request = self.world.request(Method::PUT, &path).header("prefer", "wait=0");
            let put = self.world.send(request, Some(&booking)).await;
            assert_eq!(put.status, expected, "{}", put.body);
        });
        join_all(puts).await;
    }

    /// Lets time go by until every session is ready, and hours more; `meanwhile` happens after each look.
    pub(super) async fn settle(&mut self, mut meanwhile: impl AsyncFnMut(&World)) {
        self.calm_down(&mut meanwhile).await;
        for leap in LEAPS {
            self.world.clock.advance(leap);
            self.calm_down(&mut meanwhile).await;
        }
    }

    /// Lets time go by slowly until every session is ready and Zoom is asked nothing any more.
    async fn calm_down(&mut self, meanwhile: &mut impl AsyncFnMut(&World)) {
        let (mut calm, mut requests) = (0, 0);
        for _ in 0..MOST_LOOKS {
            self.world.rests().await;
            let waiting = self.look().await;
            meanwhile(&self.world).await;
            let before = std::mem::replace(&mut requests, self.world.requests().await);
            calm = if waiting.is_empty() && requests == before { calm + 1 } else { 0 };
            if calm == CALM {
                return;
            }
            self.world.clock.advance(self.pause(&waiting));
        }
        panic!("never calm: {:?}", self.look().await);
    }

    /// How long nothing can happen: until the first try that was promised, or a moment.
    fn pause(&self, waiting: &[Value]) -> Duration {
        let now = self.world.clock.now();
        let promised = |link: &Value| link["retry_at"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
        let soonest = waiting.iter().map(|link| promised(link).unwrap_or(now)).min().unwrap_or(now);
        Duration::try_from(soonest.duration_since(now)).unwrap_or_default().max(STEP)
    }

    /// Reads every link, and notes where it leads; answers those that are not ready.
    async fn look(&mut self) -> Vec<Value> {
        let body = json!({"session_ids": self.sessions});
        let links = self.world.post("/v1/sites/studio/links:batch", &body).await.body;
        let mut waiting = Vec::new();
        for link in links["links"].as_array().unwrap() {
            let text = |name: &str| link[name].as_str().map(str::to_owned);
            if let Some(id) = text("meeting_id") {
                let meetings = self.seen.entry(text("session_id").unwrap()).or_default();
                meetings.entry(id).or_default().insert(text("provider_url").unwrap());
            }
            if link["status"] != "ready" {
                waiting.push(link.clone());
            }
        }
        waiting
    }

    /// The ids of the meetings that are bound, in the order of the sessions.
    pub(super) async fn bound(&self) -> Vec<String> {
        let body = json!({"session_ids": self.sessions});
        let links = self.world.post("/v1/sites/studio/links:batch", &body).await.body;
        let links = links["links"].as_array().unwrap();
        links.iter().map(|link| link["meeting_id"].as_str().unwrap().to_owned()).collect()
    }

    /// How many requests a fault struck.
    pub(super) async fn struck(&self) -> usize {
        let ledger = self.world.ledger().await;
        assert_eq!(ledger["faults_waiting"], 0);
        ledger["requests"].as_array().unwrap().iter().filter(|request| request["fault"].is_string()).count()
    }

    /// How many pages came from a list that had become shorter since its page before.
    pub(super) async fn shifts(&self) -> usize {
        let (mut totals, mut shifts) = (BTreeMap::new(), 0);
        for request in self.world.asked("meetings.list").await {
            let page = &request["page"];
            let Some(total) = page["total"].as_u64() else { continue };
            let before = totals.insert(page["list"].as_u64().unwrap(), total);
            shifts += usize::from(before.is_some_and(|before| total < before));
        }
        shifts
    }

    /// Every session has its meeting, nothing that bears a marker lives beside them, no generation was made more than
    /// twice, and none was seen under two links.
    pub(super) async fn check(&self) {
        let ledger = self.world.ledger().await;
        let meetings = ledger["meetings"].as_array().unwrap();
        let bound = self.bound().await;
        let distinct = bound.iter().cloned().collect::<BTreeSet<_>>();
        assert_eq!(distinct.len(), self.sessions.len(), "each session has a meeting of its own");
        let live = meetings.iter().filter(|meeting| meeting["state"] == "live").collect::<Vec<_>>();
        let ids = live.iter().map(|meeting| meeting["id"].to_string()).collect::<BTreeSet<_>>();
        assert!(distinct.is_subset(&ids), "every bound meeting lives: {:?}", &distinct - &ids);
        let marked = live.iter().filter(|meeting| generation(meeting).is_some());
        let marked = marked.map(|meeting| meeting["id"].to_string()).collect::<BTreeSet<_>>();
        let strays = &marked - &distinct;
        assert!(strays.is_empty(), "{} live beside those that are bound: {strays:?}", strays.len());
        self.check_generations(meetings);
    }

    fn check_generations(&self, meetings: &[Value]) {
        let mut made = BTreeMap::<String, u32>::new();
        let mut generations = BTreeMap::new();
        for meeting in meetings {
            if let Some(generation) = generation(meeting) {
                *made.entry(generation.clone()).or_default() += 1;
                generations.insert(meeting["id"].to_string(), generation);
            }
        }
        made.retain(|_, count| *count > 2);
        assert_eq!(made, BTreeMap::new(), "generations made more than twice");
        for (session, meetings) in &self.seen {
            let of = |id: &String| generations.get(id).cloned().unwrap_or_else(|| "edited".into());
            let distinct = meetings.keys().map(of).collect::<BTreeSet<_>>();
            assert_eq!(distinct.len(), meetings.len(), "{session} was seen with two meetings: {meetings:?}");
            assert!(meetings.values().all(|addresses| addresses.len() == 1), "{session}: {meetings:?}");
        }
    }
}

/// Whether a list is being read of which a page is yet to be asked for.
pub(super) async fn is_turning_pages(world: &World) -> bool {
    let mut turning = BTreeMap::new();
    for request in world.asked("meetings.list").await {
        let number = |name: &str| request["page"][name].as_u64();
        if let (Some(list), Some(page), Some(total)) = (number("list"), number("number"), number("total")) {
            turning.insert(list, page * SHORT_PAGE < total);
        }
    }
    turning.values().any(|is_turning| *is_turning)
}

/// Which generation of which session a meeting was made for, as its marker says.
fn generation(meeting: &Value) -> Option<String> {
    let line = meeting["agenda"].as_str().unwrap().lines().next()?;
    let (generation, _attempt) = line.strip_prefix("Ref gr1-")?.rsplit_once('-')?;
    Some(generation.to_owned())
}
