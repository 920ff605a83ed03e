//! Shows what happened and what there is: requests, counts, meetings, daily use, living grants. Never a token.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Extract;
use serde_json::Value;
use serde_json::json;

use crate::demo::simulator::control::Shown;
use crate::demo::simulator::meetings::record::Meeting;
use crate::demo::simulator::meetings::record::Stage;
use crate::demo::simulator::meetings::render::join_url;
use crate::demo::simulator::oauth::grants::Grant;
use crate::demo::simulator::state::Shared;
use crate::demo::simulator::state::State;
use crate::demo::simulator::user::UserId;

pub(super) async fn show(Extract(shared): Extract<Arc<Shared>>) -> Shown {
    let now = shared.clock.now();
    let state = shared.open();
    let daily: Vec<Value> = state
        .limits
        .hosts()
        .map(|(host, date, count)| json!({"user": email(&state, host), "date": date, "count": count}))
        .collect();
    Json(json!({
        "now": now,
        "requests": state.ledger.list(),
        "counts": state.ledger.counts(),
        "meetings": state.meetings.list().map(|each| meeting(&state, each)).collect::<Vec<_>>(),
        "daily": daily,
        "grants": state.grants.list().iter().map(|each| grant(&state, each)).collect::<Vec<_>>(),
        "webhooks": state.webhooks.deliveries(),
        "faults_waiting": state.faults.list().len(),
        "late_commits_waiting": state.pending.len(),
    }))
}

fn meeting(state: &State, meeting: &Meeting) -> Value {
    json!({
        "id": meeting.id,
        "state": if meeting.stage == Stage::Deleted { "deleted" } else { "live" },
        "stage": meeting.stage.as_str(),
        "topic": meeting.topic,
        "agenda": meeting.agenda,
        "type": meeting.kind,
        "start_time": meeting.start,
        "duration": meeting.duration_minutes,
        "timezone": meeting.time_zone,
        "host": email(state, &meeting.host),
        "created_at": meeting.created_at,
        "join_url": join_url(state, meeting),
        "password": meeting.passcode.as_ref().map(|passcode| passcode.text.as_str()),
    })
}

fn grant(state: &State, grant: &Grant) -> Value {
    json!({
        "user": email(state, &grant.user),
        "granted_at": grant.granted_at,
        "refreshes": grant.refreshes,
        "access_expires_at": grant.access_expires_at,
        "refresh_expires_at": grant.refresh_expires_at,
    })
}

fn email(state: &State, user: &UserId) -> Option<String> {
    state.users.get(user).map(|user| user.profile.email.clone())
}
