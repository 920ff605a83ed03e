//! Which language a page is in: chosen, linked, remembered, accepted, the site's, English.

use greenroom::domain::locale::Locale;
use greenroom::domain::portal::Actor;
use greenroom::domain::portal::Page;

use crate::portal::world::World;
use crate::support::visitor::Answer;
use crate::support::visitor::Visitor;

fn lang(page: &Answer) -> &str {
    page.text.split("<html lang=\"").nth(1).unwrap().split('"').next().unwrap()
}

async fn open(world: &World, browser: &Visitor, locale: Option<Locale>) -> Answer {
    let link = world.link_with(Actor::Owner, Page::Manage, None, locale).await.unwrap();
    browser.enter(&link).await
}

#[tokio::test]
async fn without_any_wish_the_site_decides_and_a_browsers_wish_comes_before() {
    let world = World::start().await;
    assert_eq!(lang(&open(&world, &Visitor::new(), None).await), "en");
    world.change(|site| site.settings.locale = Locale::BrazilianPortuguese);
    assert_eq!(lang(&open(&world, &Visitor::new(), None).await), "pt-BR");
    assert_eq!(lang(&open(&world, &Visitor::reading(Some("fr")), None).await), "pt-BR");
    assert_eq!(lang(&open(&world, &Visitor::reading(Some("fr,en;q=0.1")), None).await), "en");
}

#[tokio::test]
async fn a_choice_is_remembered_and_the_links_language_comes_before_it() {
    let world = World::start().await;
    let browser = Visitor::reading(Some("en"));
    let page = browser.get(world.base.join("/portal/finished?lang=pt-BR").unwrap()).await;
    assert_eq!(lang(&page), "pt-BR");
    assert_eq!(browser.cookie("greenroom_language").as_deref(), Some("pt-BR"));
    assert_eq!(lang(&open(&world, &browser, None).await), "pt-BR");
    assert_eq!(lang(&open(&world, &browser, Some(Locale::English)).await), "en");
}

#[tokio::test]
async fn a_choice_during_the_visit_holds_for_the_visit() {
    let world = World::start().await;
    let browser = Visitor::new();
    let page = open(&world, &browser, Some(Locale::English)).await;
    let switch = page.text.split("href=\"").find(|part| part.contains("lang=pt-BR")).unwrap();
    let switch = page.url.join(&switch.split('"').next().unwrap().replace("&#38;", "&")).unwrap();

    assert_eq!(lang(&browser.get(&switch).await), "pt-BR");

    assert_eq!(lang(&browser.get(world.base.join("/portal").unwrap()).await), "pt-BR");
}

#[tokio::test]
async fn a_choice_on_the_links_own_page_goes_along() {
    let world = World::start().await;
    let browser = Visitor::new();
    let link = world.link_with(Actor::Owner, Page::Manage, None, Some(Locale::English)).await.unwrap();
    let page = browser.get(format!("{link}?lang=pt-BR")).await;
    assert_eq!(lang(&page), "pt-BR");
    assert_eq!(lang(&browser.press(&page, "open", &[]).await), "pt-BR");
}

#[tokio::test]
async fn an_unknown_language_is_ignored() {
    let world = World::start().await;
    let browser = Visitor::new();
    let page = browser.get(world.base.join("/portal/finished?lang=%3Cb%3E").unwrap()).await;
    assert_eq!((lang(&page), browser.cookie("greenroom_language")), ("en", None));
}
