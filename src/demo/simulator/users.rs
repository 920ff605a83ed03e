//! Owns the simulated Zoom users, and `GET /v2/users/me`.

use std::fmt;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use crate::demo::simulator::answer::Answer;
use crate::demo::simulator::entropy::id_of;
use crate::demo::simulator::entropy::number_of;
use crate::demo::simulator::modes::ForeignUser;
use crate::demo::simulator::operation::Operation;
use crate::demo::simulator::received::Received;
use crate::demo::simulator::settings::SimulatedUser;
use crate::demo::simulator::state::State;

/// Zoom's id of a user: 22 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UserId(Box<str>);

impl UserId {
    /// The id of the user with this e-mail address: the same in every run.
    pub(super) fn of(email: &str) -> Self {
        Self(id_of("user", email).into())
    }

    /// As Zoom writes it.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A user as the simulator keeps it.
#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) id: UserId,
    /// The id of the user's Zoom account.
    pub(super) account_id: String,
    pub(super) account_number: u64,
    /// The number of the personal room.
    pub(super) pmi: u64,
    pub(super) profile: SimulatedUser,
}

impl User {
    /// Gives a profile its ids.
    pub(super) fn new(profile: SimulatedUser) -> Self {
        Self {
            id: UserId::of(&profile.email),
            account_id: id_of("account", &profile.account),
            account_number: number_of("account", &profile.account),
            pmi: number_of("pmi", &profile.email),
            profile,
        }
    }

    /// The name Zoom shows.
    pub(super) fn display_name(&self) -> String {
        format!("{} {}", self.profile.first_name, self.profile.last_name).trim().to_owned()
    }
}

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
        ForeignUser::MissingScope => missing_scopes(4711, operation),
        ForeignUser::InvalidToken => missing_scopes(4700, operation),
    })
}

/// "Does not contain scopes", naming the granular ones.
pub(super) fn missing_scopes(code: u32, operation: Operation) -> Answer {
    let granular = operation.scopes().map_or("", |(granular, _)| granular);
    Answer::refusal(
        StatusCode::BAD_REQUEST,
        code,
        format!("Invalid access token, does not contain scopes:[{granular}, {granular}:admin]."),
    )
}
