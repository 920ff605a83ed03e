//! Due work is found at its time, whoever looks while it is being committed.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use greenroom::app::ports::store::Redecide;
use greenroom::app::ports::store::SiteChange;
use greenroom::app::ports::store::Sites;
use greenroom::app::ports::store::Work;
use greenroom::app::ports::store::WorkScope;
use greenroom::app::ports::stored::Basis;
use greenroom::app::ports::stored::Committed;
use greenroom::domain::hash::HashKey;
use greenroom::domain::id::SiteId;
use greenroom::domain::locale::Locale;
use greenroom::domain::site::Site;
use greenroom::domain::site::SiteSettings;
use greenroom::domain::tally::Draw;
use greenroom::domain::tally::Drawn;
use greenroom::domain::visibility::SiteVisibility;
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
use greenroom::store::sites::StoredSites;
use greenroom::store::work::StoredWork;
use jiff::Timestamp;

use crate::store::Backend;
use crate::store::Store;
use crate::store::sealed::ring;
use crate::store::sealed::seal;

/// A store, and what goes on around its commits.
#[derive(Debug)]
struct Meddled(Arc<dyn Kv>, Around);

#[derive(Debug)]
enum Around {
    /// Just before, somebody looks for work, finds none, and moves the hint away.
    SomebodyLooks,
    /// Right after, whoever committed dies: no hint of theirs arrives any more.
    CommitterDies(AtomicBool),
}

const MUCH_LATER: i64 = 1 << 50;

#[async_trait::async_trait]
impl Kv for Meddled {
    async fn commit(&self, partition: &Partition, commit: &Commit) -> Result<Outcome, KvError> {
        match &self.1 {
            Around::SomebodyLooks => {
                for (hinted, seen) in self.0.hinted(MUCH_LATER, 9).await? {
                    assert_eq!(self.0.settle_hint(&hinted, seen, Some(MUCH_LATER)).await?, Settled::Done);
                }
            }
            // Keys may have been committed before, in partitions of their own.
            Around::CommitterDies(is_dead) => {
                is_dead.store(matches!(partition, Partition::Site(_)), Ordering::Relaxed);
            }
        }
        self.0.commit(partition, commit).await
    }

    async fn read(&self, partition: &Partition, asks: &[Ask]) -> Result<Snapshot, KvError> {
        self.0.read(partition, asks).await
    }

    async fn range(
        &self,
        partition: &Partition,
        index: &IndexName,
        range: &Range,
    ) -> Result<Vec<Entry>, KvError> {
        self.0.range(partition, index, range).await
    }

    async fn draw(&self, partition: &Partition, index: &IndexName, draws: &[Draw]) -> Result<Drawn, KvError> {
        self.0.draw(partition, index, draws).await
    }

    async fn hint(&self, partition: &Partition, at_ms: i64) -> Result<(), KvError> {
        if matches!(&self.1, Around::CommitterDies(is_dead) if is_dead.load(Ordering::Relaxed)) {
            return Err(KvError::Unavailable("nobody is there to send it".to_owned()));
        }
        self.0.hint(partition, at_ms).await
    }

    async fn hinted(&self, until_ms: i64, limit: usize) -> Result<Vec<(Partition, i64)>, KvError> {
        self.0.hinted(until_ms, limit).await
    }

    async fn settle_hint(
        &self,
        partition: &Partition,
        seen: i64,
        next: Option<i64>,
    ) -> Result<Settled, KvError> {
        self.0.settle_hint(partition, seen, next).await
    }

    async fn scan(&self, from: Option<&Cursor>, limit: usize) -> Result<Page, KvError> {
        self.0.scan(from, limit).await
    }

    async fn purge(&self, partition: &Partition, purge: &Purge) -> Result<u64, KvError> {
        self.0.purge(partition, purge).await
    }

    async fn ping(&self) -> Result<(), KvError> {
        self.0.ping().await
    }
}

#[tokio::test]
async fn work_is_found_though_somebody_looked_between_its_hint_and_its_commit() {
    assert_found(Around::SomebodyLooks).await;
}

#[tokio::test]
async fn work_is_found_though_whoever_committed_it_died_at_once() {
    assert_found(Around::CommitterDies(AtomicBool::new(false))).await;
}

async fn assert_found(around: Around) {
    let store = Store::open(Backend::Memory).await;
    let kv: Arc<dyn Kv> = Arc::new(Meddled(Arc::clone(&store.kv), around));
    let sealed = Arc::new(seal(&kv, ring()));
    let due: Timestamp = "2026-11-22T10:00:10Z".parse().unwrap();

    let committed = StoredSites::new(Arc::clone(&sealed)).commit(put_site(due)).await.unwrap();

    assert_eq!(committed, Committed::Yes);
    let places = StoredWork::new(sealed).places(due, 9).await.unwrap();
    let [place] = places.as_slice() else { panic!("{places:?}") };
    assert!(matches!(&place.scope, WorkScope::Site(site) if site.as_str() == "x"), "{place:?}");
}

fn put_site(due: Timestamp) -> SiteChange {
    let id = SiteId::parse("x").unwrap();
    let settings = SiteSettings {
        display_name: "X".into(),
        entitled: true,
        staff_self_service: false,
        locale: Locale::English,
        visibility: SiteVisibility::default(),
    };
    let site = Site::new(id.clone(), settings, HashKey::new([1; 32]), due);
    SiteChange {
        site: id,
        basis: Basis::Absent { floor: 0 },
        put: Some(Arc::new(site)),
        sessions: Vec::new(),
        traces: Vec::new(),
        redecide: Redecide::At(due),
    }
}
