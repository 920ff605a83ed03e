//! What happens to a link over time: changed, moved, cancelled, and its account gone (R18 to R21).

use std::time::Duration;

use reqwest::Method;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::looking::DEFAULT;
use crate::gateway::looking::SITE;
use crate::gateway::looking::custom;
use crate::gateway::looking::told;
use crate::gateway::world::Backend;
use crate::gateway::world::World;

const SESSION: &str = "/v1/sites/studio/sessions/s-1";

/// The parts of a link that people hold.
fn address(link: &Value) -> [&Value; 4] {
    ["meeting_id", "join_url", "provider_url", "password"].map(|field| &link[field])
}

async fn history(world: &World, session: &str) -> Vec<Value> {
    let page = world.get(&format!("{SITE}/sessions/{session}/link/history?limit=200")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    page.body["items"].as_array().unwrap().clone()
}

/// Books a session so many days ahead, and answers its link.
async fn book(world: &World, session: &str, (staff, days): (&[&str], i64)) -> Value {
    let mut booking = world.booking("yoga", staff);
    booking["starts_at"] = json!(world.in_days(days));
    world.taken(&format!("{SITE}/sessions/{session}"), &booking).await["link"].clone()
}

#[rstest]
#[tokio::test]
async fn r18_what_is_moved_renamed_or_made_longer_is_one_update_of_the_same_meeting(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let before = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    let mut changed = world.booking("yoga", &["ana"]);
    changed["title"] = json!("Pilates with Ana");
    changed["starts_at"] = json!(world.in_days(9));
    changed["duration_minutes"] = json!(75);
    world.taken(SESSION, &changed).await;
    world.taken(SESSION, &changed).await;
    world.until("the meeting shows it", async || world.meetings().await[0]["duration"] == 75).await;
    world.quiet().await;
    let meeting = &world.meetings().await[0];
    assert_eq!((&meeting["topic"], &meeting["start_time"]), (&changed["title"], &changed["starts_at"]));
    assert_eq!((world.asked("meetings.update").await.len(), world.creates().await), (1, 1));
    let after = world.link("s-1", "staff").await;
    assert_eq!((address(&after), &after["status"]), (address(&before), &json!("ready")));
    let further = [
        ("title", json!("Yoga again")),
        ("duration_minutes", json!(30)),
        ("starts_at", json!(world.in_days(8))),
    ];
    for (updates, (field, value)) in (2..).zip(further) {
        changed[field] = value;
        world.taken(SESSION, &changed).await;
        world.until("it is updated", async || world.asked("meetings.update").await.len() >= updates).await;
        world.quiet().await;
        assert_eq!(address(&world.link("s-1", "staff").await), address(&before), "{field}");
        assert_eq!((world.asked("meetings.update").await.len(), world.creates().await), (updates, 1));
    }

    world.delete_at_zoom(&before).await;
    changed["title"] = json!("Yoga once more");
    world.taken(SESSION, &changed).await;
    let anew = world
        .link_when("s-1", |link| link["status"] == "ready" && link["meeting_id"] != before["meeting_id"])
        .await;
    assert_eq!(anew["join_url"], before["join_url"]);
    assert_eq!(world.join(&before).await.1, anew["provider_url"].as_str().unwrap());
    let meetings = world.meetings().await;
    assert_eq!((meetings.len(), &meetings[0]["topic"]), (1, &json!("Yoga once more")));
}

#[rstest]
#[tokio::test]
async fn r19_a_change_of_staff_makes_the_new_meeting_before_the_old_one_is_deleted(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.connect("staff/ana", "ana@example.com").await;
    let before = world.book("s-1", "yoga", &["bob"]).await.body["link"].clone();
    // While the new host's meeting cannot be made, the old one is what people get.
    let down = json!({"kind": "status", "status": 503, "body": "{}", "content_type": "application/json"});
    world.fault("meetings.create", 1, down).await;
    world.book("s-1", "yoga", &["ana"]).await;
    assert_eq!(world.join(&before).await.1, before["provider_url"].as_str().unwrap());
    assert_eq!(world.asked("meetings.delete").await.len(), 0);
    let after = world
        .link_when("s-1", |link| link["status"] == "ready" && link["meeting_id"] != before["meeting_id"])
        .await;
    assert_eq!((told(&after), &after["staff_id"]), (["ready", "zoom", "staff_account"], &json!("ana")));
    world.until("the old one goes", async || world.meetings().await.len() == 1).await;
    let ledger = world.ledger().await;
    let done = ledger["requests"].as_array().unwrap().iter().filter(|request| {
        let kind = request["operation"].as_str().unwrap();
        request["status"].as_u64().is_some_and(|status| status < 300)
            && matches!(kind, "meetings.create" | "meetings.delete")
    });
    let done =
        done.map(|request| (request["operation"].as_str().unwrap(), request["user"].as_str().unwrap()));
    let expected = [
        ("meetings.create", "lua@example.com"),
        ("meetings.create", "ana@example.com"),
        ("meetings.delete", "lua@example.com"),
    ];
    assert_eq!(done.collect::<Vec<_>>(), expected);
    assert_eq!(
        (world.meetings().await[0]["host"].as_str(), &after["join_url"]),
        (Some("ana@example.com"), &before["join_url"])
    );
    assert_eq!(world.join(&before).await.1, after["provider_url"].as_str().unwrap());
}

#[rstest]
#[tokio::test]
async fn r20_a_cancelled_session_loses_its_meeting_and_one_already_gone_is_as_good(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let first = book(&world, "s-1", (&["ana"], 3)).await;
    let second = book(&world, "s-2", (&["ana"], 5)).await;
    world.delete_at_zoom(&second).await;
    for session in ["s-1", "s-2"] {
        let path = format!("{SITE}/sessions/{session}");
        assert_eq!(world.delete(&path).await.status, StatusCode::NO_CONTENT);
        for path in [path.clone(), format!("{path}/link"), format!("{path}/link/history")] {
            let gone = world.get(&path).await;
            assert_eq!((gone.status, &gone.body["code"]), (StatusCode::NOT_FOUND, &json!("unknown_session")));
        }
    }
    for link in [&first, &second] {
        assert_eq!(world.join(link).await.0, StatusCode::NOT_FOUND);
    }
    world.until("both were removed", async || world.asked("meetings.delete").await.len() == 2).await;
    world.clock.advance(Duration::from_hours(3));
    world.quiet().await;
    let removed = world.asked("meetings.delete").await;
    let mut statuses = removed.iter().map(|request| request["status"].as_u64().unwrap()).collect::<Vec<_>>();
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 404], "neither is tried again");
    assert_eq!(world.meetings().await.len(), 0);
    let again = book(&world, "s-2", (&["ana"], 5)).await;
    assert!(again["status"] == "ready" && address(&again)[0] != address(&second)[0], "{again}");
}

