//! One-time links: looked at, opened once, over.

use std::time::Duration;

use greenroom::app::portal::PortalError;
use greenroom::domain::account::Owner;
use greenroom::domain::id::StaffId;
use greenroom::domain::portal::Actor;
use greenroom::domain::portal::Page;
use greenroom::domain::portal::Refused;
use reqwest::StatusCode;

use crate::portal::world::World;
use crate::support::visitor::Visitor;

fn ana() -> Actor {
    Actor::Staff(StaffId::parse("ana").unwrap())
}

#[tokio::test]
async fn a_preview_burns_nothing_and_a_link_opens_once() {
    let world = World::start().await;
    let link = world.link(Actor::Owner, Page::Manage).await.unwrap();
    let (preview, browser, late) = (Visitor::new(), Visitor::new(), Visitor::new());
    for _ in 0..3 {
        assert_eq!(preview.get(&link).await.status, StatusCode::OK);
    }
    let page = late.get(&link).await;

    let opened = browser.enter(&link).await;

    assert!(opened.text.contains("data-page=\"manage\""), "{}", opened.text);
    assert_eq!(late.press(&page, "open", &[]).await.status, StatusCode::NOT_FOUND);
    let again = browser.get(&link).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    assert!(again.text.contains("Each link opens once"), "{}", again.text);
}

#[tokio::test]
async fn of_two_browsers_that_open_at_once_one_gets_in() {
    let world = World::start().await;
    let link = world.link(Actor::Owner, Page::Manage).await.unwrap();
    let browsers: Vec<Visitor> = (0..8).map(|_| Visitor::new()).collect();

    let opened =
        futures_util::future::join_all(browsers.iter().map(|browser| browser.post(&link, &[]))).await;

    assert_eq!(opened.iter().filter(|answer| answer.status == StatusCode::SEE_OTHER).count(), 1);
}

#[tokio::test]
async fn a_link_is_over_after_ten_minutes_and_a_session_after_thirty() {
    let world = World::start().await;
    let link = world.link(Actor::Owner, Page::Manage).await.unwrap();
    world.clock.advance(Duration::from_mins(11));
    let expired = Visitor::new().get(&link).await;
    assert_eq!(expired.status, StatusCode::GONE);
    assert!(expired.text.contains("expired"), "{}", expired.text);
    assert_eq!(Visitor::new().post(&link, &[]).await.status, StatusCode::GONE);

    let browser = Visitor::new();
    let page = browser.enter(&world.link(Actor::Owner, Page::Manage).await.unwrap()).await;
    world.clock.advance(Duration::from_mins(31));
    assert_eq!(browser.get(world.base.join("/portal").unwrap()).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.press(&page, "done", &[]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_was_never_a_link_answers_like_a_used_one() {
    let world = World::start().await;
    for token in ["x".to_owned(), "A".repeat(43), "%00".to_owned()] {
        let answer = Visitor::new().get(world.base.join(&format!("/portal/open/{token}")).unwrap()).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{token}");
    }
}

#[tokio::test]
async fn staff_are_let_in_only_as_the_site_says() {
    let world = World::start().await;
    let refused = |result: Result<_, PortalError>| match result {
        Err(PortalError::Refused(refused)) => Some(refused),
        _ => None,
    };
    let default = Page::Connect(Owner::Default);
    assert_eq!(refused(world.link(ana(), default).await), Some(Refused::NotYourAccount));
    assert_eq!(refused(world.link(ana(), Page::Manage).await), Some(Refused::DefaultAccountRequired));
    world.change(|site| site.settings.staff_self_service = false);
    assert_eq!(refused(world.link(ana(), Page::Manage).await), Some(Refused::SelfServiceDisabled));
    world.change(|site| site.settings.entitled = false);
    assert_eq!(refused(world.link(Actor::Owner, Page::Manage).await), Some(Refused::NotEntitled));
}

#[tokio::test]
async fn a_browser_goes_back_only_to_origins_that_are_listed() {
    let world = World::start().await;
    for foreign in [
        "https://evil.example/",
        "http://app.example/",
        "https://app.example.evil.example/",
        "https://u@app.example/",
    ] {
        let link = world.link_with(Actor::Owner, Page::Manage, Some(foreign), None).await;
        assert!(matches!(link, Err(PortalError::ForeignReturn)), "{foreign}");
    }
    let back = Some("https://app.example/settings?tab=video#top");
    let browser = Visitor::new();
    let page = browser.enter(&world.link_with(Actor::Owner, Page::Manage, back, None).await.unwrap()).await;

    let left = browser.press(&page, "done", &[]).await;

    assert_eq!(left.location().as_str(), "https://app.example/settings?tab=video&greenroom_status=done#top");
    assert_eq!(browser.cookie("greenroom"), None);
    assert_eq!(browser.get(world.base.join("/portal").unwrap()).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn without_a_way_back_the_last_page_stays() {
    let world = World::start().await;
    let browser = Visitor::new();
    let page = browser.enter(&world.link(Actor::Owner, Page::Manage).await.unwrap()).await;
    let last = browser.press(&page, "done", &[]).await;
    assert_eq!((last.status, last.text.contains("You can close this page")), (StatusCode::OK, true));
}
