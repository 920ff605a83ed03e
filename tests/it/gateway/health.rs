//! An account says since when and why it does not work, and what is lost at Zoom is noticed within a day (R7, R10, R24).

use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use jiff::Timestamp;
use reqwest::Method;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::looking::DEFAULT;
use crate::gateway::world::Backend;
use crate::gateway::world::World;
use crate::support::visitor::Visitor;

const LUA: &str = "lua@example.com";

/// Changes a Zoom user.
async fn at_zoom(world: &World, change: Value) {
    let mut user = json!({"email": LUA});
    user.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    world.control(Method::POST, "users", Some(&user)).await;
}

async fn account(world: &World) -> Value {
    world.get(DEFAULT).await.body
}

/// Waits until the account lapsed; answers it.
async fn lapsed(world: &World) -> Value {
    let mut seen = Value::Null;
    world
        .until("the account lapses", async || {
            seen = account(world).await;
            seen["state"] == "reauthorization_required"
        })
        .await;
    seen
}

/// What was announced of accounts: type and reason.
async fn announced(world: &World) -> Vec<(String, Value)> {
    let events = world.get("/v1/events?limit=200").await.body["items"].as_array().unwrap().clone();
    let of_accounts = events.into_iter().filter(|event| event["data"]["scope"] == "account");
    of_accounts
        .map(|event| (event["type"].as_str().unwrap().to_owned(), event["data"]["reason"].clone()))
        .collect()
}

async fn until_announced(world: &World, count: usize) -> Vec<(String, Value)> {
    world.until("it is announced", async || announced(world).await.len() >= count).await;
    world.quiet().await;
    announced(world).await
}

/// Lets time pass in steps, as the worker sees it.
async fn pass(world: &World, hours: u64) {
    for _ in 0..hours {
        world.clock.advance(Duration::from_hours(1));
        world.quiet().await;
    }
}

fn codes(of: &Value) -> Vec<&str> {
    of["warnings"].as_array().unwrap().iter().map(|warning| warning["code"].as_str().unwrap()).collect()
}

#[rstest]
#[tokio::test]
async fn r7_a_lapse_says_since_when_why_and_what_to_do_and_is_announced_once_as_its_recovery_is(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let (held, starts) = (world.book("s-1", "yoga", &[]).await.body["link"].clone(), world.in_days(7));
    let connected = account(&world).await;
    assert_eq!(connected["reauthorization"], Value::Null);
    world.clock.advance(Duration::from_mins(5));
    let before = world.clock.now();
    // Bookings are for a full hour, which may just have passed.
    let meets = if world.in_days(7) == starts { vec!["host_double_booked"] } else { Vec::new() };
    world.lapse(("default", LUA), ("s-2", &[])).await;

    let told = account(&world).await["reauthorization"].clone();
    let since = told["since"].as_str().unwrap().parse::<Timestamp>().unwrap();
    assert!(before <= since && since <= world.clock.now(), "{told}");
    assert_eq!(told["reason"], "refused");
    assert!(told["what_to_do"].as_str().unwrap().contains("Reconnect the account"), "{told}");
    let listed = world.get("/v1/sites/studio/accounts").await.body["items"][0]["reauthorization"].clone();
    assert_eq!(listed, told);
    let expected = [
        ("account.connected".to_owned(), Value::Null),
        ("account.reauthorization_required".to_owned(), json!("refused")),
    ];
    assert_eq!(until_announced(&world, 2).await, expected);

    world.clock.advance(Duration::from_mins(5));
    world.connect("default", LUA).await;

    let back = account(&world).await;
    assert_eq!((&back["state"], &back["reauthorization"]), (&json!("active"), &Value::Null));
    assert_eq!(back["connected_at"], connected["connected_at"], "in place");
    let events = until_announced(&world, 3).await;
    assert_eq!(events[..2], expected);
    assert_eq!(events[2..], [("account.recovered".to_owned(), Value::Null)]);
    world.ready("s-2").await;
    world.quiet().await;
    let kept = world.link("s-1", "staff").await;
    assert_eq!((&kept["meeting_id"], codes(&kept)), (&held["meeting_id"], meets));
    let mut changed = world.booking("yoga", &[]);
    changed["title"] = json!("Pilates");
    world.taken("/v1/sites/studio/sessions/s-1", &changed).await;
    world.until("its meeting is updated", async || world.succeeded("meetings.update").await == 1).await;
}

