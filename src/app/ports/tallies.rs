//! Owns what the use cases need to count together with every other replica: numbers that are drawn from, all or
//! nothing, in one round trip (R30).

use std::fmt;

use crate::app::ports::stored::StoreError;
use crate::domain::tally::Draw;
use crate::domain::tally::Drawn;

/// Numbers that all replicas share, kept beside the organisation at the provider that they are about.
#[async_trait::async_trait]
pub trait Tallies: Send + Sync + fmt::Debug {
    /// Makes all of these draws, in their order, or none of them. `organisation` is the provider's id.
    async fn draw(&self, organisation: &str, draws: &[Draw]) -> Result<Drawn, StoreError>;
}
