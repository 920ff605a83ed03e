//! Owns what the use cases need to let events out: where each endpoint stands, and the way to it (R24).

use std::fmt;

use jiff::Timestamp;
use url::Url;

use crate::app::ports::stored::Basis;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::app::ports::stored::Stored;
use crate::domain::event::Event;
use crate::domain::id::EndpointId;
use crate::domain::outgoing::Outgoing;
use crate::domain::reply::Reply;

/// How far endpoints have been told; each is a place of due work.
#[async_trait::async_trait]
pub trait Endpoints: Send + Sync + fmt::Debug {
    /// The id of the endpoint at an address: a keyed hash, so that no address stands in a key.
    async fn id_of(&self, url: &Url) -> Result<EndpointId, StoreError>;

    /// How far it has been told.
    async fn read(&self, id: &EndpointId) -> Result<Stored<Outgoing>, StoreError>;

    /// Writes how far it has been told; `due` is when it is looked at next.
    async fn commit(
        &self,
        id: &EndpointId,
        (basis, outgoing): (Basis, &Outgoing),
        due: Timestamp,
    ) -> Result<Committed, StoreError>;

    /// Has it looked at at a time, in place of whatever was said before.
    async fn call_at(&self, id: &EndpointId, due: Timestamp) -> Result<(), StoreError>;

    /// Has it looked at at a time in place of whatever was said before, if it is as it was read: what was said since with
    /// another state of it stays.
    async fn put_off(&self, id: &EndpointId, basis: Basis, due: Timestamp) -> Result<Committed, StoreError>;

    /// Forgets it, if it is as it was read.
    async fn remove(&self, id: &EndpointId, basis: Basis) -> Result<Committed, StoreError>;
}

/// The way to the endpoints.
#[async_trait::async_trait]
pub trait Push: Send + Sync + fmt::Debug {
    /// Who is told of every event.
    fn endpoints(&self) -> Vec<Url>;

    /// Tells an endpoint one event, once.
    async fn push(&self, endpoint: &Url, event: &Event) -> Reply;
}
