//! Proves the browser that the portal's tests drive, on a page of its own.

use std::fs;

use axum::Form;
use axum::Router;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Html;
use axum::routing::get;
use axum::routing::post;
use serde::Deserialize;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::support::browser::Browser;
use crate::support::browser::living_processes;

const PAGE: &str = r#"<html lang="pt-BR"><meta name="viewport" content="width=device-width"><body>
<h1>Contas</h1>
<form method="post" action="/edit/default"><button data-action="edit" data-owner="default">Editar</button></form>
<form method="post" action="/edit/ana"><button data-action="edit" data-owner="staff/ana">Editar</button></form>
<form method="post" action="/save"><input name="url" value="old"><button data-action="save">Salvar</button></form>
"#;

#[derive(Debug, Deserialize)]
struct Saved {
    url: String,
}

/// Serves the page and what its forms lead to; returns where.
async fn site() -> String {
    let routes = Router::new()
        .route("/", get(|| async { Html(PAGE) }))
        .route("/edit/{owner}", post(|Path(owner): Path<String>| async move { format!("edits {owner}") }))
        .route("/save", post(|Form(saved): Form<Saved>| async move { format!("saved {}", saved.url) }))
        .route(
            "/language",
            get(|headers: HeaderMap| async move { format!("{:?}", headers["accept-language"]) }),
        );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

#[tokio::test]
async fn a_person_reads_fills_and_presses() {
    let site = site().await;
    let browser = Browser::start().await;

    browser.goto(&site).await;
    assert_eq!(browser.lang().await, "pt-BR");
    assert!(browser.text().await.starts_with("Contas"));

    browser.fill("url", "https://meet.example/a b").await;
    browser.click_action("save").await;
    browser.wait_for_text("saved https://meet.example/a b").await;
    assert_eq!(browser.url().await.path(), "/save");
}

#[tokio::test]
async fn of_several_controls_the_one_of_the_owner_is_pressed() {
    let site = site().await;
    let browser = Browser::start().await;

    browser.goto(&site).await;
    browser.click_action_of("edit", "staff/ana").await;

    browser.wait_for_text("edits ana").await;
}

#[tokio::test]
async fn a_page_is_shown_as_on_a_telephone() {
    let site = site().await;
    let browser = Browser::start().await;
    let folder = TempDir::new().unwrap();
    let picture = folder.path().join("page.png");

    browser.goto(&site).await;
    browser.set_width(390).await;
    browser.screenshot(&picture).await;

    assert_eq!(browser.content_width().await, 390);
    let png = fs::read(&picture).unwrap();
    assert_eq!(png[16..20], 390_u32.to_be_bytes(), "the width in the header of the picture");
}

#[tokio::test]
async fn a_reader_of_portuguese_asks_for_portuguese() {
    let site = site().await;
    let browser = Browser::start_in("pt-BR").await;

    browser.goto(&format!("{site}/language")).await;

    assert!(browser.text().await.contains("pt-BR"), "{}", browser.text().await);
}

#[tokio::test]
async fn a_browser_leaves_no_process_behind() {
    let browser = Browser::start().await;
    let family = browser.processes();
    assert!(family.len() > 3, "chromedriver, Chromium and its helpers: {family:?}");

    drop(browser);

    let left: Vec<u32> =
        living_processes().into_iter().map(|(id, _)| id).filter(|id| family.contains(id)).collect();
    assert_eq!(left, Vec::<u32>::new());
}
