//! The one link of a course: set once there is a session, followed by all of them, past and ahead (R14, R15).

use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use reqwest::Method;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::reading::Commands;
use crate::gateway::world::Backend;
use crate::gateway::world::Reply;
use crate::gateway::world::World;

const LINK: &str = "/v1/sites/studio/services/series/link";
const ROOM: &str = "https://course.example/room";

/// A site with a custom link as default, nobody at Zoom, and its services.
pub(crate) async fn world(backend: Backend) -> World {
    let world = World::start(backend).await;
    world.site().await;
    let custom = json!({"provider": "custom_link", "url": "https://studio.example/room"});
    let put = world.put("/v1/sites/studio/accounts/default", &custom).await;
    assert_eq!(put.status, StatusCode::CREATED, "{}", put.body);
    world
}

#[track_caller]
fn assert_refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status.as_u16(), &reply.body["code"]), (status, &json!(code)), "{}", reply.body);
}

async fn seen(world: &World, session: &str) -> (Value, Value, u64) {
    let link = world.link(session, "staff").await;
    (link["source"].clone(), link["provider_url"].clone(), link["revision"].as_u64().unwrap())
}

#[rstest]
#[tokio::test]
async fn r15_a_course_link_is_refused_until_the_service_is_a_course_with_a_session(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = world(backend).await;
    let body = json!({"url": ROOM});
    assert_refused(&world.put("/v1/sites/nowhere/services/series/link", &body).await, 404, "unknown_site");
    for method in [Method::PUT, Method::GET, Method::DELETE] {
        let body = Some(&body).filter(|_| method == Method::PUT);
        let reply = world.call(method, "/v1/sites/studio/services/none/link", body).await;
        assert_refused(&reply, 404, "unknown_service");
    }
    world.book("s-yoga", "yoga", &[]).await;
    assert_refused(&world.put("/v1/sites/studio/services/yoga/link", &body).await, 409, "not_a_course");
    assert_refused(&world.put(LINK, &body).await, 409, "no_sessions_yet");
    world.book("s-1", "series", &[]).await;
    world.delete("/v1/sites/studio/sessions/s-1").await;
    assert_refused(&world.put(LINK, &body).await, 409, "no_sessions_yet");
    let missing = world.get(LINK).await;
    assert_refused(&missing, 404, "not_found");
    assert!(missing.body["detail"].as_str().unwrap().contains("Put a link here first"));
    assert_eq!(world.delete(LINK).await.status, StatusCode::NO_CONTENT);

    let mut past = world.booking("series", &[]);
    past["starts_at"] = json!(world.in_days(-30));
    world.put("/v1/sites/studio/sessions/s-1", &past).await;
    assert_eq!(world.put(LINK, &body).await.status, StatusCode::CREATED);
}

#[rstest]
#[tokio::test]
async fn r15_editing_a_course_link_changes_past_and_future_sessions_at_once(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = world(backend).await;
    for (session, service, days) in [("past", "series", -40), ("next", "series", 3), ("other", "yoga", 3)] {
        let mut booking = world.booking(service, &["ana"]);
        booking["starts_at"] = json!(world.in_days(days));
        let put = world.put(&format!("/v1/sites/studio/sessions/{session}"), &booking).await;
        assert_eq!(put.status, StatusCode::CREATED, "{}", put.body);
    }
    let other = seen(&world, "other").await;
    let (past, next) = (seen(&world, "past").await, seen(&world, "next").await);

    let body = json!({"url": ROOM, "password": "p4ss", "description": "Ring twice."});
    let put = world.put(LINK, &body).await;
    assert_eq!(put.status, StatusCode::CREATED, "{}", put.body);
    for (session, before) in [("past", past), ("next", next)] {
        let (source, url, revision) = seen(&world, session).await;
        assert_eq!((source, url), (json!("course_link"), json!(ROOM)), "{session}");
        assert!(revision > before.2, "{session}: {revision} after {}", before.2);
    }
    assert_eq!(seen(&world, "other").await, other);
    let confirmation = world.link("next", "confirmation_email").await;
    assert_eq!(
        (&confirmation["password"], &confirmation["description"]),
        (&body["password"], &body["description"])
    );

    let before = (seen(&world, "past").await, seen(&world, "next").await);
    let edited = world.put(LINK, &json!({"url": "https://course.example/hall"})).await;
    assert_eq!((edited.status, &edited.body["password"]), (StatusCode::OK, &Value::Null));
    for (session, before) in [("past", before.0), ("next", before.1)] {
        let (_, url, revision) = seen(&world, session).await;
        assert_eq!(url, json!("https://course.example/hall"));
        assert!(revision > before.2);
    }

    assert_eq!(world.delete(LINK).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.delete(LINK).await.status, StatusCode::NO_CONTENT);
    let (source, url, _) = seen(&world, "next").await;
    assert_eq!((source, url), (json!("site_default"), json!("https://studio.example/room")));
}

