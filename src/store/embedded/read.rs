//! What the embedded store reads, each from one snapshot of the file. Writes nothing.

use std::ops::Bound;
use std::time::Duration;

use redb::Database;
use redb::ReadableDatabase;

use crate::store::embedded::tables;
use crate::store::embedded::tables::ENTRIES;
use crate::store::embedded::tables::FLOORS;
use crate::store::embedded::tables::Fault;
use crate::store::embedded::tables::HINTED;
use crate::store::embedded::tables::NEVER;
use crate::store::embedded::tables::RECORDS;
use crate::store::embedded::tables::Stored;
use crate::store::keys::IndexName;
use crate::store::keys::Key;
use crate::store::keys::Partition;
use crate::store::kv::Ask;
use crate::store::kv::Cursor;
use crate::store::kv::Entry;
use crate::store::kv::Found;
use crate::store::kv::Order;
use crate::store::kv::Page;
use crate::store::kv::Range;
use crate::store::kv::Scanned;
use crate::store::kv::Snapshot;
use crate::store::kv::Version;

pub(super) fn snapshot(
    database: &Database,
    now_ms: u64,
    partition: &Partition,
    asks: &[Ask],
) -> Result<Snapshot, Fault> {
    let transaction = database.begin_read()?;
    let name = partition.to_string();
    let floor = match transaction.open_table(FLOORS)?.get(name.as_bytes())? {
        Some(floor) => Stored::parse(name.as_bytes(), floor.value())?.version,
        None => Version::ZERO,
    };
    let records = transaction.open_table(RECORDS)?;
    let mut found = Vec::with_capacity(asks.len());
    for ask in asks {
        let key = tables::record(partition, &ask.key);
        found.push(match records.get(key.as_slice())? {
            Some(value) => answer(ask, &Stored::parse(&key, value.value())?, now_ms),
            None => Found::Absent,
        });
    }
    Ok(Snapshot { floor, found })
}

fn answer(ask: &Ask, stored: &Stored<'_>, now_ms: u64) -> Found {
    if !stored.is_alive(now_ms) {
        Found::Absent
    } else if ask.known == Some(stored.version) {
        Found::Unchanged(stored.version)
    } else {
        Found::Record { version: stored.version, bytes: stored.bytes.to_vec() }
    }
}

pub(super) fn ping(database: &Database) -> Result<(), Fault> {
    database.begin_read()?.open_table(FLOORS)?;
    Ok(())
}

pub(super) fn range(
    database: &Database,
    partition: &Partition,
    index: &IndexName,
    range: &Range,
) -> Result<Vec<Entry>, Fault> {
    if range.min > range.max {
        return Ok(Vec::new());
    }
    let prefix = tables::index(partition, index);
    let at = |score: i64, member: &[u8]| [&prefix, tables::ordered(score).as_slice(), member].concat();
    // 0xff follows every member: members are text.
    let (mut low, mut high) = (at(range.min, &[]), at(range.max, &[0xff]));
    let mut from = Bound::Included(());
    if let Some(after) = &range.after {
        let after = at(after.score, after.member.as_bytes());
        match range.order {
            Order::Ascending if after >= low => (low, from) = (after, Bound::Excluded(())),
            Order::Descending if after < high => high = after,
            Order::Ascending | Order::Descending => {}
        }
    }
    if low > high {
        return Ok(Vec::new());
    }
    let table = database.begin_read()?.open_table(ENTRIES)?;
    let bounds = (from.map(|()| low.as_slice()), Bound::Excluded(high.as_slice()));
    let entries = table.range::<&[u8]>(bounds)?.map(|entry| parse_entry(&prefix, entry?.0.value()));
    match range.order {
        Order::Ascending => entries.take(range.limit).collect(),
        Order::Descending => entries.rev().take(range.limit).collect(),
    }
}

fn parse_entry(prefix: &[u8], key: &[u8]) -> Result<Entry, Fault> {
    let (score, member) =
        key.strip_prefix(prefix).and_then(<[u8]>::split_first_chunk).ok_or_else(|| tables::corrupt(key))?;
    let member = String::from_utf8(member.to_vec()).map_err(|_| tables::corrupt(key))?;
    Ok(Entry { score: tables::unordered(*score), member })
}

pub(super) fn hinted(
    database: &Database,
    until_ms: i64,
    limit: usize,
) -> Result<Vec<(Partition, i64)>, Fault> {
    let table = database.begin_read()?.open_table(HINTED)?;
    let end = [&tables::ordered(until_ms), [0xff].as_slice()].concat();
    table
        .range::<&[u8]>(..end.as_slice())?
        .take(limit)
        .map(|entry| {
            let Entry { score, member } = parse_entry(&[], entry?.0.value())?;
            let partition = Partition::parse(&member).ok_or_else(|| tables::corrupt(member.as_bytes()))?;
            Ok((partition, score))
        })
        .collect()
}

pub(super) fn scan(
    database: &Database,
    now_ms: u64,
    from: Option<&Cursor>,
    limit: usize,
) -> Result<Page, Fault> {
    let start = from.map_or(Bound::Unbounded, |cursor| Bound::Excluded(cursor.0.as_bytes()));
    let table = database.begin_read()?.open_table(RECORDS)?;
    let (mut records, mut next) = (Vec::new(), None);
    for (met, entry) in table.range::<&[u8]>((start, Bound::Unbounded))?.enumerate() {
        let (key, value) = entry?;
        let scanned = parse_record(key.value(), &Stored::parse(key.value(), value.value())?, now_ms)?;
        records.extend(scanned);
        if met + 1 >= limit {
            next = Some(Cursor(String::from_utf8_lossy(key.value()).into_owned()));
            break;
        }
    }
    Ok(Page { records, next })
}

fn parse_record(raw: &[u8], stored: &Stored<'_>, now_ms: u64) -> Result<Option<Scanned>, Fault> {
    let (partition, key) = std::str::from_utf8(raw)
        .ok()
        .and_then(|text| text.split_once('\0'))
        .and_then(|(partition, key)| Some((Partition::parse(partition)?, Key::parse(key)?)))
        .ok_or_else(|| tables::corrupt(raw))?;
    if !stored.is_alive(now_ms) {
        return Ok(None);
    }
    let ttl = (stored.expires_ms != NEVER).then(|| Duration::from_millis(stored.expires_ms - now_ms));
    Ok(Some(Scanned { partition, key, version: stored.version, bytes: stored.bytes.to_vec(), ttl }))
}
