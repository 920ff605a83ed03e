//! Connecting a Zoom user: there and back, confirmed, given up, gone wrong.

use std::time::Duration;

use greenroom::app::grants;
use greenroom::domain::account::Owner;
use greenroom::domain::account::Plan;
use greenroom::domain::portal::Actor;
use greenroom::domain::portal::Page;
use reqwest::StatusCode;

use crate::portal::flow::callback;
use crate::portal::flow::consent;
use crate::portal::flow::email;
use crate::portal::flow::manage;
use crate::portal::provider::Says;
use crate::portal::provider::host;
use crate::portal::world::World;
use crate::support::visitor::Visitor;

const BACK: &str = "https://app.example/video";

#[tokio::test]
async fn a_straight_flow_connects_only_when_confirmed_and_goes_back() {
    let world = World::start().await;
    let link = world.link_with(Actor::Owner, Page::Connect(Owner::Default), Some(BACK), None).await.unwrap();
    let browser = Visitor::new();
    let page = browser.enter(&link).await;
    assert!(page.text.contains("the default account of Studio Lua"), "{}", page.text);

    let asked = consent(&world, &browser, &page, "code-1").await;
    assert!(asked.text.contains("ana@studio.example (Licensed)"), "{}", asked.text);
    assert_eq!(email(&world, &Owner::Default), None);

    let left = browser.press(&asked, "confirm", &[]).await;
    assert_eq!(left.location().as_str(), "https://app.example/video?greenroom_status=connected");
    assert_eq!(email(&world, &Owner::Default).as_deref(), Some("ana@studio.example"));
    let grants = world.memory.grants();
    assert_eq!(grants.len(), 1);
    assert_eq!(grants[0].0.references.iter().map(|r| r.owner.to_string()).collect::<Vec<_>>(), ["default"]);
}

#[tokio::test]
async fn a_state_works_once() {
    let world = World::start().await;
    let (browser, page) = manage(&world).await;
    let there = browser.press(&page, "connect_zoom", &[]).await.location();
    let back = callback(&world, &there, "code=code-1");
    assert_eq!(browser.get(&back).await.location().path(), "/portal/confirm");

    let replayed = browser.get(callback(&world, &there, "code=code-2")).await;

    assert_eq!(replayed.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.memory.grants()[0].0.tokens.generation(), 1, "the second code was not used");
}

#[tokio::test]
async fn a_flow_comes_back_only_to_the_browser_that_left_and_is_spent_either_way() {
    let world = World::start().await;
    let (browser, page) = manage(&world).await;
    let (victim, _) = manage(&world).await;
    let stranger = Visitor::new();
    for other in [&victim, &stranger] {
        let there = browser.press(&page, "connect_zoom", &[]).await.location();
        let back = callback(&world, &there, "code=code-1");
        assert_eq!(other.get(&back).await.status, StatusCode::FORBIDDEN);
        assert_eq!(browser.get(&back).await.status, StatusCode::BAD_REQUEST);
    }
    assert!(world.memory.grants().is_empty());
}

