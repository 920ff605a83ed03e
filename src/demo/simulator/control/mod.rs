//! Owns the control address: faults, modes, time, users, meetings, secrets, webhooks, the ledger, reset. Refuses what
//! it does not know with a sentence.

mod ledger;
mod meetings;
mod users;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::State as Extract;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::routing::get;
use axum::routing::post;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::demo::simulator::faults::Ordered;
use crate::demo::simulator::state::Shared;

/// Ten years: beyond it nothing in here lives.
const FARTHEST_ADVANCE_SECONDS: u64 = 10 * 366 * 86_400;

/// The routes under `/simulator`.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/simulator/faults", get(list_faults).post(put_fault).delete(clear_faults))
        .route("/simulator/modes", get(show_modes).post(change_modes))
        .route("/simulator/clock", get(show_clock).post(advance_clock))
        .route("/simulator/client-secrets", post(replace_client_secrets))
        .route("/simulator/accounts", get(users::list_accounts).post(users::put_account))
        .route("/simulator/users", get(users::list).post(users::put))
        .route("/simulator/users/{email}/remove-app", post(users::remove_app))
        .route("/simulator/meetings/{id}/edit", post(meetings::edit))
        .route("/simulator/meetings/{id}/delete", post(meetings::delete))
        .route("/simulator/meetings/{id}/recover", post(meetings::recover))
        .route("/simulator/meetings/{id}/start", post(meetings::start))
        .route("/simulator/meetings/{id}/end", post(meetings::end))
        .route("/simulator/webhooks", post(webhooks::subscribe).delete(webhooks::unsubscribe))
        .route("/simulator/webhooks/validate", post(webhooks::validate))
        .route("/simulator/ledger", get(ledger::show))
        .route("/simulator/reset", post(reset))
        .route("/simulator/{*rest}", axum::routing::any(unknown_route))
        .method_not_allowed_fallback(unknown_method)
}

/// Why a control request is refused.
#[derive(Debug, thiserror::Error)]
enum ControlError {
    /// The body is not JSON of the expected shape.
    #[error("{0}")]
    Body(#[from] JsonRejection),
    /// A field is unknown, missing or of the wrong type.
    #[error("{0}")]
    Field(#[from] serde_json::Error),
    /// A value makes no sense.
    #[error("{0}")]
    Value(String),
    /// What the path or the body names is not there.
    #[error("there is no {0}")]
    Missing(String),
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Body(_) | Self::Field(_) | Self::Value(_) => StatusCode::BAD_REQUEST,
            Self::Missing(_) => StatusCode::NOT_FOUND,
        };
        let message = match &self {
            Self::Body(rejection) => rejection.body_text(),
            Self::Field(_) | Self::Value(_) | Self::Missing(_) => self.to_string(),
        };
        (status, Json(json!({"error": message}))).into_response()
    }
}

/// A control body: JSON, or a refusal that says why not.
type Body<T> = Result<Json<T>, JsonRejection>;
type Shown = Json<Value>;

async fn list_faults(Extract(shared): Extract<Arc<Shared>>) -> Shown {
    Json(json!({"faults": shared.open().faults.list()}))
}

async fn put_fault(
    Extract(shared): Extract<Arc<Shared>>,
    body: Body<Ordered>,
) -> Result<(StatusCode, Shown), ControlError> {
    let Json(ordered) = body?;
    if ordered.times == 0 {
        return Err(ControlError::Value("times: at least 1".to_owned()));
    }
    let mut state = shared.open();
    if let Some(user) = ordered.user.as_deref().filter(|email| state.find_user(email).is_none()) {
        return Err(ControlError::Missing(format!("user {user}")));
    }
    state.faults.put(ordered);
    Ok((StatusCode::CREATED, Json(json!({"faults": state.faults.list()}))))
}

async fn clear_faults(Extract(shared): Extract<Arc<Shared>>) -> StatusCode {
    shared.open().faults.clear();
    StatusCode::NO_CONTENT
}

async fn show_modes(Extract(shared): Extract<Arc<Shared>>) -> Shown {
    Json(json!(shared.open().modes))
}

async fn change_modes(
    Extract(shared): Extract<Arc<Shared>>,
    body: Body<Value>,
) -> Result<Shown, ControlError> {
    let Json(change) = body?;
    let mut state = shared.open();
    state.modes = state.modes.changed(change)?;
    Ok(Json(json!(state.modes)))
}

async fn show_clock(Extract(shared): Extract<Arc<Shared>>) -> Shown {
    Json(json!({"now": shared.clock.now()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: u64,
}

async fn advance_clock(
    Extract(shared): Extract<Arc<Shared>>,
    body: Body<Advance>,
) -> Result<Shown, ControlError> {
    let Json(Advance { advance_seconds }) = body?;
    if advance_seconds > FARTHEST_ADVANCE_SECONDS {
        return Err(ControlError::Value("advance_seconds: at most ten years".to_owned()));
    }
    shared.clock.advance(Duration::from_secs(advance_seconds));
    drop(shared.open());
    Ok(Json(json!({"now": shared.clock.now()})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientSecrets {
    client_secrets: Vec<SecretString>,
}

async fn replace_client_secrets(
    Extract(shared): Extract<Arc<Shared>>,
    body: Body<ClientSecrets>,
) -> Result<StatusCode, ControlError> {
    let Json(ClientSecrets { client_secrets }) = body?;
    if client_secrets.is_empty() {
        return Err(ControlError::Value("client_secrets: at least one".to_owned()));
    }
    shared.open().settings.client_secrets = client_secrets;
    Ok(StatusCode::NO_CONTENT)
}

async fn reset(Extract(shared): Extract<Arc<Shared>>) -> StatusCode {
    shared.reset();
    StatusCode::NO_CONTENT
}

async fn unknown_route() -> ControlError {
    ControlError::Missing("such control address; see GET /simulator/ledger".to_owned())
}

async fn unknown_method() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, Json(json!({"error": "this address takes another method"})))
        .into_response()
}
