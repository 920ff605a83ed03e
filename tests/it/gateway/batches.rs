//! Many sessions booked in one request: one commit, one wait, and an answer for each (R27, R28, R30).

use std::time::Duration;
use std::time::Instant;

use reqwest::Method;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::world::Backend;
use crate::gateway::world::Reply;
use crate::gateway::world::World;

const BATCH: &str = "/v1/sites/studio/sessions:batch";

/// A booking with its id.
fn one(world: &World, session: &str, service: &str) -> Value {
    let mut booking = world.booking(service, &["ana"]);
    booking["session_id"] = json!(session);
    booking
}

async fn put(world: &World, sessions: &[Value], prefer: &str) -> Reply {
    let request = world.request(Method::POST, BATCH).header("prefer", prefer);
    world.send(request, Some(&json!({"sessions": sessions}))).await
}

fn results(reply: &Reply) -> &Vec<Value> {
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    reply.body["results"].as_array().unwrap()
}

async fn all_ready(world: &World, ids: &[String]) {
    let body = json!({"session_ids": ids});
    world
        .until("every session is ready", async || {
            let links = world.post("/v1/sites/studio/links:batch", &body).await.body;
            links["links"].as_array().unwrap().iter().all(|link| link["status"] == "ready")
        })
        .await;
}

#[rstest]
#[tokio::test]
async fn r27_every_session_of_a_batch_is_answered_for_itself_and_in_order(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let old = world.book("s-old", "yoga", &["ana"]).await.body;
    let same = world.book("s-same", "yoga", &["ana"]).await.body;
    let mut moved = one(&world, "s-old", "yoga");
    moved["starts_at"] = json!(world.in_days(3));
    let sessions = [
        one(&world, "s-new", "talk"),
        one(&world, "s-lost", "no-such-service"),
        moved,
        one(&world, "s-same", "yoga"),
    ];
    let reply = put(&world, &sessions, "wait=10").await;
    let results = results(&reply);
    let told = results
        .iter()
        .map(|result| (result["session_id"].as_str().unwrap(), result["status"].as_u64().unwrap()));
    assert_eq!(told.collect::<Vec<_>>(), [("s-new", 201), ("s-lost", 404), ("s-old", 200), ("s-same", 200)]);

    let problem = &results[1]["problem"];
    assert_eq!((&problem["code"], &problem["status"]), (&json!("unknown_service"), &json!(404)));
    assert_eq!(problem["request_id"], reply.headers["x-request-id"].to_str().unwrap());
    assert!(results[1].get("session").is_none() && results[0].get("problem").is_none());
    assert_eq!(world.get("/v1/sites/studio/sessions/s-lost").await.status, StatusCode::NOT_FOUND);

    assert_eq!(results[0]["session"]["link"]["status"], "ready");
    assert_eq!(results[0]["session"], world.get("/v1/sites/studio/sessions/s-new").await.body);
    assert_eq!(results[3]["session"], same);
    let was = old["revision"].as_u64().unwrap();
    assert_eq!(results[2]["session"]["revision"].as_u64(), Some(was + 1));
    assert_eq!(results[2]["session"]["link"]["meeting_id"], old["link"]["meeting_id"]);
}

#[rstest]
#[tokio::test]
async fn r28_a_batch_makes_every_meeting_once_however_often_it_is_sent(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let mut world = World::connected(backend).await;
    let ids = (0..40).map(|n| format!("s-{n}")).collect::<Vec<_>>();
    let sessions = ids.iter().map(|id| one(&world, id, "yoga")).collect::<Vec<_>>();
    let (first, again) = tokio::join!(put(&world, &sessions, "wait=0"), put(&world, &sessions, "wait=0"));
    let created = |reply: &Reply| results(reply).iter().filter(|result| result["status"] == 201).count();
    assert_eq!(created(&first) + created(&again), 40);
    world.restart().await;
    all_ready(&world, &ids).await;
    assert_eq!((world.creates().await, world.meetings().await.len()), (40, 40));

    let third = put(&world, &sessions, "wait=0").await;
    for (result, before) in results(&third).iter().zip(results(&first)) {
        assert_eq!(result["status"], 200);
        assert_eq!(result["session"]["revision"], before["session"]["revision"]);
    }
    assert_eq!(world.creates().await, 40);
}

