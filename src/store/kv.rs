//! The narrow waist: what a backend has to do, and no more. Knows bytes, versions and numbers; neither records nor
//! encryption.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use crate::crypto::encoding;
use crate::domain::entropy::Entropy;
use crate::domain::tally::Draw;
use crate::domain::tally::Drawn;
use crate::domain::tally::MOST;
use crate::store::keys::IndexName;
use crate::store::keys::Key;
use crate::store::keys::Partition;

/// How long a backend remembers that a commit was done.
///
/// Must exceed the time within which anyone may send the same commit again.
pub const OP_ID_LIFETIME: Duration = Duration::from_hours(1);

/// The largest version and score: what Redis's scripts and sorted sets count exactly.
const LARGEST: u64 = 1 << 53;

/// The version of a record: it only grows, and is never used twice for a key, also after a delete or an expiry.
///
/// Whoever writes leaves a gap of random width below it ([`Version::after`]): a server that lost its newest writes must
/// not see another write under the version of one that somebody still knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

impl Version {
    /// Below every version.
    pub const ZERO: Self = Self(0);

    /// One after this, so many versions apart.
    #[must_use]
    pub fn after(self, gap: u32) -> Self {
        Self(self.0.saturating_add(u64::from(gap)).saturating_add(1))
    }
}

/// Asks for one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Which.
    pub key: Key,
    /// The version the caller holds: if it still stands, the bytes are not sent again.
    pub known: Option<Version>,
}

/// What stands under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Absent,
    /// What the caller holds.
    Unchanged(Version),
    /// A record.
    Record {
        /// Its version.
        version: Version,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

/// What a read saw, all at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// A new record's version must be greater.
    pub floor: Version,
    /// In the order of the asks.
    pub found: Vec<Found>,
}

/// What must stand under a key for a commit to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Nothing.
    Absent,
    /// A record of this version.
    Version(Version),
}

/// What becomes of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// It stays; only the expectation counts.
    Check,
    /// It stays as it is, and lives at least so long from now; `None` for good. Never shortens a life.
    Extend {
        /// How long.
        ttl: Option<Duration>,
    },
    /// It gets these bytes.
    Put {
        /// More than the version expected; for a new record, more than the partition's floor. The caller names it,
        /// because the bytes are bound to it.
        version: Version,
        /// The bytes.
        bytes: Vec<u8>,
        /// After this long it is absent.
        ttl: Option<Duration>,
    },
    /// It goes.
    Remove,
}

/// One record's part in a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub key: Key,
    /// What must stand there.
    pub expect: Expect,
    /// What becomes of it.
    pub write: Write,
}

/// One index entry's part in a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexChange {
    /// Puts the member at this number, wherever it stood.
    Add {
        /// Which index.
        index: IndexName,
        /// The member.
        member: String,
        /// Its number.
        score: i64,
    },
    /// Puts the member behind all others: at this number, or where one stands there or beyond, right after the last.
    Append {
        /// Which index.
        index: IndexName,
        /// The member.
        member: String,
        /// Its number at least.
        score: i64,
    },
    /// Removes the member, if it is there.
    Remove {
        /// Which index.
        index: IndexName,
        /// The member.
        member: String,
    },
    /// Removes the member, if it still stands at this number.
    RemoveSeen {
        /// Which index.
        index: IndexName,
        /// The member.
        member: String,
        /// Its number.
        score: i64,
    },
}

/// Makes a commit repeatable: who sends it again under the same id, does not do it again.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpId(Box<str>);

impl OpId {
    /// Makes an id nobody else has.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes);
        Self(encoding::base32(&bytes).into())
    }

    /// The id, as backends keep it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpId({})", self.0)
    }
}

/// All or nothing: the changes of one partition that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Makes it repeatable.
    pub op_id: OpId,
    /// At most one per key.
    pub changes: Vec<Change>,
    /// Made together with the changes.
    pub index: Vec<IndexChange>,
}

impl Commit {
    /// What can be told without looking: `Conflict` when a version breaks the rule of [`Write::Put`].
    ///
    /// Answers [`KvError::Refused`] for what is wrong whatever stands in the store.
    pub(in crate::store) fn verdict(&self) -> Result<Option<Outcome>, KvError> {
        let mut keys = BTreeSet::new();
        let mut verdict = None;
        for change in &self.changes {
            if !keys.insert(&change.key) {
                return Err(KvError::Refused("one commit changes a key twice"));
            }
            if let Write::Put { version, .. } = &change.write {
                if version.0 >= LARGEST {
                    return Err(KvError::Refused("a version is too large"));
                }
                if matches!(change.expect, Expect::Version(expected) if *version <= expected) {
                    verdict = Some(Outcome::Conflict);
                }
            }
        }
        for change in &self.index {
            if let IndexChange::Add { score, .. } | IndexChange::Append { score, .. } = change {
                check_score(*score)?;
            }
        }
        Ok(verdict)
    }
}

/// Answers [`KvError::Refused`] for a number a backend may not keep exactly.
pub(in crate::store) fn check_score(score: i64) -> Result<(), KvError> {
    if score.unsigned_abs() > LARGEST { Err(KvError::Refused("a score is too large")) } else { Ok(()) }
}

