//! Lists of sessions: by their start, of a service, of a staff member, of a status, page by page (contract.md 3).

use std::collections::BTreeSet;

use futures_util::future::join_all;
use jiff::Timestamp;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::world::Backend;
use crate::gateway::world::World;

const SESSIONS: &str = "/v1/sites/studio/sessions";
const DAY: &str = "2050-11-22";

/// A gateway whose site hands out a custom link, so that every session is ready at once.
async fn studio(backend: Backend) -> World {
    let world = World::start(backend).await;
    world.site().await;
    let link = json!({"provider": "custom_link", "url": "https://meet.example/studio"});
    let put = world.put("/v1/sites/studio/accounts/default", &link).await;
    assert_eq!(put.status, StatusCode::CREATED, "{}", put.body);
    world
}

/// A time of that day, so many minutes after noon, as queries and bookings take it.
fn at(minute: i64) -> String {
    let noon: Timestamp = format!("{DAY}T12:00:00Z").parse().unwrap();
    Timestamp::from_second(noon.as_second() + minute * 60).unwrap().to_string()
}

async fn book(world: &World, id: &str, (service, staff): (&str, &[&str]), starts_at: &str) -> Value {
    let mut booking = world.booking(service, staff);
    booking["starts_at"] = json!(starts_at);
    let put = world.put(&format!("{SESSIONS}/{id}"), &booking).await;
    assert!(put.status.is_success(), "{id}: {}", put.body);
    put.body
}

async fn page(world: &World, query: &str) -> Value {
    let reply = world.get(&format!("{SESSIONS}?{query}")).await;
    assert_eq!(reply.status, StatusCode::OK, "{query}: {}", reply.body);
    reply.body
}

fn ids_of(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["session_id"].as_str().unwrap().to_owned()).collect()
}

/// The ids of a list that fits one page.
async fn ids(world: &World, query: &str) -> Vec<String> {
    let page = page(world, query).await;
    assert_eq!(page["next_cursor"], Value::Null, "{query}");
    ids_of(&page)
}

/// The ids of a whole list; between two pages something happens.
async fn all_pages(world: &World, query: &str, mut between: impl AsyncFnMut(usize)) -> Vec<String> {
    let (mut met, mut cursor) = (Vec::new(), String::new());
    for number in 0..200 {
        let page = page(world, &format!("{query}{cursor}")).await;
        met.extend(ids_of(&page));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return met,
        }
        between(number).await;
    }
    panic!("the list has no end: {query}");
}

#[rstest]
#[tokio::test]
async fn sessions_are_listed_by_start_then_by_id_as_each_is_answered_alone(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    for (id, start) in [("c", 10), ("b", 5), ("B", 5), ("a", 5), ("late", 20), ("early", 0)] {
        book(&world, id, ("yoga", &["ana"]), &at(start)).await;
    }
    let whole = page(&world, "").await;
    assert_eq!(ids_of(&whole), ["early", "B", "a", "b", "c", "late"]);
    assert_eq!(whole["next_cursor"], Value::Null);
    for item in whole["items"].as_array().unwrap() {
        assert_eq!(item["link"]["status"], "ready");
        let alone = world.get(&format!("{SESSIONS}/{}", item["session_id"].as_str().unwrap())).await;
        assert_eq!(*item, alone.body);
    }
    let by_one = all_pages(&world, "limit=1", async |_| {}).await;
    assert_eq!(by_one, ids_of(&whole));
}

#[rstest]
#[tokio::test]
async fn a_list_begins_with_from_and_ends_before_to(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = studio(backend).await;
    for minute in 0..4 {
        book(&world, &format!("s-{minute}"), ("yoga", &["ana"]), &at(minute)).await;
    }
    let within = async |from: &str, to: &str| ids(&world, &format!("from={from}&to={to}")).await;
    assert_eq!(within(&at(1), &at(3)).await, ["s-1", "s-2"]);
    assert_eq!(within(&at(1), &at(1)).await, [""; 0]);
    assert_eq!(within("2050-11-22T13:01:00%2B01:00", &at(2)).await, ["s-1"]);
    assert_eq!(ids(&world, &format!("from={}", at(2))).await, ["s-2", "s-3"]);
    assert_eq!(ids(&world, &format!("to={}", at(2))).await, ["s-0", "s-1"]);

    book(&world, "s-x", ("yoga", &["ana"]), &format!("{DAY}T12:02:00.0005Z")).await;
    assert_eq!(within(&at(2), &format!("{DAY}T12:02:00.0005Z")).await, ["s-2"]);
    assert_eq!(within(&at(2), &format!("{DAY}T12:02:00.0006Z")).await, ["s-2", "s-x"]);
    assert_eq!(within(&format!("{DAY}T12:02:00.0005Z"), &at(3)).await, ["s-x"]);
    assert_eq!(within(&format!("{DAY}T12:02:00.0006Z"), &at(3)).await, [""; 0]);
}

