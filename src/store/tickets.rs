//! Owns what is found by a token: one partition a token's hash.

use std::sync::Arc;
use std::time::Duration;

use crate::app::ports::store::Life;
use crate::app::ports::store::Ticket;
use crate::app::ports::store::Tickets;
use crate::app::ports::stored::Basis;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::domain::id::TokenHash;
use crate::store::keys;
use crate::store::keys::Partition;
use crate::store::sealed::Opened;
use crate::store::sealed::Sealed;
use crate::store::sealed::SealedCommit;
use crate::store::sealed::SealedWrite;
use crate::store::sealed::Want;
use crate::store::values::put;
use crate::store::values::sealed_change;
use crate::store::values::value_of;

/// Tickets over the sealed store.
#[derive(Debug)]
pub struct StoredTickets {
    sealed: Arc<Sealed>,
}

impl StoredTickets {
    /// Lays tickets on the sealed store.
    pub fn new(sealed: Arc<Sealed>) -> Self {
        Self { sealed }
    }

    async fn commit(
        &self,
        hash: &TokenHash,
        basis: Basis,
        write: SealedWrite,
    ) -> Result<Committed, StoreError> {
        let changes = vec![sealed_change(keys::ticket(), basis, write)];
        let commit = SealedCommit { op_id: self.sealed.op_id(), changes, index: Vec::new() };
        Ok(self.sealed.commit(&Partition::Token(hash.clone()), &commit).await?.into())
    }
}

#[async_trait::async_trait]
impl Tickets for StoredTickets {
    async fn put_if_absent(&self, hash: &TokenHash, ticket: Ticket, life: Life) -> Result<(), StoreError> {
        // A conflict says that it is there: its hash is that of a random text, so it is the same ticket.
        let _there = self.commit(hash, Basis::Absent { floor: 0 }, put(&ticket, ttl(life))).await?;
        Ok(())
    }

    async fn find(&self, hash: &TokenHash) -> Result<Option<(Basis, Ticket)>, StoreError> {
        let read = self.sealed.read(&Partition::Token(hash.clone()), &[Want::new(keys::ticket())]).await?;
        let found = read.opened.into_iter().next().unwrap_or(Opened::Absent);
        let stored = value_of::<Ticket>(found, read.floor.0)?;
        Ok(stored.value.map(|ticket| (stored.basis, Arc::unwrap_or_clone(ticket))))
    }

    async fn replace(
        &self,
        hash: &TokenHash,
        basis: Basis,
        ticket: Ticket,
        life: Life,
    ) -> Result<Committed, StoreError> {
        self.commit(hash, basis, put(&ticket, ttl(life))).await
    }

    async fn take(&self, hash: &TokenHash) -> Result<Option<Ticket>, StoreError> {
        loop {
            let Some((basis, ticket)) = self.find(hash).await? else { return Ok(None) };
            match self.commit(hash, basis, SealedWrite::Remove).await? {
                Committed::Yes => return Ok(Some(ticket)),
                Committed::Conflict => {}
            }
        }
    }

    async fn remove(&self, hash: &TokenHash) -> Result<(), StoreError> {
        self.take(hash).await.map(|_| ())
    }
}

fn ttl(life: Life) -> Option<Duration> {
    match life {
        Life::For(duration) => Some(duration),
        Life::Unlimited => None,
    }
}
