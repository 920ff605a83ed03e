//! The stops at which sessions change, and Zoom fails (R18, R20, R27, R28).

use std::collections::BTreeSet;

use http::StatusCode;

use crate::demo::sample::session_path;
use crate::demo::stage::Stage;
use crate::demo::tour::asked::Wanted;
use crate::demo::tour::asked::address;
use crate::demo::tour::asked::book;
use crate::demo::tour::asked::eventually;
use crate::demo::tour::asked::link;
use crate::demo::tour::asked::link_becomes;
use crate::demo::tour::booking::CLASSES;
use crate::demo::tour::browser::Browser;
use crate::demo::tour::ledger;
use crate::demo::tour::wrong::Wrong;
use crate::demo::tour::wrong::answered;
use crate::demo::tour::wrong::same;

const DOWN: Wanted =
    Wanted { id: "down", service: "yoga", staff: "bob", title: "Yoga while Zoom is down", in_days: 8 };

/// The same meeting, the same address.
pub(super) async fn moved(stage: &Stage) -> Result<String, Wrong> {
    let [_, moved, _] = CLASSES;
    let before = link(stage, moved.id, "staff").await?;
    let moved = Wanted { title: "Yoga with Bob, Thursday", in_days: 5, ..moved };
    let body = moved.body(stage);
    answered(stage.platform.put(&session_path(moved.id), &body).await?, 200)?;
    let id = before.text("/meeting_id");
    let starts_at = body.get("starts_at").and_then(serde_json::Value::as_str).unwrap_or_default();
    eventually(stage, "Zoom shows the new time and title", || async {
        let meeting = ledger::find(stage, id).await?;
        Ok((meeting.topic == moved.title && meeting.starts_at == starts_at).then_some(()))
    })
    .await?;
    let after = link(stage, moved.id, "staff").await?;
    for field in ["/meeting_id", "/join_url", "/provider_url"] {
        same(field, after.text(field), before.text(field))?;
    }
    Ok(format!("meeting {id} keeps its number and address, Zoom shows the new time"))
}

/// The meeting goes, the address closes.
pub(super) async fn cancelled(stage: &Stage) -> Result<String, Wrong> {
    let [.., cancelled] = CLASSES;
    let before = link(stage, cancelled.id, "members_area").await?;
    let join = address(&before, "/join_url")?;
    let path = session_path(cancelled.id);
    answered(stage.platform.delete(&path).await?, 204)?;
    answered(stage.platform.delete(&path).await?, 204)?;
    let gone = answered(stage.platform.get(&format!("{path}/link")).await?, 404)?;
    same("the code", gone.text("/code"), "unknown_session")?;
    Browser::new(stage.platform.http.clone()).look(&join).await?.came_with(404)?;
    let id = before.text("/meeting_id");
    eventually(stage, "the meeting is deleted at Zoom", || async {
        Ok((ledger::find(stage, id).await?.state == "deleted").then_some(()))
    })
    .await?;
    Ok(format!("meeting {id} deleted at Zoom, {join} is 404"))
}

/// The booking is accepted, its address works already, and it heals by itself.
pub(super) async fn zoom_down(stage: &Stage) -> Result<String, Wrong> {
    ledger::fail_next_create(stage).await?;
    let begun = stage.clock.now();
    let booked = book(stage, &DOWN).await?;
    same("the status", booked.text("/link/status"), "pending")?;
    let join = address(&booked, "/link/join_url")?;
    let mut browser = Browser::new(stage.platform.http.clone());
    let waiting = browser.look(&join).await?.came_with(200)?;
    if !waiting.headers.contains_key("refresh") {
        return Err(Wrong::new("the page of a pending link does not look again by itself"));
    }
    let healed = link_becomes(stage, DOWN.id, "ready").await?;
    let took = stage.clock.now().duration_since(begun).as_secs();
    same("the join address after it healed", healed.text("/join_url"), join.as_str())?;
    let page = browser.look(&join).await?;
    same("the join address's answer", &page.status, &StatusCode::FOUND)?;
    same("the number of meetings at Zoom", &ledger::living(stage, DOWN.title).await?.len(), &1)?;
    Ok(format!("accepted as pending, {join} waits; ready after {took} s"))
}

/// No topic stands twice in Zoom's ledger.
pub(super) async fn nothing_twice(stage: &Stage) -> Result<String, Wrong> {
    let meetings = ledger::meetings(stage).await?;
    let topics: BTreeSet<_> = meetings.iter().map(|meeting| meeting.topic.as_str()).collect();
    same("the number of meetings", &meetings.len(), &topics.len())?;
    Ok(format!("{} meetings for {} sessions", meetings.len(), topics.len()))
}