#[rstest]
#[tokio::test]
async fn r15_a_course_link_has_a_revision_of_its_own_that_if_match_names(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = world(backend).await;
    world.book("s-1", "series", &[]).await;
    let service = world.get("/v1/sites/studio/services/series").await;
    let body = json!({"url": ROOM, "password": "p4ss"});
    let conditional = async |method: Method, tag: &str, body: Option<&Value>| {
        world.send(world.request(method, LINK).header("if-match", tag), body).await
    };
    assert_refused(&conditional(Method::PUT, "\"1\"", Some(&body)).await, 412, "revision_mismatch");

    let put = world.put(LINK, &body).await;
    let tag = put.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(tag, format!("\"{}\"", put.body["revision"]));
    let same = world.put(LINK, &body).await;
    assert_eq!((same.status, &same.body), (StatusCode::OK, &put.body));
    let found = world.get(LINK).await;
    assert_eq!((&found.body, found.headers["etag"].to_str().unwrap()), (&put.body, &*tag));
    assert_eq!(world.get("/v1/sites/studio/services/series").await.body, service.body);

    let other = json!({"url": "https://course.example/hall"});
    let edited = conditional(Method::PUT, &tag, Some(&other)).await;
    assert_eq!(edited.status, StatusCode::OK, "{}", edited.body);
    assert!(edited.body["revision"].as_u64() > put.body["revision"].as_u64());
    assert_refused(&conditional(Method::PUT, &tag, Some(&body)).await, 412, "revision_mismatch");
    assert_refused(&conditional(Method::DELETE, &tag, None).await, 412, "revision_mismatch");
    let tag = edited.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(conditional(Method::DELETE, &tag, None).await.status, StatusCode::NO_CONTENT);
}

#[rstest]
#[tokio::test]
async fn r14_a_service_that_stops_being_a_course_loses_its_course_link(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = world(backend).await;
    world.book("s-1", "series", &[]).await;
    assert_eq!(world.put(LINK, &json!({"url": ROOM})).await.status, StatusCode::CREATED);
    let renamed = json!({"kind": "course", "name": "Renamed", "video": true});
    world.put("/v1/sites/studio/services/series", &renamed).await;
    assert_eq!(seen(&world, "s-1").await.0, json!("course_link"));

    for kind in ["class", "course"] {
        let service = json!({"kind": kind, "name": "Renamed", "video": true});
        world.put("/v1/sites/studio/services/series", &service).await;
        assert_eq!(seen(&world, "s-1").await.0, json!("site_default"), "{kind}");
        assert_refused(&world.get(LINK).await, 404, "not_found");
    }
}

#[tokio::test]
async fn r15_a_course_that_had_meetings_gets_them_back_when_its_link_goes() {
    let world = World::connected(Backend::Embedded).await;
    let before = world.book("s-1", "series", &["ana"]).await.body["link"].clone();
    assert_eq!(world.put(LINK, &json!({"url": ROOM})).await.status, StatusCode::CREATED);
    world.clock.advance(Duration::from_secs(5));
    world.book("s-2", "series", &["ana"]).await;
    assert_eq!(seen(&world, "s-2").await.1, json!(ROOM));
    assert_eq!(world.creates().await, 1);

    assert_eq!(world.delete(LINK).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.link("s-1", "staff").await["meeting_id"], before["meeting_id"]);
    world
        .until("the session that had none gets its meeting", async || {
            world.link("s-2", "staff").await["status"] == "ready"
        })
        .await;
    assert_eq!(world.creates().await, 2);
}

#[tokio::test]
async fn r5_a_course_link_is_parsed_as_every_other_custom_link() {
    let world = world(Backend::Embedded).await;
    world.book("s-1", "series", &[]).await;
    let cases = [
        (json!({"url": "http://course.example/"}), "/url"),
        (json!({"url": ROOM, "password": "x".repeat(129)}), "/password"),
        (json!({"url": ROOM, "description": "x".repeat(4_001)}), "/description"),
        (json!({"url": ROOM, "title": "x"}), "/title"),
        (json!({}), "/url"),
    ];
    for (body, pointer) in cases {
        let reply = world.put(LINK, &body).await;
        assert_refused(&reply, 422, "invalid_body");
        assert_eq!(reply.body["errors"][0]["pointer"], pointer);
    }
    let stranger = world.token_with(&json!({"scope": "links:read"}));
    let request = world.anonymous(Method::GET, LINK).bearer_auth(stranger);
    assert_refused(&world.send(request, None).await, 403, "missing_scope");
}

