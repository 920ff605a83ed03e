//! The embedded backend: one redb file, or memory, for one process. Refuses a second process.

mod draw;
mod read;
mod tables;
mod write;
mod writer;

use std::fmt;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use redb::Builder;
use redb::Database;
use redb::DatabaseError;
use redb::backends::FileBackend;
use redb::backends::InMemoryBackend;

use crate::app::ports::clock::Clock;
use crate::domain::tally::Draw;
use crate::domain::tally::Drawn;
use crate::store::embedded::tables::Fault;
use crate::store::embedded::tables::Tables;
use crate::store::embedded::writer::Lost;
use crate::store::embedded::writer::Writer;
use crate::store::keys::IndexName;
use crate::store::keys::Partition;
use crate::store::kv;
use crate::store::kv::Ask;
use crate::store::kv::Commit;
use crate::store::kv::Cursor;
use crate::store::kv::Entry;
use crate::store::kv::Kv;
use crate::store::kv::KvError;
use crate::store::kv::Outcome;
use crate::store::kv::Page;
use crate::store::kv::Purge;
use crate::store::kv::Range;
use crate::store::kv::Settled;
use crate::store::kv::Snapshot;

/// Memory for pages read before.
const CACHE_BYTES: usize = 64 << 20;

/// A store in one file of this process.
///
/// Reads go straight to the pages, which the system keeps in memory; writes wait for one thread, which puts all
/// that wait on disk at once.
pub struct Embedded {
    database: Arc<Database>,
    writer: Writer,
    clock: Arc<dyn Clock>,
}

/// Why the embedded store cannot be opened, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error(
        "{} is in use by another process: the embedded store is for one, stop that one or move the store to Redis",
        .0.display()
    )]
    InUse(PathBuf),
    /// The file cannot be made or read.
    #[error("{} cannot be opened", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is no store, or damaged.
    #[error("{} is no usable store: restore it from a backup, or move it away to begin anew", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What the database says.
        source: Box<redb::Error>,
    },
}

impl Embedded {
    /// Opens a store file, and makes it when there is none: readable for its owner only.
    ///
    /// Answers each way that may fail; see [`OpenError`].
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
        let backend = file
            .map_err(|source| OpenError::File { path: path.to_owned(), source })
            .and_then(|file| FileBackend::new(file).map_err(|error| refusal(path, error)))?;
        let database = Builder::new()
            .set_cache_size(CACHE_BYTES)
            .create_with_backend(backend)
            .map_err(|error| refusal(path, error))?;
        Self::with_database(database, clock)
            .map_err(|source| OpenError::Damaged { path: path.to_owned(), source: Box::new(source) })
    }

    /// Opens a store that is gone when dropped.
    #[expect(clippy::missing_panics_doc, reason = "memory has no file that could be damaged or in use")]
    pub fn in_memory(clock: Arc<dyn Clock>) -> Self {
        Builder::new()
            .create_with_backend(InMemoryBackend::new())
            .map_err(redb::Error::from)
            .and_then(|database| Self::with_database(database, clock))
            .expect("memory has no file that could be damaged or in use")
    }

    fn with_database(database: Database, clock: Arc<dyn Clock>) -> Result<Self, redb::Error> {
        let database = Arc::new(database);
        tables::create(&database)?;
        let writer = Writer::start(Arc::clone(&database), Arc::clone(&clock));
        Ok(Self { database, writer, clock })
    }

    fn now_ms(&self) -> u64 {
        tables::milliseconds(self.clock.now())
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tables<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, KvError> {
        self.writer.submit(work).await.map_err(|lost| match lost {
            Lost::NotWritten(error) => error,
            Lost::Unknown => KvError::Unavailable("the disk failed while writing".to_owned()),
        })
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Embedded")
    }
}

fn refusal(path: &Path, error: DatabaseError) -> OpenError {
    if matches!(error, DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch) {
        return OpenError::InUse(path.to_owned());
    }
    OpenError::Damaged { path: path.to_owned(), source: Box::new(error.into()) }
}

#[async_trait::async_trait]
impl Kv for Embedded {
    async fn read(&self, partition: &Partition, asks: &[Ask]) -> Result<Snapshot, KvError> {
        Ok(read::snapshot(&self.database, self.now_ms(), partition, asks)?)
    }

    async fn commit(&self, partition: &Partition, commit: &Commit) -> Result<Outcome, KvError> {
        if let Some(outcome) = commit.verdict()? {
            return Ok(outcome);
        }
        let (partition, commit) = (partition.clone(), commit.clone());
        match self.writer.submit(move |tables| write::commit(tables, &partition, &commit)).await {
            Ok(outcome) => Ok(outcome),
            Err(Lost::NotWritten(error)) => Err(error),
            Err(Lost::Unknown) => Ok(Outcome::Unknown),
        }
    }

    async fn range(
        &self,
        partition: &Partition,
        index: &IndexName,
        range: &Range,
    ) -> Result<Vec<Entry>, KvError> {
        Ok(read::range(&self.database, partition, index, range)?)
    }

    async fn draw(&self, partition: &Partition, index: &IndexName, draws: &[Draw]) -> Result<Drawn, KvError> {
        kv::check_draws(draws)?;
        let (partition, index, draws) = (partition.clone(), index.clone(), draws.to_vec());
        self.write(move |tables| draw::draw(tables, &partition, &index, &draws)).await
    }

    async fn hint(&self, partition: &Partition, at_ms: i64) -> Result<(), KvError> {
        kv::check_score(at_ms)?;
        let partition = partition.clone();
        self.write(move |tables| write::hint(tables, &partition, at_ms)).await
    }

    async fn hinted(&self, until_ms: i64, limit: usize) -> Result<Vec<(Partition, i64)>, KvError> {
        Ok(read::hinted(&self.database, until_ms, limit)?)
    }

    async fn settle_hint(
        &self,
        partition: &Partition,
        seen_ms: i64,
        next_ms: Option<i64>,
    ) -> Result<Settled, KvError> {
        kv::check_score(next_ms.unwrap_or_default())?;
        let partition = partition.clone();
        self.write(move |tables| write::settle_hint(tables, &partition, seen_ms, next_ms)).await
    }

    async fn scan(&self, from: Option<&Cursor>, limit: usize) -> Result<Page, KvError> {
        Ok(read::scan(&self.database, self.now_ms(), from, limit)?)
    }

    async fn purge(&self, partition: &Partition, purge: &Purge) -> Result<u64, KvError> {
        let (partition, purge) = (partition.clone(), purge.clone());
        self.write(move |tables| write::purge(tables, &partition, &purge)).await
    }

    async fn ping(&self) -> Result<(), KvError> {
        Ok(read::ping(&self.database)?)
    }
}
