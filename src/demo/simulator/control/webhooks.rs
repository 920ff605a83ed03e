//! Sets who is told of what happens, and has it prove that it holds the secret token, as the app's page in the Zoom marketplace does.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use crate::demo::simulator::control::Body;
use crate::demo::simulator::control::ControlError;
use crate::demo::simulator::control::Shown;
use crate::demo::simulator::notices::Subscriber;
use crate::demo::simulator::state::Shared;
use crate::demo::simulator::webhooks;
use crate::providers::http::HttpClient;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Subscribe {
    url: Url,
}

/// Tells this address from here on.
pub(super) async fn subscribe(
    Extract(shared): Extract<Arc<Shared>>,
    body: Body<Subscribe>,
) -> Result<StatusCode, ControlError> {
    let Json(Subscribe { url }) = body?;
    let http = HttpClient::open().map_err(|error| ControlError::Value(error.to_string()))?;
    shared.open().webhooks.subscribe(Some(Subscriber { url, http }));
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Validate {
    plain_token: String,
}

/// Has the app prove that it holds the secret token: answers its status, and what it said.
pub(super) async fn validate(
    Extract(shared): Extract<Arc<Shared>>,
    body: Body<Validate>,
) -> Result<Shown, ControlError> {
    let Json(Validate { plain_token }) = body?;
    let answered = webhooks::validate(&shared, &plain_token).await;
    let (status, body) = answered.ok_or_else(|| ControlError::Missing("answer of the app".to_owned()))?;
    Ok(Json(json!({"status": status, "body": body})))
}

/// Tells nobody from here on.
pub(super) async fn unsubscribe(Extract(shared): Extract<Arc<Shared>>) -> StatusCode {
    shared.open().webhooks.subscribe(None);
    StatusCode::NO_CONTENT
}
