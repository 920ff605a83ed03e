//! Owns what handlers of the internal listener are given.

use std::ops::Deref;
use std::sync::Arc;

use crate::app::gateway::Gateway;
use crate::web::auth::Verifier;
use crate::web::internal::readiness::Readiness;

/// What handlers of the internal listener are given: cloned twice a request, so as one pointer.
#[derive(Debug, Clone)]
pub struct Internal(Arc<Given>);

/// All that it holds.
#[derive(Debug)]
pub struct Given {
    /// The use cases' ports.
    pub gateway: Gateway,
    /// Who may call.
    pub verifier: Arc<Verifier>,
    /// Whether the process takes work.
    pub readiness: Readiness,
}

impl Internal {
    /// Puts it behind one pointer.
    pub fn new(given: Given) -> Self {
        Self(Arc::new(given))
    }
}

impl Deref for Internal {
    type Target = Given;

    fn deref(&self) -> &Given {
        &self.0
    }
}
