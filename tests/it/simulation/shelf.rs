//! Owns a store in memory that answers at once, can be looked into, and can go back to what it was. Keeps the rules of
//! `store/kv.rs`; a test of its own holds it against the embedded one.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use greenroom::domain::tally::Draw;
use greenroom::domain::tally::Drawn;
use greenroom::domain::tally::Tally;
use greenroom::store::keys::IndexName;
use greenroom::store::keys::Key;
use greenroom::store::keys::Partition;
use greenroom::store::kv::Ask;
use greenroom::store::kv::Change;
use greenroom::store::kv::Commit;
use greenroom::store::kv::Entry;
use greenroom::store::kv::Expect;
use greenroom::store::kv::Found;
use greenroom::store::kv::IndexChange;
use greenroom::store::kv::KvError;
use greenroom::store::kv::OP_ID_LIFETIME;
use greenroom::store::kv::OpId;
use greenroom::store::kv::Order;
use greenroom::store::kv::Outcome;
use greenroom::store::kv::Purge;
use greenroom::store::kv::Range;
use greenroom::store::kv::Settled;
use greenroom::store::kv::Snapshot;
use greenroom::store::kv::Version;
use greenroom::store::kv::Write;
use jiff::Timestamp;

use crate::simulation::timeline::Timeline;

/// So many earlier states are kept of a store that may go back.
const KEPT: usize = 8;

#[derive(Clone)]
struct Record {
    version: Version,
    expires_at: Option<Timestamp>,
    bytes: Arc<Vec<u8>>,
}

/// What stands in a partition.
#[derive(Clone, Default)]
struct Shard {
    records: BTreeMap<Key, Record>,
    indexes: BTreeMap<IndexName, BTreeSet<(i64, String)>>,
    hint: Option<i64>,
    floor: Version,
    operations: BTreeMap<OpId, Timestamp>,
}

/// What stands in the store. What was before shares all partitions that are the same.
#[derive(Clone, Default)]
struct Stock(BTreeMap<Partition, Arc<Shard>>);

/// Whether the store keeps what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Memory {
    /// It does: it may go back.
    Long,
    /// It does not.
    Short,
}

/// The store itself.
pub(super) struct Shelf {
    timeline: Timeline,
    memory: Memory,
    stock: Mutex<(Stock, VecDeque<Stock>)>,
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shelf")
    }
}

impl Shelf {
    pub(super) fn new(timeline: Timeline, memory: Memory) -> Self {
        Self { timeline, memory, stock: Mutex::default() }
    }

    pub(super) fn read(&self, partition: &Partition, asks: &[Ask]) -> Snapshot {
        let (now, stock) = (self.timeline.now(), &self.stock.lock().unwrap().0);
        let shard = stock.shard(partition);
        let found = asks.iter().map(|ask| match shard.find(&ask.key, now) {
            None => Found::Absent,
            Some(record) if ask.known == Some(record.version) => Found::Unchanged(record.version),
            Some(record) => Found::Record { version: record.version, bytes: record.bytes.to_vec() },
        });
        Snapshot { floor: shard.floor, found: found.collect() }
    }

    pub(super) fn commit(&self, partition: &Partition, commit: &Commit) -> Result<Outcome, KvError> {
        refuse(commit)?;
        let now = self.timeline.now();
        let (stock, earlier) = &mut *self.stock.lock().unwrap();
        let shard = stock.shard(partition);
        if shard.operations.get(&commit.op_id).is_some_and(|until| now < *until) {
            return Ok(Outcome::AlreadyDone);
        }
        if !commit.changes.iter().all(|change| shard.holds(change, now)) {
            return Ok(Outcome::Conflict);
        }
        self.keep(stock, earlier);
        let shard = stock.shard_mut(partition);
        for change in &commit.changes {
            shard.write(change, now);
        }
        for change in &commit.index {
            shard.index(change);
        }
        shard.operations.insert(commit.op_id.clone(), now + OP_ID_LIFETIME);
        shard.tidy(now);
        Ok(Outcome::Committed)
    }

