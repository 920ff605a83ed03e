//! Replicas on one Redis are killed at any moment, again and again: in the end Zoom has what the sessions say.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use greenroom::app::ports::clock::SystemClock;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::Value;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::processes::fleet::Fleet;
use crate::processes::judge::Expected;
use crate::processes::judge::Seen;
use crate::processes::judge::check_attempts;
use crate::processes::judge::differences;
use crate::processes::platform::Platform;
use crate::support::dice::Dice;

const REPLICAS: usize = 3;
/// So often a replica is killed.
const ROUNDS: usize = 100;
/// So many things are asked for between two kills.
const CHANGES: usize = 10;
/// Callers at once, each with sessions of its own.
const CALLERS: usize = 6;
const SESSIONS_EACH: usize = 8;
/// Zoom users, so that no host's calls of the day are spent.
const HOSTS: usize = 24;

/// After so many looks everything must be as it should.
const MOST_LOOKS: usize = 400;
/// Between two looks.
const BETWEEN: Duration = Duration::from_millis(250);

#[tokio::test]
async fn replicas_that_are_killed_a_hundred_times_leave_every_session_its_one_meeting() {
    let mut fleet = Fleet::start(REPLICAS).await;
    let platform = Arc::new(Platform::new(fleet.internals()));
    prepare(&platform, &fleet).await;
    let load = Load::start(&platform);
    let (mut dice, mut replica) = (Dice::new(7), 0);
    for _ in 0..ROUNDS {
        // Not the one that is just starting.
        replica = (replica + 1 + dice.below(REPLICAS - 1)) % REPLICAS;
        fleet.wait_until_ready(replica).await;
        load.go_on(dice.below(CHANGES)).await;
        for _ in 0..dice.below(400) {
            tokio::task::yield_now().await;
        }
        fleet.kill(replica).await;
    }
    let (expected, seen) = load.end().await;
    for replica in 0..REPLICAS {
        fleet.wait_until_ready(replica).await;
    }
    let ledger = settle(&platform, &fleet, &expected).await;
    seen.check(&ledger);
    check_attempts(&ledger);
    assert!(seen.len() >= ROUNDS / 2, "{} meetings were seen", seen.len());
}

/// A site with an account for each host.
async fn prepare(platform: &Platform, fleet: &Fleet) {
    let site = json!({"display_name": "Studio Lua", "staff_self_service": true});
    platform.put("/v1/sites/studio", &site).await;
    let service = json!({"kind": "class", "name": "Yoga", "video": true});
    platform.put("/v1/sites/studio/services/yoga", &service).await;
    platform.connect(&json!({"kind": "default"}), "lua@example.com").await;
    for host in 1..HOSTS {
        let account = ["studio-lua", "clinic"][host % 2];
        let user = json!({"email": email(host), "first_name": "Staff", "last_name": "Member", "account": account,
            "plan": "licensed", "timezone": "America/Sao_Paulo"});
        control(fleet, Method::POST, "users", Some(&user)).await;
        platform.connect(&json!({"kind": "staff", "staff_id": staff(host)}), &email(host)).await;
    }
}

fn staff(host: usize) -> String {
    format!("staff-{host}")
}

fn email(host: usize) -> String {
    if host == 0 { "lua@example.com".into() } else { format!("staff-{host}@example.com") }
}

#[expect(clippy::disallowed_methods, reason = "the test's own client, without a proxy")]
async fn control(fleet: &Fleet, method: Method, path: &str, body: Option<&Value>) -> Value {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = http.request(method, fleet.zoom.join(&format!("/simulator/{path}")).unwrap());
    if let Some(body) = body {
        request = request.json(body);
    }
    let response = request.send().await.unwrap();
    assert!(response.status().is_success(), "{path}: {}", response.status());
    response.json().await.unwrap()
}

/// Waits until everything is as it should be, and stays so; answers the ledger.
async fn settle(platform: &Platform, fleet: &Fleet, expected: &BTreeMap<String, Expected>) -> Value {
    let sessions = expected.keys().cloned().collect::<Vec<_>>();
    let (mut left, mut calm) = (Vec::new(), 0);
    for _ in 0..MOST_LOOKS {
        let links = platform.links(&sessions).await;
        let ledger = control(fleet, Method::GET, "ledger", None).await;
        left = differences(&ledger, &links, expected);
        calm = if left.is_empty() { calm + 1 } else { 0 };
        if calm == 20 {
            return ledger;
        }
        SystemClock.wait(BETWEEN).await;
    }
    panic!("{} things never come right:\n{}", left.len(), left.join("\n"));
}

/// Callers that book, move and cancel, as many changes as they are allowed.
struct Load {
    allowed: Arc<Semaphore>,
    done: Arc<AtomicUsize>,
    callers: Vec<tokio::task::JoinHandle<BTreeMap<String, Expected>>>,
    looker: tokio::task::JoinHandle<()>,
    is_over: Arc<AtomicBool>,
    seen: Arc<Mutex<Seen>>,
}

