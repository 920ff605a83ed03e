//! The demo's start page and what it prints.

use greenroom::providers::http::HttpClient;
use serde_json::Value;
use url::Url;

use crate::demo::program::Demo;

#[tokio::test]
async fn the_demo_says_where_to_go_and_ends_with_ctrl_c_leaving_nothing() {
    let demo = Demo::start();
    let http = HttpClient::open().unwrap();

    let page = http.fetch(&Url::parse(&demo.start_page).unwrap()).await.unwrap();

    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("Studio Lua") && page.contains("data-action=\"portal_default\""), "{page}");
    assert!(!page.contains("<script"), "{page}");
    assert!(demo.text.contains("curl -sX PUT http://127.0.0.1:"), "{}", demo.text);
    let (status, left) = demo.interrupt();
    assert_eq!((status.code(), left), (Some(0), Vec::new()));
}

#[tokio::test]
async fn the_printed_command_books_with_a_fresh_token() {
    let demo = Demo::start();
    let from = demo.text.find("curl -sX PUT").expect("printed");
    let command = demo.text[from..].split("\n\n").next().unwrap();

    let run = tokio::process::Command::new("bash").args(["-c", command]).output().await.unwrap();

    let session: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(session["session_id"], "from-curl", "{session}");
    assert_eq!(session["link"]["reason"], "no_default_account", "{session}");
    let http = HttpClient::open().unwrap();
    let page = http.fetch(&Url::parse(&demo.start_page).unwrap()).await.unwrap();
    assert!(String::from_utf8(page).unwrap().contains("data-session=\"from-curl\""));
}