#[rstest]
#[tokio::test]
async fn r30_a_batch_waits_for_all_its_meetings_and_no_longer_than_it_is_told(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let ids = (0..20).map(|n| format!("s-{n}")).collect::<Vec<_>>();
    let sessions = ids.iter().map(|id| one(&world, id, "yoga")).collect::<Vec<_>>();
    let reply = put(&world, &sessions, "wait=30").await;
    for result in results(&reply) {
        assert_eq!(result["session"]["link"]["status"], "ready", "{result}");
    }

    world.fault("meetings.create", 3, json!({"kind": "delay", "seconds": 8})).await;
    let slow = ["t-1", "t-2", "t-3"].map(|id| one(&world, id, "yoga"));
    let begun = Instant::now();
    let reply = put(&world, &slow, "wait=1").await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    for result in results(&reply) {
        let link = &result["session"]["link"];
        assert_eq!((&link["status"], &link["reason"]), (&json!("pending"), &json!("minting")));
        assert!(link["join_url"].is_string());
    }
    world.control(Method::POST, "clock", Some(&json!({"advance_seconds": 10}))).await;
    all_ready(&world, &["t-1".into(), "t-2".into(), "t-3".into()]).await;
    assert_eq!(world.creates().await, 23);
}

#[tokio::test]
async fn r27_a_store_that_takes_no_writes_fails_what_is_to_be_written_and_nothing_else() {
    let world = World::connected(Backend::Redis).await;
    world.book("s-same", "yoga", &["ana"]).await;
    let sessions = [
        one(&world, "s-new", "yoga"),
        one(&world, "s-same", "yoga"),
        one(&world, "s-lost", "no-such-service"),
    ];
    let mut store = world.redis.as_ref().unwrap().connect().await;
    let mut limit = async |bytes: &str| {
        let () =
            redis::cmd("CONFIG").arg(&["SET", "maxmemory", bytes]).query_async(&mut store).await.unwrap();
    };
    limit("1").await;
    let reply = put(&world, &sessions, "wait=0").await;
    limit("0").await;
    let told = results(&reply).iter().map(|result| result["status"].as_u64().unwrap()).collect::<Vec<_>>();
    assert_eq!(told, [503, 200, 404], "{}", reply.body);
    assert_eq!(results(&reply)[0]["problem"]["code"], "store_unavailable");
    let reply = put(&world, &sessions, "wait=0").await;
    let told = results(&reply).iter().map(|result| result["status"].as_u64().unwrap()).collect::<Vec<_>>();
    assert_eq!(told, [201, 200, 404], "{}", reply.body);
}

#[rstest]
#[tokio::test]
async fn a_batch_with_anything_wrong_in_it_is_refused_whole_and_writes_nothing(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let good = one(&world, "s-0", "yoga");
    let with = |field: &str, value: Value| {
        let mut bad = one(&world, "s-1", "yoga");
        bad[field] = value;
        bad
    };
    let mut nameless = one(&world, "s-1", "yoga");
    nameless.as_object_mut().unwrap().remove("session_id");
    let cases = [
        (with("title", json!("")), "/sessions/1/title"),
        (with("title", json!("x".repeat(501))), "/sessions/1/title"),
        (with("duration_minutes", json!(0)), "/sessions/1/duration_minutes"),
        (with("duration_minutes", json!("60")), "/sessions/1/duration_minutes"),
        (with("time_zone", json!("Mars/Olympus")), "/sessions/1/time_zone"),
        (with("staff_ids", json!(["ana", "a b"])), "/sessions/1/staff_ids/1"),
        (with("session_id", json!("a b")), "/sessions/1/session_id"),
        (with("session_id", json!("s-0")), "/sessions/1/session_id"),
        (with("starts_at", json!("tomorrow")), "/sessions/1/starts_at"),
        (with("link", json!({})), "/sessions/1/link"),
        (nameless, "/sessions/1/session_id"),
        (json!([]), "/sessions/1"),
    ];
    for (bad, pointer) in cases {
        let reply = put(&world, &[good.clone(), bad], "wait=0").await;
        assert_eq!((reply.status.as_u16(), &reply.body["code"]), (422, &json!("invalid_body")), "{pointer}");
        assert_eq!(reply.body["errors"][0]["pointer"], pointer, "{}", reply.body);
    }
    let many = (0..101).map(|n| one(&world, &format!("s-{n}"), "yoga")).collect::<Vec<_>>();
    let reply = put(&world, &many, "wait=0").await;
    assert_eq!((reply.status.as_u16(), &reply.body["errors"][0]["pointer"]), (422, &json!("/sessions")));
    assert_eq!(world.get("/v1/sites/studio/sessions/s-0").await.status, StatusCode::NOT_FOUND);

    let huge = world.post(BATCH, &json!({"sessions": [], "x": "x".repeat(1 << 20)})).await;
    assert_eq!(huge.body["code"], "too_large");
    let nowhere = world.post("/v1/sites/nowhere/sessions:batch", &json!({"sessions": [good]})).await;
    assert_eq!(nowhere.body["code"], "unknown_site");
    assert_eq!(results(&put(&world, &[], "wait=0").await), &Vec::<Value>::new());
    let reader = world.token_with(&json!({"scope": "links:read"}));
    let request = world.anonymous(Method::POST, BATCH).bearer_auth(reader);
    assert_eq!(world.send(request, Some(&json!({"sessions": []}))).await.body["code"], "missing_scope");
    assert_eq!(world.creates().await, 0);
}
