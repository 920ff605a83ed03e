//! Owns the tables of the embedded store and what their bytes mean. All keys and values are bytes.

use jiff::Timestamp;
use redb::Database;
use redb::Table;
use redb::TableDefinition;
use redb::WriteTransaction;

use crate::store::keys::IndexName;
use crate::store::keys::Key;
use crate::store::keys::Partition;
use crate::store::kv::KvError;
use crate::store::kv::Version;

type Bytes = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// `partition 0 kind/id` → `version(8) expiry(8) bytes`.
pub(super) const RECORDS: Bytes = TableDefinition::new("records");
/// `partition` → `version(8) expiry(8)`: a new record's version is greater.
pub(super) const FLOORS: Bytes = TableDefinition::new("floors");
/// `partition 0 index 0 score(8) member` → nothing: an index in its order.
pub(super) const ENTRIES: Bytes = TableDefinition::new("entries");
/// `partition 0 index 0 member` → `score(8)`: where a member stands.
pub(super) const MEMBERS: Bytes = TableDefinition::new("members");
/// `partition 0 op id` → `expiry(8)`: commits done before.
pub(super) const OPERATIONS: Bytes = TableDefinition::new("operations");
/// `at(8) letter key` → nothing: what may expire, soonest first. A letter stands for a table.
pub(super) const EXPIRIES: Bytes = TableDefinition::new("expiries");
/// `partition` → `at(8)`: where work may be due.
pub(super) const HINTS: Bytes = TableDefinition::new("hints");
/// `at(8) partition` → nothing: the same, soonest first.
pub(super) const HINTED: Bytes = TableDefinition::new("hinted");

/// The expiry of what never expires.
pub(super) const NEVER: u64 = u64::MAX;
/// Stands for [`RECORDS`] in [`EXPIRIES`].
pub(super) const RECORD_LETTER: u8 = b'r';
/// Stands for [`FLOORS`] in [`EXPIRIES`].
pub(super) const FLOOR_LETTER: u8 = b'f';
/// Stands for [`OPERATIONS`] in [`EXPIRIES`].
pub(super) const OPERATION_LETTER: u8 = b'o';

/// Why one piece of work failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// The work itself is refused, before it wrote anything.
    Refused(KvError),
    /// The database failed: nothing of its transaction may be kept.
    Database(Box<redb::Error>),
}

impl<E: Into<redb::Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::Database(Box::new(error.into()))
    }
}

impl From<Fault> for KvError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(error) => error,
            Fault::Database(error) => Self::Unavailable(error.to_string()),
        }
    }
}

/// Makes every table, so that reading finds them.
pub(super) fn create(database: &Database) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    for table in [RECORDS, FLOORS, ENTRIES, MEMBERS, OPERATIONS, EXPIRIES, HINTS, HINTED] {
        transaction.open_table(table)?;
    }
    Ok(transaction.commit()?)
}

/// The tables of one write transaction, and the time it happens at.
pub(super) struct Tables<'t> {
    pub(super) now_ms: u64,
    pub(super) records: Table<'t, &'static [u8], &'static [u8]>,
    pub(super) floors: Table<'t, &'static [u8], &'static [u8]>,
    pub(super) entries: Table<'t, &'static [u8], &'static [u8]>,
    pub(super) members: Table<'t, &'static [u8], &'static [u8]>,
    pub(super) operations: Table<'t, &'static [u8], &'static [u8]>,
    pub(super) expiries: Table<'t, &'static [u8], &'static [u8]>,
    pub(super) hints: Table<'t, &'static [u8], &'static [u8]>,
    pub(super) hinted: Table<'t, &'static [u8], &'static [u8]>,
}

impl<'t> Tables<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction, now_ms: u64) -> Result<Self, redb::Error> {
        Ok(Self {
            now_ms,
            records: transaction.open_table(RECORDS)?,
            floors: transaction.open_table(FLOORS)?,
            entries: transaction.open_table(ENTRIES)?,
            members: transaction.open_table(MEMBERS)?,
            operations: transaction.open_table(OPERATIONS)?,
            expiries: transaction.open_table(EXPIRIES)?,
            hints: transaction.open_table(HINTS)?,
            hinted: transaction.open_table(HINTED)?,
        })
    }
}

/// A record as its bytes say.
pub(super) struct Stored<'a> {
    pub(super) version: Version,
    pub(super) expires_ms: u64,
    pub(super) bytes: &'a [u8],
}

impl<'a> Stored<'a> {
    /// Reads a record; [`KvError::Corrupt`] when its bytes are too few.
    pub(super) fn parse(key: &[u8], value: &'a [u8]) -> Result<Self, Fault> {
        let parts = value.split_first_chunk().and_then(|(version, rest)| {
            let (expires, bytes) = rest.split_first_chunk()?;
            Some((u64::from_be_bytes(*version), u64::from_be_bytes(*expires), bytes))
        });
        let (version, expires_ms, bytes) = parts.ok_or_else(|| corrupt(key))?;
        Ok(Self { version: Version(version), expires_ms, bytes })
    }

    pub(super) fn write(&self) -> Vec<u8> {
        [&self.version.0.to_be_bytes(), &self.expires_ms.to_be_bytes(), self.bytes].concat()
    }

    pub(super) fn is_alive(&self, now_ms: u64) -> bool {
        self.expires_ms > now_ms
    }
}

/// Reads a number of eight bytes.
pub(super) fn number(key: &[u8], value: &[u8]) -> Result<u64, Fault> {
    value.try_into().map(u64::from_be_bytes).map_err(|_| corrupt(key))
}

/// Under `key` stands what this program does not write.
pub(super) fn corrupt(key: &[u8]) -> Fault {
    Fault::Refused(KvError::Corrupt(String::from_utf8_lossy(key).replace('\0', " ")))
}

/// Milliseconds since 1970; a clock before that reads as 0.
pub(super) fn milliseconds(time: Timestamp) -> u64 {
    u64::try_from(time.as_millisecond()).unwrap_or_default()
}

/// `partition 0`: how all keys of a partition begin, but in [`FLOORS`] and [`HINTS`].
pub(super) fn prefix(partition: &Partition) -> Vec<u8> {
    let mut bytes = partition.to_string().into_bytes();
    bytes.push(0);
    bytes
}

/// Just after every key that begins with [`prefix`].
pub(super) fn end(partition: &Partition) -> Vec<u8> {
    let mut bytes = partition.to_string().into_bytes();
    bytes.push(1);
    bytes
}

/// A record's key.
pub(super) fn record(partition: &Partition, key: &Key) -> Vec<u8> {
    [&prefix(partition), key.as_str().as_bytes()].concat()
}

/// `partition 0 index 0`: how an index's keys begin.
pub(super) fn index(partition: &Partition, index: &IndexName) -> Vec<u8> {
    [&prefix(partition), index.as_str().as_bytes(), &[0]].concat()
}

/// A number as bytes whose order is the numbers' order.
pub(super) fn ordered(number: i64) -> [u8; 8] {
    (number.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

/// The number that [`ordered`] wrote.
pub(super) fn unordered(bytes: [u8; 8]) -> i64 {
    (u64::from_be_bytes(bytes) ^ (1 << 63)).cast_signed()
}
