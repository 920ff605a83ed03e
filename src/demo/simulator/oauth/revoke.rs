//! Owns `POST /oauth/revoke`: the end of a grant (zoom/facts.md 1.7).

use std::sync::Arc;

use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use serde_json::json;

use crate::demo::simulator::answer::Answer;
use crate::demo::simulator::exchange::exchange;
use crate::demo::simulator::modes::RevokeTakes;
use crate::demo::simulator::oauth::grants::Revoked;
use crate::demo::simulator::oauth::token::admit;
use crate::demo::simulator::operation::Operation;
use crate::demo::simulator::received::Received;
use crate::demo::simulator::state::Call;
use crate::demo::simulator::state::Shared;
use crate::demo::simulator::state::State;

/// Answers a revocation.
pub(super) async fn revoke(Extract(shared): Extract<Arc<Shared>>, received: Received) -> Response {
    exchange(shared, Call { operation: Operation::Revoke, received, act: end_grant }).await
}

fn end_grant(state: &mut State, now: Timestamp, received: &Received) -> Result<Answer, Answer> {
    let form = admit(state, received)?;
    let token = form.find("token").ok_or_else(|| Answer::oauth("Missing token", "invalid_request"))?;
    let revoked = match (state.grants.revoke(token, now), &state.modes.revoke_takes) {
        (Revoked::Unknown, RevokeTakes::BothTokens) => state.grants.revoke_by_refresh_token(token),
        (revoked, _) => revoked,
    };
    match revoked {
        Revoked::Done => Ok(Answer::json(StatusCode::OK, json!({"status": "success"}))),
        Revoked::Unknown => Err(Answer::oauth("Invalid Token!", "invalid_request")),
    }
}
