//! Which link a session gets: unique meetings, the order of staff, courses, and which rule comes first (R11, R13,
//! R14, R17).

use std::collections::BTreeSet;

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

/// The number of a user's personal room.
async fn personal_room(world: &World, email: &str) -> u64 {
    let users = world.control(Method::GET, "users", None).await;
    let user = users["users"].as_array().unwrap().iter().find(|user| user["profile"]["email"] == email);
    user.unwrap()["pmi"].as_u64().unwrap()
}

#[rstest]
#[tokio::test]
async fn r11_every_session_has_a_meeting_of_its_own_and_never_the_personal_room(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.site().await;
    // Zoom schedules into this host's personal room unless it is told not to.
    world.connect("default", "bruno@example.com").await;
    let room = personal_room(&world, "bruno@example.com").await;
    let (mut ids, mut urls) = (BTreeSet::new(), BTreeSet::new());
    for (session, service) in [("s-1", "yoga"), ("s-2", "yoga"), ("s-3", "talk"), ("s-4", "series")] {
        let link = world.book(session, service, &["ana"]).await.body["link"].clone();
        assert_eq!(told(&link), ["ready", "zoom", "site_default"]);
        ids.insert(link["meeting_id"].as_str().unwrap().to_owned());
        urls.insert(link["provider_url"].as_str().unwrap().to_owned());
    }
    assert_eq!((ids.len(), urls.len(), world.creates().await), (4, 4, 4));
    assert!(!ids.contains(&room.to_string()), "{ids:?}");
    let meetings = world.meetings().await;
    assert!(meetings.iter().all(|meeting| meeting["type"] == 2 && meeting["id"] != room), "{meetings:?}");

    let answer = json!({"id": room, "join_url": format!("https://us02web.zoom.us/j/{room}"), "type": 2});
    let answer = json!({"kind": "status", "status": 201, "content_type": "application/json", "body": answer.to_string()});
    world.fault("meetings.create", 1, answer).await;
    let refused = world.book("s-5", "yoga", &["ana"]).await.body["link"].clone();
    assert_eq!((&refused["status"], &refused["reason"]), (&json!("failed"), &json!("provider_rejected")));
    world.quiet().await;
    let refused = world.link("s-5", "staff").await;
    assert!(!refused.to_string().contains(&room.to_string()), "{refused}");
    assert_ne!(world.join(&refused).await.0, StatusCode::FOUND);

    world.taken(DEFAULT, &custom("all")).await;
    for session in ["s-1", "s-2", "s-3", "s-4", "s-5"] {
        assert_eq!(world.link(session, "staff").await["provider_url"], "https://meet.example.com/all");
    }
}

#[rstest]
#[tokio::test]
async fn r13_the_first_of_the_staff_who_has_an_account_replaces_the_default(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    for member in ["ana", "bia", "carla"] {
        world.taken(&format!("{SITE}/accounts/staff/{member}"), &custom(member)).await;
    }
    let cases: [(&str, &[&str], Option<&str>); 7] = [
        ("yoga", &["ana", "bia"], Some("ana")),
        ("yoga", &["bia", "ana"], Some("bia")),
        ("talk", &["nobody", "carla", "ana"], Some("carla")),
        ("talk", &["carla"], Some("carla")),
        ("yoga", &["nobody", "noone"], None),
        ("talk", &["nobody"], None),
        ("yoga", &[], None),
    ];
    for (number, (service, staff, member)) in cases.into_iter().enumerate() {
        let link = world.book(&format!("s-{number}"), service, staff).await.body["link"].clone();
        let source = if member.is_some() { "staff_account" } else { "site_default" };
        assert_eq!((&link["source"], link["staff_id"].as_str()), (&json!(source), member), "{staff:?}");
        if let Some(member) = member {
            assert_eq!(link["provider_url"], format!("https://meet.example.com/{member}"));
        }
    }
    // The order is the platform's word: the same people in another order are another choice.
    world.book("s-0", "yoga", &["bia", "ana"]).await;
    assert_eq!(world.link("s-0", "staff").await["staff_id"], "bia");
    world.delete(&format!("{SITE}/accounts/staff/bia")).await;
    assert_eq!(world.link("s-0", "staff").await["staff_id"], "ana");
    assert_eq!(world.link("s-1", "staff").await["staff_id"], "ana");
}

