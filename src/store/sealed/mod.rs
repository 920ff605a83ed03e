//! The only one who calls `kv`: seals what goes down, opens what comes up, so that nothing is stored in plain text.
//! Knows bytes and places; no record.

mod asked;
mod error;
mod keys_held;
mod seal;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use crate::app::ports::clock::Clock;
use crate::crypto::keyring::Keyring;
use crate::domain::entropy::Entropy;
use crate::domain::hash::HashKey;
use crate::domain::tally::Draw;
use crate::domain::tally::Drawn;
use crate::store::keys;
use crate::store::keys::IndexName;
use crate::store::keys::Key;
use crate::store::keys::Partition;
use crate::store::kv::Ask;
use crate::store::kv::Change;
use crate::store::kv::Commit;
use crate::store::kv::Found;
use crate::store::kv::Kv;
use crate::store::kv::OpId;
use crate::store::kv::Outcome;
use crate::store::kv::Page;
use crate::store::kv::Purge;
use crate::store::kv::Settled;
use crate::store::kv::Write;
use crate::store::sealed::error::store_error;
use crate::store::sealed::keys_held::Held;
use crate::store::sealed::keys_held::KeysHeld;
use crate::store::sealed::keys_held::MOST;

pub use crate::store::kv::Cursor;
pub use crate::store::kv::Entry;
pub use crate::store::kv::Expect;
pub use crate::store::kv::IndexChange;
pub use crate::store::kv::Order;
pub use crate::store::kv::Range;
pub use crate::store::kv::Scanned;
pub use crate::store::kv::Version;
pub use crate::store::sealed::asked::Committed;
pub use crate::store::sealed::asked::Opened;
pub use crate::store::sealed::asked::OpenedSnapshot;
pub use crate::store::sealed::asked::SealedChange;
pub use crate::store::sealed::asked::SealedCommit;
pub use crate::store::sealed::asked::SealedWrite;
pub use crate::store::sealed::asked::Standing;
pub use crate::store::sealed::asked::Want;
pub use crate::store::sealed::error::StoreError;
pub use crate::store::sealed::error::Unreadable;

/// How often a commit whose answer was lost is sent again, before the caller is told that it is uncertain.
const RESENDS: u32 = 5;

/// The wait before the first of them; each further one waits twice as long. Together below a request's deadline.
const RESEND_WAIT: Duration = Duration::from_millis(50);

/// How often a commit is sealed anew because the partition's keys or floor moved while it was on its way.
const RESEALS: u32 = 8;

/// The store as everything above it sees it: sealed below, open above.
#[derive(Debug)]
pub struct Sealed {
    kv: Arc<dyn Kv>,
    keyring: Arc<ArcSwap<Keyring>>,
    entropy: Arc<dyn Entropy>,
    clock: Arc<dyn Clock>,
    held: KeysHeld,
    hash_key: OnceCell<HashKey>,
}

/// What a [`Sealed`] is made of.
#[derive(Debug, Clone)]
pub struct SealedParts {
    /// The backend. Nobody else holds it.
    pub kv: Arc<dyn Kv>,
    /// The ring, which may be swapped while requests go on.
    pub keyring: Arc<ArcSwap<Keyring>>,
    /// Where keys and salts come from.
    pub entropy: Arc<dyn Entropy>,
    /// What waits between two sendings go by.
    pub clock: Arc<dyn Clock>,
}

impl Sealed {
    /// Lays sealing on a backend.
    pub fn new(parts: SealedParts) -> Self {
        Self::keeping(MOST, parts)
    }

    /// The same, with room for the data keys of so many partitions; with none, they are unwrapped every time.
    pub fn keeping(most: u64, parts: SealedParts) -> Self {
        let SealedParts { kv, keyring, entropy, clock } = parts;
        Self { kv, keyring, entropy, clock, held: KeysHeld::new(most), hash_key: OnceCell::new() }
    }

    /// The time, as the store goes by it.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Makes an id for a commit.
    pub fn op_id(&self) -> OpId {
        OpId::generate(self.entropy.as_ref())
    }

    /// Reads and opens records of one partition, all as of one moment, in one round trip, in the order of `wants`.
    ///
    /// The partition's data keys are asked for along with them, by version, so that a partition whose keys are
    /// gone is unreadable at once. Answers [`StoreError::Unavailable`], and [`StoreError::Corrupt`] or
    /// [`StoreError::UnknownKey`] for what does not open; never "absent" for it.
    pub async fn read(&self, partition: &Partition, wants: &[Want]) -> Result<OpenedSnapshot, StoreError> {
        let (held, found) = self.read_raw(partition, wants).await?;
        let opened =
            wants.iter().zip(found).map(|(want, found)| self.open(partition, &held, &want.key, found));
        Ok(OpenedSnapshot { floor: held.floor, opened: opened.collect::<Result<_, _>>()? })
    }

