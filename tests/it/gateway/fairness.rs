//! A backlog, or a Zoom that is slow, of one site costs the others next to nothing (R30, correctness.md section 8).

use reqwest::Method;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;

use crate::gateway::world::Backend;
use crate::gateway::world::World;

/// So many looks are taken at what was asked of Zoom.
const MOST_LOOKS: u32 = 5_000;
const CLARA: &str = "clara@example.com";

/// A second site, `clinic`, with this Zoom user as its default account.
async fn second_site(world: &World, user: &str) {
    world.taken("/v1/sites/clinic", &json!({})).await;
    world
        .taken("/v1/sites/clinic/services/yoga", &json!({"kind": "class", "name": "Yoga", "video": true}))
        .await;
    world.connect_by(&world.portal_link_of("clinic", "default").await, user).await;
}

/// Books so many sessions of a site at once and waits for none.
async fn backlog(world: &World, site: &str, count: u32) {
    let session = |number: u32| {
        let mut booking = world.booking("yoga", &[]);
        booking["session_id"] = json!(format!("{site}-{number}"));
        booking
    };
    let body = json!({"sessions": (0..count).map(session).collect::<Vec<_>>()});
    let path = format!("/v1/sites/{site}/sessions:batch");
    let request = world.request(Method::POST, &path).header("prefer", "wait=0");
    assert_eq!(world.send(request, Some(&body)).await.status, StatusCode::OK);
}

/// The hosts of the creates that were carried out, in their order.
async fn creates(world: &World) -> Vec<String> {
    let made = world.asked("meetings.create").await;
    let user = |request: &Value| request["user"].as_str().unwrap().to_owned();
    made.iter().filter(|request| request["status"] == 201).map(user).collect()
}

/// Looks again, while time goes on by itself, until what was asked of Zoom is as it should be.
async fn seen(world: &World, what: &str, is_so: impl Fn(&[Value]) -> bool) {
    for _ in 0..MOST_LOOKS {
        if is_so(&world.asked("meetings.create").await) {
            return;
        }
        tokio::task::yield_now().await;
    }
    let asked = world.asked("meetings.create").await;
    panic!("never: {what}, of {} creates these are of clara: {}", asked.len(), made_for_clara(&asked));
}

/// How many creates of `clara@example.com` were carried out.
fn made_for_clara(asked: &[Value]) -> usize {
    let hers = asked.iter().filter(|request| request["user"] == CLARA && request["status"] == 201);
    hers.count()
}

#[tokio::test]
async fn a_backlog_of_one_site_delays_the_booking_of_another_by_a_few_calls() {
    let world = World::connected(Backend::Embedded).await;
    // Two users of one Zoom account, whose calls a second they share.
    second_site(&world, "bruno@example.com").await;
    world.control(Method::POST, "modes", Some(&json!({"rate_limits": "documented"}))).await;
    backlog(&world, "studio", 75).await;
    seen(&world, "the backlog is worked on", |asked| {
        asked.iter().filter(|request| request["status"] == 201).count() >= 12
    })
    .await;
    let before = creates(&world).await.len();
    let booked = world.put("/v1/sites/clinic/sessions/s-1", &world.booking("yoga", &[])).await;
    assert_eq!(booked.body["link"]["status"], "ready", "{}", booked.body);
    let all = creates(&world).await;
    let turn = all.iter().position(|user| user == "bruno@example.com").unwrap();
    assert!(turn - before <= 8, "{} came before it: {all:?}", turn - before);
    assert!(all.len() < 60, "nothing is left of the backlog that it was to overtake: {}", all.len());
    world.until("all are made", async || creates(&world).await.len() == 76).await;
    let refused = world.asked("meetings.create").await;
    assert_eq!(refused.iter().filter(|request| request["status"] == 429).count(), 0);
}

#[tokio::test]
async fn a_zoom_that_does_not_answer_one_account_costs_another_nothing() {
    // Whoever waited for an answer to the one would wait longer than the looks take.
    let world = World::start_with(Backend::Embedded, &[("MINTING__POST_TIMEOUT_SECONDS", "60")]).await;
    world.site().await;
    world.connect("default", "lua@example.com").await;
    second_site(&world, CLARA).await;
    let slow = json!({"operation": "meetings.create", "times": 200, "user": "lua@example.com",
        "fault": {"kind": "delay", "seconds": 3_600}});
    world.control(Method::POST, "faults", Some(&slow)).await;
    backlog(&world, "studio", 75).await;
    seen(&world, "the slow account is asked", |asked| asked.len() >= 8).await;
    backlog(&world, "clinic", 30).await;
    seen(&world, "all of the other account are made", |asked| made_for_clara(asked) == 30).await;
    let ledger = world.ledger().await;
    let requests = ledger["requests"].as_array().unwrap();
    let last = requests.iter().rposition(|request| request["user"] == CLARA).unwrap();
    let of_slow = |request: &&Value| {
        request["user"] == "lua@example.com"
            && request["operation"].as_str().unwrap().starts_with("meetings.")
    };
    // Each of these is answered in an hour, and whoever gave up on one would ask for the list.
    for request in requests[..last].iter().filter(of_slow) {
        let create = (&request["operation"], &request["fault"]);
        assert_eq!(create, (&json!("meetings.create"), &json!("delay")), "{request}");
    }
    let link = world.get("/v1/sites/studio/sessions/studio-0/link").await.body;
    assert_eq!(link["status"], "pending", "{link}");
}
