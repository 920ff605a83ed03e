//! Reads what the start page shows from the gateway's API: accounts and sessions. Asks nobody else.

use futures_util::future::join_all;
use serde_json::Value;

use crate::demo::platform::Platform;
use crate::demo::platform::Reply;
use crate::demo::sample;
use crate::demo::sample::SITE;
use crate::demo::sample::session_path;

/// An account as the page shows one.
#[derive(Debug)]
pub(super) struct Account {
    /// Whose it is.
    pub(super) whose: &'static str,
    /// What it is connected to; nothing where it is not.
    pub(super) connected: Option<String>,
    /// The last part of the address of its button.
    pub(super) button: &'static str,
    /// What its button says.
    pub(super) label: &'static str,
}

/// A session as the page shows one.
pub(super) struct Session {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) when: String,
    pub(super) status: String,
    /// Why there is no link, or where it comes from.
    pub(super) detail: String,
    pub(super) join_url: Option<String>,
    pub(super) warnings: Vec<String>,
}

/// The accounts of those who have a button.
pub(super) async fn accounts(platform: &Platform) -> Vec<Account> {
    let owners = [
        ("The studio's default", "default", "default", "Connect Zoom as the studio's default"),
        ("Ana", "staff/ana", "ana", "Connect Ana's own Zoom"),
        ("Carla", "staff/carla", "carla", "Give Carla a custom link"),
    ];
    let reads = owners.map(|(whose, owner, button, label)| async move {
        let reply = platform.get(&format!("{SITE}/accounts/{owner}")).await;
        let connected = reply.ok().filter(|reply| reply.status.is_success()).map(|reply| connected(&reply));
        Account { whose, connected, button, label }
    });
    join_all(reads).await
}

fn connected(account: &Reply) -> String {
    let state = match account.text("/state") {
        "active" => "",
        _ => ", needs to be connected again",
    };
    match account.text("/provider") {
        "zoom" => format!("Zoom: {} ({}){state}", account.text("/zoom/email"), account.text("/zoom/plan")),
        _ => format!("Custom link: {}", account.text("/custom_link/url")),
    }
}

/// The sessions of these names, leaving out those that are not there.
pub(super) async fn sessions(platform: &Platform, ids: &[String]) -> Vec<Session> {
    let reads = ids.iter().map(|id| async move {
        let reply = platform.get(&session_path(id)).await.ok()?;
        reply.status.is_success().then(|| session(id, &reply))
    });
    join_all(reads).await.into_iter().flatten().collect()
}

fn session(id: &str, reply: &Reply) -> Session {
    let name = |staff: &str| {
        let known = sample::STAFF.iter().find(|(id, _)| *id == staff);
        known.map_or_else(|| staff.to_owned(), |(_, name)| (*name).to_owned())
    };
    let warnings = reply.body.pointer("/link/warnings").and_then(Value::as_array);
    let detail = match (reply.text("/link/source"), reply.text("/link/reason")) {
        ("site_default", "") => "on the studio's default account".to_owned(),
        ("staff_account", "") => format!("on {}'s own account", name(reply.text("/link/staff_id"))),
        ("course_link", "") => "on the link of the course".to_owned(),
        ("session_link", "") => "on a link of its own".to_owned(),
        (_, reason) => reason.replace('_', " "),
    };
    let join_url = reply.text("/link/join_url");
    Session {
        id: id.to_owned(),
        title: reply.text("/title").to_owned(),
        when: reply.text("/starts_at").replace('T', " ").replace(":00Z", " UTC"),
        status: reply.text("/link/status").to_owned(),
        detail,
        join_url: (!join_url.is_empty()).then(|| join_url.to_owned()),
        warnings: warnings
            .into_iter()
            .flatten()
            .filter_map(|warning| warning.get("detail")?.as_str())
            .map(str::to_owned)
            .collect(),
    }
}
