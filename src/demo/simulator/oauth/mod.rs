//! OAuth as Zoom does it: consent in the browser, codes, rotating tokens, revocation (zoom/facts.md 1).

mod authorize;
mod client;
pub(super) mod grants;
mod revoke;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use axum::routing::post;

use crate::demo::simulator::state::Shared;

/// The routes under `/oauth`.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/oauth/authorize", get(authorize::ask).post(authorize::decide))
        .route("/oauth/token", post(token::exchange_tokens))
        .route("/oauth/revoke", post(revoke::revoke))
}