    /// Seals changes and commits them: all or nothing.
    ///
    /// A lost answer is resolved by sending the commit again. Answers [`StoreError::Uncertain`] when that fails
    /// too, and the errors of [`Sealed::read`].
    pub async fn commit(
        &self,
        partition: &Partition,
        commit: &SealedCommit,
    ) -> Result<Committed, StoreError> {
        let mut held = match self.held.find(partition).await {
            Some(held) if held.keys.is_some() => held,
            // Without keys it may be from before the first commit.
            Some(_) | None => self.read_raw(partition, &[]).await?.0,
        };
        for _ in 0..RESEALS {
            // Records without keys are what is left of a partition whose keys were destroyed: it gets no new ones.
            if held.keys.is_none() && commit.expects_records() {
                return Ok(Committed::Conflict);
            }
            let (sealed, after) = self.seal(partition, &held, commit);
            match self.send(partition, &sealed).await? {
                Sent::Now => {
                    self.held.put(partition, after).await;
                    return Ok(Committed::Done);
                }
                // Another sealing of it stands, maybe under other keys.
                Sent::Before => {
                    self.held.forget(partition).await;
                    return Ok(Committed::Done);
                }
                Sent::Conflict => {
                    let (current, _) = self.read_raw(partition, &[]).await?;
                    if current.is_same(&held) {
                        return Ok(Committed::Conflict);
                    }
                    held = current;
                }
            }
        }
        Ok(Committed::Conflict)
    }

    /// The key of the hashes that stand in store keys, made when there is none. The errors are those of
    /// [`Sealed::commit`].
    pub async fn hash_key(&self) -> Result<&HashKey, StoreError> {
        self.hash_key.get_or_try_init(|| self.ensure_hash_key()).await
    }

    async fn ensure_hash_key(&self) -> Result<HashKey, StoreError> {
        let (partition, key) = (Partition::System, keys::index_key());
        let shapeless =
            || StoreError::Corrupt { place: error::place_name(&partition, &key), cause: Unreadable::Shape };
        loop {
            let opened = self.read(&partition, &[Want::new(key.clone())]).await?.opened.pop();
            match opened.unwrap_or(Opened::Absent) {
                Opened::Record { bytes, .. } => {
                    return <[u8; 32]>::try_from(bytes.as_slice()).map(HashKey::new).map_err(|_| shapeless());
                }
                Opened::Unchanged(_) => return Err(shapeless()),
                Opened::Absent => {}
            }
            let made = HashKey::generate(self.entropy.as_ref());
            let write =
                SealedWrite::Put { schema: 1, bytes: Zeroizing::new(made.expose().to_vec()), ttl: None };
            let change = SealedChange { key: key.clone(), expect: Expect::Absent, write };
            let commit = SealedCommit { op_id: self.op_id(), changes: vec![change], index: Vec::new() };
            if self.commit(&partition, &commit).await? == Committed::Done {
                return Ok(made);
            }
        }
    }

    /// Reads a page of an index; see [`Kv::range`].
    pub async fn range(
        &self,
        partition: &Partition,
        index: &IndexName,
        range: &Range,
    ) -> Result<Vec<Entry>, StoreError> {
        self.kv.range(partition, index, range).await.map_err(store_error)
    }

    /// Draws from the numbers of an index, all or nothing; see [`Kv::draw`].
    pub async fn draw(
        &self,
        partition: &Partition,
        index: &IndexName,
        draws: &[Draw],
    ) -> Result<Drawn, StoreError> {
        self.kv.draw(partition, index, draws).await.map_err(store_error)
    }

    /// Notes that a partition may have work due; see [`Kv::hint`].
    pub async fn hint(&self, partition: &Partition, at_ms: i64) -> Result<(), StoreError> {
        self.kv.hint(partition, at_ms).await.map_err(store_error)
    }

    /// The partitions that may have work due, soonest first; see [`Kv::hinted`].
    pub async fn hinted(&self, until_ms: i64, limit: usize) -> Result<Vec<(Partition, i64)>, StoreError> {
        self.kv.hinted(until_ms, limit).await.map_err(store_error)
    }

    /// Moves or removes a hint that still is what the caller saw; see [`Kv::settle_hint`].
    pub async fn settle_hint(
        &self,
        partition: &Partition,
        seen_ms: i64,
        next_ms: Option<i64>,
    ) -> Result<Settled, StoreError> {
        self.kv.settle_hint(partition, seen_ms, next_ms).await.map_err(store_error)
    }

    /// Goes through every record, as it is sealed; see [`Kv::scan`].
    pub async fn scan(&self, from: Option<&Cursor>, limit: usize) -> Result<Page, StoreError> {
        self.kv.scan(from, limit).await.map_err(store_error)
    }

