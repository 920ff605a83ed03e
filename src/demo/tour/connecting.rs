//! The stops at which people connect accounts in a browser (R4, R5, R6).

use serde_json::Value;
use serde_json::json;
use url::Url;

use crate::demo::sample;
use crate::demo::sample::SITE;
use crate::demo::stage::Stage;
use crate::demo::tour::asked::address;
use crate::demo::tour::browser::Browser;
use crate::demo::tour::browser::Page;
use crate::demo::tour::wrong::Wrong;
use crate::demo::tour::wrong::answered;
use crate::demo::tour::wrong::same;

/// Carla's link: on a host that nobody knows, so that participants see where it leads first.
pub(super) const CARLAS_LINK: &str = "https://meet.example.com/carla?room=7";
pub(super) const CARLAS_PASSWORD: &str = "lua & sol";
pub(super) const CARLAS_DESCRIPTION: &str = "Ring the bell <twice>.";

/// A staff member cannot go first.
pub(super) async fn staff_first(stage: &Stage) -> Result<String, Wrong> {
    let actor = json!({"role": "staff", "staff_id": "ana"});
    let refused = stage.platform.post(&links(), &json!({"actor": actor, "page": "manage"})).await?;
    let refused = answered(refused, 409)?;
    same("the code", refused.text("/code"), "default_account_required")?;
    Ok(refused.summary())
}

/// The owner connects the studio's Zoom, through a link that works once.
pub(super) async fn default_account(stage: &Stage) -> Result<String, Wrong> {
    let owner = json!({"role": "owner"});
    let wanted = json!({"actor": owner, "page": "connect_zoom", "owner": {"kind": "default"},
        "return_to": back(stage), "locale": "en"});
    let link = portal_link(stage, &wanted).await?;
    let mut browser = Browser::new(stage.platform.http.clone());
    browser.open(&link).await?.came_with(200)?;
    let page = browser.open(&link).await?.came_with(200)?;
    let page = browser.press(&page, "open").await?.came_with(200)?;
    Browser::new(stage.platform.http.clone()).open(&link).await?.came_with(404)?;
    connect(stage, &mut browser, (&page, "lua@example.com")).await?;
    account(stage, "default", "lua@example.com").await
}

/// Ana connects a Zoom user of her own.
pub(super) async fn ana(stage: &Stage) -> Result<String, Wrong> {
    let owner = json!({"kind": "staff", "staff_id": "ana"});
    let actor = json!({"role": "staff", "staff_id": "ana"});
    let wanted = json!({"actor": actor, "page": "connect_zoom", "owner": owner, "return_to": back(stage)});
    let link = portal_link(stage, &wanted).await?;
    let mut browser = Browser::new(stage.platform.http.clone());
    let page = browser.open(&link).await?.came_with(200)?;
    let page = browser.press(&page, "open").await?.came_with(200)?;
    connect(stage, &mut browser, (&page, "ana@example.com")).await?;
    account(stage, "staff/ana", "ana@example.com").await
}

/// Carla fills in a form; what is wrong with it she is told beside it.
pub(super) async fn carla(stage: &Stage) -> Result<String, Wrong> {
    let actor = json!({"role": "staff", "staff_id": "carla"});
    let wanted = json!({"actor": actor, "page": "manage", "return_to": back(stage), "locale": "en"});
    let link = portal_link(stage, &wanted).await?;
    let mut browser = Browser::new(stage.platform.http.clone());
    let page = browser.open(&link).await?.came_with(200)?;
    let page = browser.press(&page, "open").await?.came_with(200)?;
    let form = browser.click(&page, "connect_custom_link").await?.came_with(200)?;
    let texts = [("password", CARLAS_PASSWORD), ("description", CARLAS_DESCRIPTION)];
    let insecure = [&[("url", "http://meet.example.com/carla")], &texts[..]].concat();
    let form = browser.press_with(&form, "save", &insecure).await?.came_with(422)?;
    form.says(CARLAS_PASSWORD)?;
    let right = [&[("url", CARLAS_LINK)], &texts[..]].concat();
    let page = browser.press_with(&form, "save", &right).await?.came_with(200)?;
    page.says("https://meet.example.com")?;
    let end = browser.press(&page, "done").await?.came_with(200)?;
    ended(&end, "done")?;
    let account = answered(stage.platform.get(&format!("{SITE}/accounts/staff/carla")).await?, 200)?;
    same("the provider", account.text("/provider"), "custom_link")?;
    Ok(format!("{}, password and description kept", account.text("/custom_link/url")))
}

/// From the page that says what will happen to the end: there, consent, back, confirm.
async fn connect(stage: &Stage, browser: &mut Browser, (page, user): (&Page, &str)) -> Result<(), Wrong> {
    let consent = browser.press(page, "connect_zoom").await?.came_with(200)?;
    if consent.url.origin() != stage.addresses.simulator.origin() {
        return Err(Wrong::new(format!("the browser is at {}, not at Zoom", consent.url.path())));
    }
    let confirm = browser.press_with(&consent, "allow", &[("user", user)]).await?.came_with(200)?;
    same("the page after the consent", confirm.url.path(), "/portal/confirm")?;
    confirm.says(user)?;
    confirm.says(sample::STUDIO)?;
    let end = browser.press(&confirm, "confirm").await?.came_with(200)?;
    ended(&end, "connected")
}

/// Goes on where the browser is back at the platform, which was told how it ended.
fn ended(page: &Page, status: &str) -> Result<(), Wrong> {
    same("the last page", page.url.path(), "/demo")?;
    same(
        "what the platform is told",
        page.url.query().unwrap_or_default(),
        &format!("greenroom_status={status}"),
    )
}

async fn account(stage: &Stage, owner: &str, email: &str) -> Result<String, Wrong> {
    let account = answered(stage.platform.get(&format!("{SITE}/accounts/{owner}")).await?, 200)?;
    same("the provider", account.text("/provider"), "zoom")?;
    same("the state", account.text("/state"), "active")?;
    same("the Zoom user", account.text("/zoom/email"), email)?;
    Ok(format!("{email} ({}), seen and confirmed in the portal", account.text("/zoom/plan")))
}

async fn portal_link(stage: &Stage, wanted: &Value) -> Result<Url, Wrong> {
    let made = answered(stage.platform.post(&links(), wanted).await?, 201)?;
    address(&made, "/url")
}

fn links() -> String {
    format!("{SITE}/portal-links")
}

fn back(stage: &Stage) -> String {
    format!("{}demo", stage.addresses.simulator)
}
