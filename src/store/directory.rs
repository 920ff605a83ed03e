//! Owns by what those are found whom a notice is about: sites by their organisation, sessions by their meeting.

use std::sync::Arc;

use jiff::Timestamp;

use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::app::ports::webhooks::Directory;
use crate::app::ports::webhooks::NotedSite;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::meeting::MeetingId;
use crate::store::hashed;
use crate::store::keys;
use crate::store::keys::Partition;
use crate::store::sealed::Entry;
use crate::store::sealed::IndexChange;
use crate::store::sealed::Order;
use crate::store::sealed::Range;
use crate::store::sealed::Sealed;
use crate::store::sealed::SealedCommit;
use crate::store::work;

/// How many sites are read at a time.
const PAGE: usize = 100;
/// One meeting belongs to one session: more entries than this are no meetings of the same id.
const MOST_SESSIONS: usize = 16;

/// The directory over the sealed store.
#[derive(Debug)]
pub struct StoredDirectory {
    sealed: Arc<Sealed>,
}

impl StoredDirectory {
    /// Lays the directory on the sealed store.
    pub fn new(sealed: Arc<Sealed>) -> Self {
        Self { sealed }
    }

    async fn change(&self, organisation: &str, change: IndexChange) -> Result<(), StoreError> {
        let partition = hashed::organisation(&self.sealed, organisation).await?;
        let commit = SealedCommit { op_id: self.sealed.op_id(), changes: Vec::new(), index: vec![change] };
        match self.sealed.commit(&partition, &commit).await?.into() {
            Committed::Yes => Ok(()),
            Committed::Conflict => Err(StoreError::Contended),
        }
    }
}

#[async_trait::async_trait]
impl Directory for StoredDirectory {
    async fn note_site(&self, organisation: &str, site: &SiteId, now: Timestamp) -> Result<(), StoreError> {
        let (member, score) = (site.as_str().to_owned(), now.as_millisecond());
        self.change(organisation, IndexChange::Add { index: keys::SITES, member, score }).await
    }

    async fn sites_of(
        &self,
        organisation: &str,
        after: Option<&NotedSite>,
    ) -> Result<Vec<NotedSite>, StoreError> {
        let partition = hashed::organisation(&self.sealed, organisation).await?;
        let (max, after) = (work::FAR, after.map(entry));
        let range = Range { min: 0, max, after, limit: PAGE, order: Order::Ascending };
        let found = self.sealed.range(&partition, &keys::SITES, &range).await?;
        Ok(found.iter().filter_map(noted).collect())
    }

    async fn remove_site(&self, organisation: &str, noted: &NotedSite) -> Result<(), StoreError> {
        let Entry { member, score } = entry(noted);
        self.change(organisation, IndexChange::RemoveSeen { index: keys::SITES, member, score }).await
    }

    async fn sessions_with(&self, site: &SiteId, meeting: &MeetingId) -> Result<Vec<SessionId>, StoreError> {
        let number = hashed::meeting_number(self.sealed.hash_key().await?, meeting);
        let (limit, order) = (MOST_SESSIONS, Order::Ascending);
        let range = Range { min: number, max: number, after: None, limit, order };
        let found = self.sealed.range(&Partition::Site(site.clone()), &keys::MEETINGS, &range).await?;
        Ok(found.iter().filter_map(|entry| SessionId::parse(&entry.member).ok()).collect())
    }
}

fn entry(noted: &NotedSite) -> Entry {
    Entry { score: noted.noted_at.as_millisecond(), member: noted.site.as_str().into() }
}

/// Reads an entry; `None` for what names no site.
fn noted(entry: &Entry) -> Option<NotedSite> {
    let noted_at = Timestamp::from_millisecond(entry.score).ok()?;
    Some(NotedSite { site: SiteId::parse(&entry.member).ok()?, noted_at })
}
