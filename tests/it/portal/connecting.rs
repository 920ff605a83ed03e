//! Connecting a Zoom user: there and back, confirmed, given up, gone wrong; and what becomes of the grant.

use std::time::Duration;

use greenroom::app::grants;
use greenroom::app::ports::store::Committed;
use greenroom::app::ports::store::GrantChange;
use greenroom::domain::account::Owner;
use greenroom::domain::account::Plan;
use greenroom::domain::grant::LapseReason;
use greenroom::domain::id::StaffId;
use greenroom::domain::minting::MeetingState;
use greenroom::domain::portal::Actor;
use greenroom::domain::portal::Page;
use reqwest::StatusCode;
use url::Url;

use crate::portal::joining::session;
use crate::portal::joining::with_meeting;
use crate::portal::visitor::Answer;
use crate::portal::visitor::Visitor;
use crate::portal::world::CONSENT;
use crate::portal::world::Says;
use crate::portal::world::World;
use crate::portal::world::host;
use crate::portal::world::lua;

const BACK: &str = "https://app.example/video";

/// The address at which Zoom sends the browser back, for what it was asked.
fn callback(world: &World, consent: &Url, rest: &str) -> Url {
    let state = consent.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    world.base.join(&format!("/oauth/zoom/callback?state={state}&{rest}")).unwrap()
}

/// Goes to Zoom from a page, and back with a code.
async fn consent(world: &World, browser: &Visitor, page: &Answer, code: &str) -> Answer {
    let there = browser.press(page, "connect_zoom", &[]).await.location();
    assert!(there.as_str().starts_with(CONSENT), "{there}");
    let answer = browser.get(callback(world, &there, &format!("code={code}"))).await;
    browser.follow(answer).await
}

async fn manage(world: &World) -> (Visitor, Answer) {
    let browser = Visitor::new();
    let page = browser.enter(&world.link(Actor::Owner, Page::Manage).await.unwrap()).await;
    (browser, page)
}

/// Connects the default account.
async fn connect(world: &World, code: &str) -> (Visitor, Answer) {
    let (browser, page) = manage(world).await;
    let asked = consent(world, &browser, &page, code).await;
    let page = browser.press(&asked, "confirm", &[]).await;
    world.settle().await;
    (browser, page)
}

fn email(world: &World, owner: &Owner) -> Option<String> {
    let site = world.memory.site(&lua());
    Some(site.accounts.get(owner)?.connection.hosted()?.host.email.clone())
}

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
async fn another_user_than_before_is_said_so_and_the_old_grant_is_revoked() {
    let world = World::start().await;
    let (browser, page) = connect(&world, "code-1").await;
    assert!(page.text.contains("ana@studio.example") && page.text.contains("The account is connected."));
    world.provider.next(host("bob", Plan::Basic));
    let there = browser.press_of(&page, "reconnect", Some("default"), &[]).await.location();
    let answer = browser.get(callback(&world, &there, "code=code-2")).await;
    let asked = browser.follow(answer).await;
    assert!(asked.text.contains("another Zoom account than before (ana@studio.example)"), "{}", asked.text);
    assert!(asked.text.contains("40 minutes"));

    browser.press(&asked, "confirm", &[]).await;
    world.settle().await;

    assert_eq!(email(&world, &Owner::Default).as_deref(), Some("bob@studio.example"));
    assert_eq!(*world.provider.revoked.lock().unwrap(), ["access of code-1"]);
    assert_eq!(world.memory.grants().len(), 1);
}

