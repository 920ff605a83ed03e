//! What the embedded store writes, within a transaction. Everything is checked first and written last, because work
//! that is refused shares its transaction with work that is not.

use std::time::Duration;

use redb::ReadableTable;
use redb::Table;

use crate::store::embedded::tables;
use crate::store::embedded::tables::FLOOR_LETTER;
use crate::store::embedded::tables::Fault;
use crate::store::embedded::tables::NEVER;
use crate::store::embedded::tables::OPERATION_LETTER;
use crate::store::embedded::tables::RECORD_LETTER;
use crate::store::embedded::tables::Stored;
use crate::store::embedded::tables::Tables;
use crate::store::keys::IndexName;
use crate::store::keys::Partition;
use crate::store::kv::Change;
use crate::store::kv::Commit;
use crate::store::kv::Expect;
use crate::store::kv::IndexChange;
use crate::store::kv::OP_ID_LIFETIME;
use crate::store::kv::Outcome;
use crate::store::kv::Purge;
use crate::store::kv::Settled;
use crate::store::kv::Version;
use crate::store::kv::Write;

/// How much of what has expired one transaction removes: more than the two entries a usual commit adds.
const SWEEP: usize = 64;

pub(super) fn commit(
    tables: &mut Tables<'_>,
    partition: &Partition,
    commit: &Commit,
) -> Result<Outcome, Fault> {
    let operation = [&tables::prefix(partition), commit.op_id.as_str().as_bytes()].concat();
    if is_remembered(tables, &operation)? {
        return Ok(Outcome::AlreadyDone);
    }
    let floor = floor(tables, partition)?;
    for change in &commit.changes {
        if !holds(tables, partition, change, floor)? {
            return Ok(Outcome::Conflict);
        }
    }

    let mut raised = floor;
    for change in &commit.changes {
        raised = raised.max(write_change(tables, partition, change)?);
    }
    raise_floor(tables, partition, floor, raised)?;
    for change in &commit.index {
        write_index(tables, partition, change)?;
    }
    let expires_ms = after(tables.now_ms, OP_ID_LIFETIME);
    tables.operations.insert(operation.as_slice(), expires_ms.to_be_bytes().as_slice())?;
    expire(tables, expires_ms, OPERATION_LETTER, &operation)?;
    Ok(Outcome::Committed)
}

pub(super) fn hint(tables: &mut Tables<'_>, partition: &Partition, at_ms: i64) -> Result<(), Fault> {
    match hinted_at(tables, partition)? {
        Some(earlier) if earlier <= at_ms => {
            let changed = if earlier % 2 == 0 { earlier - 2 } else { earlier - 1 };
            move_hint(tables, partition, Some(earlier), Some(changed))
        }
        seen => move_hint(tables, partition, seen, Some(at_ms)),
    }
}

pub(super) fn settle_hint(
    tables: &mut Tables<'_>,
    partition: &Partition,
    seen_ms: i64,
    next_ms: Option<i64>,
) -> Result<Settled, Fault> {
    let seen = hinted_at(tables, partition)?;
    if seen != Some(seen_ms) {
        return Ok(Settled::Changed);
    }
    move_hint(tables, partition, seen, next_ms)?;
    Ok(Settled::Done)
}

pub(super) fn purge(tables: &mut Tables<'_>, partition: &Partition, purge: &Purge) -> Result<u64, Fault> {
    if standing(tables, &tables::record(partition, &purge.unless))?.is_some() {
        return Ok(0);
    }
    let (begin, end) = (tables::prefix(partition), tables::end(partition));
    let floor = floor(tables, partition)?;
    let (mut raised, mut count) = (floor, 0);
    for record in tables.records.range(begin.as_slice()..end.as_slice())? {
        let (key, value) = record?;
        // What is damaged goes all the same: its version cannot be told.
        if let Ok(stored) = Stored::parse(key.value(), value.value()) {
            raised = raised.max(stored.version);
        }
        count += 1;
    }
    raise_floor(tables, partition, floor, raised)?;
    let of_partition = begin.as_slice()..end.as_slice();
    for table in [&mut tables.records, &mut tables.entries, &mut tables.members, &mut tables.operations] {
        table.retain_in(of_partition.clone(), |_, _| false)?;
    }
    Ok(count)
}

/// Removes some of what has expired.
pub(super) fn sweep(tables: &mut Tables<'_>) -> Result<(), Box<redb::Error>> {
    sweep_some(tables).map_err(|fault| match fault {
        Fault::Database(error) => error,
        Fault::Refused(error) => Box::new(redb::Error::Corrupted(error.to_string())),
    })
}

