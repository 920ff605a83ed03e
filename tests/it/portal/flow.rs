//! A person's way to Zoom and back, as the tests go it.

use greenroom::domain::account::Owner;
use greenroom::domain::portal::Actor;
use greenroom::domain::portal::Page;
use url::Url;

use crate::portal::provider::CONSENT;
use crate::portal::world::World;
use crate::portal::world::lua;
use crate::support::visitor::Answer;
use crate::support::visitor::Visitor;

/// The address at which Zoom sends the browser back, for what it was asked.
pub(super) fn callback(world: &World, consent: &Url, rest: &str) -> Url {
    let state = consent.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    world.base.join(&format!("/oauth/zoom/callback?state={state}&{rest}")).unwrap()
}

/// Goes to Zoom from a page, and back with a code.
pub(super) async fn consent(world: &World, browser: &Visitor, page: &Answer, code: &str) -> Answer {
    let there = browser.press(page, "connect_zoom", &[]).await.location();
    assert!(there.as_str().starts_with(CONSENT), "{there}");
    let answer = browser.get(callback(world, &there, &format!("code={code}"))).await;
    browser.follow(answer).await
}

pub(super) async fn manage(world: &World) -> (Visitor, Answer) {
    let browser = Visitor::new();
    let page = browser.enter(&world.link(Actor::Owner, Page::Manage).await.unwrap()).await;
    (browser, page)
}

/// Connects the default account.
pub(super) async fn connect(world: &World, code: &str) -> (Visitor, Answer) {
    let (browser, page) = manage(world).await;
    let asked = consent(world, &browser, &page, code).await;
    let page = browser.press(&asked, "confirm", &[]).await;
    world.settle().await;
    (browser, page)
}

pub(super) fn email(world: &World, owner: &Owner) -> Option<String> {
    let site = world.memory.site(&lua());
    Some(site.accounts.get(owner)?.connection.hosted()?.host.email.clone())
}