/// So many sessions, a hundred a request, an hour apart around today.
async fn book_many(world: &World, count: usize) -> Vec<String> {
    let ids = (0..count).map(|n| format!("c-{n}")).collect::<Vec<_>>();
    let mut booking = world.booking("series", &["ana"]);
    let first: Timestamp = world.in_days(-200).parse().unwrap();
    for (page, ids) in ids.chunks(100).enumerate() {
        let sessions = ids.iter().enumerate().map(|(n, id)| {
            let hours = i64::try_from(page * 100 + n).unwrap();
            booking["session_id"] = json!(id);
            booking["starts_at"] = json!((first + SignedDuration::from_hours(hours)).to_string());
            booking.clone()
        });
        let body = json!({"sessions": sessions.collect::<Vec<_>>()});
        let reply = world.post("/v1/sites/studio/sessions:batch", &body).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let results = reply.body["results"].as_array().unwrap();
        assert!(results.iter().all(|result| result["status"] == 201), "{}", reply.body);
    }
    ids
}

/// The link of every session: where it leads, and its revision.
async fn all_seen(world: &World, ids: &[String]) -> Vec<(String, u64)> {
    let mut seen = Vec::with_capacity(ids.len());
    for ids in ids.chunks(500) {
        let body = json!({"session_ids": ids});
        let reply = world.post("/v1/sites/studio/links:batch", &body).await;
        let links = reply.body["links"].as_array().unwrap().clone();
        let told =
            |link: &Value| Some((link["provider_url"].as_str()?.to_owned(), link["revision"].as_u64()?));
        seen.extend(links.iter().map(|link| told(link).unwrap()));
    }
    seen
}

/// How often the site is written from now on until nothing more is done.
async fn commits(world: &World, commands: &mut Commands) -> usize {
    let script = ::redis::Script::new(include_str!("../../../src/store/redis/commit.lua"));
    let (mut count, mut quiet) = (0, 0);
    while quiet < 5 {
        world.clock.advance(Duration::from_millis(200));
        world.ledger().await;
        let sent = commands.since().await;
        let of_site = |line: &&String| line.contains(script.get_hash()) && line.contains("{s:studio}");
        count += sent.iter().filter(of_site).count();
        quiet = if sent.is_empty() { quiet + 1 } else { 0 };
    }
    count
}

/// Waits until all that bookings left is done, also what is due a little later.
async fn settle(world: &World, commands: &mut Commands) {
    commits(world, commands).await;
    world.clock.advance(Duration::from_secs(3));
    commits(world, commands).await;
}

#[tokio::test]
async fn r15_a_course_link_on_ten_thousand_sessions_is_as_many_writes_as_on_one() {
    let world = world(Backend::Redis).await;
    world.book("c-first", "series", &[]).await;
    let mut commands = Commands::watch(&world).await;
    settle(&world, &mut commands).await;
    world.put(LINK, &json!({"url": ROOM})).await;
    let on_one = commits(&world, &mut commands).await;
    drop(commands);
    let ids = book_many(&world, 10_000).await;
    let before = all_seen(&world, &ids).await;
    assert!(before.iter().all(|(url, _)| url == ROOM));

    let mut commands = Commands::watch(&world).await;
    settle(&world, &mut commands).await;
    let put = world.put(LINK, &json!({"url": "https://course.example/hall"})).await;
    assert_eq!(put.status, StatusCode::OK, "{}", put.body);
    let after = all_seen(&world, &ids).await;
    for ((url, revision), (_, old)) in after.iter().zip(&before) {
        assert!(url == "https://course.example/hall" && revision > old, "{url} {revision} {old}");
    }
    let on_all = commits(&world, &mut commands).await;
    // The change itself, the two ends of deciding the sessions ahead again, and the move of its one event.
    assert_eq!((on_one, on_all), (4, 4));
    assert_eq!(all_seen(&world, &ids).await, after);
}

#[tokio::test]
async fn r15_a_thousand_sessions_in_a_file_show_their_course_link_on_the_next_read() {
    let world = world(Backend::Embedded).await;
    let ids = book_many(&world, 1_000).await;
    let before = all_seen(&world, &ids).await;
    assert_eq!(world.put(LINK, &json!({"url": ROOM})).await.status, StatusCode::CREATED);
    for ((url, revision), (_, old)) in all_seen(&world, &ids).await.iter().zip(&before) {
        assert!(url == ROOM && revision > old, "{url} {revision} {old}");
    }
}
