//! What services and operators reach: the v1 API, health, and the pages of problems.

mod health;
mod readiness;
mod state;
mod v1;

use axum::Router;

use crate::web::auth::authenticated;
use crate::web::frame::Frame;
use crate::web::headers::Audience;
use crate::web::problem;

pub use crate::web::internal::readiness::Readiness;
pub use crate::web::internal::state::Internal;

/// So many requests are answered at once; the next is told to come back.
const MOST_RUNNING: usize = 1_024;

/// The router of the internal listener. Liveness is never shed.
pub fn router(state: Internal) -> Router {
    let verifier = state.verifier.clone();
    let v1 = authenticated(v1::router(), verifier).with_state(state.clone());
    let api = Router::new().merge(v1).merge(health::ready(state)).merge(problem::pages());
    let alive = Frame::new(Audience::Internal, MOST_RUNNING).around(health::alive());
    Frame::new(Audience::Internal, MOST_RUNNING).around_all(api).merge(alive)
}
