//! A link's history tells every revision there was, also those that no write to the session made (R15, R21, R23).

use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::world::Backend;
use crate::gateway::world::World;

const SESSION: &str = "/v1/sites/studio/sessions/s-1";
const DEFAULT: &str = "/v1/sites/studio/accounts/default";

async fn history(world: &World, session: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/sites/studio/sessions/{session}/link/history?limit=2{cursor}");
        let page = world.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        items.extend(page.body["items"].as_array().unwrap().iter().cloned());
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

fn custom(room: &str) -> Value {
    json!({"provider": "custom_link", "url": format!("https://meet.example.com/{room}"), "password": room})
}

/// Why, status, reason or address, newest first.
fn told(items: &[Value]) -> Vec<String> {
    let one = |item: &Value| {
        let what = item["provider_url"].as_str().or(item["reason"].as_str()).unwrap_or("?");
        format!("{} {} {what}", item["cause"].as_str().unwrap(), item["status"].as_str().unwrap())
    };
    items.iter().map(one).collect()
}

#[rstest]
#[tokio::test]
async fn r15_the_history_of_a_link_tells_every_revision_newest_first(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.site().await;
    world.put(DEFAULT, &custom("a")).await;
    world.book("s-1", "yoga", &["ana"]).await;
    world.put(DEFAULT, &custom("b")).await;
    world.put("/v1/sites/studio/accounts/staff/bob", &custom("bob")).await;
    world.put("/v1/sites/studio/accounts/staff/ana", &custom("ana")).await;
    let own = json!({"mode": "custom", "url": "https://own.example/room"});
    world.put(&format!("{SESSION}/link"), &own).await;
    world.put(SESSION, &world.booking("yoga", &["bob"])).await;
    world.put(&format!("{SESSION}/link"), &json!({"mode": "inherit"})).await;
    world.delete(DEFAULT).await;
    let items = history(&world, "s-1").await;
    let expected = [
        "default_account_changed none no_default_account",
        "chosen_by_hand ready https://meet.example.com/bob",
        "chosen_by_hand ready https://own.example/room",
        "staff_account_changed ready https://meet.example.com/ana",
        "default_account_changed ready https://meet.example.com/b",
        "booked ready https://meet.example.com/a",
    ];
    assert_eq!(told(&items), expected);
    let revisions = items.iter().map(|item| item["revision"].as_u64().unwrap()).collect::<Vec<_>>();
    assert!(revisions.windows(2).all(|two| two[0] == two[1] + 1), "{revisions:?}");
    let link = world.link("s-1", "staff").await;
    assert_eq!((&link["revision"], &link["updated_at"]), (&items[0]["revision"], &items[0]["changed_at"]));
    assert_eq!(items[5]["password"], "a");
}

#[rstest]
#[tokio::test]
async fn r18_the_history_tells_of_meetings_made_moved_and_made_anew(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.connect("staff/ana", "ana@example.com").await;
    let first = world.book("s-1", "yoga", &["bob"]).await.body["link"].clone();
    world.put(SESSION, &world.booking("yoga", &["ana"])).await;
    let mut second = Value::Null;
    world
        .until("it has moved", async || {
            second = world.link("s-1", "staff").await;
            second["meeting_id"] != first["meeting_id"] && second["status"] == "ready"
        })
        .await;
    let items = history(&world, "s-1").await;
    let urls = items.iter().map(|item| item["provider_url"].clone()).collect::<Vec<_>>();
    assert_eq!((&urls[0], urls.last().unwrap()), (&second["provider_url"], &Value::Null));
    assert!(urls.contains(&first["provider_url"]), "{items:?}");
    assert_eq!(items.last().unwrap()["cause"], "booked");
}

#[rstest]
#[tokio::test]
async fn r20_a_session_that_is_booked_again_has_a_history_of_its_own(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.site().await;
    world.put(DEFAULT, &custom("a")).await;
    world.book("s-1", "yoga", &[]).await;
    world.put(&format!("{SESSION}/link"), &json!({"mode": "none"})).await;
    world.delete(SESSION).await;
    assert_eq!(world.get(&format!("{SESSION}/link/history")).await.body["code"], "unknown_session");
    world.book("s-1", "yoga", &[]).await;
    let items = history(&world, "s-1").await;
    assert_eq!(told(&items), ["booked ready https://meet.example.com/a"]);
}