#[rstest]
#[tokio::test]
async fn r14_a_course_is_the_defaults_whoever_teaches_unless_it_has_a_link(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.connect("staff/ana", "ana@example.com").await;
    world.taken(&format!("{SITE}/accounts/staff/bia"), &custom("bia")).await;
    let sessions: [(&str, &[&str]); 4] =
        [("s-1", &["ana"]), ("s-2", &["bia", "ana"]), ("s-3", &["bob"]), ("s-4", &[])];
    let mut ids = BTreeSet::new();
    for (session, staff) in sessions {
        let link = world.book(session, "series", staff).await.body["link"].clone();
        assert_eq!((told(&link), &link["staff_id"]), (["ready", "zoom", "site_default"], &Value::Null));
        ids.insert(link["meeting_id"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids.len(), 4);
    assert!(world.meetings().await.iter().all(|meeting| meeting["host"] == "lua@example.com"));
    let before = world.link("s-1", "staff").await;
    world.book("s-1", "series", &["bia"]).await;
    assert_eq!(world.link("s-1", "staff").await["meeting_id"], before["meeting_id"]);

    world
        .taken(&format!("{SITE}/services/series/link"), &json!({"url": "https://course.example/room"}))
        .await;
    for (session, _) in sessions {
        let link = world.link(session, "staff").await;
        assert_eq!(told(&link), ["ready", "custom_link", "course_link"]);
        assert_eq!(link["provider_url"], "https://course.example/room");
    }
    let late = world.book("s-5", "series", &["ana"]).await.body["link"].clone();
    assert_eq!(late["provider_url"], "https://course.example/room");
    world.delete(&format!("{SITE}/services/series/link")).await;
    assert_eq!(world.link("s-1", "staff").await["meeting_id"], before["meeting_id"]);
    assert_eq!(told(&world.ready("s-5").await), ["ready", "zoom", "site_default"]);
}

#[rstest]
#[tokio::test]
async fn r17_the_rules_come_in_their_order_each_before_all_that_follow(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.site().await;
    let series = "/services/series";
    let service = |kind: &str, video: bool| json!({"kind": kind, "name": "Series", "video": video});
    let (link, own) = ("/sessions/s-1/link", json!({"mode": "custom", "url": "https://own.example/"}));
    let mode = |mode: &str| json!({"mode": mode});
    let site = |entitled: bool| json!({"display_name": "Studio Lua", "entitled": entitled});
    world.taken(DEFAULT, &custom("default")).await;
    world.taken(&format!("{SITE}/accounts/staff/ana"), &custom("ana")).await;
    world.book("s-1", "series", &["ana"]).await;
    world.taken(&format!("{SITE}{series}/link"), &json!({"url": "https://course.example/"})).await;
    world.taken(&format!("{SITE}{link}"), &mode("none")).await;
    world.taken(&format!("{SITE}{series}"), &service("course", false)).await;
    world.delete(DEFAULT).await;

    // All that follows would decide otherwise: each step takes away the rule that decided.
    let put = |path: &str, body: Value| (Method::PUT, format!("{SITE}{path}"), Some(body));
    let delete = |path: &str| (Method::DELETE, format!("{SITE}{path}"), None);
    let table = [
        (put("", site(false)), "entitlement", "not_entitled", "-"),
        (put("", site(true)), "main_gate", "no_default_account", "-"),
        (put("/accounts/default", custom("default")), "removed_by_hand", "removed_by_hand", "-"),
        (put(link, mode("inherit")), "service_video", "service_offline", "-"),
        (put(link, own.clone()), "custom_by_hand", "session_link", "https://own.example/"),
        (put(link, mode("account")), "course_link", "course_link", "https://course.example/"),
        (put(link, mode("inherit")), "service_video", "service_offline", "-"),
        (put(series, service("course", true)), "course_link", "course_link", "https://course.example/"),
        (put(link, own), "custom_by_hand", "session_link", "https://own.example/"),
        (put(link, mode("inherit")), "course_link", "course_link", "https://course.example/"),
        (delete("/services/series/link"), "site_default", "site_default", "https://meet.example.com/default"),
        (
            put(series, service("class", true)),
            "staff_account",
            "staff_account",
            "https://meet.example.com/ana",
        ),
        (delete("/accounts/staff/ana"), "site_default", "site_default", "https://meet.example.com/default"),
        (put("", site(false)), "entitlement", "not_entitled", "-"),
    ];
    for ((method, path, body), rule, why, url) in table {
        let done = world.call(method.clone(), &path, body.as_ref()).await;
        assert!(done.status.is_success(), "{method} {path}: {}", done.body);
        let what = format!("{method} {path} {body:?}");
        let explained = world.get(&format!("{SITE}{link}/explain")).await.body;
        let steps = explained["steps"].as_array().unwrap();
        let decided = steps.iter().filter(|step| step["outcome"] == "decided").collect::<Vec<_>>();
        assert_eq!((decided.len(), &decided[0]["rule"]), (1, &json!(rule)), "{what}");
        let decision = &explained["decision"];
        assert_eq!(decision["reason"].as_str().or(decision["source"].as_str()), Some(why), "{what}");
        let link = world.link("s-1", "staff").await;
        assert_eq!(link["provider_url"].as_str().unwrap_or("-"), url, "{what}");
        for field in ["status", "reason", "source", "provider"] {
            assert_eq!(decision[field], link[field], "{what} {field}");
        }
    }
}