impl Load {
    fn start(platform: &Arc<Platform>) -> Self {
        let (allowed, done) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
        let (seen, is_over) = (Arc::new(Mutex::new(Seen::default())), Arc::new(AtomicBool::new(false)));
        let callers = (0..CALLERS).map(|caller| {
            let caller = Caller {
                platform: Arc::clone(platform),
                sessions: (0..SESSIONS_EACH).map(|n| format!("s-{caller}-{n}")).collect(),
                dice: Dice::new(100 + u64::try_from(caller).unwrap()),
            };
            tokio::spawn(caller.run(Arc::clone(&allowed), Arc::clone(&done)))
        });
        let callers = callers.collect();
        let looker = tokio::spawn(look(Arc::clone(platform), Arc::clone(&seen), Arc::clone(&is_over)));
        Self { allowed, done, callers, looker, is_over, seen }
    }

    /// Allows further changes, and waits until so many of them are done.
    async fn go_on(&self, changes: usize) {
        let until = self.done.load(Ordering::Relaxed) + changes;
        self.allowed.add_permits(CHANGES);
        while self.done.load(Ordering::Relaxed) < until {
            tokio::task::yield_now().await;
        }
    }

    /// What every session should be, and what was seen of them meanwhile.
    async fn end(self) -> (BTreeMap<String, Expected>, Seen) {
        self.allowed.close();
        let mut expected = BTreeMap::new();
        for caller in self.callers {
            expected.extend(caller.await.unwrap());
        }
        self.is_over.store(true, Ordering::Relaxed);
        self.looker.await.unwrap();
        let seen = std::mem::take(&mut *self.seen.lock().unwrap());
        (expected, seen)
    }
}

/// Reads every link again and again.
async fn look(platform: Arc<Platform>, seen: Arc<Mutex<Seen>>, is_over: Arc<AtomicBool>) {
    let sessions = (0..CALLERS * SESSIONS_EACH)
        .map(|n| format!("s-{}-{}", n / SESSIONS_EACH, n % SESSIONS_EACH))
        .collect::<Vec<_>>();
    while !is_over.load(Ordering::Relaxed) {
        for link in platform.links(&sessions).await {
            seen.lock().unwrap().note(&link);
        }
        SystemClock.wait(Duration::from_millis(20)).await;
    }
}

struct Caller {
    platform: Arc<Platform>,
    sessions: Vec<String>,
    dice: Dice,
}

impl Caller {
    async fn run(mut self, allowed: Arc<Semaphore>, done: Arc<AtomicUsize>) -> BTreeMap<String, Expected> {
        let mut expected: BTreeMap<String, Expected> =
            self.sessions.iter().map(|session| (session.clone(), Expected::Nothing)).collect();
        while let Ok(permit) = allowed.acquire().await {
            permit.forget();
            let session = self.dice.one_of(&self.sessions);
            let wish = self.wish(&expected[&session]);
            self.ask(&session, &wish).await;
            expected.insert(session, wish);
            done.fetch_add(1, Ordering::Relaxed);
        }
        expected
    }

    /// Something else than before: another time, another name, another host, or nothing.
    fn wish(&mut self, before: &Expected) -> Expected {
        let hour = self.dice.below(24);
        let start = format!("{}T{hour:02}:00:00Z", in_two_days());
        match before {
            Expected::Nothing => {
                Expected::Meeting { host: email(self.dice.below(HOSTS)), topic: "Yoga".into(), start }
            }
            Expected::Meeting { host, topic, .. } => match self.dice.below(5) {
                0 => Expected::Nothing,
                1 | 2 => {
                    Expected::Meeting { host: email(self.dice.below(HOSTS)), topic: topic.clone(), start }
                }
                3 => Expected::Meeting { host: host.clone(), topic: format!("Yoga {hour}"), start },
                _ => Expected::Meeting { host: host.clone(), topic: topic.clone(), start },
            },
        }
    }

    async fn ask(&self, session: &str, wish: &Expected) {
        let path = format!("/v1/sites/studio/sessions/{session}");
        match wish {
            Expected::Nothing => {
                self.platform.call(Method::DELETE, &path, None).await;
            }
            Expected::Meeting { host, topic, start } => {
                let staff = host.strip_suffix("@example.com").unwrap();
                let staff = (staff != "lua").then_some(staff).into_iter().collect::<Vec<_>>();
                let booking = json!({"service_id": "yoga", "staff_ids": staff, "title": topic, "starts_at": start,
                    "duration_minutes": 45, "time_zone": "America/Sao_Paulo"});
                self.platform.put(&path, &booking).await;
            }
        }
    }
}

/// A day that is within 48 hours for most of it, and has not begun anywhere.
fn in_two_days() -> jiff::civil::Date {
    let now: Timestamp = SystemClock.now();
    (now + Duration::from_hours(36)).to_zoned(jiff::tz::TimeZone::UTC).date()
}
