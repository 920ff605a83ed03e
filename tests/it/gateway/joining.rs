//! Join addresses answer as the contract says, whatever became of the session (R22, R25).

use std::collections::BTreeSet;

use reqwest::StatusCode;
use rstest::rstest;
use serde_json::json;

use crate::gateway::world::Backend;
use crate::gateway::world::World;

#[rstest]
#[tokio::test]
async fn a_join_address_follows_its_session_through_every_change(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let link = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    let (status, location, _) = world.join(&link).await;
    assert_eq!((status, location.as_str()), (StatusCode::FOUND, link["provider_url"].as_str().unwrap()));

    let custom = json!({"provider": "custom_link", "url": "https://meet.example.com/x", "password": "k-77"});
    world.put("/v1/sites/studio/accounts/staff/ana", &custom).await;
    let (status, _, page) = world.join(&link).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("meet.example.com") && page.contains("k-77"), "{page}");

    world.delete("/v1/sites/studio/sessions/s-1").await;
    assert_eq!(world.join(&link).await.0, StatusCode::NOT_FOUND);
}

#[rstest]
#[tokio::test]
async fn hiding_closes_the_address_of_exactly_that_audience_and_showing_reopens_it(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.book("s-1", "yoga", &["ana"]).await;
    let mail = world.link("s-1", "confirmation_email").await;
    let area = world.link("s-1", "members_area").await;
    assert_ne!(mail["join_url"], area["join_url"]);

    let hidden = json!({"staff_self_service": true, "visibility": {"confirmation_email": false}});
    world.put("/v1/sites/studio", &hidden).await;
    let answer = world.link("s-1", "confirmation_email").await;
    assert_eq!((&answer["status"], &answer["reason"]), (&json!("hidden"), &json!("hidden_for_audience")));
    let told = answer.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
    let told = told.map(|(key, _)| key.as_str()).collect::<BTreeSet<_>>();
    assert_eq!(told, BTreeSet::from(["reason", "revision", "session_id", "status", "updated_at"]));
    assert_eq!(world.link("s-1", "sms").await["status"], "hidden");
    assert_eq!(world.join(&mail).await.0, StatusCode::NOT_FOUND);
    assert_eq!(world.join(&area).await.0, StatusCode::FOUND);

    world.put("/v1/sites/studio", &json!({"staff_self_service": true})).await;
    assert_eq!(world.join(&mail).await.0, StatusCode::FOUND);
}

#[rstest]
#[tokio::test]
async fn a_day_after_its_end_a_join_address_says_that_it_is_over(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let link = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    world.clock.advance(std::time::Duration::from_hours(7 * 24 + 12));
    assert_eq!(world.join(&link).await.0, StatusCode::FOUND);
    world.clock.advance(std::time::Duration::from_hours(24));
    assert_eq!(world.join(&link).await.0, StatusCode::GONE);
}

#[tokio::test]
async fn addresses_that_are_none_of_ours_all_answer_alike() {
    let world = World::connected(Backend::Embedded).await;
    let link = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    let mut forged = link["join_url"].as_str().unwrap().to_owned();
    let last = forged.pop().unwrap();
    forged.push(if last == 'A' { 'Q' } else { 'A' });
    let unknown = format!("{}j/{}", world.public, "A".repeat(38));
    let short = format!("{}j/x", world.public);
    for url in [forged, unknown, short] {
        let (status, location, page) = world.join(&json!({"join_url": url})).await;
        assert_eq!((status, location.as_str()), (StatusCode::NOT_FOUND, ""), "{page}");
    }
}
