//! Owns sites and sessions in the store: one partition a site, one round trip a read, one commit a change.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use moka::future::Cache;

use crate::app::ports::store::Redecide;
use crate::app::ports::store::SessionChange;
use crate::app::ports::store::SessionEntry;
use crate::app::ports::store::SessionRange;
use crate::app::ports::store::SessionWrite;
use crate::app::ports::store::SessionsOf;
use crate::app::ports::store::SiteChange;
use crate::app::ports::store::SiteSnapshot;
use crate::app::ports::store::Sites;
use crate::app::ports::stored::Basis;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::app::ports::stored::Stored;
use crate::domain::id::ServiceId;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::session::Session;
use crate::domain::site::Site;
use crate::store::keys;
use crate::store::keys::Partition;
use crate::store::listed;
use crate::store::records::Record;
use crate::store::sealed::Opened;
use crate::store::sealed::Sealed;
use crate::store::sealed::SealedChange;
use crate::store::sealed::SealedCommit;
use crate::store::sealed::SealedWrite;
use crate::store::sealed::Version;
use crate::store::sealed::Want;
use crate::store::traces;
use crate::store::values::put;
use crate::store::values::sealed_change;
use crate::store::values::value_of;
use crate::store::work;

/// So many sites are kept opened and parsed.
const MOST: u64 = 10_000;
/// A site nobody asked for so long is opened anew.
const IDLE: Duration = Duration::from_mins(15);

/// Sites and sessions over the sealed store.
#[derive(Debug)]
pub struct StoredSites {
    sealed: Arc<Sealed>,
    opened: Cache<SiteId, (Version, Arc<Site>)>,
}

impl StoredSites {
    /// Lays sites on the sealed store.
    pub fn new(sealed: Arc<Sealed>) -> Self {
        Self::keeping(MOST, sealed)
    }

    /// The same, with room for so many opened sites; with none, each is opened every time.
    pub fn keeping(most: u64, sealed: Arc<Sealed>) -> Self {
        Self { sealed, opened: Cache::builder().max_capacity(most).time_to_idle(IDLE).build() }
    }

    async fn site_of(
        &self,
        id: &SiteId,
        found: Opened,
        known: Option<(Version, Arc<Site>)>,
        floor: u64,
    ) -> Result<Stored<Site>, StoreError> {
        match (found, known) {
            (Opened::Absent, _) => Ok(Stored { basis: Basis::Absent { floor }, value: None }),
            (Opened::Record { version, schema, bytes }, _) => {
                let site = Arc::new(Site::from_bytes(schema, &bytes)?);
                self.opened.insert(id.clone(), (version, Arc::clone(&site))).await;
                Ok(Stored { basis: Basis::Version(version.0), value: Some(site) })
            }
            (Opened::Unchanged(version), Some((_, site))) => {
                Ok(Stored { basis: Basis::Version(version.0), value: Some(site) })
            }
            (Opened::Unchanged(_), None) => Err(StoreError::Uncertain),
        }
    }
}

#[async_trait::async_trait]
impl Sites for StoredSites {
    async fn read(&self, site: &SiteId, sessions: &[SessionId]) -> Result<SiteSnapshot, StoreError> {
        let partition = Partition::Site(site.clone());
        let known = self.opened.get(site).await;
        let mut wants = Vec::with_capacity(2 * sessions.len() + 1);
        wants.push(Want { key: keys::site(), known: known.as_ref().map(|(version, _)| *version) });
        wants.extend(sessions.iter().map(|session| Want::new(keys::session(session))));
        wants.extend(sessions.iter().map(|session| Want::new(keys::overlaps(session))));
        let read = self.sealed.read(&partition, &wants).await?;
        let floor = read.floor.0;
        let mut found = read.opened.into_iter();
        let site = self.site_of(site, found.next().unwrap_or(Opened::Absent), known, floor).await?;
        let values = found.by_ref().take(sessions.len()).map(|found| value_of::<Session>(found, floor));
        let sessions = values.collect::<Result<_, _>>()?;
        let overlaps = found.map(|found| value_of(found, floor)).collect::<Result<_, _>>()?;
        Ok(SiteSnapshot { site, sessions, overlaps })
    }

    async fn commit(&self, change: SiteChange) -> Result<Committed, StoreError> {
        let partition = Partition::Site(change.site.clone());
        let site_write = match &change.put {
            Some(site) => put(&**site, None),
            None => SealedWrite::Check,
        };
        let mut changes = vec![sealed_change(keys::site(), change.basis, site_write)];
        // Read once and kept.
        let key = self.sealed.hash_key().await?;
        let mut index = Vec::new();
        let mut dues = Vec::new();
        for session in &change.sessions {
            changes.push(as_sealed(session));
            index.extend(listed::changes(key, session));
            index.push(work::as_step(&session.id, session.due));
            dues.extend(session.due);
        }
        for trace in &change.traces {
            let written = traces::written(trace);
            changes.extend(written.changes);
            index.extend(written.index);
            dues.extend(written.due);
        }
        match change.redecide {
            Redecide::No => {}
            Redecide::At(at) => {
                index.push(work::as_due(work::SITE_MEMBER, Some(at)));
                dues.push(at);
            }
            Redecide::Done => index.push(work::as_due(work::SITE_MEMBER, None)),
        }
        let commit = SealedCommit { op_id: self.sealed.op_id(), changes, index };
        work::commit_hinted(&self.sealed, &partition, (&commit, dues.into_iter().min())).await
    }

    async fn sessions(&self, site: &SiteId, range: &SessionRange) -> Result<Vec<SessionEntry>, StoreError> {
        let Some(asked) = listed::range(range) else { return Ok(Vec::new()) };
        let index = listed::index(&range.of);
        let found = self.sealed.range(&Partition::Site(site.clone()), &index, &asked).await?;
        Ok(found.iter().filter_map(listed::entry).collect())
    }

    async fn has_session_of(&self, site: &SiteId, service: &ServiceId) -> Result<bool, StoreError> {
        let (from, to) = (Timestamp::MIN, Timestamp::MAX);
        let of = SessionsOf::Service(service.clone());
        let any = SessionRange { of, from, to, after: None, limit: 1 };
        Ok(!self.sessions(site, &any).await?.is_empty())
    }

    async fn remove(&self, site: &SiteId, basis: Basis) -> Result<Committed, StoreError> {
        let Basis::Version(version) = basis else { return Ok(Committed::Conflict) };
        let partition = Partition::Site(site.clone());
        // It leads to what is left, should nobody purge it; else it goes as that of any place with nothing to do.
        self.sealed.hint(&partition, work::hint_ms(self.sealed.now())).await?;
        let removed = self.sealed.destroy(&partition, (&keys::site(), Version(version))).await?;
        self.opened.invalidate(site).await;
        Ok(removed.into())
    }

    async fn purge(&self, site: &SiteId) -> Result<(), StoreError> {
        self.sealed.purge(&Partition::Site(site.clone()), &keys::site()).await?;
        self.opened.invalidate(site).await;
        Ok(())
    }
}

fn as_sealed(session: &SessionChange) -> SealedChange {
    let write = match &session.write {
        SessionWrite::Keep => SealedWrite::Check,
        SessionWrite::Put(value) => put(&**value, None),
        SessionWrite::Remove => SealedWrite::Remove,
    };
    sealed_change(keys::session(&session.id), session.basis, write)
}
