//! Owns who is told of every event, and how they are known in the store. Their addresses may hold secrets: shown are
//! scheme and host.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::OnceCell;
use tracing::warn;
use url::Url;

use crate::app::ports::outgoing::Endpoints;
use crate::app::ports::outgoing::Push;
use crate::app::ports::stored::StoreError;
use crate::app::ports::traces::Feed;
use crate::domain::id::EndpointId;
use crate::domain::outgoing::Outgoing;

/// Who is told of every event, and the ways to tell them.
#[derive(Debug)]
pub struct Receivers {
    /// How far they have been told.
    pub endpoints: Arc<dyn Endpoints>,
    /// The way to them.
    pub push: Arc<dyn Push>,
    enrolled: OnceCell<Vec<Receiver>>,
}

/// One of them.
#[derive(Clone)]
pub struct Receiver {
    /// How it is known in the store.
    pub id: EndpointId,
    /// Where it is.
    pub url: Url,
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("id", &self.id).field("host", &self.host()).finish_non_exhaustive()
    }
}

impl Receiver {
    /// Scheme and host of its address, and the port where it is not the usual one.
    pub fn host(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Says that it cannot be known how far it has been told.
    pub fn report(&self, error: &StoreError) {
        warn!(endpoint = self.host(), error = %error, "an endpoint's record cannot be read: it is told nothing until it can");
    }
}

/// What operators call receivers: scheme and host, and a number where an earlier one has the same.
pub fn names(receivers: &[Receiver]) -> Vec<String> {
    let hosts = receivers.iter().map(Receiver::host).collect::<Vec<_>>();
    let number = |at: usize, host: &String| hosts.iter().take(at + 1).filter(|other| *other == host).count();
    let name = |(at, host): (usize, &String)| match number(at, host) {
        0 | 1 => host.clone(),
        number => format!("{host} ({number})"),
    };
    hosts.iter().enumerate().map(name).collect()
}

impl Receivers {
    /// Takes the ways to them.
    pub fn new(endpoints: Arc<dyn Endpoints>, push: Arc<dyn Push>) -> Self {
        Self { endpoints, push, enrolled: OnceCell::new() }
    }

    /// All of them. One that nobody knows begins at the present end of the feed; one that was known goes on where it
    /// stood.
    pub async fn enrolled(&self, feed: &dyn Feed, now: Timestamp) -> Result<&[Receiver], StoreError> {
        Ok(self.enrolled.get_or_try_init(|| self.enrol(feed, now)).await?)
    }

    /// The one of an id, if it is one of them.
    pub fn find(&self, id: &EndpointId) -> Option<&Receiver> {
        self.enrolled.get()?.iter().find(|receiver| receiver.id == *id)
    }

    /// All of them, whether they were begun or not.
    pub async fn known(&self) -> Result<Vec<Receiver>, StoreError> {
        if let Some(enrolled) = self.enrolled.get() {
            return Ok(enrolled.clone());
        }
        let mut receivers = Vec::new();
        for url in self.push.endpoints() {
            receivers.push(Receiver { id: self.endpoints.id_of(&url).await?, url });
        }
        Ok(receivers)
    }

    /// One whose record cannot be read is told nothing until it can, and holds up no other.
    async fn enrol(&self, feed: &dyn Feed, now: Timestamp) -> Result<Vec<Receiver>, StoreError> {
        let receivers = self.known().await?;
        for receiver in &receivers {
            match self.begin(&receiver.id, feed, now).await {
                Err(error @ (StoreError::Corrupt(_) | StoreError::Destroyed)) => receiver.report(&error),
                begun => begun?,
            }
        }
        Ok(receivers)
    }

    /// Has an endpoint told from now on, if it is not told already.
    pub async fn begin(&self, id: &EndpointId, feed: &dyn Feed, now: Timestamp) -> Result<(), StoreError> {
        let stored = self.endpoints.read(id).await?;
        if stored.value.is_some() {
            return self.endpoints.call_at(id, now).await;
        }
        let begun = Outgoing::new(feed.end().await?, now);
        // A conflict says that another replica has begun it.
        let _either = self.endpoints.commit(id, (stored.basis, &begun), now).await?;
        Ok(())
    }
}
