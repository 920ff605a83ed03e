//! A store that counts what passes, and may answer in the store's stead.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

use greenroom::domain::tally::Draw;
use greenroom::domain::tally::Drawn;
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

/// Counts what passes, and may answer in the store's stead after it did what was asked.
#[derive(Debug)]
pub(super) struct Meddling {
    below: Arc<dyn Kv>,
    pub(super) reads: AtomicU32,
    answer: Option<Outcome>,
}

impl Meddling {
    /// Lets everything pass to the store below.
    pub(super) fn on(below: &Arc<dyn Kv>) -> Self {
        Self { below: Arc::clone(below), reads: AtomicU32::new(0), answer: None }
    }

    /// Gives this answer in the place of every right one.
    pub(super) fn answering(self, answer: Outcome) -> Self {
        Self { answer: Some(answer), ..self }
    }
}

#[async_trait::async_trait]
impl Kv for Meddling {
    async fn read(&self, partition: &Partition, asks: &[Ask]) -> Result<Snapshot, KvError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.below.read(partition, asks).await
    }

    async fn commit(&self, partition: &Partition, commit: &Commit) -> Result<Outcome, KvError> {
        let outcome = self.below.commit(partition, commit).await?;
        Ok(self.answer.unwrap_or(outcome))
    }

    async fn range(
        &self,
        partition: &Partition,
        index: &IndexName,
        range: &Range,
    ) -> Result<Vec<Entry>, KvError> {
        self.below.range(partition, index, range).await
    }

    async fn draw(&self, partition: &Partition, index: &IndexName, draws: &[Draw]) -> Result<Drawn, KvError> {
        self.below.draw(partition, index, draws).await
    }

    async fn hint(&self, partition: &Partition, at_ms: i64) -> Result<(), KvError> {
        self.below.hint(partition, at_ms).await
    }

    async fn hinted(&self, until_ms: i64, limit: usize) -> Result<Vec<(Partition, i64)>, KvError> {
        self.below.hinted(until_ms, limit).await
    }

    async fn settle_hint(
        &self,
        partition: &Partition,
        seen: i64,
        next: Option<i64>,
    ) -> Result<Settled, KvError> {
        self.below.settle_hint(partition, seen, next).await
    }

    async fn scan(&self, from: Option<&Cursor>, limit: usize) -> Result<Page, KvError> {
        self.below.scan(from, limit).await
    }

    async fn purge(&self, partition: &Partition, purge: &Purge) -> Result<u64, KvError> {
        self.below.purge(partition, purge).await
    }

    async fn ping(&self) -> Result<(), KvError> {
        self.below.ping().await
    }
}