    pub(super) fn range(&self, partition: &Partition, index: &IndexName, range: &Range) -> Vec<Entry> {
        let shard = self.stock.lock().unwrap().0.shard(partition);
        let Some(all) = shard.indexes.get(index) else { return Vec::new() };
        let after = range.after.as_ref().map(|after| (after.score, after.member.clone()));
        let within = all.iter().filter(|(score, _)| (range.min..=range.max).contains(score));
        let entry = |(score, member): &(i64, String)| Entry { score: *score, member: member.clone() };
        let follows = |entry: &&(i64, String)| after.as_ref().is_none_or(|after| *entry > after);
        let precedes = |entry: &&(i64, String)| after.as_ref().is_none_or(|after| *entry < after);
        match range.order {
            Order::Ascending => within.filter(follows).take(range.limit).map(entry).collect(),
            Order::Descending => within.rev().filter(precedes).take(range.limit).map(entry).collect(),
        }
    }

    pub(super) fn draw(&self, partition: &Partition, index: &IndexName, draws: &[Draw]) -> Drawn {
        let (stock, earlier) = &mut *self.stock.lock().unwrap();
        self.keep(stock, earlier);
        stock.shard_mut(partition).draw(index, draws)
    }

    pub(super) fn hint(&self, partition: &Partition, at_ms: i64) {
        let (stock, earlier) = &mut *self.stock.lock().unwrap();
        self.keep(stock, earlier);
        let shard = stock.shard_mut(partition);
        shard.hint = Some(match shard.hint {
            Some(sooner) if sooner <= at_ms => sooner - if sooner % 2 == 0 { 2 } else { 1 },
            _ => at_ms,
        });
    }

    pub(super) fn hinted(&self, until_ms: i64, limit: usize) -> Vec<(Partition, i64)> {
        let stock = &self.stock.lock().unwrap().0;
        let mut hinted = stock.hints().map(|(partition, at)| (partition.clone(), at)).collect::<Vec<_>>();
        hinted.retain(|(_, at)| *at <= until_ms);
        hinted.sort_by_key(|(partition, at)| (*at, partition.to_string()));
        hinted.truncate(limit);
        hinted
    }

    pub(super) fn settle_hint(&self, partition: &Partition, seen_ms: i64, next_ms: Option<i64>) -> Settled {
        let (stock, earlier) = &mut *self.stock.lock().unwrap();
        if stock.shard(partition).hint != Some(seen_ms) {
            return Settled::Changed;
        }
        self.keep(stock, earlier);
        stock.shard_mut(partition).hint = next_ms;
        Settled::Done
    }

    pub(super) fn purge(&self, partition: &Partition, purge: &Purge) -> u64 {
        let (stock, earlier) = &mut *self.stock.lock().unwrap();
        if stock.shard(partition).find(&purge.unless, self.timeline.now()).is_some() {
            return 0;
        }
        self.keep(stock, earlier);
        let shard = stock.shard_mut(partition);
        let versions = shard.records.values().map(|record| record.version);
        let (count, floor) = (versions.len() as u64, versions.fold(shard.floor, Version::max));
        *shard = Shard { floor, hint: shard.hint, ..Shard::default() };
        count
    }

    /// When the next work is hinted to be due.
    pub(super) fn next_hint_ms(&self) -> Option<i64> {
        self.stock.lock().unwrap().0.hints().map(|(_, at)| at).min()
    }

    /// When work other than that of grants is hinted to be due next.
    pub(super) fn next_hint_beside_grants_ms(&self) -> Option<i64> {
        let stock = self.stock.lock().unwrap();
        let others = stock.0.hints().filter(|(partition, _)| !matches!(partition, Partition::Grant(_)));
        others.map(|(_, at)| at).min()
    }

    /// Goes back to what stood before the last so many writes: what a store does whose replica takes over without them.
    pub(super) fn go_back(&self, writes: usize) {
        let (stock, earlier) = &mut *self.stock.lock().unwrap();
        for _ in 0..writes {
            if let Some(before) = earlier.pop_back() {
                *stock = before;
            }
        }
    }

    fn keep(&self, stock: &Stock, earlier: &mut VecDeque<Stock>) {
        if self.memory == Memory::Long {
            earlier.push_back(stock.clone());
            if earlier.len() > KEPT {
                earlier.pop_front();
            }
        }
    }
}

/// Refuses what is wrong whatever stands in the store.
fn refuse(commit: &Commit) -> Result<(), KvError> {
    let keys = commit.changes.iter().map(|change| &change.key).collect::<BTreeSet<_>>();
    if keys.len() < commit.changes.len() {
        return Err(KvError::Refused("one commit changes a key twice"));
    }
    Ok(())
}

