//! Owns what handlers of the internal listener are given.

use std::sync::Arc;

use crate::app::gateway::Gateway;
use crate::web::auth::Verifier;
use crate::web::internal::readiness::Readiness;

/// What handlers of the internal listener are given.
#[derive(Debug, Clone)]
pub struct Internal {
    /// The use cases' ports.
    pub gateway: Gateway,
    /// Who may call.
    pub verifier: Arc<Verifier>,
    /// Whether the process takes work.
    pub readiness: Readiness,
}
