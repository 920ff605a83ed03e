//! A backend that keeps its records in memory and answers at once. Knows no lifetimes, no indexes, no numbers to draw from, and no hints.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;

use greenroom::domain::tally::Draw;
use greenroom::domain::tally::Drawn;
use greenroom::store::keys::IndexName;
use greenroom::store::keys::Key;
use greenroom::store::keys::Partition;
use greenroom::store::kv::Ask;
use greenroom::store::kv::Commit;
use greenroom::store::kv::Cursor;
use greenroom::store::kv::Entry;
use greenroom::store::kv::Expect;
use greenroom::store::kv::Found;
use greenroom::store::kv::Kv;
use greenroom::store::kv::KvError;
use greenroom::store::kv::Outcome;
use greenroom::store::kv::Page;
use greenroom::store::kv::Purge;
use greenroom::store::kv::Range;
use greenroom::store::kv::Settled;
use greenroom::store::kv::Snapshot;
use greenroom::store::kv::Version;
use greenroom::store::kv::Write;

type Records = BTreeMap<Key, (Version, Vec<u8>)>;

/// Records by their partition.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<BTreeMap<Partition, Records>>);

#[async_trait::async_trait]
impl Kv for Memory {
    async fn read(&self, partition: &Partition, asks: &[Ask]) -> Result<Snapshot, KvError> {
        let partitions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let records = partitions.get(partition);
        let find = |ask: &Ask| match records.and_then(|records| records.get(&ask.key)) {
            None => Found::Absent,
            Some((version, _)) if ask.known == Some(*version) => Found::Unchanged(*version),
            Some((version, bytes)) => Found::Record { version: *version, bytes: bytes.clone() },
        };
        Ok(Snapshot { floor: Version::ZERO, found: asks.iter().map(find).collect() })
    }

    async fn commit(&self, partition: &Partition, commit: &Commit) -> Result<Outcome, KvError> {
        let mut partitions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let records = partitions.entry(partition.clone()).or_default();
        let stands = |key| records.get(key).map_or(Expect::Absent, |(version, _)| Expect::Version(*version));
        if commit.changes.iter().any(|change| stands(&change.key) != change.expect) {
            return Ok(Outcome::Conflict);
        }
        for change in &commit.changes {
            match &change.write {
                Write::Check | Write::Extend { .. } => {}
                Write::Put { version, bytes, .. } => {
                    records.insert(change.key.clone(), (*version, bytes.clone()));
                }
                Write::Remove => drop(records.remove(&change.key)),
            }
        }
        Ok(Outcome::Committed)
    }

    async fn range(&self, _: &Partition, _: &IndexName, _: &Range) -> Result<Vec<Entry>, KvError> {
        Ok(Vec::new())
    }

    async fn draw(&self, _: &Partition, _: &IndexName, _: &[Draw]) -> Result<Drawn, KvError> {
        Err(KvError::Refused("no link is read by drawing"))
    }

    async fn hint(&self, _: &Partition, _: i64) -> Result<(), KvError> {
        Ok(())
    }

    async fn hinted(&self, _: i64, _: usize) -> Result<Vec<(Partition, i64)>, KvError> {
        Ok(Vec::new())
    }

    async fn settle_hint(&self, _: &Partition, _: i64, _: Option<i64>) -> Result<Settled, KvError> {
        Ok(Settled::Done)
    }

    async fn scan(&self, _: Option<&Cursor>, _: usize) -> Result<Page, KvError> {
        Ok(Page { records: Vec::new(), next: None })
    }

    async fn purge(&self, partition: &Partition, purge: &Purge) -> Result<u64, KvError> {
        let mut partitions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if partitions.get(partition).is_some_and(|records| records.contains_key(&purge.unless)) {
            return Ok(0);
        }
        Ok(partitions.remove(partition).map_or(0, |records| records.len() as u64))
    }

    async fn ping(&self) -> Result<(), KvError> {
        Ok(())
    }
}