fn sweep_some(tables: &mut Tables<'_>) -> Result<(), Fault> {
    let until = tables.now_ms.saturating_add(1).to_be_bytes();
    let mut due = Vec::new();
    for expiry in tables.expiries.range(..until.as_slice())?.take(SWEEP) {
        due.push(expiry?.0.value().to_vec());
    }
    for expiry in due {
        tables.expiries.remove(expiry.as_slice())?;
        let Some((_, rest)) = expiry.split_first_chunk::<8>() else { continue };
        match rest.split_first() {
            Some((&RECORD_LETTER, key)) => sweep_stored(&mut tables.records, key, tables.now_ms)?,
            Some((&FLOOR_LETTER, key)) => sweep_stored(&mut tables.floors, key, tables.now_ms)?,
            Some((&OPERATION_LETTER, key)) => {
                tables.operations.remove(key)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Removes a record unless it was written anew, to live longer. Its version is below the floor already.
fn sweep_stored(
    table: &mut Table<'_, &'static [u8], &'static [u8]>,
    key: &[u8],
    now_ms: u64,
) -> Result<(), Fault> {
    let expired = match table.get(key)? {
        Some(value) => !Stored::parse(key, value.value())?.is_alive(now_ms),
        None => false,
    };
    if expired {
        table.remove(key)?;
    }
    Ok(())
}

fn is_remembered(tables: &Tables<'_>, operation: &[u8]) -> Result<bool, Fault> {
    match tables.operations.get(operation)? {
        Some(expires) => Ok(tables::number(operation, expires.value())? > tables.now_ms),
        None => Ok(false),
    }
}

fn floor(tables: &Tables<'_>, partition: &Partition) -> Result<Version, Fault> {
    let key = partition.to_string();
    match tables.floors.get(key.as_bytes())? {
        Some(floor) => Ok(Stored::parse(key.as_bytes(), floor.value())?.version),
        None => Ok(Version::ZERO),
    }
}

fn raise_floor(
    tables: &mut Tables<'_>,
    partition: &Partition,
    floor: Version,
    raised: Version,
) -> Result<(), Fault> {
    if raised > floor {
        let key = partition.to_string();
        let expires_ms = partition.floor_lifetime().map_or(NEVER, |ttl| after(tables.now_ms, ttl));
        let stored = Stored { version: raised, expires_ms, bytes: &[] };
        tables.floors.insert(key.as_bytes(), stored.write().as_slice())?;
        expire(tables, expires_ms, FLOOR_LETTER, key.as_bytes())?;
    }
    Ok(())
}

/// Whether the change's expectation holds, and its version may be used.
fn holds(tables: &Tables<'_>, partition: &Partition, change: &Change, floor: Version) -> Result<bool, Fault> {
    Ok(match (change.expect, standing(tables, &tables::record(partition, &change.key))?) {
        (Expect::Version(expected), Some(version)) => version == expected,
        (Expect::Absent, None) => !matches!(&change.write, Write::Put { version, .. } if *version <= floor),
        (Expect::Version(_), None) | (Expect::Absent, Some(_)) => false,
    })
}

/// The version of what stands under a record's key.
fn standing(tables: &Tables<'_>, key: &[u8]) -> Result<Option<Version>, Fault> {
    let value = tables.records.get(key)?;
    let stored = value.as_ref().map(|value| Stored::parse(key, value.value())).transpose()?;
    Ok(stored.filter(|stored| stored.is_alive(tables.now_ms)).map(|stored| stored.version))
}

/// Writes one change and tells what the floor must be raised to: a version that leaves its key must never return.
fn write_change(tables: &mut Tables<'_>, partition: &Partition, change: &Change) -> Result<Version, Fault> {
    let key = tables::record(partition, &change.key);
    match (&change.write, change.expect) {
        (Write::Check, _) | (Write::Remove | Write::Extend { .. }, Expect::Absent) => Ok(Version::ZERO),
        (Write::Extend { ttl }, Expect::Version(_)) => extend(tables, &key, *ttl).map(|()| Version::ZERO),
        (Write::Remove, Expect::Version(version)) => {
            tables.records.remove(key.as_slice())?;
            Ok(version)
        }
        (Write::Put { version, bytes, ttl }, _) => {
            let expires_ms = ttl.map_or(NEVER, |ttl| after(tables.now_ms, ttl));
            let stored = Stored { version: *version, expires_ms, bytes };
            tables.records.insert(key.as_slice(), stored.write().as_slice())?;
            expire(tables, expires_ms, RECORD_LETTER, &key)?;
            Ok(if ttl.is_some() { *version } else { Version::ZERO })
        }
    }
}

fn extend(tables: &mut Tables<'_>, key: &[u8], ttl: Option<Duration>) -> Result<(), Fault> {
    let Some(value) = tables.records.get(key)?.map(|value| value.value().to_vec()) else { return Ok(()) };
    let stored = Stored::parse(key, &value)?;
    let expires_ms = ttl.map_or(NEVER, |ttl| after(tables.now_ms, ttl));
    if expires_ms > stored.expires_ms {
        tables.records.insert(key, Stored { expires_ms, ..stored }.write().as_slice())?;
        expire(tables, expires_ms, RECORD_LETTER, key)?;
    }
    Ok(())
}

/// Notes when something may be over. What never is needs no note.
fn expire(tables: &mut Tables<'_>, at_ms: u64, letter: u8, key: &[u8]) -> Result<(), Fault> {
    if at_ms == NEVER {
        return Ok(());
    }
    let expiry = [&at_ms.to_be_bytes(), [letter].as_slice(), key].concat();
    tables.expiries.insert(expiry.as_slice(), [].as_slice())?;
    Ok(())
}

pub(super) fn write_index(
    tables: &mut Tables<'_>,
    partition: &Partition,
    change: &IndexChange,
) -> Result<(), Fault> {
    match change {
        IndexChange::Add { index, member, score } => {
            remove_member(tables, partition, index, member)?;
            add_member(tables, &tables::index(partition, index), (member, *score))
        }
        IndexChange::Append { index, member, score } => {
            remove_member(tables, partition, index, member)?;
            let prefix = tables::index(partition, index);
            let next = last_score(tables, &prefix)?.map(|last| last.saturating_add(1));
            add_member(tables, &prefix, (member, next.map_or(*score, |next| next.max(*score))))
        }
        IndexChange::Remove { index, member } => remove_member(tables, partition, index, member),
        IndexChange::RemoveSeen { index, member, score } => {
            let key = [&tables::index(partition, index), member.as_bytes()].concat();
            let stands = tables.members.get(key.as_slice())?.map(|stands| stands.value().to_vec());
            if stands.as_deref() == Some(tables::ordered(*score).as_slice()) {
                remove_member(tables, partition, index, member)?;
            }
            Ok(())
        }
    }
}

fn add_member(tables: &mut Tables<'_>, prefix: &[u8], (member, score): (&str, i64)) -> Result<(), Fault> {
    let score = tables::ordered(score);
    let entry = [prefix, score.as_slice(), member.as_bytes()].concat();
    tables.entries.insert(entry.as_slice(), [].as_slice())?;
    let member = [prefix, member.as_bytes()].concat();
    tables.members.insert(member.as_slice(), score.as_slice())?;
    Ok(())
}

/// The number of the last entry of an index.
fn last_score(tables: &Tables<'_>, prefix: &[u8]) -> Result<Option<i64>, Fault> {
    let end = [prefix, tables::ordered(i64::MAX).as_slice(), [0xff].as_slice()].concat();
    let Some(last) = tables.entries.range(prefix..end.as_slice())?.next_back() else { return Ok(None) };
    let key = last?.0.value().to_vec();
    let score = key.strip_prefix(prefix).and_then(<[u8]>::first_chunk);
    Ok(Some(tables::unordered(*score.ok_or_else(|| tables::corrupt(&key))?)))
}

fn remove_member(
    tables: &mut Tables<'_>,
    partition: &Partition,
    index: &IndexName,
    member: &str,
) -> Result<(), Fault> {
    let prefix = tables::index(partition, index);
    let key = [&prefix, member.as_bytes()].concat();
    let score = tables.members.remove(key.as_slice())?.map(|score| score.value().to_vec());
    if let Some(score) = score {
        tables.entries.remove([&prefix, score.as_slice(), member.as_bytes()].concat().as_slice())?;
    }
    Ok(())
}

fn hinted_at(tables: &Tables<'_>, partition: &Partition) -> Result<Option<i64>, Fault> {
    let key = partition.to_string();
    let Some(value) = tables.hints.get(key.as_bytes())? else { return Ok(None) };
    let at = value.value().try_into().map_err(|_| tables::corrupt(key.as_bytes()))?;
    Ok(Some(tables::unordered(at)))
}

fn move_hint(
    tables: &mut Tables<'_>,
    partition: &Partition,
    seen: Option<i64>,
    next: Option<i64>,
) -> Result<(), Fault> {
    let name = partition.to_string();
    let entry = |at: i64| [&tables::ordered(at), name.as_bytes()].concat();
    if let Some(at) = seen {
        tables.hinted.remove(entry(at).as_slice())?;
        tables.hints.remove(name.as_bytes())?;
    }
    if let Some(at) = next {
        tables.hinted.insert(entry(at).as_slice(), [].as_slice())?;
        tables.hints.insert(name.as_bytes(), tables::ordered(at).as_slice())?;
    }
    Ok(())
}

fn after(now_ms: u64, duration: Duration) -> u64 {
    let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(NEVER);
    now_ms.saturating_add(milliseconds.max(1)).min(NEVER - 1)
}
