//! Lists: what they show, and how their pages hang together.

use std::collections::BTreeSet;

use reqwest::Method;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::simulator::world::World;
use crate::simulator::world::scheduled;

const LUA: &str = "lua@example.com";

async fn ids(world: &World, token: &str, query: &str) -> Vec<u64> {
    let answer = world.find(&format!("/v2/users/me/meetings{query}"), token).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    page(&answer.body)
}

fn page(body: &Value) -> Vec<u64> {
    body["meetings"].as_array().unwrap().iter().map(|meeting| meeting["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_list_shows_neither_passcode_nor_host_link_and_cuts_the_agenda() {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    let mut body = scheduled("2027-01-22T09:00:00Z");
    body["agenda"] = json!("é".repeat(300));
    world.create(&token, body).await;
    let list = world.find("/v2/users/me/meetings", &token).await.body;
    let meeting = &list["meetings"][0];
    assert_eq!(meeting["agenda"], "é".repeat(250));
    assert!(meeting.get("password").is_none() && meeting.get("start_url").is_none());
    assert_eq!(
        (&list["page_size"], &list["total_records"], &list["next_page_token"]),
        (&json!(30), &json!(1), &json!(""))
    );
}

#[tokio::test]
async fn types_and_dates_narrow_a_list() {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    let mut made = Vec::new();
    for start in ["2027-01-16T23:30:00Z", "2027-01-17T12:00:00Z", "2027-01-18T00:30:00Z"] {
        made.push(world.create(&token, scheduled(start)).await.body["id"].as_u64().unwrap());
    }
    world.create(&token, json!({"type": 1})).await;
    assert_eq!(ids(&world, &token, "").await, made, "an instant meeting is never listed");
    assert_eq!(ids(&world, &token, "?from=2027-01-17&to=2027-01-17").await, [made[1]]);
    let paris = "?from=2027-01-17&to=2027-01-17&timezone=Europe/Paris";
    assert_eq!(ids(&world, &token, paris).await, made[..2]);
    world.control(Method::POST, &format!("meetings/{}/start", made[2]), None).await;
    assert_eq!(ids(&world, &token, "?type=live").await, [made[2]]);
    world.advance(2 * 86_400).await;
    let token = world.connect(LUA).await.access;
    assert_eq!(ids(&world, &token, "?type=upcoming").await, made[1..]);
    assert_eq!(ids(&world, &token, "?type=previous_meetings").await, [made[0]]);
    assert_eq!(ids(&world, &token, "?type=scheduled").await, made);
    world.tell("modes", json!({"list_dates": "ignored"})).await;
    assert_eq!(ids(&world, &token, "?from=2029-01-17").await, made);
}

#[rstest]
#[case("type=all", "type")]
#[case("page_size=301", "page_size")]
#[case("page_size=0", "page_size")]
#[case("from=17-01-2027", "from")]
#[case("timezone=Mars", "timezone")]
#[tokio::test]
async fn a_wrong_parameter_is_named(#[case] query: &str, #[case] field: &str) {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    let answer = world.find(&format!("/v2/users/me/meetings?{query}"), &token).await;
    assert_eq!(answer.refusal(), (400, 300));
    assert_eq!(answer.body["errors"][0]["field"], field);
}

#[rstest]
#[case("stable", 4)]
#[case("shifting", 3)]
#[tokio::test]
async fn a_deletion_between_two_pages_hides_a_meeting_only_where_pages_shift(
    #[case] paging: &str,
    #[case] seen: usize,
) {
    let world = World::start().await;
    world.tell("modes", json!({"list_paging": paging})).await;
    let token = world.connect(LUA).await.access;
    let mut made = Vec::new();
    for day in 16..20 {
        let start = format!("2027-01-{day}T09:00:00Z");
        made.push(world.create(&token, scheduled(&start)).await.body["id"].as_u64().unwrap());
    }
    let first = world.find("/v2/users/me/meetings?page_size=2", &token).await.body;
    assert_eq!((page(&first), &first["page_count"]), (made[..2].to_vec(), &json!(2)));
    world.delete(&token, made[0]).await;
    let next = first["next_page_token"].as_str().unwrap();
    let second = world.find(&format!("/v2/users/me/meetings?next_page_token={next}"), &token).await.body;
    assert_eq!(page(&first).len() + page(&second).len(), seen);
    assert_eq!(second["next_page_token"], "");
}

#[tokio::test]
async fn a_page_token_lives_fifteen_minutes() {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    world.meeting(&token).await;
    world.meeting(&token).await;
    let first = world.find("/v2/users/me/meetings?page_size=1", &token).await.body;
    let next =
        format!("/v2/users/me/meetings?next_page_token={}", first["next_page_token"].as_str().unwrap());
    world.advance(899).await;
    assert_eq!(world.find(&next, &token).await.status, 200);
    world.advance(1).await;
    assert_eq!(world.find(&next, &token).await.refusal(), (400, 300));
}

#[tokio::test]
async fn a_new_meeting_can_be_missing_from_lists_for_a_while() {
    let world = World::start().await;
    world.tell("modes", json!({"list_lag_seconds": 30})).await;
    let token = world.connect(LUA).await.access;
    let id = world.meeting(&token).await;
    assert!(ids(&world, &token, "").await.is_empty());
    assert_eq!(world.find(&format!("/v2/meetings/{id}"), &token).await.status, 200);
    world.advance(30).await;
    assert_eq!(ids(&world, &token, "").await, [id]);
}

#[tokio::test]
async fn new_meetings_can_be_missing_for_different_times() {
    let world = World::start().await;
    world.tell("modes", json!({"list_lag_seconds": 4, "list_lag": "each_its_own"})).await;
    let token = world.connect(LUA).await.access;
    let mut made = Vec::new();
    for _ in 0..10 {
        made.push(world.meeting(&token).await);
    }
    for second in 0..=4 {
        let shown = made.iter().copied().filter(|id| id % 5 <= second).collect::<BTreeSet<_>>();
        assert_eq!(ids(&world, &token, "").await.into_iter().collect::<BTreeSet<_>>(), shown, "{second}");
        world.advance(1).await;
    }
}

#[tokio::test]
async fn a_page_can_be_shorter_than_asked_for() {
    let world = World::start().await;
    world.tell("modes", json!({"list_pages": {"at_most": {"meetings": 2}}})).await;
    let token = world.connect(LUA).await.access;
    for _ in 0..3 {
        world.meeting(&token).await;
    }
    let first = world.find("/v2/users/me/meetings?page_size=300", &token).await.body;
    assert_eq!((page(&first).len(), &first["page_size"], &first["page_count"]), (2, &json!(2), &json!(2)));
    let next = first["next_page_token"].as_str().unwrap();
    assert_eq!(ids(&world, &token, &format!("?next_page_token={next}")).await.len(), 1);
}

#[tokio::test]
async fn page_tokens_expire_when_they_are_told_to() {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    world.meeting(&token).await;
    world.meeting(&token).await;
    world.fault("meetings.list", json!({"kind": "expiring_pages"})).await;
    for expected in [400, 200] {
        let first = world.find("/v2/users/me/meetings?page_size=1", &token).await.body;
        assert_eq!(page(&first).len(), 1);
        let next = first["next_page_token"].as_str().unwrap();
        let second = world.find(&format!("/v2/users/me/meetings?next_page_token={next}"), &token).await;
        assert_eq!(second.status, expected, "{second:?}");
    }
}