#[rstest]
#[tokio::test]
async fn r21_when_a_default_is_replaced_sessions_ahead_follow_and_past_ones_keep_their_record(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let past = book(&world, "past", (&["bob"], 1)).await;
    let ahead = book(&world, "ahead", (&["bob"], 30)).await;
    world.clock.advance(Duration::from_hours(30));
    world.quiet().await;
    let told_before = history(&world, "past").await;
    world.taken(DEFAULT, &custom("new")).await;
    assert_eq!(world.link("ahead", "staff").await["provider_url"], "https://meet.example.com/new");
    assert_eq!(world.join(&ahead).await.1, "");
    world.clock.advance(Duration::from_mins(20));
    world.quiet().await;
    let kept = world.link("past", "staff").await;
    assert_eq!((told(&kept), address(&kept)), (["ready", "zoom", "site_default"], address(&past)));
    assert_eq!(world.join(&past).await.1, past["provider_url"].as_str().unwrap());
    let told_after = history(&world, "past").await;
    assert!(told_after.ends_with(&told_before), "{told_before:#?} then {told_after:#?}");
    assert_eq!(told_after[0]["provider_url"], past["provider_url"], "{told_after:#?}");
    assert_eq!((world.meetings().await.len(), world.asked("meetings.delete").await.len()), (2, 0));
    let first = &history(&world, "ahead").await[1];
    assert_eq!(first["provider_url"], ahead["provider_url"]);

    // Back at the same user, the session ahead has the meeting it had.
    world.connect("default", "lua@example.com").await;
    world.link_when("ahead", |link| link["meeting_id"] == ahead["meeting_id"]).await;
    assert_eq!(world.creates().await, 2);
}

#[rstest]
#[case::kept("keep", 2)]
#[case::deleted("delete", 1)]
#[case::kept_unless_told("", 2)]
#[tokio::test]
async fn r21_who_disconnects_says_whether_meetings_ahead_stay_at_zoom(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
    #[case] meetings: &str,
    #[case] left: usize,
) {
    let world = World::connected(backend).await;
    let past = book(&world, "past", (&["bob"], 1)).await;
    let ahead = book(&world, "ahead", (&["bob"], 30)).await;
    world.clock.advance(Duration::from_hours(30));
    let query = if meetings.is_empty() { String::new() } else { format!("?meetings={meetings}") };
    assert_eq!(world.delete(&format!("{DEFAULT}{query}")).await.status, StatusCode::NO_CONTENT);
    world.assert_dark("ahead", "no_default_account").await;
    world.until("it is as was said", async || world.meetings().await.len() == left).await;
    world.clock.advance(Duration::from_mins(20));
    world.until("the grant is revoked", async || world.authorised().await.is_empty()).await;
    let ids = world.meetings().await.iter().map(|meeting| meeting["id"].to_string()).collect::<Vec<_>>();
    assert_eq!((ids.len(), ids.contains(&past["meeting_id"].as_str().unwrap().to_owned())), (left, true));

    world.connect("default", "lua@example.com").await;
    let back = world.ready("ahead").await;
    assert_eq!(back["meeting_id"] == ahead["meeting_id"], left == 2, "{back}");
    assert_eq!(back["join_url"], ahead["join_url"]);
    assert_eq!(address(&world.link("past", "staff").await), address(&past));
}

