//! The one thread that writes: takes all work that waits, and puts it on disk in one transaction. Knows no records.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::SyncSender;
use std::thread;
use std::thread::JoinHandle;

use redb::Database;
use redb::Durability;
use redb::WriteTransaction;
use tokio::sync::oneshot;

use crate::app::ports::clock::Clock;
use crate::store::embedded::tables;
use crate::store::embedded::tables::Fault;
use crate::store::embedded::tables::Tables;
use crate::store::embedded::write;
use crate::store::kv::KvError;

/// How much work may wait; beyond it callers are refused at once.
const WAITING: usize = 4096;

/// How much work shares a transaction. Bounds what is lost together, and how long the first waits.
const BATCH: usize = 512;

/// Why work came to nothing.
pub(super) enum Lost {
    /// It was refused, or failed before the disk had it.
    NotWritten(KvError),
    /// The disk failed in the end: it may have it.
    Unknown,
}

/// Hands work to the writing thread. Dropping it waits for the thread, which finishes what was handed over.
pub(super) struct Writer {
    queue: Option<SyncSender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(database: Arc<Database>, clock: Arc<dyn Clock>) -> Self {
        let (queue, jobs) = mpsc::sync_channel(WAITING);
        let thread = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || run(&database, clock.as_ref(), &jobs))
            .expect("the system has room for one thread at start");
        Self { queue: Some(queue), thread: Some(thread) }
    }

    /// Has work done in a transaction, together with whatever else waits, and returns when the disk has it.
    pub(super) async fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tables<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Lost> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Pending { work: Some(work), result: None, reply });
        let queue = self.queue.as_ref().expect("the queue is taken by drop only");
        if queue.try_send(job).is_err() {
            let reason = "too much waits to be written, or writing has stopped";
            return Err(Lost::NotWritten(KvError::Unavailable(reason.to_owned())));
        }
        answer.await.unwrap_or(Err(Lost::Unknown))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been answered to those who waited.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writer")
    }
}

/// A piece of work whose caller waits.
trait Job: Send {
    /// Does it in the transaction. Fails only when the transaction has to be dropped.
    fn apply(&mut self, tables: &mut Tables<'_>) -> Result<(), Box<redb::Error>>;

    /// Answers the caller.
    fn answer(self: Box<Self>, end: &End);
}

/// How the transaction ended.
enum End {
    OnDisk,
    NotWritten(String),
    Unknown,
}

struct Pending<W, T> {
    work: Option<W>,
    result: Option<Result<T, KvError>>,
    reply: oneshot::Sender<Result<T, Lost>>,
}

impl<W, T> Job for Pending<W, T>
where
    W: FnOnce(&mut Tables<'_>) -> Result<T, Fault> + Send,
    T: Send,
{
    fn apply(&mut self, tables: &mut Tables<'_>) -> Result<(), Box<redb::Error>> {
        let Some(work) = self.work.take() else { return Ok(()) };
        self.result = match work(tables) {
            Ok(value) => Some(Ok(value)),
            Err(Fault::Refused(error)) => Some(Err(error)),
            Err(Fault::Database(error)) => return Err(error),
        };
        Ok(())
    }

    fn answer(self: Box<Self>, end: &End) {
        let answer = match (self.result, end) {
            (Some(Ok(value)), End::OnDisk) => Ok(value),
            (Some(Err(error)), _) => Err(Lost::NotWritten(error)),
            (_, End::NotWritten(reason)) => Err(Lost::NotWritten(KvError::Unavailable(reason.clone()))),
            (_, End::OnDisk | End::Unknown) => Err(Lost::Unknown),
        };
        // Who does not wait any more finds out by the op id.
        let _ = self.reply.send(answer);
    }
}

fn run(database: &Database, clock: &dyn Clock, jobs: &Receiver<Box<dyn Job>>) {
    while let Ok(first) = jobs.recv() {
        let mut batch = vec![first];
        batch.extend(jobs.try_iter().take(BATCH - 1));
        let end = write_batch(database, tables::milliseconds(clock.now()), &mut batch);
        for job in batch {
            job.answer(&end);
        }
    }
}

fn write_batch(database: &Database, now_ms: u64, batch: &mut [Box<dyn Job>]) -> End {
    let filled = begin(database).and_then(|transaction| {
        apply_all(&transaction, now_ms, batch)?;
        Ok(transaction)
    });
    match filled.map(WriteTransaction::commit) {
        Ok(Ok(())) => End::OnDisk,
        Ok(Err(_)) => End::Unknown,
        Err(error) => End::NotWritten(error.to_string()),
    }
}

fn begin(database: &Database) -> Result<WriteTransaction, Box<redb::Error>> {
    let mut transaction = database.begin_write().map_err(|error| Box::new(error.into()))?;
    transaction.set_durability(Durability::Immediate).map_err(|error| Box::new(error.into()))?;
    Ok(transaction)
}

fn apply_all(
    transaction: &WriteTransaction,
    now_ms: u64,
    batch: &mut [Box<dyn Job>],
) -> Result<(), Box<redb::Error>> {
    let mut tables = Tables::open(transaction, now_ms).map_err(Box::new)?;
    for job in batch {
        job.apply(&mut tables)?;
    }
    write::sweep(&mut tables)
}