#[tokio::test]
async fn r7_a_site_that_cannot_be_read_hides_a_lapse_from_no_other() {
    let world = World::connected(Backend::Redis).await;
    for site in ["a-clinic", "z-clinic"] {
        world.taken(&format!("/v1/sites/{site}"), &json!({})).await;
        world.connect_by(&world.portal_link_of(site, "default").await, LUA).await;
    }
    world.quiet().await;
    world.spoil("{s:a-clinic}:r:site/self").await;
    world.lapse(("default", LUA), ("s-1", &[])).await;
    let told =
        async || world.get("/v1/sites/z-clinic/accounts/default").await.body["reauthorization"].clone();
    world.until("the other is told", async || told().await["reason"] == "refused").await;
}

#[tokio::test]
async fn r7_a_grant_that_cannot_be_opened_is_replaced_by_a_new_consent_and_serves_all_its_accounts() {
    let world = World::connected(Backend::Redis).await;
    world.connect("staff/ana", LUA).await;
    world.spoil_grant().await;
    let unreadable = world.book("s-1", "yoga", &[]).await;
    assert_eq!(unreadable.body["link"]["status"], "pending", "{}", unreadable.body);
    world.connect("staff/ana", LUA).await;
    world.ready("s-1").await;
    world.book("s-2", "yoga", &["ana"]).await;
    world.ready("s-2").await;
    // Who did not consent anew is not forgotten: when the other goes, the grant stays.
    assert!(world.delete("/v1/sites/studio/accounts/staff/ana").await.status.is_success());
    world.clock.advance(Duration::from_mins(90));
    world.quiet().await;
    assert_eq!(world.authorised().await, [LUA]);
    world.book("s-3", "yoga", &[]).await;
    world.ready("s-3").await;
}