#[tokio::test]
async fn reconnecting_the_same_user_renews_the_grant_and_revokes_nothing() {
    let world = World::start().await;
    let (browser, page) = connect(&world, "code-1").await;
    world.clock.advance(Duration::from_mins(5));
    let there = browser.press_of(&page, "reconnect", Some("default"), &[]).await.location();
    let answer = browser.get(callback(&world, &there, "code=code-2")).await;
    let asked = browser.follow(answer).await;
    assert!(!asked.text.contains("another Zoom account than before"));
    browser.press(&asked, "confirm", &[]).await;
    world.settle().await;
    let grants = world.memory.grants();
    assert_eq!((grants.len(), grants[0].0.tokens.generation()), (1, 2));
    assert!(world.provider.revoked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn one_user_on_two_accounts_is_one_grant_revoked_with_the_last() {
    let world = World::start().await;
    connect(&world, "code-1").await;
    let ana = Owner::Staff(StaffId::parse("ana").unwrap());
    let browser = Visitor::new();
    let page = browser.enter(&world.link(Actor::Owner, Page::Connect(ana.clone())).await.unwrap()).await;
    let asked = consent(&world, &browser, &page, "code-2").await;
    browser.press(&asked, "confirm", &[]).await;
    world.settle().await;
    let grants = world.memory.grants();
    assert_eq!((grants.len(), grants[0].0.references.len()), (1, 2));

    for (owner, revoked) in [("staff/ana", 0), ("default", 1)] {
        let (browser, page) = manage(&world).await;
        let asked = browser.press_of(&page, "disconnect", Some(owner), &[]).await;
        let page = browser.press(&asked, "confirm", &[("meetings", "keep")]).await;
        assert!(page.text.contains("The account is disconnected."), "{}", page.text);
        world.clock.advance(Duration::from_mins(12));
        if let Some((grant, _)) = world.memory.grants().first() {
            grants::tend(&world.gateway, &grant.id).await.unwrap();
        }
        world.settle().await;
        assert_eq!(world.provider.revoked.lock().unwrap().len(), revoked, "{owner}");
    }
    assert!(world.memory.grants().is_empty());
}

#[tokio::test]
async fn an_account_disconnected_at_once_is_revoked_at_once() {
    let world = World::start().await;
    let (browser, page) = connect(&world, "code-1").await;
    let asked = browser.press_of(&page, "disconnect", Some("default"), &[]).await;
    browser.press(&asked, "confirm", &[]).await;
    world.settle().await;
    assert_eq!(*world.provider.revoked.lock().unwrap(), ["access of code-1"]);
    assert!(world.memory.grants().is_empty());
}

#[tokio::test]
async fn meetings_that_are_to_be_deleted_have_ten_minutes_before_the_grant_is_revoked() {
    let world = World::start().await;
    let booked = with_meeting(session(&world));
    world.change(|site| site.accounts.clear());
    let (browser, page) = connect(&world, "code-1").await;
    let grant = world.memory.grants()[0].0.id.clone();
    let mut upcoming = booked.clone();
    let MeetingState::Bound(mut meeting) = upcoming.minting.state else { panic!("it has a meeting") };
    meeting.grant = grant.clone();
    upcoming.minting.state = MeetingState::Bound(meeting);
    world.memory.put_session(&lua(), upcoming);
    let asked = browser.press_of(&page, "disconnect", Some("default"), &[]).await;

    browser.press(&asked, "confirm", &[("meetings", "delete")]).await;
    world.settle().await;

    let minting = world.memory.session(&lua(), &booked.id).minting;
    assert_eq!((minting.doomed.len(), minting.state), (1, MeetingState::Nothing));
    let (_, due) = world.memory.grants().remove(0);
    assert_eq!(due, world.gateway.clock.now().checked_add(Duration::from_mins(10)).ok());
    assert!(world.provider.revoked.lock().unwrap().is_empty());
    world.clock.advance(Duration::from_mins(11));
    grants::tend(&world.gateway, &grant).await.unwrap();
    assert_eq!(*world.provider.revoked.lock().unwrap(), ["access of code-1"]);
}

#[tokio::test]
async fn an_abandoned_connect_is_revoked_later_and_only_if_nobody_uses_the_grant() {
    let world = World::start().await;
    let (browser, page) = manage(&world).await;
    let asked = consent(&world, &browser, &page, "code-1").await;
    let page = browser.press(&asked, "cancel", &[]).await;
    assert!(page.text.contains("Nothing was connected."), "{}", page.text);
    let (grant, due) = world.memory.grants().remove(0);
    grants::tend(&world.gateway, &grant.id).await.unwrap();
    assert!(world.provider.revoked.lock().unwrap().is_empty(), "somebody may still confirm");
    assert!(due.unwrap() > world.gateway.clock.now());

    world.clock.advance(Duration::from_mins(11));
    grants::tend(&world.gateway, &grant.id).await.unwrap();

    assert_eq!(*world.provider.revoked.lock().unwrap(), ["access of code-1"]);
    assert!(world.memory.grants().is_empty());
}

#[tokio::test]
async fn a_revocation_that_is_not_answered_is_tried_again() {
    let world = World::start().await;
    let (browser, page) = manage(&world).await;
    consent(&world, &browser, &page, "code-1").await;
    let (grant, _) = world.memory.grants().remove(0);
    world.clock.advance(Duration::from_mins(11));
    world.provider.says(Says::Broken);
    grants::tend(&world.gateway, &grant.id).await.unwrap();
    let (_, due) = world.memory.grants().remove(0);
    assert!(due.unwrap() > world.gateway.clock.now());

    world.provider.says(Says::Yes);
    grants::tend(&world.gateway, &grant.id).await.unwrap();

    assert!(world.memory.grants().is_empty());
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

#[tokio::test]
async fn a_lapsed_grant_is_told_to_its_account_and_an_authorisation_heals_it() {
    let world = World::start().await;
    connect(&world, "code-1").await;
    let (grant, _) = world.memory.grants().remove(0);
    let now = world.gateway.clock.now();
    let stored = world.gateway.grants.read(&grant.id).await.unwrap();
    let mut lapsed = (*grant).clone();
    lapsed.tokens = lapsed.tokens.lapsed(1, LapseReason::Refused, now);
    let change = GrantChange::Put { grant: lapsed.into(), due: Some(now) };
    let committed = world.gateway.grants.commit(&grant.id, stored.basis, change).await.unwrap();
    assert_eq!(committed, Committed::Yes);
    grants::tend(&world.gateway, &grant.id).await.unwrap();
    let (browser, page) = manage(&world).await;
    assert!(page.text.contains("Reconnect needed"), "{}", page.text);

    let there = browser.press_of(&page, "reconnect", Some("default"), &[]).await.location();
    browser.get(callback(&world, &there, "code=code-2")).await;
    world.settle().await;

    let page = browser.get(world.base.join("/portal").unwrap()).await;
    assert!(!page.text.contains("Reconnect needed"), "healed before anybody confirms: {}", page.text);
}

#[tokio::test]
async fn a_store_that_is_away_for_a_moment_loses_no_authorisation() {
    let world = World::start().await;
    let gateway = world.gateway.clone();
    let verifier = "verifier of a flow".into();
    let authorized = gateway.authorization.exchange(&"code-1".into(), &verifier).await.unwrap();
    world.memory.break_down();
    let adopting = tokio::spawn(async move { grants::adopt(&gateway, authorized).await });
    tokio::task::yield_now().await;
    world.memory.mend();

    while !adopting.is_finished() {
        world.clock.advance(Duration::from_secs(2));
        tokio::task::yield_now().await;
    }

    assert_eq!(adopting.await.unwrap().unwrap().tokens.generation(), 1);
    assert_eq!(world.memory.grants().len(), 1);
}