#[rstest]
#[tokio::test]
async fn r21_without_their_own_account_sessions_ahead_are_served_by_whom_the_rules_name(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.connect("staff/ana", "ana@example.com").await;
    world.taken(&format!("{SITE}/accounts/staff/carla"), &custom("carla")).await;
    let past = book(&world, "past", (&["ana"], 1)).await;
    let first = book(&world, "s-1", (&["ana"], 30)).await;
    let second = book(&world, "s-2", (&["ana", "carla"], 33)).await;
    world.clock.advance(Duration::from_hours(30));
    let gone = world.delete(&format!("{SITE}/accounts/staff/ana?meetings=delete")).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let moved = world
        .link_when("s-1", |link| link["status"] == "ready" && link["meeting_id"] != first["meeting_id"])
        .await;
    assert_eq!((told(&moved), &moved["join_url"]), (["ready", "zoom", "site_default"], &first["join_url"]));
    let other = world.link("s-2", "staff").await;
    assert_eq!(
        (told(&other), &other["staff_id"]),
        (["ready", "custom_link", "staff_account"], &json!("carla"))
    );
    assert_eq!(other["join_url"], second["join_url"]);
    let host_of = |meetings: &[Value], link: &Value| {
        let id: u64 = link["meeting_id"].as_str().unwrap().parse().unwrap();
        let found = meetings.iter().find(|meeting| meeting["id"] == id);
        found.map(|meeting| meeting["host"].as_str().unwrap().to_owned())
    };
    world.until("what is not wanted goes", async || world.meetings().await.len() == 2).await;
    let meetings = world.meetings().await;
    assert_eq!(host_of(&meetings, &moved).as_deref(), Some("lua@example.com"));
    assert_eq!(host_of(&meetings, &past).as_deref(), Some("ana@example.com"));
    assert_eq!(address(&world.link("past", "staff").await), address(&past));
}

#[rstest]
#[tokio::test]
async fn r21_an_account_that_lapsed_still_decides_and_nothing_switches_silently(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.connect("staff/ana", "ana@example.com").await;
    let held = world.book("s-1", "talk", &["ana"]).await.body["link"].clone();
    assert_eq!(held["staff_id"], "ana");
    world.lapse(("staff/ana", "ana@example.com"), ("s-2", &["ana", "bob"])).await;
    world.clock.advance(Duration::from_hours(2));
    world.quiet().await;
    let kept = world.link("s-1", "staff").await;
    assert_eq!((told(&kept), address(&kept)), (["ready", "zoom", "staff_account"], address(&held)));
    assert_eq!(world.join(&held).await.0, StatusCode::FOUND);
    for _ in 0..2 {
        let waiting = world.link("s-2", "staff").await;
        assert_eq!(
            (&waiting["status"], &waiting["reason"]),
            (&json!("pending"), &json!("reauthorization_required"))
        );
        assert_eq!((&waiting["source"], &waiting["provider"]), (&json!("staff_account"), &json!("zoom")));
        let codes = waiting["warnings"].as_array().unwrap().iter().map(|warning| warning["code"].clone());
        assert!(codes.collect::<Vec<_>>().contains(&json!("staff_account_unavailable")), "{waiting}");
        let explained = world.get(&format!("{SITE}/sessions/s-2/link/explain")).await.body;
        assert_eq!(explained["decision"]["source"], "staff_account", "{explained}");
        world.clock.advance(Duration::from_hours(30));
        world.quiet().await;
    }
    let hosts = world.meetings().await.iter().map(|meeting| meeting["host"].clone()).collect::<Vec<_>>();
    assert_eq!(hosts, [json!("ana@example.com")]);

    world.connect("staff/ana", "ana@example.com").await;
    assert_eq!(world.ready("s-2").await["staff_id"], "ana");
    assert_eq!(address(&world.link("s-1", "staff").await), address(&held));
    assert_eq!(world.control(Method::GET, "faults", None).await["faults"], json!([]));
}