#[rstest]
#[tokio::test]
async fn lists_are_of_a_service_of_a_staff_member_or_of_both(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = studio(backend).await;
    // A staff member who is called as a service is.
    let booked: [(&str, &str, &[&str]); 6] = [
        ("ya", "yoga", &["ana"]),
        ("yb", "yoga", &["bo"]),
        ("yab", "yoga", &["ana", "bo", "ana"]),
        ("ta", "talk", &["ana"]),
        ("ty", "talk", &["yoga"]),
        ("t", "talk", &[]),
    ];
    for (minute, (id, service, staff)) in booked.into_iter().enumerate() {
        book(&world, id, (service, staff), &at(i64::try_from(minute).unwrap())).await;
    }
    let four = format!("from={}&to={}", at(1), at(4));
    for (query, expected) in [
        ("", &["ya", "yb", "yab", "ta", "ty", "t"][..]),
        ("service_id=yoga", &["ya", "yb", "yab"]),
        ("service_id=talk", &["ta", "ty", "t"]),
        ("staff_id=ana", &["ya", "yab", "ta"]),
        ("staff_id=bo", &["yb", "yab"]),
        ("staff_id=yoga", &["ty"]),
        ("service_id=yoga&staff_id=ana", &["ya", "yab"]),
        ("service_id=talk&staff_id=bo", &[]),
        ("service_id=series", &[]),
        ("service_id=nobody", &[]),
        ("staff_id=nobody", &[]),
        ("staff_id=ana&status=ready", &["ya", "yab", "ta"]),
        ("staff_id=ana&status=none", &[]),
        (&format!("{four}&staff_id=ana"), &["yab", "ta"]),
        (&format!("{four}&service_id=yoga&staff_id=ana&status=ready"), &["yab"]),
        (&format!("{four}&service_id=yoga"), &["yb", "yab"]),
    ] {
        assert_eq!(ids(&world, query).await, expected, "{query}");
    }
}

#[rstest]
#[tokio::test]
async fn a_session_that_changes_is_met_where_it_stands_now_and_only_there(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let lists = async || {
        let of = |query: &'static str| ids(&world, query);
        let (all, yoga, talk) = (of("").await, of("service_id=yoga").await, of("service_id=talk").await);
        [all, yoga, talk, of("staff_id=ana").await, of("staff_id=bo").await].map(|ids| ids.join(" "))
    };
    book(&world, "x", ("yoga", &["ana"]), &at(0)).await;
    book(&world, "s", ("yoga", &["ana"]), &at(5)).await;
    assert_eq!(lists().await, ["x s", "x s", "", "x s", ""]);
    book(&world, "s", ("yoga", &["ana"]), &at(-5)).await;
    assert_eq!(lists().await, ["s x", "s x", "", "s x", ""]);
    book(&world, "s", ("yoga", &["bo"]), &at(-5)).await;
    assert_eq!(lists().await, ["s x", "s x", "", "x", "s"]);
    book(&world, "s", ("talk", &["bo", "ana"]), &at(5)).await;
    assert_eq!(lists().await, ["x s", "x", "s", "x s", "s"]);

    world.delete(&format!("{SESSIONS}/s")).await;
    assert_eq!(lists().await, ["x", "x", "", "x", ""]);
    book(&world, "s", ("yoga", &["bo"]), &at(5)).await;
    assert_eq!(lists().await, ["x s", "x s", "", "x", "s"]);

    // Forgotten, once its meeting is removed, and booked again after that.
    world.delete(&format!("{SESSIONS}/s")).await;
    world.until("only one meeting is left", async || world.meetings().await.len() == 1).await;
    assert_eq!(lists().await, ["x", "x", "", "x", ""]);
    book(&world, "s", ("talk", &["ana"]), &at(5)).await;
    assert_eq!(lists().await, ["x s", "x", "s", "x s", ""]);

    world.delete("/v1/sites/studio").await;
    world.site().await;
    assert_eq!(lists().await, [""; 5]);
}

