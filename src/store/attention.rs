//! Owns in the store which sessions of all sites need a person: an index, written before the sessions are.

use std::sync::Arc;

use jiff::Timestamp;

use crate::app::ports::attention::Attentions;
use crate::app::ports::attention::Noted;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::store::keys;
use crate::store::keys::Partition;
use crate::store::sealed::Entry;
use crate::store::sealed::IndexChange;
use crate::store::sealed::Order;
use crate::store::sealed::Range;
use crate::store::sealed::Sealed;
use crate::store::sealed::SealedCommit;
use crate::store::work;

/// Notes over the sealed store.
#[derive(Debug)]
pub struct StoredAttentions {
    sealed: Arc<Sealed>,
}

impl StoredAttentions {
    /// Lays notes on the sealed store.
    pub fn new(sealed: Arc<Sealed>) -> Self {
        Self { sealed }
    }

    async fn entries(&self, after: Option<Entry>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let (min, max, order) = (0, work::FAR, Order::Ascending);
        let range = Range { min, max, after, limit, order };
        Ok(self.sealed.range(&Partition::System, &keys::ATTENTION, &range).await?)
    }

    async fn commit(&self, index: Vec<IndexChange>) -> Result<(), StoreError> {
        if index.is_empty() {
            return Ok(());
        }
        let commit = SealedCommit { op_id: self.sealed.op_id(), changes: Vec::new(), index };
        match self.sealed.commit(&Partition::System, &commit).await?.into() {
            Committed::Yes => Ok(()),
            Committed::Conflict => Err(StoreError::Contended),
        }
    }
}

#[async_trait::async_trait]
impl Attentions for StoredAttentions {
    async fn note(&self, site: &SiteId, sessions: &[SessionId], since: Timestamp) -> Result<(), StoreError> {
        let index = keys::ATTENTION;
        let added = sessions.iter().map(|session| IndexChange::Add {
            index: index.clone(),
            member: member(site, session),
            score: since.as_millisecond(),
        });
        self.commit(added.collect()).await
    }

    async fn noted(&self, after: Option<&Noted>, limit: usize) -> Result<Vec<Noted>, StoreError> {
        let (mut found, mut last) = (Vec::with_capacity(limit), after.map(entry));
        loop {
            let asked = limit - found.len();
            let entries = self.entries(last, asked).await?;
            found.extend(entries.iter().filter_map(noted));
            if entries.len() < asked || found.len() == limit {
                return Ok(found);
            }
            last = entries.last().cloned();
        }
    }

    async fn remove(&self, noted: &[Noted]) -> Result<(), StoreError> {
        let gone = noted.iter().map(|noted| {
            let Entry { member, score } = entry(noted);
            IndexChange::RemoveSeen { index: keys::ATTENTION, member, score }
        });
        self.commit(gone.collect()).await
    }
}

fn member(site: &SiteId, session: &SessionId) -> String {
    format!("{site}/{session}")
}

fn entry(noted: &Noted) -> Entry {
    Entry { score: noted.since.as_millisecond(), member: member(&noted.site, &noted.session) }
}

/// Reads an entry; `None` for what names no session.
fn noted(entry: &Entry) -> Option<Noted> {
    let (site, session) = entry.member.split_once('/')?;
    Some(Noted {
        since: Timestamp::from_millisecond(entry.score).ok()?,
        site: SiteId::parse(site).ok()?,
        session: SessionId::parse(session).ok()?,
    })
}
