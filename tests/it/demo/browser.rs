//! The start page in a browser: a person connects, books and joins by pressing buttons alone.

use crate::demo::program::Demo;
use crate::support::browser::Browser;

#[tokio::test]
async fn a_person_with_a_telephone_connects_books_and_joins() {
    let demo = Demo::start();
    let browser = Browser::start().await;
    browser.set_width(390).await;

    browser.goto(&demo.start_page).await;
    assert_eq!(browser.content_width().await, 390);
    browser.click_action("portal_ana").await;
    browser.wait_for_text("default_account_required").await;

    browser.click_action("portal_default").await;
    browser.click_action("open").await;
    browser.click_action("connect_zoom").await;
    browser.wait_for_text("Zoom simulator").await;
    browser.click_action("allow").await;
    browser.click_action("confirm").await;
    browser.wait_for_text("Zoom: ana@example.com").await;

    browser.click_action("book").await;
    browser.wait_for_text("on the studio's default account").await;
    assert_eq!(browser.content_width().await, 390);
    browser.click_action("join").await;
    browser.wait_for_text("You would now join: Yoga with Bob").await;

    browser.goto(&demo.start_page).await;
    browser.click_action("cancel").await;
    browser.wait_for_text("None yet.").await;
}