#[tokio::test]
async fn a_callback_that_makes_no_sense_connects_nothing_and_repeats_nothing() {
    let world = World::start().await;
    let (browser, page) = manage(&world).await;
    let there = browser.press(&page, "connect_zoom", &[]).await.location();
    for (rest, status) in [
        ("code=code-1&code=code-2", StatusCode::BAD_REQUEST),
        ("code=code-1&error=access_denied", StatusCode::BAD_REQUEST),
        ("code=code-1&state=x", StatusCode::BAD_REQUEST),
        ("", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(browser.get(callback(&world, &there, rest)).await.status, status, "{rest}");
    }
    let install = browser.get(world.base.join("/oauth/zoom/callback?code=code-9").unwrap()).await;
    assert!(
        install.text.contains("nothing was connected") && !install.text.contains("code-9"),
        "{}",
        install.text
    );
    let unknown = format!("/oauth/zoom/callback?code=code-9&state={}", "A".repeat(43));
    assert_eq!(browser.get(world.base.join(&unknown).unwrap()).await.status, StatusCode::BAD_REQUEST);
    assert!(world.memory.grants().is_empty());

    let echo = browser.get(callback(&world, &there, "error=%3Cscript%3E&error_description=boo")).await;
    let told = browser.follow(echo).await;
    assert!(
        told.text.contains("Zoom reported an error") && !told.text.contains("script>boo"),
        "{}",
        told.text
    );
    assert!(!told.url.as_str().contains("boo") && !told.text.contains("boo"));
}

#[tokio::test]
async fn consent_refused_is_a_cancel_and_a_failure_says_its_code() {
    let world = World::start().await;
    let straight = Page::Connect(Owner::Default);
    let cases = [
        (Says::Yes, "error=access_denied", "greenroom_status=cancelled"),
        (Says::Yes, "error=server_error", "greenroom_status=failed&greenroom_error=provider_error"),
        (Says::Yes, "code=unknown", "greenroom_status=failed&greenroom_error=code_refused"),
        (Says::MissingScopes, "code=code-1", "greenroom_status=failed&greenroom_error=missing_scopes"),
        (Says::Broken, "code=code-1", "greenroom_status=failed&greenroom_error=provider_unavailable"),
    ];
    for (says, rest, query) in cases {
        world.provider.says(says);
        let browser = Visitor::new();
        let link = world.link_with(Actor::Owner, straight.clone(), Some(BACK), None).await.unwrap();
        let page = browser.enter(&link).await;
        let there = browser.press(&page, "connect_zoom", &[]).await.location();
        let left = browser.get(callback(&world, &there, rest)).await;
        assert_eq!(left.location().query(), Some(query), "{rest}");
    }
    let (grant, _) = world.memory.grants().remove(0);
    assert!(grant.references.is_empty(), "what lacks permissions is nobody's account");
    world.clock.advance(Duration::from_mins(11));
    world.provider.says(Says::Yes);
    grants::tend(&world.gateway, &grant.id).await.unwrap();
    assert_eq!(*world.provider.revoked.lock().unwrap(), ["access of code-1"]);
    assert!(world.memory.grants().is_empty());
}

#[tokio::test]
async fn without_a_way_back_a_failure_offers_another_try() {
    let world = World::start().await;
    world.provider.says(Says::MissingScopes);
    let (browser, page) = manage(&world).await;
    let failed = consent(&world, &browser, &page, "code-1").await;
    assert!(failed.text.contains("permissions are missing") && failed.text.contains("role=\"alert\""));
    assert!(failed.text.contains("<dd>meeting:write</dd>"), "{}", failed.text);
    let made_up = world.base.join("/portal/failed?owner=default&missing=call+555").unwrap();
    assert!(!browser.get(made_up).await.text.contains("555</dd>"));

    world.provider.says(Says::Yes);
    let asked = consent(&world, &browser, &failed, "code-2").await;

    assert!(asked.offers("confirm") && asked.offers("use_another") && asked.offers("cancel"));
}

#[tokio::test]
async fn confirming_comes_too_late_after_ten_minutes() {
    let world = World::start().await;
    let (browser, page) = manage(&world).await;
    let asked = consent(&world, &browser, &page, "code-1").await;
    world.clock.advance(Duration::from_secs(601));
    assert_eq!(browser.press(&asked, "confirm", &[]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(email(&world, &Owner::Default), None);
}

#[tokio::test]
async fn a_second_press_of_confirm_leads_on() {
    let world = World::start().await;
    let (browser, page) = manage(&world).await;
    let asked = consent(&world, &browser, &page, "code-1").await;
    for _ in 0..2 {
        let page = browser.press(&asked, "confirm", &[]).await;
        assert!(page.text.contains("data-page=\"manage\""), "{}", page.text);
    }
}

#[tokio::test]
async fn a_page_confirms_only_whom_it_shows() {
    let world = World::start().await;
    let (browser, page) = manage(&world).await;
    let ana = consent(&world, &browser, &page, "code-1").await;
    world.provider.next(host("bob", Plan::Licensed));
    consent(&world, &browser, &page, "code-2").await;

    let again = browser.press(&ana, "confirm", &[]).await;

    assert_eq!(email(&world, &Owner::Default), None);
    assert!(
        again.url.path() == "/portal/confirm" && again.text.contains("bob@studio.example"),
        "{}",
        again.text
    );
    browser.press(&again, "confirm", &[]).await;
    assert_eq!(email(&world, &Owner::Default).as_deref(), Some("bob@studio.example"));
}

#[tokio::test]
async fn use_another_goes_to_zoom_again() {
    let world = World::start().await;
    let (browser, page) = manage(&world).await;
    let asked = consent(&world, &browser, &page, "code-1").await;
    let there = browser.press(&asked, "use_another", &[]).await.location();
    world.provider.next(host("bob", Plan::Licensed));
    let answer = browser.get(callback(&world, &there, "code=code-2")).await;
    let asked = browser.follow(answer).await;
    browser.press(&asked, "confirm", &[]).await;
    assert_eq!(email(&world, &Owner::Default).as_deref(), Some("bob@studio.example"));
}
