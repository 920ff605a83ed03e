//! The pages for people.

use crate::simulator::world::Answered;
use crate::simulator::world::World;

const LUA: &str = "lua@example.com";

async fn page(world: &World, path: &str) -> (u16, String) {
    let answer = Answered::read(world.http.get(world.url(path)).send().await.unwrap()).await;
    (answer.status, answer.body.as_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_consent_page_offers_every_user_and_both_decisions_without_a_script() {
    let world = World::start().await;
    let query = World::consent_form(LUA, "");
    let response = world.http.get(world.url("/oauth/authorize")).query(&query).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let text = response.text().await.unwrap();
    for expected in [
        "<title>Zoom simulator",
        "width=device-width",
        r#"data-action="allow""#,
        r#"data-action="deny""#,
        r#"data-user="lua@example.com""#,
        r#"data-user="ana@example.com""#,
        r#"name="state" value="st/ate""#,
        r#"method="post""#,
    ] {
        assert!(text.contains(expected), "{expected} is missing in {text}");
    }
    assert!(!text.contains("<script"));
    assert_eq!(text.matches(" checked").count(), 1);
}

#[tokio::test]
async fn what_an_app_sends_is_shown_escaped() {
    let world = World::start().await;
    let mut query = World::consent_form(LUA, "");
    query.retain(|(name, _)| *name != "state");
    query.push(("state", r#""><b>x"#.to_owned()));
    let response = world.http.get(world.url("/oauth/authorize")).query(&query).send().await.unwrap();
    assert!(!response.text().await.unwrap().contains("<b>x"));
}

#[tokio::test]
async fn links_lead_to_pages_and_the_host_link_for_two_hours_only() {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    let id = world.meeting(&token).await;
    let meeting = world.find(&format!("/v2/meetings/{id}"), &token).await.body;
    let path = |name: &str| meeting[name].as_str().unwrap().replace("https://us02web.zoom.us", "");
    let (status, text) = page(&world, &path("join_url")).await;
    assert!(status == 200 && text.contains("You would now join: Consultation"), "{text}");
    assert!(page(&world, &format!("/j/{id}")).await.1.contains("passcode first"));
    assert_eq!(page(&world, "/j/1").await.0, 404);
    assert!(page(&world, &path("start_url")).await.1.contains("You would now host"));
    assert_eq!(page(&world, &format!("/s/{id}?zak=guessed")).await.0, 403);
    let home = page(&world, "/").await.1;
    assert!(home.contains("Consultation") && home.contains("Clara Nunes"));
    world.advance(7200).await;
    assert_eq!(page(&world, &path("start_url")).await.0, 403);
}
