//! What several stops ask of the API: a booked session, a session's link, a link that must settle.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use crate::demo::platform::Reply;
use crate::demo::sample;
use crate::demo::sample::session_path;
use crate::demo::stage::Stage;
use crate::demo::tour::wrong::Wrong;
use crate::demo::tour::wrong::answered;
use crate::demo::tour::wrong::same;

/// How long anything may take to settle.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A session to be booked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) id: &'static str,
    pub(super) service: &'static str,
    pub(super) staff: &'static str,
    pub(super) title: &'static str,
    pub(super) in_days: i64,
}

impl Wanted {
    /// As it is put.
    pub(super) fn body(&self, stage: &Stage) -> Value {
        sample::session((self.service, self.staff), self.title, days_from(stage.clock.now(), self.in_days))
    }
}

/// So many days later, at a full hour.
pub(super) fn days_from(now: Timestamp, days: i64) -> Timestamp {
    let hour = Timestamp::from_second(now.as_second() / 3_600 * 3_600).unwrap_or(now);
    hour.checked_add(SignedDuration::from_hours(days * 24)).unwrap_or(now)
}

/// Books a session that was not there.
pub(super) async fn book(stage: &Stage, wanted: &Wanted) -> Result<Reply, Wrong> {
    answered(stage.platform.put(&session_path(wanted.id), &wanted.body(stage)).await?, 201)
}

/// Books a session, and goes on where its link is ready.
pub(super) async fn book_ready(stage: &Stage, wanted: &Wanted) -> Result<Reply, Wrong> {
    let (path, body) = (session_path(wanted.id), wanted.body(stage));
    let booked = answered(stage.platform.put_waiting(&path, &body).await?, 201)?;
    same(&format!("the link's status of {}", wanted.id), booked.text("/link/status"), "ready")?;
    Ok(booked)
}

/// Reads a session's link for an audience.
pub(super) async fn link(stage: &Stage, session: &str, audience: &str) -> Result<Reply, Wrong> {
    let path = format!("{}/link?audience={audience}", session_path(session));
    answered(stage.platform.get(&path).await?, 200)
}

/// Reads a session's link until it has this status.
pub(super) async fn link_becomes(stage: &Stage, session: &str, status: &str) -> Result<Reply, Wrong> {
    let until = stage.clock.now().checked_add(PATIENCE).unwrap_or(Timestamp::MAX);
    loop {
        let link = link(stage, session, "staff").await?;
        if link.text("/status") == status {
            return Ok(link);
        }
        if stage.clock.now() > until {
            let (seen, reason) = (link.text("/status"), link.text("/reason"));
            return Err(Wrong::new(format!("the link stays {seen} ({reason}), and should become {status}")));
        }
        stage.clock.wait(LOOK_EVERY).await;
    }
}

/// Looks until something is seen; says what was not, where it takes too long.
pub(super) async fn eventually<Look>(
    stage: &Stage,
    what: &str,
    look: impl Fn() -> Look + Send,
) -> Result<(), Wrong>
where
    Look: Future<Output = Result<Option<()>, Wrong>> + Send,
{
    let until = stage.clock.now().checked_add(PATIENCE).unwrap_or(Timestamp::MAX);
    while stage.clock.now() <= until {
        if look().await?.is_some() {
            return Ok(());
        }
        stage.clock.wait(LOOK_EVERY).await;
    }
    Err(Wrong::new(format!("{what}: not within {} s", PATIENCE.as_secs())))
}

/// The address at a JSON pointer.
pub(super) fn address(reply: &Reply, pointer: &str) -> Result<Url, Wrong> {
    Url::parse(reply.text(pointer)).map_err(|_| Wrong::new(format!("there is no address at {pointer}")))
}
