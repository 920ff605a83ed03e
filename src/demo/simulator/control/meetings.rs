//! Does to meetings what their host would do in Zoom itself: edit, delete, recover, start, end.

use std::sync::Arc;

use axum::Json;
use axum::extract::Path;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;

use crate::demo::simulator::answer::Answer;
use crate::demo::simulator::control::Body;
use crate::demo::simulator::control::ControlError;
use crate::demo::simulator::meetings::draft::Draft;
use crate::demo::simulator::meetings::draft::Purpose;
use crate::demo::simulator::meetings::record::Meeting;
use crate::demo::simulator::meetings::record::Stage;
use crate::demo::simulator::news;
use crate::demo::simulator::state::Shared;
use crate::demo::simulator::state::State;
use crate::demo::simulator::webhooks::deliver;

type Done = Result<StatusCode, ControlError>;

/// Changes a meeting as an update would, without counting.
pub(super) async fn edit(
    Extract(shared): Extract<Arc<Shared>>,
    Path(id): Path<String>,
    body: Body<Map<String, Value>>,
) -> Done {
    let Json(fields) = body?;
    {
        let mut state = shared.open();
        let before = find(&mut state, &id)?.clone();
        let refused = |answer: Answer| ControlError::Value(answer.body.unwrap_or_default().to_string());
        let draft = Draft::read(fields, Purpose::Update).map_err(refused)?;
        let now = shared.clock.now();
        let meeting = state.changed(before.clone(), draft, now).map_err(refused)?;
        state.meetings.put(meeting.clone());
        news::updated(&mut state, (&before, &meeting), now);
    }
    deliver(&shared).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Puts a meeting into the trash.
pub(super) async fn delete(Extract(shared): Extract<Arc<Shared>>, Path(id): Path<String>) -> Done {
    befall(&shared, &id, |meeting, _| meeting.stage = Stage::Deleted, news::deleted).await
}

/// Takes a meeting out of the trash.
pub(super) async fn recover(Extract(shared): Extract<Arc<Shared>>, Path(id): Path<String>) -> Done {
    if find(&mut shared.open(), &id)?.stage != Stage::Deleted {
        return Ok(StatusCode::NO_CONTENT);
    }
    befall(&shared, &id, |meeting, _| meeting.stage = Stage::Waiting, news::recovered).await
}

/// Lets a meeting begin.
pub(super) async fn start(Extract(shared): Extract<Arc<Shared>>, Path(id): Path<String>) -> Done {
    let start = |meeting: &mut Meeting, now| {
        meeting.stage = Stage::Started;
        meeting.last_started_at = Some(now);
    };
    befall(&shared, &id, start, news::started).await
}

/// Lets a meeting end: its next instance has another uuid.
pub(super) async fn end(Extract(shared): Extract<Arc<Shared>>, Path(id): Path<String>) -> Done {
    befall(&shared, &id, |meeting, _| meeting.stage = Stage::Ended, news::ended).await?;
    let mut state = shared.open();
    let uuid = state.entropy.uuid();
    find(&mut state, &id)?.uuid = uuid;
    Ok(StatusCode::NO_CONTENT)
}

/// Has something happen to a meeting, and the app told of it before this is answered.
async fn befall(
    shared: &Arc<Shared>,
    id: &str,
    act: impl FnOnce(&mut Meeting, Timestamp),
    tell: impl FnOnce(&mut State, &Meeting, Timestamp),
) -> Done {
    let now = shared.clock.now();
    {
        let mut state = shared.open();
        let meeting = find(&mut state, id)?;
        act(meeting, now);
        let meeting = meeting.clone();
        tell(&mut state, &meeting, now);
    }
    deliver(shared).await;
    Ok(StatusCode::NO_CONTENT)
}

fn find<'a>(state: &'a mut State, id: &str) -> Result<&'a mut Meeting, ControlError> {
    let found = id.parse().ok().and_then(|id| state.meetings.find_any(id));
    found.ok_or_else(|| ControlError::Missing(format!("meeting {id}")))
}
