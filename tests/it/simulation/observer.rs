//! Owns who looks into the store past every line: at once, and seeing what stands there.

use std::sync::Arc;

use arc_swap::ArcSwap;
use futures_util::FutureExt;
use greenroom::app::ports::store::Grants;
use greenroom::app::ports::store::SiteSnapshot;
use greenroom::app::ports::store::Sites;
use greenroom::crypto::keyring::Keyring;
use greenroom::domain::grant::Grant;
use greenroom::domain::id::GrantId;
use greenroom::domain::id::SessionId;
use greenroom::domain::id::SiteId;
use greenroom::domain::tally::Draw;
use greenroom::domain::tally::Drawn;
use greenroom::store::grants::StoredGrants;
use greenroom::store::keys::IndexName;
use greenroom::store::keys::Partition;
use greenroom::store::kv::Ask;
use greenroom::store::kv::Commit;
use greenroom::store::kv::Cursor;
use greenroom::store::kv::Entry;
use greenroom::store::kv::Kv;
use greenroom::store::kv::KvError;
use greenroom::store::kv::Outcome;
use greenroom::store::kv::Page;
use greenroom::store::kv::Purge;
use greenroom::store::kv::Range;
use greenroom::store::kv::Settled;
use greenroom::store::kv::Snapshot;
use greenroom::store::sealed::Sealed;
use greenroom::store::sealed::SealedParts;
use greenroom::store::sites::StoredSites;

use crate::simulation::dice::Dice;
use crate::simulation::shelf::Shelf;
use crate::simulation::timeline::Place;
use crate::simulation::timeline::Timeline;
use crate::simulation::timeline::VirtualClock;

/// Sees what stands in the store.
#[derive(Debug)]
pub(super) struct Observer {
    sites: StoredSites,
    grants: StoredGrants,
}

impl Observer {
    pub(super) fn new(shelf: &Arc<Shelf>, keyring: &Arc<ArcSwap<Keyring>>, timeline: &Timeline) -> Self {
        let parts = SealedParts {
            kv: Arc::new(Direct(Arc::clone(shelf))),
            keyring: Arc::clone(keyring),
            entropy: Arc::new(Dice::new(0)),
            clock: Arc::new(VirtualClock { timeline: timeline.clone(), place: Place::Zoom }),
        };
        let sealed = Arc::new(Sealed::keeping(0, parts));
        Self { sites: StoredSites::keeping(0, Arc::clone(&sealed)), grants: StoredGrants::new(sealed) }
    }

    /// A grant; `None` where there is none.
    pub(super) fn grant(&self, id: &GrantId) -> Option<Grant> {
        let read = self.grants.read(id).now_or_never().expect("nothing is waited for").ok()?;
        read.value.map(Arc::unwrap_or_clone)
    }

    /// A site and sessions; `None` where there is no such site any more.
    pub(super) fn site(&self, site: &SiteId, sessions: &[SessionId]) -> Option<SiteSnapshot> {
        let read = self.sites.read(site, sessions).now_or_never().expect("nothing is waited for").ok()?;
        read.site.value.is_some().then_some(read)
    }
}

/// The store without a line.
#[derive(Debug)]
pub(super) struct Direct(pub(super) Arc<Shelf>);

#[async_trait::async_trait]
impl Kv for Direct {
    async fn read(&self, partition: &Partition, asks: &[Ask]) -> Result<Snapshot, KvError> {
        Ok(self.0.read(partition, asks))
    }

    async fn commit(&self, partition: &Partition, commit: &Commit) -> Result<Outcome, KvError> {
        self.0.commit(partition, commit)
    }

    async fn range(
        &self,
        partition: &Partition,
        index: &IndexName,
        range: &Range,
    ) -> Result<Vec<Entry>, KvError> {
        Ok(self.0.range(partition, index, range))
    }

    async fn draw(&self, partition: &Partition, index: &IndexName, draws: &[Draw]) -> Result<Drawn, KvError> {
        Ok(self.0.draw(partition, index, draws))
    }

    async fn hint(&self, partition: &Partition, at_ms: i64) -> Result<(), KvError> {
        self.0.hint(partition, at_ms);
        Ok(())
    }

    async fn hinted(&self, until_ms: i64, limit: usize) -> Result<Vec<(Partition, i64)>, KvError> {
        Ok(self.0.hinted(until_ms, limit))
    }

    async fn settle_hint(
        &self,
        partition: &Partition,
        seen_ms: i64,
        next_ms: Option<i64>,
    ) -> Result<Settled, KvError> {
        Ok(self.0.settle_hint(partition, seen_ms, next_ms))
    }

    async fn scan(&self, _: Option<&Cursor>, _: usize) -> Result<Page, KvError> {
        Err(KvError::Refused("nobody who looks goes through every record"))
    }

    async fn purge(&self, partition: &Partition, purge: &Purge) -> Result<u64, KvError> {
        Ok(self.0.purge(partition, purge))
    }

    async fn ping(&self) -> Result<(), KvError> {
        Ok(())
    }
}
