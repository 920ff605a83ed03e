//! An owner and a participant in a real browser: the portal, Zoom's consent, the way back, the join page.

use std::fs;
use std::path::Path;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;
use tokio::net::TcpListener;

use crate::gateway::world::Backend;
use crate::gateway::world::World;
use crate::support::browser::Browser;

/// A desk's width.
const WIDE: u32 = 1200;
/// A telephone's width.
const NARROW: u32 = 360;

/// The platform's own page, where browsers come back to; answers its address.
async fn platform() -> String {
    let page = "<!doctype html><html lang=\"en\"><title>Platform</title><h1>Back at the platform</h1>";
    let routes = Router::new().route("/settings", get(move || async move { Html(page) }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

/// A gateway with a site, and the platform that it sends browsers back to.
async fn world() -> (World, String) {
    let platform = platform().await;
    let origins = format!("[\"{platform}\"]");
    let world = World::start_with(Backend::Embedded, &[("PORTAL__RETURN_ORIGINS", &origins)]).await;
    world.site().await;
    (world, format!("{platform}/settings?tab=video"))
}

/// Makes a portal link of an owner.
async fn link(world: &World, page: Value) -> String {
    let mut body = json!({"actor": {"role": "owner"}});
    for (name, value) in page.as_object().unwrap() {
        body[name] = value.clone();
    }
    let made = world.post("/v1/sites/studio/portal-links", &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    made.body["url"].as_str().unwrap().to_owned()
}

/// Keeps a picture of the page in `target/tmp/pages`, for people to look at; it must fit where it is shown.
async fn picture(browser: &Browser, name: &str, width: u32) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    fs::create_dir_all(&folder).unwrap();
    browser.screenshot(&folder.join(format!("{name}.png"))).await;
    let content = browser.content_width().await;
    assert!(content <= u64::from(width), "{name} is {content} wide on a screen of {width}");
}

#[tokio::test]
async fn an_owner_connects_zoom_and_comes_back_to_the_platform() {
    let (world, return_to) = world().await;
    let browser = Browser::start().await;
    browser.set_width(WIDE).await;
    let page = json!({"page": "connect_zoom", "owner": {"kind": "default"}, "return_to": return_to});

    browser.goto(&link(&world, page).await).await;
    picture(&browser, "connect-1-open", WIDE).await;
    browser.click_action("open").await;
    browser.wait_for_text("Studio Lua").await;
    picture(&browser, "connect-2-explain", WIDE).await;
    browser.click_action("connect_zoom").await;
    browser.wait_for_text("this is not zoom.us").await;
    assert_eq!(browser.url().await.origin(), world.zoom.origin());
    browser.press("[data-user=\"lua@example.com\"]").await;
    browser.click_action("allow").await;
    browser.wait_for_text("lua@example.com").await;
    assert!(browser.text().await.contains("Licensed"), "{}", browser.text().await);
    picture(&browser, "connect-3-confirm", WIDE).await;
    assert_eq!(world.get("/v1/sites/studio/accounts/default").await.status, StatusCode::NOT_FOUND);
    browser.click_action("confirm").await;
    browser.wait_for_text("Back at the platform").await;

    assert_eq!(browser.url().await.as_str(), format!("{return_to}&greenroom_status=connected"));
    let account = world.get("/v1/sites/studio/accounts/default").await.body;
    assert_eq!(account["zoom"]["email"], "lua@example.com", "{account}");
    assert_eq!(world.book("s-1", "yoga", &["ana"]).await.body["link"]["status"], "ready");
}

#[tokio::test]
async fn who_refuses_at_zoom_comes_back_with_nothing_connected() {
    let (world, return_to) = world().await;
    let browser = Browser::start().await;
    let page = json!({"page": "connect_zoom", "owner": {"kind": "default"}, "return_to": return_to});

    browser.goto(&link(&world, page).await).await;
    browser.click_action("open").await;
    browser.click_action("connect_zoom").await;
    browser.click_action("deny").await;
    browser.wait_for_text("Back at the platform").await;

    assert_eq!(browser.url().await.as_str(), format!("{return_to}&greenroom_status=cancelled"));
    assert_eq!(world.get("/v1/sites/studio/accounts/default").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_accounts_are_managed_in_portuguese_on_a_telephone() {
    let (world, return_to) = world().await;
    let browser = Browser::start_in("pt-BR").await;
    browser.set_width(NARROW).await;

    browser.goto(&link(&world, json!({"page": "manage", "return_to": return_to})).await).await;
    assert_eq!(browser.lang().await, "pt-BR");
    picture(&browser, "manage-1-open", NARROW).await;
    browser.click_action("open").await;
    browser.wait_for_text("Nada conectado ainda").await;
    picture(&browser, "manage-2-empty", NARROW).await;
    browser.click_action_of("connect_zoom", "default").await;
    browser.press("[data-user=\"ana@example.com\"]").await;
    browser.click_action("allow").await;
    browser.wait_for_text("É esta a conta certa?").await;
    picture(&browser, "manage-3-confirm", NARROW).await;
    browser.click_action("confirm").await;
    browser.wait_for_text("A conta foi conectada.").await;
    assert_eq!((browser.lang().await, browser.url().await.path()), ("pt-BR".to_owned(), "/portal"));
    assert!(browser.text().await.contains("Zoom · Basic"), "{}", browser.text().await);
    picture(&browser, "manage-4-connected", NARROW).await;
    browser.click_action("done").await;
    browser.wait_for_text("Back at the platform").await;

    assert_eq!(browser.url().await.as_str(), format!("{return_to}&greenroom_status=done"));
}

#[tokio::test]
async fn a_wrong_custom_link_is_mended_beside_its_field_and_nothing_typed_is_lost() {
    let (world, _) = world().await;
    let browser = Browser::start().await;
    browser.set_width(NARROW).await;

    browser.goto(&link(&world, json!({"page": "manage"})).await).await;
    browser.click_action("open").await;
    browser.click_action_of("connect_custom_link", "default").await;
    browser.fill("url", "http://meet.example.com/room 1").await;
    browser.fill("password", "k3J9 <aQ>&").await;
    browser.fill("description", "Ring twice\n& wait").await;
    browser.click_action("save").await;
    let error = browser.read("#url-error").await;
    assert!(error.contains("space"), "{error}");
    assert!(browser.text().await.contains("Password (optional)"), "{}", browser.text().await);
    assert_eq!(browser.read(".wrong label").await, "Link");
    picture(&browser, "custom-link-1-error", NARROW).await;
    let typed =
        [browser.typed("url").await, browser.typed("password").await, browser.typed("description").await];
    assert_eq!(typed, ["http://meet.example.com/room 1", "k3J9 <aQ>&", "Ring twice\n& wait"]);

    browser.fill("url", "https://meet.example.com/room-1").await;
    browser.click_action("save").await;
    browser.wait_for_text("https://meet.example.com/…").await;
    picture(&browser, "custom-link-2-saved", NARROW).await;
    browser.click_action_of("edit", "default").await;
    assert_eq!(browser.typed("password").await, "k3J9 <aQ>&");

    let booked = world.book("s-1", "yoga", &[]).await.body;
    browser.goto(booked["link"]["join_url"].as_str().unwrap()).await;
    browser.wait_for_text("meet.example.com").await;
    assert_eq!(browser.read("h1").await, "Yoga with Ana");
    picture(&browser, "join-with-password", NARROW).await;
    let shown = browser.text().await;
    assert!(shown.contains("Studio Lua") && shown.contains("Ring twice\n& wait"), "{shown}");
    assert_eq!(browser.shown("#password").await, "k3J9 <aQ>&");
    browser.click_action("copy_password").await;
    browser.wait_for_text("Copied").await;
}