#[rstest]
#[tokio::test]
async fn sessions_are_listed_by_the_status_of_their_link(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let refused = |status: u16, body: &str| json!({"kind": "status", "status": status, "content_type": "application/json", "body": body});
    for (id, start) in [("ready", 0), ("none", 1)] {
        book(&world, id, ("yoga", &["ana"]), &at(start)).await;
    }
    world.delete(&format!("{SESSIONS}/none/link")).await;
    world.fault("meetings.create", 1, refused(400, r#"{"code":300,"message":"Validation Failed."}"#)).await;
    book(&world, "failed", ("yoga", &["ana"]), &at(2)).await;
    let spent = r#"{"code":429,"message":"You have exceeded the daily rate limit (100) of Meeting Create/Update API requests permitted for this particular user. You may resume these requests at GMT 00:00:00."}"#;
    world.fault("meetings.create", 1, refused(429, spent)).await;
    book(&world, "pending", ("yoga", &["ana"]), &at(3)).await;
    // What participants must not see is shown to staff all the same.
    let hidden =
        json!({"display_name": "Studio", "visibility": {"confirmation_email": false, "members_area": false}});
    world.put("/v1/sites/studio", &hidden).await;

    for status in ["ready", "none", "failed", "pending"] {
        for filter in ["", "&service_id=yoga", "&staff_id=ana", "&service_id=yoga&staff_id=ana"] {
            let page = page(&world, &format!("status={status}{filter}")).await;
            assert_eq!(ids_of(&page), [status], "{filter}");
            assert_eq!(page["items"][0]["link"]["status"], status);
        }
    }
    assert_eq!(ids(&world, "status=failed&service_id=talk").await, [""; 0]);
}

/// Books 250 sessions, seven at each start, of two services and two staff members; every fifth has no link. Answers
/// each with the lists it belongs to.
async fn many(world: &World) -> Vec<(String, Vec<&'static str>)> {
    let numbers = (0..250).collect::<Vec<_>>();
    let mut booked = Vec::new();
    for numbers in numbers.chunks(50) {
        booked.extend(join_all(numbers.iter().map(|number| one_of_many(world, *number))).await);
    }
    booked
}

async fn one_of_many(world: &World, number: i64) -> (String, Vec<&'static str>) {
    let (service, staff): (_, &[&str]) = match (number % 2, number % 3) {
        (0, 0) => ("yoga", &["ana"]),
        (0, 1) => ("yoga", &["bo"]),
        (0, _) => ("yoga", &["ana", "bo"]),
        (_, 0) => ("talk", &["ana"]),
        (_, 1) => ("talk", &["bo"]),
        (_, _) => ("talk", &["ana", "bo"]),
    };
    let id = format!("s-{:03}", (number * 37) % 250);
    book(world, &id, (service, staff), &at(number / 7)).await;
    let is_of = |member| staff.contains(&member);
    let mut lists = vec!["", if service == "yoga" { "service_id=yoga" } else { "service_id=talk" }];
    lists.extend(is_of("ana").then_some("staff_id=ana"));
    lists.extend((service == "yoga" && is_of("bo")).then_some("service_id=yoga&staff_id=bo"));
    if number % 5 == 0 {
        world.delete(&format!("{SESSIONS}/{id}/link")).await;
        lists.push("status=none");
    } else {
        lists.extend(is_of("ana").then_some("status=ready&staff_id=ana"));
    }
    (id, lists)
}

async fn add(world: &World, (list, page): (usize, usize), start: i64) {
    book(world, &format!("new-{list}-{page}-{start}"), ("yoga", &["ana", "bo"]), &at(start)).await;
}

#[rstest]
#[tokio::test]
async fn pages_lose_and_repeat_nothing_while_sessions_are_added(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = studio(backend).await;
    let booked = many(&world).await;
    for (place, filter) in [
        "",
        "service_id=yoga",
        "service_id=talk",
        "staff_id=ana",
        "service_id=yoga&staff_id=bo",
        "status=none",
        "status=ready&staff_id=ana",
    ]
    .into_iter()
    .enumerate()
    {
        let expected = booked.iter().filter(|(_, lists)| lists.contains(&filter));
        let expected = expected.map(|(id, _)| id.clone()).collect::<BTreeSet<_>>();
        let limit = [7, 23, 50, 200].into_iter().cycle().nth(place).unwrap();
        let met = all_pages(&world, &format!("{filter}&limit={limit}"), async |number| {
            // Before, between and after what was met; of every list.
            if number < 6 {
                let starts = [-1, i64::try_from(number).unwrap() * 5, 40];
                join_all(starts.map(|start| add(&world, (place, number), start))).await;
            }
        })
        .await;
        let once = met.iter().cloned().collect::<BTreeSet<_>>();
        assert_eq!(met.len(), once.len(), "{filter}: repeated");
        let old = once.into_iter().filter(|id| id.starts_with("s-")).collect::<BTreeSet<_>>();
        assert_eq!(old, expected, "{filter}");
        assert!(!expected.is_empty());
    }
}

#[rstest]
#[tokio::test]
async fn what_goes_or_moves_between_two_pages_is_neither_repeated_nor_in_the_way(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = studio(backend).await;
    for minute in 0..6 {
        book(&world, &format!("s-{minute}"), ("yoga", &["ana"]), &at(minute)).await;
    }
    let met = all_pages(&world, "staff_id=ana&limit=2", async |number| {
        if number == 0 {
            // The last one met, on which the cursor stands; one ahead; one that moves behind the others.
            world.delete(&format!("{SESSIONS}/s-1")).await;
            world.delete(&format!("{SESSIONS}/s-2")).await;
            book(&world, "s-3", ("yoga", &["ana"]), &at(9)).await;
            book(&world, "s-4", ("yoga", &["bo"]), &at(4)).await;
        }
    })
    .await;
    assert_eq!(met, ["s-0", "s-1", "s-5", "s-3"]);
}

#[tokio::test]
async fn one_call_looks_at_a_thousand_sessions_at_most_and_says_where_to_go_on() {
    let world = studio(Backend::Redis).await;
    for hundred in 0..11 {
        let booked = (0..100).map(|number| {
            let (world, number) = (&world, hundred * 100 + number);
            async move { book(world, &format!("s-{number:04}"), ("yoga", &["ana"]), &at(number / 9)).await }
        });
        join_all(booked).await;
    }
    world.delete(&format!("{SESSIONS}/s-1099/link")).await;
    let first = page(&world, "status=none&limit=1").await;
    assert_eq!(ids_of(&first), [""; 0]);
    let query = format!("status=none&limit=1&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(ids(&world, &query).await, ["s-1099"]);
    assert_eq!(all_pages(&world, "limit=200", async |_| {}).await.len(), 1_100);
}

#[rstest]
#[tokio::test]
async fn what_cannot_be_listed_is_refused_with_a_reason(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = studio(backend).await;
    for minute in 0..3 {
        book(&world, &format!("s-{minute}"), ("yoga", &["ana"]), &at(minute)).await;
    }
    let cursor = page(&world, "limit=1").await["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(ids(&world, &format!("from={}&cursor={cursor}", at(0))).await, ["s-1", "s-2"]);
    for (query, named) in [
        ("from=yesterday", "Set from to a time such as 2026-"),
        ("to=2050-11-22", "Set to to a time such as 2026-"),
        ("from=2050-11-22T12:00:00+01:00", "with + as %2B"),
        ("from=2050-11-23T00:00:00Z&to=2050-11-22T00:00:00Z", "Set from to a time before to"),
        ("service_id=a%20b", "Correct service_id"),
        ("service_id=", "Correct service_id"),
        ("staff_id=..", "Correct staff_id"),
        ("status=hidden", "ready, pending, none, failed"),
        ("status=", "ready, pending, none, failed"),
        ("limit=0", "from 1 to 200"),
        ("limit=201", "from 1 to 200"),
        ("audience=staff", "audience"),
        ("cursor=", "next_cursor"),
        ("cursor=nonsense", "next_cursor"),
        // Of the list of accounts: "default".
        ("cursor=ZGVmYXVsdA", "next_cursor"),
        (&format!("from={}&cursor={cursor}", at(1)), "next_cursor"),
        (&format!("to={}&cursor={cursor}", at(0)), "next_cursor"),
    ] {
        let reply = world.get(&format!("{SESSIONS}?{query}")).await;
        let told = (reply.status, &reply.body["code"]);
        assert_eq!(told, (StatusCode::BAD_REQUEST, &json!("invalid_query")), "{query}: {}", reply.body);
        assert!(reply.body["detail"].as_str().unwrap().contains(named), "{query}: {}", reply.body);
    }
    let unknown = world.get("/v1/sites/nobody/sessions").await;
    assert_eq!((unknown.status, &unknown.body["code"]), (StatusCode::NOT_FOUND, &json!("unknown_site")));
    let list = world.post(SESSIONS, &json!({})).await;
    assert_eq!(list.status, StatusCode::METHOD_NOT_ALLOWED);
    let reader = json!({"scope": "links:read"});
    let request = world.anonymous(reqwest::Method::GET, SESSIONS);
    assert_eq!(world.send(request.bearer_auth(world.token_with(&reader)), None).await.status, StatusCode::OK);
    let writer = json!({"scope": "links:write"});
    let request = world.anonymous(reqwest::Method::GET, SESSIONS);
    let refused = world.send(request.bearer_auth(world.token_with(&writer)), None).await;
    assert_eq!((refused.status, &refused.body["code"]), (StatusCode::FORBIDDEN, &json!("missing_scope")));
}
