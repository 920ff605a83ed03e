//! Owns in the store how far endpoints have been told: one partition an endpoint, named after a hash of its address.

use std::sync::Arc;

use jiff::Timestamp;
use url::Url;

use crate::app::ports::outgoing::Endpoints;
use crate::app::ports::stored::Basis;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::app::ports::stored::Stored;
use crate::domain::id::EndpointId;
use crate::domain::outgoing::Outgoing;
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

/// Endpoints over the sealed store.
#[derive(Debug)]
pub struct StoredEndpoints {
    sealed: Arc<Sealed>,
}

impl StoredEndpoints {
    /// Lays endpoints on the sealed store.
    pub fn new(sealed: Arc<Sealed>) -> Self {
        Self { sealed }
    }

    async fn write(
        &self,
        id: &EndpointId,
        changes: Vec<SealedChange>,
        due: Option<Timestamp>,
    ) -> Result<Committed, StoreError> {
        let index = vec![work::as_due(work::ENDPOINT_MEMBER, due)];
        let commit = SealedCommit { op_id: self.sealed.op_id(), changes, index };
        work::commit_hinted(&self.sealed, &Partition::Endpoint(id.clone()), (&commit, due)).await
    }
}

#[async_trait::async_trait]
impl Endpoints for StoredEndpoints {
    async fn id_of(&self, url: &Url) -> Result<EndpointId, StoreError> {
        let name = hashed::name_of(&self.sealed, "endpoint", &[url.as_str()]).await?;
        Ok(EndpointId::parse(&name).expect("26 characters of base32"))
    }

    async fn read(&self, id: &EndpointId) -> Result<Stored<Outgoing>, StoreError> {
        let partition = Partition::Endpoint(id.clone());
        let read = self.sealed.read(&partition, &[Want::new(keys::outgoing())]).await?;
        value_of(read.opened.into_iter().next().unwrap_or(Opened::Absent), read.floor.0)
    }

    async fn commit(
        &self,
        id: &EndpointId,
        (basis, outgoing): (Basis, &Outgoing),
        due: Timestamp,
    ) -> Result<Committed, StoreError> {
        self.write(id, vec![sealed_change(keys::outgoing(), basis, put(outgoing, None))], Some(due)).await
    }

    async fn call_at(&self, id: &EndpointId, due: Timestamp) -> Result<(), StoreError> {
        match self.write(id, Vec::new(), Some(due)).await? {
            Committed::Yes => Ok(()),
            Committed::Conflict => Err(StoreError::Contended),
        }
    }

    async fn put_off(&self, id: &EndpointId, basis: Basis, due: Timestamp) -> Result<Committed, StoreError> {
        self.write(id, vec![sealed_change(keys::outgoing(), basis, SealedWrite::Check)], Some(due)).await
    }

    // The partition keeps its key: a purge would also take what somebody begins meanwhile.
    async fn remove(&self, id: &EndpointId, basis: Basis) -> Result<Committed, StoreError> {
        let write = match basis {
            Basis::Version(_) => SealedWrite::Remove,
            Basis::Absent { .. } => SealedWrite::Check,
        };
        self.write(id, vec![sealed_change(keys::outgoing(), basis, write)], None).await
    }
}
