//! The stops at which participants follow their addresses (R22, R25).

use std::collections::BTreeSet;

use http::header;
use serde_json::json;

use crate::demo::sample;
use crate::demo::sample::SITE;
use crate::demo::stage::Stage;
use crate::demo::tour::asked::address;
use crate::demo::tour::asked::link;
use crate::demo::tour::browser::Browser;
use crate::demo::tour::connecting::CARLAS_DESCRIPTION;
use crate::demo::tour::connecting::CARLAS_LINK;
use crate::demo::tour::connecting::CARLAS_PASSWORD;
use crate::demo::tour::html;
use crate::demo::tour::wrong::Wrong;
use crate::demo::tour::wrong::answered;
use crate::demo::tour::wrong::same;

const AUDIENCES: [&str; 6] =
    ["staff", "confirmation_email", "members_area", "reminder_email", "sms", "calendar_file"];

/// One meeting, an address for each.
pub(super) async fn audiences(stage: &Stage) -> Result<String, Wrong> {
    let (mut joins, mut meetings) = (BTreeSet::new(), BTreeSet::new());
    for audience in AUDIENCES {
        let link = link(stage, "class-1", audience).await?;
        same("the status", link.text("/status"), "ready")?;
        joins.insert(link.text("/join_url").to_owned());
        meetings.insert(link.text("/meeting_id").to_owned());
    }
    same("the number of join addresses", &joins.len(), &AUDIENCES.len())?;
    same("the number of meetings", &meetings.len(), &1)?;
    Ok(format!("{} addresses, one meeting", joins.len()))
}

/// Straight on, and remembered by nobody on the way.
pub(super) async fn on_zoom(stage: &Stage) -> Result<String, Wrong> {
    let link = link(stage, "class-1", "members_area").await?;
    let join = address(&link, "/join_url")?;
    let mut browser = Browser::new(stage.platform.http.clone());
    let redirect = browser.look(&join).await?.came_with(302)?;
    let location = redirect.location().ok_or_else(|| Wrong::new("the redirect leads nowhere"))?;
    same("where it leads", location.as_str(), link.text("/provider_url"))?;
    for (name, expected) in [(header::REFERRER_POLICY, "no-referrer"), (header::CACHE_CONTROL, "no-store")] {
        let seen = redirect.headers.get(&name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        same(name.as_str(), seen, expected)?;
    }
    let room = browser.open(&location).await?.came_with(200)?;
    room.says("You would now join: Yoga with Bob, Monday")?;
    room.says("The host would let you in.")?;
    Ok(format!("{join} -> 302 -> Zoom lets them in"))
}

/// A page that says where it leads.
pub(super) async fn on_custom_link(stage: &Stage) -> Result<String, Wrong> {
    let link = link(stage, "carla-1", "members_area").await?;
    let join = address(&link, "/join_url")?;
    let page = Browser::new(stage.platform.http.clone()).look(&join).await?.came_with(200)?;
    for text in [sample::STUDIO, "meet.example.com", CARLAS_PASSWORD, CARLAS_DESCRIPTION] {
        page.says(text)?;
    }
    same("where its button leads", html::link(&page.html, "join")?.as_str(), CARLAS_LINK)?;
    Ok(format!("{join} names the studio, the host and the password"))
}

/// Nothing of the link is answered, and the address that was sent before is closed; others stay open.
pub(super) async fn hidden(stage: &Stage) -> Result<String, Wrong> {
    let mut browser = Browser::new(stage.platform.http.clone());
    let sent = address(&link(stage, "class-1", "confirmation_email").await?, "/join_url")?;
    let members = address(&link(stage, "class-1", "members_area").await?, "/join_url")?;
    let mut site = sample::site();
    if let Some(site) = site.as_object_mut() {
        site.insert("visibility".to_owned(), json!({"confirmation_email": false}));
    }
    answered(stage.platform.put(SITE, &site).await?, 200)?;
    for audience in ["confirmation_email", "reminder_email"] {
        let link = link(stage, "class-1", audience).await?;
        same("the status", link.text("/status"), "hidden")?;
        let fields = link.body.as_object().into_iter().flatten();
        let shown: BTreeSet<_> =
            fields.filter(|(_, value)| !value.is_null()).map(|(name, _)| name.as_str()).collect();
        same(
            "what is answered",
            shown.into_iter().collect::<Vec<_>>().join(" ").as_str(),
            "reason revision session_id status updated_at",
        )?;
    }
    browser.look(&sent).await?.came_with(404)?;
    browser.look(&members).await?.came_with(302)?;
    answered(stage.platform.put(SITE, &sample::site()).await?, 200)?;
    browser.look(&sent).await?.came_with(302)?;
    Ok("hidden: all null, its address 404, the members' one open; then shown again".to_owned())
}