    /// Makes a partition unreadable, provided that this record of it still stands at this version. What is left of it is
    /// for [`Sealed::purge`].
    pub async fn destroy(
        &self,
        partition: &Partition,
        (key, version): (&Key, Version),
    ) -> Result<Committed, StoreError> {
        for _ in 0..RESEALS {
            let asks = [keys::data_keys(), key.clone()].map(|key| Ask { key, known: None });
            let snapshot = self.kv.read(partition, &asks).await.map_err(store_error)?;
            let change = |key, version, write| Change { key, expect: Expect::Version(version), write };
            let changes = match snapshot.found.as_slice() {
                [Found::Record { version: keys, .. }, Found::Record { version: stands, .. }]
                    if *stands == version =>
                {
                    vec![
                        change(keys::data_keys(), *keys, Write::Remove),
                        change(key.clone(), version, Write::Check),
                    ]
                }
                _ => return Ok(Committed::Conflict),
            };
            let commit = Commit { op_id: self.op_id(), changes, index: Vec::new() };
            if self.send(partition, &commit).await? != Sent::Conflict {
                self.held.forget(partition).await;
                return Ok(Committed::Done);
            }
        }
        Ok(Committed::Conflict)
    }

    /// What stands under a key and where the data keys are, whether it can be opened or not. Answers
    /// [`StoreError::Unavailable`], and [`StoreError::Corrupt`] for what has no version.
    pub async fn standing(&self, partition: &Partition, key: &Key) -> Result<Standing, StoreError> {
        let asks = [keys::data_keys(), key.clone()].map(|key| Ask { key, known: None });
        let snapshot = self.kv.read(partition, &asks).await.map_err(store_error)?;
        let mut expected = snapshot.found.iter().map(|found| match found {
            Found::Absent => Expect::Absent,
            Found::Unchanged(version) | Found::Record { version, .. } => Expect::Version(*version),
        });
        let mut next = || expected.next().unwrap_or(Expect::Absent);
        Ok(Standing { keys: next(), record: next(), floor: snapshot.floor })
    }

    /// Makes a commit under a new data key, if the partition's keys still are what stood: nothing that was sealed before
    /// can be opened after it. The errors are those of [`Sealed::commit`].
    pub async fn replace(
        &self,
        partition: &Partition,
        standing: &Standing,
        commit: &SealedCommit,
    ) -> Result<Committed, StoreError> {
        let sealed = self.seal_anew(partition, standing, commit);
        let sent = self.send(partition, &sealed).await;
        self.held.forget(partition).await;
        Ok(if sent? == Sent::Conflict { Committed::Conflict } else { Committed::Done })
    }

    /// Removes everything of a partition that has no data keys, this record last; tells how many went. Nothing goes of one
    /// that has them, also if it gets them while this goes on: whoever began it anew keeps it.
    pub async fn purge(&self, partition: &Partition, last: &Key) -> Result<u64, StoreError> {
        self.held.forget(partition).await;
        let purge = Purge { unless: keys::data_keys(), last: last.clone() };
        self.kv.purge(partition, &purge).await.map_err(store_error)
    }

    /// Whether the backend answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.kv.ping().await.map_err(store_error)
    }

    /// Reads the data keys along with what is wanted, and keeps them.
    async fn read_raw(
        &self,
        partition: &Partition,
        wants: &[Want],
    ) -> Result<(Arc<Held>, Vec<Found>), StoreError> {
        let held = self.held.find(partition).await;
        let mut asks = Vec::with_capacity(wants.len() + 1);
        asks.push(Ask { key: keys::data_keys(), known: held.as_ref().and_then(|held| held.version()) });
        asks.extend(wants.iter().map(|want| Ask { key: want.key.clone(), known: want.known }));
        let snapshot = self.kv.read(partition, &asks).await.map_err(store_error)?;

        let mut found = snapshot.found.into_iter();
        let keys = found.next().unwrap_or(Found::Absent);
        let current = self.held_after(partition, held.as_deref(), keys, snapshot.floor)?;
        let current = match (current, held) {
            (None, Some(held)) => held,
            (Some(current), _) => self.held.put(partition, current).await,
            (None, None) => Arc::default(),
        };
        Ok((current, found.collect()))
    }

    /// Sends a commit until its outcome is known.
    async fn send(&self, partition: &Partition, commit: &Commit) -> Result<Sent, StoreError> {
        let mut wait = RESEND_WAIT;
        let mut outcome = self.kv.commit(partition, commit).await.map_err(store_error)?;
        for _ in 0..RESENDS {
            if outcome != Outcome::Unknown {
                break;
            }
            self.clock.wait(wait).await;
            wait *= 2;
            // Once uncertain, a backend that is away leaves it uncertain.
            outcome = self.kv.commit(partition, commit).await.unwrap_or(Outcome::Unknown);
        }
        match outcome {
            Outcome::Committed => Ok(Sent::Now),
            Outcome::AlreadyDone => Ok(Sent::Before),
            Outcome::Conflict => Ok(Sent::Conflict),
            Outcome::Unknown => Err(StoreError::Uncertain),
        }
    }
}

/// What became of what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    Now,
    Before,
    Conflict,
}
