//! Owns grants in the store: one partition a grant, with a key of its own.

use std::sync::Arc;

use jiff::Timestamp;

use crate::app::ports::store::GrantChange;
use crate::app::ports::store::GrantUser;
use crate::app::ports::store::Grants;
use crate::app::ports::stored::Basis;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::app::ports::stored::Stored;
use crate::domain::grant::Grant;
use crate::domain::id::GrantId;
use crate::store::hashed;
use crate::store::keys;
use crate::store::keys::Partition;
use crate::store::sealed::Opened;
use crate::store::sealed::Sealed;
use crate::store::sealed::SealedChange;
use crate::store::sealed::SealedCommit;
use crate::store::sealed::SealedWrite;
use crate::store::sealed::Want;
use crate::store::values::put;
use crate::store::values::sealed_change;
use crate::store::values::value_of;
use crate::store::work;

/// Grants over the sealed store.
#[derive(Debug)]
pub struct StoredGrants {
    sealed: Arc<Sealed>,
}

impl StoredGrants {
    /// Lays grants on the sealed store.
    pub fn new(sealed: Arc<Sealed>) -> Self {
        Self { sealed }
    }

    fn commit_of(&self, change: SealedChange, due: Option<Timestamp>) -> SealedCommit {
        let index = vec![work::as_due(work::GRANT_MEMBER, due)];
        SealedCommit { op_id: self.sealed.op_id(), changes: vec![change], index }
    }
}

#[async_trait::async_trait]
impl Grants for StoredGrants {
    async fn id_of(&self, user: &GrantUser<'_>) -> Result<GrantId, StoreError> {
        let parts = [user.client_id, user.account_id, user.user_id];
        let name = hashed::name_of(&self.sealed, "grant", &parts).await?;
        Ok(GrantId::parse(&name).expect("26 characters of base32"))
    }

    async fn read(&self, id: &GrantId) -> Result<Stored<Grant>, StoreError> {
        let read = self.sealed.read(&Partition::Grant(id.clone()), &[Want::new(keys::grant())]).await?;
        value_of(read.opened.into_iter().next().unwrap_or(Opened::Absent), read.floor.0)
    }

    async fn commit(&self, id: &GrantId, basis: Basis, change: GrantChange) -> Result<Committed, StoreError> {
        let partition = Partition::Grant(id.clone());
        let (write, due) = match change {
            GrantChange::Put { grant, due } => (put(&*grant, None), Some(due)),
            GrantChange::Remove => (SealedWrite::Remove, None),
        };
        let commit = self.commit_of(sealed_change(keys::grant(), basis, write), due);
        work::commit_hinted(&self.sealed, &partition, (&commit, due)).await
    }

    async fn replace(&self, grant: &Grant, due: Timestamp) -> Result<Committed, StoreError> {
        let partition = Partition::Grant(grant.id.clone());
        // First what stands, then whether it can be opened: whoever puts another one in between is noticed.
        let standing = self.sealed.standing(&partition, &keys::grant()).await?;
        match self.read(&grant.id).await {
            Ok(_) => return Ok(Committed::Conflict),
            Err(StoreError::Corrupt(_) | StoreError::Destroyed) => {}
            Err(error) => return Err(error),
        }
        let change = SealedChange { key: keys::grant(), expect: standing.record, write: put(grant, None) };
        let commit = self.commit_of(change, Some(due));
        let replaced = self.sealed.replace(&partition, &standing, &commit);
        work::hinted(&self.sealed, &partition, (replaced, Some(due))).await
    }
}
