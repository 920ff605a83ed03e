//! Who was handed a provider's address that leads nowhere now can be asked for (R23).

use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::world::Backend;
use crate::gateway::world::World;

const SESSION: &str = "/v1/sites/studio/sessions/s-1";
const DEFAULT: &str = "/v1/sites/studio/accounts/default";
const STALE: &str = "/v1/sites/studio/stale-deliveries";

fn custom(room: &str) -> Value {
    json!({"provider": "custom_link", "url": format!("https://meet.example.com/{room}")})
}

async fn deliver(world: &World, recipient: &str, revision: &Value) -> StatusCode {
    let body = json!({"recipient": recipient, "channel": "confirmation_email", "revision": revision});
    world.post(&format!("{SESSION}/deliveries"), &body).await.status
}

async fn stale(world: &World, query: &str) -> Vec<String> {
    let reply = world.get(&format!("{STALE}{query}")).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let items = reply.body["items"].as_array().unwrap();
    items.iter().map(|item| item["recipient"].as_str().unwrap().to_owned()).collect()
}

#[rstest]
#[tokio::test]
async fn r23_who_holds_an_old_address_is_listed_until_they_get_the_new_one(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.site().await;
    world.put(DEFAULT, &custom("a")).await;
    let first = world.book("s-1", "yoga", &[]).await.body["link"]["revision"].clone();
    assert_eq!(deliver(&world, "customer-1", &first).await, StatusCode::NO_CONTENT);
    assert_eq!(deliver(&world, "customer-2", &first).await, StatusCode::NO_CONTENT);
    assert_eq!(stale(&world, "").await, [""; 0]);
    world.put(DEFAULT, &custom("b")).await;
    // Reported only after the change, and holding the old one all the same.
    assert_eq!(deliver(&world, "customer-3", &first).await, StatusCode::NO_CONTENT);
    assert_eq!(stale(&world, "").await, ["customer-1", "customer-2", "customer-3"]);
    let second = world.link("s-1", "staff").await["revision"].clone();
    deliver(&world, "customer-1", &second).await;
    deliver(&world, "customer-1", &first).await;
    assert_eq!(stale(&world, "?session_id=s-1").await, ["customer-2", "customer-3"]);
    let item = world.get(STALE).await.body["items"][0].clone();
    let expected = (json!("s-1"), json!("confirmation_email"), &first, &second);
    let found =
        (item["session_id"].clone(), item["channel"].clone(), &item["revision"], &item["current_revision"]);
    assert_eq!(found, expected);
    let page = world.get(&format!("{STALE}?limit=1")).await.body;
    let rest = stale(&world, &format!("?cursor={}", page["next_cursor"].as_str().unwrap())).await;
    assert_eq!(rest, ["customer-3"]);
    world.put(DEFAULT, &custom("a")).await;
    assert_eq!(stale(&world, "").await, ["customer-1"]);
    world.delete(SESSION).await;
    world.until("nothing is left of it", async || stale(&world, "").await.is_empty()).await;
}

#[rstest]
#[tokio::test]
async fn r23_a_delivery_of_what_never_was_is_refused(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::start(backend).await;
    world.site().await;
    world.put(DEFAULT, &custom("a")).await;
    world.book("s-1", "yoga", &[]).await;
    let revision = world.link("s-1", "staff").await["revision"].as_u64().unwrap();
    for never in [json!(revision + 1), json!(0), json!(u64::MAX)] {
        assert_eq!(deliver(&world, "customer-1", &never).await, StatusCode::UNPROCESSABLE_ENTITY, "{never}");
    }
    let body = json!({"recipient": "", "channel": "fax", "revision": revision});
    let refused = world.post(&format!("{SESSION}/deliveries"), &body).await.body;
    let pointers = refused["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone());
    assert_eq!(pointers.collect::<Vec<_>>(), ["/recipient", "/channel"]);
    assert_eq!(world.get(&format!("{STALE}?session_id=s-9")).await.body["code"], "unknown_session");
    assert_eq!(world.get(&format!("{STALE}?session_id=s%2F9")).await.body["code"], "invalid_query");
}