/// Answers [`KvError::Refused`] for draws a backend may not count exactly.
pub(in crate::store) fn check_draws(draws: &[Draw]) -> Result<(), KvError> {
    let is_exact = |draw: &Draw| {
        [draw.floor, draw.ceiling, draw.by, draw.limit]
            .iter()
            .all(|number| number.unsigned_abs() <= MOST.cast_unsigned())
    };
    if draws.iter().all(is_exact) { Ok(()) } else { Err(KvError::Refused("a draw's number is too large")) }
}

/// What became of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Committed,
    /// An expectation failed; nothing is done.
    Conflict,
    /// It was done before, under the same id.
    AlreadyDone,
    /// It may have been done: the answer was lost. Sending it again under the same id tells.
    Unknown,
}

/// Which way a range is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// From the smallest number up.
    Ascending,
    /// From the largest number down.
    Descending,
}

/// Which entries of an index are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// The smallest number, included.
    pub min: i64,
    /// The largest number, included.
    pub max: i64,
    /// The last entry of the page before, if this is not the first.
    pub after: Option<Entry>,
    /// At most so many.
    pub limit: usize,
    /// Which way; entries of one number follow their members' bytes.
    pub order: Order,
}

/// An entry of an index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its number.
    pub score: i64,
    /// The member.
    pub member: String,
}

/// What became of settling a hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The hint is gone, or moved to the next time.
    Done,
    /// Somebody changed it meanwhile; it stays as it is.
    Changed,
}

/// Where a scan goes on. Means something only to the backend that gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub(in crate::store) String);

/// A record as a scan meets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// Where it lives.
    pub partition: Partition,
    /// Where it stands.
    pub key: Key,
    /// Its version.
    pub version: Version,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How long it still lives, if not for good.
    pub ttl: Option<Duration>,
}

/// Some records of the store. What is there all along is met at least once; what comes or goes meanwhile may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// May be empty before the end, and repeat a record.
    pub records: Vec<Scanned>,
    /// Where to go on; `None` at the end.
    pub next: Option<Cursor>,
}

/// What a purge goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purge {
    /// While a record stands here, the partition is in use: nothing of it goes.
    pub unless: Key,
    /// It goes last: where a purge is cut short, it stands.
    pub last: Key,
}

/// Why a backend does not answer. None of these ever means that there is nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KvError {
    /// It is away or refuses to work; nothing was written, unless the operation says otherwise.
    #[error("the store does not answer: {0}")]
    Unavailable(String),
    /// Under the key stands something this program does not write.
    #[error("under {0} the store holds something of another type: see who else writes there")]
    WrongType(String),
    /// Under the key stand bytes this program does not write.
    #[error("under {0} the store holds bytes that are no record: restore it from a backup")]
    Corrupt(String),
    /// The request itself is wrong, whatever stands in the store: a defect of this program.
    #[error("the store refuses the request: {0}")]
    Refused(&'static str),
}

/// A backend. One partition's records and indexes are read and written together; hints and scans cross partitions.
#[async_trait::async_trait]
pub trait Kv: Send + Sync + fmt::Debug {
    /// Reads records of one partition, all as of one moment, from the primary, in one round trip.
    async fn read(&self, partition: &Partition, asks: &[Ask]) -> Result<Snapshot, KvError>;

    /// Checks everything, then writes all or nothing, in one round trip.
    async fn commit(&self, partition: &Partition, commit: &Commit) -> Result<Outcome, KvError>;

    /// Reads a page of an index.
    async fn range(
        &self,
        partition: &Partition,
        index: &IndexName,
        range: &Range,
    ) -> Result<Vec<Entry>, KvError>;

    /// Makes draws from the numbers of an index's entries, in their order and each seeing those before it: all of them
    /// or none, in one round trip. [`Draw::outcome`] says what each number becomes; one that is not there counts as 0.
    ///
    /// This is no commit: it has no version and no op id. [`KvError::Unavailable`] may mean that the answer was lost
    /// and the draws were made; who repeats them then draws twice, which uses up more than was used, never less.
    async fn draw(&self, partition: &Partition, index: &IndexName, draws: &[Draw]) -> Result<Drawn, KvError>;

    /// Notes that a partition may have work due at `at_ms`, an even number; of two notes the sooner stays, made a
    /// little sooner still, and an odd one, a *last look*, becomes a note again: whoever is about to move or remove
    /// it finds it changed.
    ///
    /// Written before the commit that makes the work: a hint without work is harmless, work without a hint is not.
    /// Written again after it: somebody who looked in between found nothing, and moved the hint away.
    async fn hint(&self, partition: &Partition, at_ms: i64) -> Result<(), KvError>;

    /// The partitions that may have work due by `until_ms`, soonest first.
    async fn hinted(&self, until_ms: i64, limit: usize) -> Result<Vec<(Partition, i64)>, KvError>;

    /// Moves a hint to the next time, or removes it, provided that it still is what the caller saw.
    async fn settle_hint(
        &self,
        partition: &Partition,
        seen_ms: i64,
        next_ms: Option<i64>,
    ) -> Result<Settled, KvError>;

    /// Goes through every record, about `limit` at a time.
    async fn scan(&self, from: Option<&Cursor>, limit: usize) -> Result<Page, KvError>;

    /// Removes everything of a partition but its floor and its hint, unless it is in use at any moment of that; tells how
    /// many records went.
    async fn purge(&self, partition: &Partition, purge: &Purge) -> Result<u64, KvError>;

    /// Whether the backend answers.
    async fn ping(&self) -> Result<(), KvError>;
}
