//! Reads what Zoom saw, from the simulator's ledger, and tells the simulator to fail.

use std::time::Duration;

use http::Request;
use http::header;
use serde_json::Value;

use crate::demo::stage::Stage;
use crate::demo::tour::wrong::Wrong;

const TIMEOUT: Duration = Duration::from_secs(10);

/// A meeting as Zoom has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meeting {
    pub(super) id: String,
    pub(super) host: String,
    pub(super) topic: String,
    pub(super) starts_at: String,
    /// `live` or `deleted`.
    pub(super) state: String,
}

/// Every meeting that was ever made.
pub(super) async fn meetings(stage: &Stage) -> Result<Vec<Meeting>, Wrong> {
    let ledger = read(stage).await?;
    let meetings = ledger.get("meetings").and_then(Value::as_array);
    Ok(meetings.into_iter().flatten().map(meeting).collect())
}

/// The meetings of this topic that are not deleted.
pub(super) async fn living(stage: &Stage, topic: &str) -> Result<Vec<Meeting>, Wrong> {
    let all = meetings(stage).await?;
    Ok(all.into_iter().filter(|meeting| meeting.topic == topic && meeting.state == "live").collect())
}

/// The meeting of this number.
pub(super) async fn find(stage: &Stage, id: &str) -> Result<Meeting, Wrong> {
    let all = meetings(stage).await?;
    all.into_iter()
        .find(|meeting| meeting.id == id)
        .ok_or_else(|| Wrong::new(format!("Zoom has no meeting {id}")))
}

/// Lets the next creation of a meeting fail, as a Zoom that is down does.
pub(super) async fn fail_next_create(stage: &Stage) -> Result<(), Wrong> {
    let fault = r#"{"operation":"meetings.create","fault":{"kind":"status","status":503}}"#;
    let request = Request::post(format!("{}simulator/faults", stage.addresses.simulator))
        .header(header::CONTENT_TYPE, "application/json")
        .body(fault.as_bytes().to_vec())
        .map_err(|_| Wrong::new("a request that cannot be written"))?;
    let answer = stage.platform.http.send(request, TIMEOUT).await?;
    match answer.status.is_success() {
        true => Ok(()),
        false => Err(Wrong::new(format!("the simulator refuses a fault with {}", answer.status))),
    }
}

async fn read(stage: &Stage) -> Result<Value, Wrong> {
    let request = Request::get(format!("{}simulator/ledger", stage.addresses.simulator))
        .body(Vec::new())
        .map_err(|_| Wrong::new("a request that cannot be written"))?;
    let answer = stage.platform.http.send(request, TIMEOUT).await?;
    serde_json::from_slice(&answer.body).map_err(|_| Wrong::new("the ledger cannot be read"))
}

fn meeting(entry: &Value) -> Meeting {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Meeting {
        id: entry.get("id").map(ToString::to_string).unwrap_or_default(),
        host: text("host"),
        topic: text("topic"),
        starts_at: text("start_time"),
        state: text("state"),
    }
}
