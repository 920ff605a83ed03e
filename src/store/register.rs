//! Owns how all sites are found in the store: by going through every record, since nobody but an operator asks.

use std::sync::Arc;

use crate::app::ports::register::Register;
use crate::app::ports::register::RegisterPlace;
use crate::app::ports::register::SitePage;
use crate::app::ports::stored::StoreError;
use crate::store::keys;
use crate::store::keys::Partition;
use crate::store::sealed::Cursor;
use crate::store::sealed::Scanned;
use crate::store::sealed::Sealed;

/// So many records are gone through at a time.
const RECORDS: usize = 1_000;

/// The names of all sites over the sealed store.
#[derive(Debug)]
pub struct StoredRegister {
    sealed: Arc<Sealed>,
}

impl StoredRegister {
    /// Lays the directory on the sealed store.
    pub fn new(sealed: Arc<Sealed>) -> Self {
        Self { sealed }
    }
}

#[async_trait::async_trait]
impl Register for StoredRegister {
    async fn sites(&self, after: Option<&RegisterPlace>) -> Result<SitePage, StoreError> {
        let from = after.map(|RegisterPlace(text)| Cursor(text.clone()));
        let page = self.sealed.scan(from.as_ref(), RECORDS).await?;
        let is_site = |record: &Scanned| record.key == keys::site();
        let sites = page.records.into_iter().filter(is_site).filter_map(|record| match record.partition {
            Partition::Site(site) => Some(site),
            Partition::Grant(_)
            | Partition::Organisation(_)
            | Partition::Token(_)
            | Partition::System
            | Partition::Feed
            | Partition::Inbox(_)
            | Partition::Endpoint(_) => None,
        });
        Ok(SitePage { sites: sites.collect(), next: page.next.map(|Cursor(text)| RegisterPlace(text)) })
    }
}