#[rstest]
#[tokio::test]
async fn r24_accounts_of_one_user_lapse_and_recover_together_each_announced_once(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.connect("staff/ana", LUA).await;
    world.lapse(("default", LUA), ("s-1", &[])).await;
    until_announced(&world, 4).await;
    world.clock.advance(Duration::from_mins(5));
    world.connect("staff/ana", LUA).await;
    let kinds = until_announced(&world, 6).await.into_iter().map(|(kind, _)| kind).collect::<Vec<_>>();
    let expected = [
        "account.connected",
        "account.connected",
        "account.reauthorization_required",
        "account.reauthorization_required",
        "account.recovered",
        "account.recovered",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(account(&world).await["state"], "active", "nobody had to reconnect it, too");
    world.ready("s-1").await;
}

#[rstest]
#[tokio::test]
async fn r7_a_permission_that_was_taken_back_and_a_user_who_is_gone_are_told_apart(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let cases = [
        (json!({"scopes": ["user:read:user", "meeting:read:meeting"]}), "missing_scopes", "allow everything"),
        (json!({"standing": "deactivated"}), "user_gone", "restored at Zoom"),
    ];
    for (change, reason, advice) in cases {
        let world = World::connected(backend).await;
        at_zoom(&world, change).await;
        world.book("s-1", "yoga", &[]).await;
        let told = lapsed(&world).await["reauthorization"].clone();
        assert_eq!(told["reason"], reason);
        assert!(told["what_to_do"].as_str().unwrap().contains(advice), "{told}");
        let events = until_announced(&world, 2).await;
        assert_eq!(events[1], ("account.reauthorization_required".to_owned(), json!(reason)));
        assert_eq!(world.link("s-1", "staff").await["reason"], "reauthorization_required");
    }
}

#[rstest]
#[tokio::test]
async fn r7_a_consent_that_lacks_permissions_is_named_refused_and_revoked_where_nobody_uses_it(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.site().await;
    at_zoom(&world, json!({"scopes": ["user:read:user", "meeting:write:meeting"]})).await;
    let visitor = Visitor::new();
    let page = visitor.enter(&world.portal_link("default").await).await;
    let left = visitor.consent(&page, "connect_zoom", LUA).await.location();
    assert!(left.as_str().contains("greenroom_error=missing_scopes"), "{left}");
    assert_eq!(account(&world).await["code"], "not_found");
    assert_eq!(world.authorised().await, [LUA]);
    world.clock.advance(Duration::from_mins(12));
    world.until("it is revoked", async || world.authorised().await.is_empty()).await;
}

#[rstest]
#[tokio::test]
async fn r10_a_licence_that_is_lost_is_noticed_within_a_day_warned_of_and_cleared_when_it_is_back(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let mut booking = world.booking("yoga", &[]);
    booking["duration_minutes"] = json!(60);
    booking["starts_at"] = json!(world.in_days(20));
    let before = world.taken("/v1/sites/studio/sessions/s-1", &booking).await["link"].clone();
    assert_eq!(codes(&before), [""; 0]);

    at_zoom(&world, json!({"plan": "basic"})).await;
    pass(&world, 24).await;
    let is_basic = async || account(&world).await["zoom"]["plan"] == "basic";
    world.until("the lost licence is noticed", is_basic).await;

    let downgraded = account(&world).await;
    assert_eq!(
        (&downgraded["zoom"]["plan"], codes(&downgraded)),
        (&json!("basic"), vec!["basic_plan_time_limit"])
    );
    let warned = world.link("s-1", "staff").await;
    assert_eq!(codes(&warned), ["basic_plan_time_limit"]);
    assert_eq!(warned["meeting_id"], before["meeting_id"]);
    assert!(warned["revision"].as_u64() > before["revision"].as_u64(), "{warned}");
    assert_eq!(downgraded["state"], "active");

    at_zoom(&world, json!({"plan": "licensed"})).await;
    pass(&world, 24).await;
    world.until("it is back", async || codes(&account(&world).await).is_empty()).await;

    assert_eq!(codes(&world.link("s-1", "staff").await), [""; 0]);
    pass(&world, 24).await;
    let looks = world.asked("users.me").await.len();
    assert!((4..=5).contains(&looks), "one with the consent, and one a day: {looks}");
    assert_eq!(
        world.link("s-1", "staff").await["revision"].as_u64(),
        warned["revision"].as_u64().map(|at| at + 1)
    );
}

#[rstest]
#[tokio::test]
async fn r10_a_look_that_zoom_does_not_answer_changes_nothing_and_is_made_up_for(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    at_zoom(&world, json!({"plan": "basic"})).await;
    world.fault("users.me", 2, json!({"kind": "status", "status": 503})).await;
    world.fault("users.me", 1, json!({"kind": "drop_before"})).await;
    let asked = world.asked("users.me").await.len();
    for _ in 0..26 {
        world.clock.advance(Duration::from_hours(1));
        world.quiet().await;
        if world.asked("users.me").await.len() > asked {
            break;
        }
    }
    assert_eq!(world.asked("users.me").await.len(), asked + 1, "tried once, and not again at once");
    let unchanged = account(&world).await;
    assert_eq!((&unchanged["zoom"]["plan"], &unchanged["state"]), (&json!("licensed"), &json!("active")));
    for _ in 0..8 {
        world.clock.advance(Duration::from_mins(16));
        world.quiet().await;
    }
    world.until("it is made up for", async || account(&world).await["zoom"]["plan"] == "basic").await;
}

#[rstest]
#[tokio::test]
async fn r10_who_may_not_host_any_more_is_known_from_the_refusal(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.connect("staff/ana", "ana@example.com").await;
    let user = json!({"email": "ana@example.com", "plan": "unassigned"});
    world.control(Method::POST, "users", Some(&user)).await;
    let refused = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    assert_eq!(refused["reason"], "provider_rejected");
    let path = "/v1/sites/studio/accounts/staff/ana";
    world
        .until("the plan is known", async || {
            let told = world.get(path).await.body;
            told["zoom"]["plan"] == "unassigned" && codes(&told) == ["staff_account_unavailable"]
        })
        .await;
    assert_eq!(world.get(path).await.body["state"], "active", "the consent still holds");
}

#[rstest]
#[tokio::test]
async fn r34_a_secret_that_zoom_does_not_know_blames_no_user_and_the_second_one_is_tried(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let secrets = "[\"current-secret\", \"previous-secret\"]";
    let world = World::start_with(backend, &[("ZOOM__CLIENT_SECRETS", secrets)]).await;
    let known = async |secret: &str| {
        world.control(Method::POST, "client-secrets", Some(&json!({"client_secrets": [secret]}))).await;
    };
    known("previous-secret").await;
    world.site().await;
    world.connect("default", LUA).await;
    world.clock.advance(Duration::from_mins(90));
    world.book("s-1", "yoga", &[]).await;
    world.ready("s-1").await;

    known("another-secret").await;
    world.clock.advance(Duration::from_mins(90));
    world.book("s-2", "yoga", &[]).await;
    pass(&world, 1).await;
    assert_eq!(account(&world).await["state"], "active");
    assert_eq!(world.link("s-2", "staff").await["reason"], "provider_unavailable");

    known("current-secret").await;
    world.ready("s-2").await;
    assert_eq!(announced(&world).await.len(), 1, "nobody was told to reconnect");
}