impl Stock {
    fn shard(&self, partition: &Partition) -> Arc<Shard> {
        self.0.get(partition).cloned().unwrap_or_default()
    }

    fn shard_mut(&mut self, partition: &Partition) -> &mut Shard {
        Arc::make_mut(self.0.entry(partition.clone()).or_default())
    }

    fn hints(&self) -> impl Iterator<Item = (&Partition, i64)> {
        self.0.iter().filter_map(|(partition, shard)| Some((partition, shard.hint?)))
    }
}

impl Shard {
    fn find(&self, key: &Key, now: Timestamp) -> Option<&Record> {
        let record = self.records.get(key)?;
        record.stands(now).then_some(record)
    }

    fn raise(&mut self, to: Version) {
        self.floor = self.floor.max(to);
    }

    fn holds(&self, change: &Change, now: Timestamp) -> bool {
        let standing = self.find(&change.key, now).map(|record| record.version);
        match (change.expect, standing, &change.write) {
            (Expect::Version(expected), Some(version), Write::Put { version: next, .. }) => {
                expected == version && *next > expected
            }
            (Expect::Version(expected), Some(version), _) => expected == version,
            (Expect::Absent, None, Write::Put { version, .. }) => *version > self.floor,
            (Expect::Absent, None, _) => true,
            (Expect::Version(_), None, _) | (Expect::Absent, Some(_), _) => false,
        }
    }

    fn write(&mut self, change: &Change, now: Timestamp) {
        match &change.write {
            Write::Check => {}
            // What has expired is not there, though it still stands.
            Write::Extend { .. } | Write::Remove if change.expect == Expect::Absent => {}
            Write::Extend { ttl } => {
                if let Some(record) = self.records.get_mut(&change.key) {
                    let until = expiry(now, *ttl);
                    let is_longer = until.is_none_or(|until| record.expires_at.is_some_and(|at| until > at));
                    record.expires_at = if is_longer { until } else { record.expires_at };
                }
            }
            Write::Put { version, bytes, ttl } => {
                if ttl.is_some() {
                    self.raise(*version);
                }
                let (expires_at, bytes) = (expiry(now, *ttl), Arc::new(bytes.clone()));
                self.records.insert(change.key.clone(), Record { version: *version, expires_at, bytes });
            }
            Write::Remove => {
                if let Some(record) = self.records.remove(&change.key) {
                    self.raise(record.version);
                }
            }
        }
    }

    fn index(&mut self, change: &IndexChange) {
        let (IndexChange::Add { index, .. }
        | IndexChange::Append { index, .. }
        | IndexChange::Remove { index, .. }
        | IndexChange::RemoveSeen { index, .. }) = change;
        let entries = self.indexes.entry(index.clone()).or_default();
        match change {
            IndexChange::Add { member, score, .. } => {
                entries.retain(|(_, other)| other != member);
                entries.insert((*score, member.clone()));
            }
            IndexChange::Append { member, score, .. } => {
                entries.retain(|(_, other)| other != member);
                let next = entries.last().map_or(*score, |(last, _)| (last + 1).max(*score));
                entries.insert((next, member.clone()));
            }
            IndexChange::Remove { member, .. } => entries.retain(|(_, other)| other != member),
            IndexChange::RemoveSeen { member, score, .. } => {
                entries.remove(&(*score, member.clone()));
            }
        }
    }

    fn draw(&mut self, index: &IndexName, draws: &[Draw]) -> Drawn {
        let entries = self.indexes.entry(index.clone()).or_default();
        let named = |(score, member): &(i64, String)| (Tally::new(member.clone()), *score);
        let mut numbers = entries.iter().map(named).collect::<BTreeMap<_, _>>();
        let outcome = Drawn::from(&mut numbers, draws);
        if matches!(outcome, Drawn::All(_)) {
            let entry = |(tally, number): (Tally, i64)| (number, tally.as_str().to_owned());
            *entries = numbers.into_iter().map(entry).collect();
        }
        outcome
    }

    /// Drops what has expired.
    fn tidy(&mut self, now: Timestamp) {
        self.records.retain(|_, record| record.stands(now));
        self.operations.retain(|_, until| now < *until);
    }
}

impl Record {
    fn stands(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|at| now < at)
    }
}

fn expiry(now: Timestamp, ttl: Option<Duration>) -> Option<Timestamp> {
    ttl.map(|ttl| now + ttl)
}
