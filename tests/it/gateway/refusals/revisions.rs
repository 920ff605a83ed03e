//! Names of requests, revisions, and dates at the ends of time.

use reqwest::Method;
use reqwest::StatusCode;
use serde_json::json;

use crate::gateway::refusals::SITE;
use crate::gateway::refusals::assert_points;
use crate::gateway::refusals::assert_problem;
use crate::gateway::refusals::everything;
use crate::gateway::refusals::world;

#[tokio::test]
async fn a_request_keeps_its_name_where_it_fits() {
    let world = world().await;
    for path in [SITE, "/v1/sites/nowhere", "/v1/nowhere", "/livez"] {
        for (given, kept) in [("r-1.a_b~C", true), ("a b", false), ("a/b", false), (&"x".repeat(65), false)] {
            let request = world.request(Method::GET, path).header("x-request-id", given);
            let reply = world.send(request, None).await;
            assert_eq!(reply.headers["x-request-id"] == given, kept, "{path} {given}");
            assert!(!reply.headers["x-request-id"].is_empty(), "{path} {given}");
        }
    }
}

#[tokio::test]
async fn the_same_put_changes_nothing_and_a_stale_revision_is_refused() {
    let world = world().await;
    let site = world.get(SITE).await.body;
    let site = json!({"display_name": site["display_name"], "staff_self_service": true});
    let custom = json!({"provider": "custom_link", "url": "https://meet.example.com/room", "password": "pw"});
    assert_eq!(world.put("/v1/sites/studio/accounts/staff/ana", &custom).await.status, StatusCode::CREATED);
    let puts = [
        (SITE.to_owned(), site),
        (format!("{SITE}/services/yoga"), json!({"kind": "class", "name": "yoga", "video": true})),
        (format!("{SITE}/accounts/staff/ana"), custom),
        (format!("{SITE}/sessions/s-1"), world.booking("yoga", &["ana"])),
    ];
    for (path, body) in &puts {
        world
            .until("a quiet site", async || {
                let before = world.get(path).await.body["revision"].clone();
                world.put(path, body).await.body["revision"] == before
            })
            .await;
        let before = world.get(path).await;
        let tag = before.headers["etag"].to_str().unwrap().to_owned();
        assert_eq!(tag, format!("\"{}\"", before.body["revision"]), "{path}");
        let again = world.put(path, body).await;
        assert_eq!((again.status, &again.body), (StatusCode::OK, &before.body), "{path}");
        assert_eq!(again.headers["etag"], tag, "{path}");

        world.quiet().await;
        let stored = everything(&world).await;
        for stale in ["\"0\"", "\"999999\"", "W/\"1\"", "nonsense"] {
            for method in [Method::PUT, Method::DELETE] {
                let request = world.request(method.clone(), path).header("if-match", stale);
                let body = (method == Method::PUT).then_some(body);
                let reply = world.send(request, body).await;
                assert_problem(&format!("{method} {path} {stale}"), &reply, 412, "revision_mismatch");
            }
        }
        assert_eq!(everything(&world).await, stored, "{path}");
        let request = world.request(Method::PUT, path).header("if-match", &tag);
        assert_eq!(world.send(request, Some(body)).await.status, StatusCode::OK, "{path}");
    }
    for path in ["/services/new", "/sessions/new"] {
        let body = if path.contains("service") { &puts[1].1 } else { &puts[3].1 };
        let request = world.request(Method::PUT, &format!("{SITE}{path}")).header("if-match", "*");
        assert_problem(path, &world.send(request, Some(body)).await, 412, "revision_mismatch");
    }
}

#[tokio::test]
async fn a_date_near_the_end_of_time_and_one_long_past_are_answered() {
    let world = world().await;
    for (session, starts_at) in [
        ("last", "9999-12-30T22:00:00Z"),
        ("first", "1601-01-01T00:00:00Z"),
        ("year-0", "0000-01-01T00:00:00Z"),
    ] {
        let mut body = world.booking("yoga", &["ana"]);
        body["starts_at"] = json!(starts_at);
        body["duration_minutes"] = json!(1440);
        let path = format!("{SITE}/sessions/{session}");
        let reply = world.put(&path, &body).await;
        assert!(matches!(reply.status.as_u16(), 201 | 422), "{starts_at}: {} {}", reply.status, reply.body);
        if reply.status == StatusCode::CREATED {
            assert_eq!(world.get(&path).await.status, StatusCode::OK, "{starts_at}");
            assert_eq!(world.get(&format!("{path}/link")).await.status, StatusCode::OK, "{starts_at}");
        }
    }
    assert_eq!(world.book("s-2", "yoga", &["ana"]).await.body["link"]["status"], "ready");
}

#[tokio::test]
async fn an_hour_that_a_clock_shows_twice_is_two_and_one_that_it_skips_is_what_its_offset_says() {
    let world = world().await;
    let cases = [
        ("first", "2027-11-07T01:30:00-04:00", "2027-11-07T05:30:00Z"),
        ("second", "2027-11-07T01:30:00-05:00", "2027-11-07T06:30:00Z"),
        ("skipped", "2027-03-14T02:30:00-05:00", "2027-03-14T07:30:00Z"),
        ("whole", "2027-03-14T07:30:00.000Z", "2027-03-14T07:30:00Z"),
        ("leap", "2028-02-29T23:59:59Z", "2028-02-29T23:59:59Z"),
    ];
    for (session, given, kept) in cases {
        let mut body = world.booking("yoga", &["ana"]);
        (body["starts_at"], body["time_zone"]) = (json!(given), json!("America/New_York"));
        (body["title"], body["duration_minutes"]) = (json!(session), json!(60));
        let path = format!("{SITE}/sessions/{session}");
        let put = world.put(&path, &body).await;
        assert_eq!((put.status, &put.body["starts_at"]), (StatusCode::CREATED, &json!(kept)), "{}", put.body);
        assert_eq!(put.body["link"]["status"], "ready", "{}", put.body);
        let again = world.put(&path, &body).await;
        assert_eq!((again.status, &again.body["revision"]), (StatusCode::OK, &put.body["revision"]));
        let meetings = world.meetings().await;
        let meeting = meetings.iter().find(|meeting| meeting["topic"] == session).unwrap();
        assert_eq!(
            (&meeting["start_time"], &meeting["timezone"]),
            (&json!(kept), &json!("America/New_York"))
        );
    }
    let listed =
        world.get(&format!("{SITE}/sessions?from=2027-11-07T06:00:00Z&to=2027-11-08T00:00:00Z")).await;
    let items = listed.body["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[0]["session_id"]), (1, &json!("second")));
    let before = everything(&world).await;
    for local in ["2027-11-07T01:30:00", "2027-03-14T02:30:00", "2027-03-14 02:30", "2027-03-14", "02:30"] {
        let mut body = world.booking("yoga", &["ana"]);
        (body["starts_at"], body["time_zone"]) = (json!(local), json!("America/New_York"));
        let reply = world.put(&format!("{SITE}/sessions/local"), &body).await;
        assert_points(local, &reply, "/starts_at");
    }
    assert_eq!(everything(&world).await, before);
}
