//! What the portal withstands: forged posts, hostile names, a store that is away; and the headers of every page.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use futures_util::stream;
use greenroom::domain::account::Owner;
use greenroom::domain::portal::Actor;
use greenroom::domain::portal::Page;
use greenroom::web::public::router;
use reqwest::Method;
use reqwest::StatusCode;
use tower::ServiceExt;

use crate::portal::accounts::room;
use crate::portal::provider::CONSENT;
use crate::portal::world::World;
use crate::portal::world::lua;
use crate::support::visitor::Answer;
use crate::support::visitor::Visitor;

async fn manage(world: &World) -> (Visitor, Answer) {
    let browser = Visitor::new();
    let page = browser.enter(&world.link(Actor::Owner, Page::Manage).await.unwrap()).await;
    (browser, page)
}

#[tokio::test]
async fn a_post_without_the_form_token_of_this_session_does_nothing() {
    let world = World::start().await;
    let (browser, _) = manage(&world).await;
    let (_, theirs) = manage(&world).await;
    let posts = [
        "connect?owner=default",
        "confirm",
        "use-another",
        "cancel",
        "custom-link?owner=default",
        "disconnect?owner=default",
        "done",
    ];
    let wrong = ("form_token".to_owned(), "A".repeat(43));
    for path in posts {
        let url = world.base.join(&format!("/portal/{path}")).unwrap();
        for form in [vec![], vec![wrong.clone()], theirs.form("done", None).1] {
            let answer = browser.post(&url, &form).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {form:?}");
        }
    }
    assert_eq!(browser.get(world.base.join("/portal").unwrap()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_form_that_trickles_is_given_up() {
    let world = World::start().await;
    let (browser, _) = manage(&world).await;
    let session = browser.cookie("greenroom").unwrap();
    let request = Request::post("/portal/done")
        .header("cookie", format!("greenroom={session}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from_stream(stream::pending::<Result<&str, std::io::Error>>()))
        .unwrap();
    let pages = router(world.gateway.clone(), &CONSENT.parse().unwrap());
    tokio::time::pause();
    let answer = tokio::time::timeout(Duration::from_secs(16), pages.oneshot(request)).await;
    assert_eq!(answer.expect("it is given up after 15 s").unwrap().status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_post_from_another_origin_does_nothing() {
    let world = World::start().await;
    let (browser, page) = manage(&world).await;
    let (url, form) = page.form("done", None);
    let link = world.link(Actor::Owner, Page::Manage).await.unwrap();
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        for url in [&url, &link] {
            let answer = browser
                .send(Method::POST, url.as_str(), |request| request.header(name, value).form(&form))
                .await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value} {url}");
        }
    }
    assert_eq!(browser.get(&link).await.status, StatusCode::OK, "not burnt");
    let origin = world.base.origin().ascii_serialization();
    let ours = |request: reqwest::RequestBuilder| {
        request.header("origin", &origin).header("sec-fetch-site", "same-origin").form(&form)
    };
    assert_eq!(browser.send(Method::POST, url.as_str(), ours).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn without_its_cookie_a_browser_is_nobody() {
    let world = World::start().await;
    let (browser, page) = manage(&world).await;
    browser.forget_cookies();
    assert_eq!(browser.get(&page.url).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.press(&page, "done", &[]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn names_and_descriptions_are_text_and_never_markup() {
    let world = World::start().await;
    let hostile = "<script>alert(1)</script>\"'>";
    world.change(|site| {
        site.settings.display_name = hostile.into();
        site.put_account(&Owner::Default, room("https://meet.example/?a=\"><script>"), site.updated_at);
    });
    let link = world.link(Actor::Owner, Page::Manage).await.unwrap();
    let (browser, page) = manage(&world).await;
    let pages = [
        browser.get(&link).await,
        browser.press_of(&page, "edit", Some("default"), &[]).await,
        browser.press_of(&page, "disconnect", Some("default"), &[]).await,
        browser.get(world.base.join("/portal/connect?owner=default").unwrap()).await,
        page,
    ];
    for page in pages {
        assert!(page.text.contains("&#60;script&#62;alert(1)"), "{}", page.text);
        assert!(!page.text.contains("<script>"), "{}", page.text);
    }
}

#[tokio::test]
async fn every_page_carries_its_headers() {
    let world = World::start().await;
    let link = world.link(Actor::Owner, Page::Manage).await.unwrap();
    let (browser, page) = manage(&world).await;
    let forms = [
        "/portal",
        "/portal/staff",
        "/portal/connect?owner=default",
        "/portal/custom-link?owner=default",
        "/portal/failed?owner=default",
    ];
    let mut pages = vec![(browser.get(&link).await, true), (page, true)];
    for path in forms {
        pages.push((browser.get(world.base.join(path).unwrap()).await, true));
    }
    for path in
        ["/", "/portal/finished", "/portal/nowhere", "/j/nothing", "/oauth/zoom/callback", "/portal/open/x"]
    {
        pages.push((browser.get(world.base.join(path).unwrap()).await, false));
    }
    for (page, has_forms) in pages {
        let policy = page.header("content-security-policy");
        let action = if has_forms {
            "form-action 'self' https://zoom.example https://app.example"
        } else {
            "form-action 'none'"
        };
        assert!(
            policy.starts_with("default-src 'none'") && policy.ends_with(action),
            "{} {policy}",
            page.url
        );
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("cache-control"), "no-store", "{}", page.url);
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        let referrer = if has_forms { "same-origin" } else { "no-referrer" };
        assert_eq!(page.header("referrer-policy"), referrer, "{}", page.url);
        assert!(page.header("content-type").starts_with("text/html"));
        assert!(page.text.contains("<html lang=\"en\">") && !page.text.contains(" style=\""), "{}", page.url);
        assert!(!page.header("x-request-id").is_empty());
    }
}

#[tokio::test]
async fn the_session_cookie_is_kept_from_scripts() {
    let world = World::start().await;
    let browser = Visitor::new();
    let link = world.link(Actor::Owner, Page::Manage).await.unwrap();
    let answer = browser.post(&link, &[]).await;
    let cookie = answer.header("set-cookie");
    for part in ["greenroom=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=1800"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_a_page_that_names_the_request() {
    let world = World::start().await;
    let (browser, page) = manage(&world).await;
    world.memory.break_down();
    for path in ["/portal", "/j/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let answer = browser
            .send(Method::GET, world.base.join(path).unwrap().as_str(), |request| {
                request.header("x-request-id", "r-77")
            })
            .await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(answer.text.contains("r-77") && !answer.header("retry-after").is_empty(), "{}", answer.text);
    }
    world.memory.mend();
    assert_eq!(browser.get(&page.url).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_form_that_is_too_long_or_said_twice_is_refused() {
    let world = World::start().await;
    let (browser, page) = manage(&world).await;
    let form = browser.press_of(&page, "connect_custom_link", Some("default"), &[]).await;
    let long = "x".repeat(70 * 1024);
    let answer =
        browser.press(&form, "save", &[("url", "https://meet.example"), ("description", &long)]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let answer =
        browser.press(&form, "save", &[("url", "https://a.example"), ("url", "https://b.example")]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(world.memory.site(&lua()).accounts.is_empty());
}

#[tokio::test]
async fn an_address_of_a_form_leads_to_the_first_page() {
    let world = World::start().await;
    let (browser, _) = manage(&world).await;
    for path in ["done", "cancel", "use-another", "confirm"] {
        let answer = browser.get(world.base.join(&format!("/portal/{path}")).unwrap()).await;
        assert_eq!(answer.location().path(), "/portal", "{path}");
    }
}
