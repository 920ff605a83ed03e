//! Owns the numbers that replicas share in the store: one partition an organisation at the provider, one index in it.

use std::sync::Arc;

use crate::app::ports::stored::StoreError;
use crate::app::ports::tallies::Tallies;
use crate::domain::tally::Draw;
use crate::domain::tally::Drawn;
use crate::store::hashed;
use crate::store::keys;
use crate::store::sealed::Sealed;

/// Shared numbers over the store. They are not sealed: the names say nothing, and stores count them.
#[derive(Debug)]
pub struct StoredTallies {
    sealed: Arc<Sealed>,
}

impl StoredTallies {
    /// Lays shared numbers on the store.
    pub fn new(sealed: Arc<Sealed>) -> Self {
        Self { sealed }
    }
}

#[async_trait::async_trait]
impl Tallies for StoredTallies {
    async fn draw(&self, organisation: &str, draws: &[Draw]) -> Result<Drawn, StoreError> {
        let partition = hashed::organisation(&self.sealed, organisation).await?;
        Ok(self.sealed.draw(&partition, &keys::TALLIES, draws).await?)
    }
}
