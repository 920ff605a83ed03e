//! Answers `GET /v2/users/me`, and refuses paths that name someone else.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use crate::demo::simulator::answer::Answer;
use crate::demo::simulator::modes::ForeignUser;
use crate::demo::simulator::operation::Operation;
use crate::demo::simulator::received::Received;
use crate::demo::simulator::state::State;
use crate::demo::simulator::user::User;

/// Answers `GET /v2/users/{me or own id}` (zoom/facts.md 2.9).
pub(super) fn show(state: &mut State, now: Timestamp, received: &Received) -> Result<Answer, Answer> {
    let user = state.admit(now, received, Operation::ShowUser)?;
    refuse_foreign(state, &user, received, Operation::ShowUser)?;
    Ok(Answer::json(
        StatusCode::OK,
        json!({
            "id": user.id.as_str(),
            "account_id": user.account_id,
            "account_number": user.account_number,
            "email": user.profile.email,
            "first_name": user.profile.first_name,
            "last_name": user.profile.last_name,
            "display_name": user.display_name(),
            "type": user.profile.plan.number(),
            "status": "active",
            "role_name": "Member",
            "role_id": "2",
            "pmi": user.pmi,
            "use_pmi": user.profile.use_pmi,
            "personal_meeting_url": format!("https://us02web.zoom.us/j/{}", user.pmi),
            "timezone": user.profile.timezone,
            "language": "en-US",
            "verified": 1,
            "cluster": "us02",
            "login_types": [100],
            "group_ids": [],
            "im_group_ids": [],
            "created_at": "2018-10-31T04:32:37Z",
            "user_created_at": "2018-10-31T04:32:37Z",
            "last_login_time": "2026-11-01T08:00:00Z",
        }),
    ))
}

/// Refuses a path that names anyone but the caller (zoom/facts.md 1.1).
pub(super) fn refuse_foreign(
    state: &State,
    caller: &User,
    received: &Received,
    operation: Operation,
) -> Result<(), Answer> {
    let named = received.subject.as_str();
    if named == "me" || named == caller.id.as_str() {
        return Ok(());
    }
    Err(match state.modes.foreign_user {
        ForeignUser::DoesNotExist => Answer::no_user(named),
        ForeignUser::MissingScope => Answer::missing_scopes(4711, operation),
        ForeignUser::InvalidToken => Answer::missing_scopes(4700, operation),
    })
}
