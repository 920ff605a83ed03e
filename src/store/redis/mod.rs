//! The Redis backend: what replicas of the gateway share. Knows bytes and versions; neither records nor encryption.
//!
//! All keys of a partition carry one hash tag, so that a cluster keeps them together. A record is its version, eight
//! bytes, and what was put. One script an operation, each in a file of its own.

mod client;
mod names;
mod scripts;

use std::time::Duration;

use redis::Value;

use crate::domain::tally::Draw;
use crate::domain::tally::Drawn;
use crate::store::keys::IndexName;
use crate::store::keys::Partition;
use crate::store::kv;
use crate::store::kv::Ask;
use crate::store::kv::Commit;
use crate::store::kv::Cursor;
use crate::store::kv::Entry;
use crate::store::kv::Found;
use crate::store::kv::Kv;
use crate::store::kv::KvError;
use crate::store::kv::Order;
use crate::store::kv::Outcome;
use crate::store::kv::Page;
use crate::store::kv::Purge;
use crate::store::kv::Range;
use crate::store::kv::Scanned;
use crate::store::kv::Settled;
use crate::store::kv::Snapshot;
use crate::store::kv::Version;
use crate::store::redis::client::Connection;
use crate::store::redis::client::Lost;
use crate::store::redis::client::Question;
use crate::store::redis::scripts::Scripts;

pub use crate::store::redis::client::Durability;
pub use crate::store::redis::client::OpenError;
pub use crate::store::redis::client::Settings;

/// What one read may ask for: Lua passes no more than some thousand arguments at once.
const MOST_ASKS: usize = 4000;

/// How many keys a purge looks through, and removes, at a time.
const PURGE_BATCH: usize = 500;

/// A store on one Redis server.
#[derive(Debug)]
pub struct Redis {
    connection: Connection,
    scripts: Scripts,
}

impl Redis {
    /// Connects. Answers [`OpenError`] when the address is wrong or nobody answers there.
    pub async fn open(settings: &Settings) -> Result<Self, OpenError> {
        Ok(Self { connection: Connection::open(settings).await?, scripts: Scripts::new() })
    }

    /// Writes what has no op id, because doing it twice does no harm.
    async fn write<T: redis::FromRedisValue>(&self, question: &Question<'_>) -> Result<T, KvError> {
        self.connection.write(question).await.map_err(|lost| match lost {
            Lost::NotWritten(error) => error,
            Lost::Unknown => KvError::Unavailable("the answer was lost".to_owned()),
        })
    }
}

#[async_trait::async_trait]
impl Kv for Redis {
    async fn read(&self, partition: &Partition, asks: &[Ask]) -> Result<Snapshot, KvError> {
        if asks.len() > MOST_ASKS {
            return Err(KvError::Refused("one read asks for too many records"));
        }
        let script = self.scripts.read(partition, asks);
        let mut values = self.connection.read::<Vec<Value>>(&Question::Script(&script)).await?.into_iter();
        let floor = match values.next() {
            Some(Value::BulkString(bytes)) => parse_record(bytes)?.0,
            Some(Value::Nil) => Version::ZERO,
            _ => return Err(KvError::Unavailable("the answer is of another kind than asked".to_owned())),
        };
        let found = asks
            .iter()
            .zip(values)
            .map(|(ask, value)| parse_found(ask, value))
            .collect::<Result<Vec<_>, _>>()?;
        if found.len() != asks.len() {
            return Err(KvError::Unavailable("the answer is cut short".to_owned()));
        }
        Ok(Snapshot { floor, found })
    }

    async fn commit(&self, partition: &Partition, commit: &Commit) -> Result<Outcome, KvError> {
        if let Some(outcome) = commit.verdict()? {
            return Ok(outcome);
        }
        let script = self.scripts.commit(partition, commit);
        match self.connection.write::<i64>(&Question::Script(&script)).await {
            Ok(0) => Ok(Outcome::Conflict),
            Ok(1) => Ok(Outcome::Committed),
            Ok(2) => Ok(Outcome::AlreadyDone),
            Ok(_) | Err(Lost::Unknown) => Ok(Outcome::Unknown),
            Err(Lost::NotWritten(error)) => Err(error),
        }
    }

    async fn range(
        &self,
        partition: &Partition,
        index: &IndexName,
        range: &Range,
    ) -> Result<Vec<Entry>, KvError> {
        if range.limit == 0 {
            return Ok(Vec::new());
        }
        let after = |score: &Entry| score.score;
        let (word, first, last) = match range.order {
            Order::Ascending => {
                ("up", range.after.as_ref().map_or(range.min, after).max(range.min), range.max)
            }
            Order::Descending => {
                ("down", range.after.as_ref().map_or(range.max, after).min(range.max), range.min)
            }
        };
        let mut script = self.scripts.range.prepare_invoke();
        script.key(names::index(partition, index)).arg(word).arg(first).arg(last).arg(range.limit);
        match &range.after {
            Some(entry) => script.arg(entry.score).arg(&entry.member),
            None => script.arg("").arg(""),
        };
        let flat = self.connection.read::<Vec<(String, f64)>>(&Question::Script(&script)).await?;
        Ok(flat.into_iter().map(|(member, score)| Entry { score: whole(score), member }).collect())
    }

    async fn draw(&self, partition: &Partition, index: &IndexName, draws: &[Draw]) -> Result<Drawn, KvError> {
        kv::check_draws(draws)?;
        let script = self.scripts.draw(partition, index, draws);
        parse_drawn(&self.write::<Vec<i64>>(&Question::Script(&script)).await?)
    }

    async fn hint(&self, partition: &Partition, at_ms: i64) -> Result<(), KvError> {
        kv::check_score(at_ms)?;
        let mut script = self.scripts.hint.prepare_invoke();
        script.key(names::HINTS).arg(partition.to_string()).arg(at_ms);
        self.write(&Question::Script(&script)).await
    }

    async fn hinted(&self, until_ms: i64, limit: usize) -> Result<Vec<(Partition, i64)>, KvError> {
        let mut command = redis::cmd("ZRANGEBYSCORE");
        command.arg(names::HINTS).arg("-inf").arg(until_ms).arg("WITHSCORES").arg("LIMIT").arg(0).arg(limit);
        let entries = self.connection.read::<Vec<(String, f64)>>(&Question::Command(&command)).await?;
        entries
            .into_iter()
            .map(|(name, at)| match Partition::parse(&name) {
                Some(partition) => Ok((partition, whole(at))),
                None => Err(KvError::Corrupt(names::HINTS.to_owned())),
            })
            .collect()
    }

    async fn settle_hint(
        &self,
        partition: &Partition,
        seen_ms: i64,
        next_ms: Option<i64>,
    ) -> Result<Settled, KvError> {
        kv::check_score(next_ms.unwrap_or_default())?;
        let next = next_ms.map(|at| at.to_string()).unwrap_or_default();
        let mut script = self.scripts.settle_hint.prepare_invoke();
        script.key(names::HINTS).arg(partition.to_string()).arg(seen_ms).arg(next);
        let done = self.write::<i64>(&Question::Script(&script)).await?;
        Ok(if done == 1 { Settled::Done } else { Settled::Changed })
    }

    async fn scan(&self, from: Option<&Cursor>, limit: usize) -> Result<Page, KvError> {
        let cursor = from.map_or("0", |cursor| cursor.0.as_str());
        let (next, names) = self.keys(cursor, names::ANY_RECORD, limit).await?;
        let mut commands = redis::pipe();
        for name in &names {
            commands.cmd("GET").arg(name).cmd("PTTL").arg(name);
        }
        let values = if names.is_empty() {
            Vec::new()
        } else {
            self.connection.read::<Vec<(Option<Vec<u8>>, i64)>>(&Question::Commands(&commands)).await?
        };
        let records = names
            .iter()
            .zip(values)
            .filter_map(|(name, (value, ttl_ms))| value.map(|value| parse_scanned(name, value, ttl_ms)));
        Ok(Page { records: records.collect::<Result<_, _>>()?, next: (next != "0").then_some(Cursor(next)) })
    }

    async fn purge(&self, partition: &Partition, purge: &Purge) -> Result<u64, KvError> {
        let (floor, last) = (names::floor(partition), names::record(partition, &purge.last));
        let (mut cursor, mut count) = ("0".to_owned(), 0);
        loop {
            let (next, mut names) = self.keys(&cursor, &names::any_of(partition), PURGE_BATCH).await?;
            names.retain(|name| *name != floor && *name != last);
            let is_end = next == "0";
            if is_end {
                names.push(last.clone());
            }
            let script = self.scripts.purge(partition, purge, &names);
            let removed = self.write::<i64>(&Question::Script(&script)).await?;
            // Below zero: it is in use.
            let Ok(removed) = u64::try_from(removed) else { return Ok(count) };
            count += removed;
            if is_end {
                return Ok(count);
            }
            cursor = next;
        }
    }

    async fn ping(&self) -> Result<(), KvError> {
        self.connection.read(&Question::Command(&redis::cmd("PING"))).await
    }
}

impl Redis {
    /// Some of the server's keys that match, and where to go on; `"0"` begins and ends.
    async fn keys(
        &self,
        cursor: &str,
        pattern: &str,
        limit: usize,
    ) -> Result<(String, Vec<String>), KvError> {
        let mut command = redis::cmd("SCAN");
        command.arg(cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(limit.max(1));
        self.connection.read(&Question::Command(&command)).await
    }
}

fn parse_found(ask: &Ask, value: Value) -> Result<Found, KvError> {
    match (value, ask.known) {
        (Value::Nil, _) => Ok(Found::Absent),
        (Value::BulkString(bytes), _) => {
            let (version, bytes) = parse_record(bytes)?;
            Ok(Found::Record { version, bytes })
        }
        (Value::Int(1), Some(known)) => Ok(Found::Unchanged(known)),
        _ => Err(KvError::Unavailable("the answer is of another kind than asked".to_owned())),
    }
}

fn parse_drawn(answer: &[i64]) -> Result<Drawn, KvError> {
    match answer {
        [1, all @ ..] => Ok(Drawn::All(all.to_vec())),
        [0, at, stands] => {
            let at = usize::try_from(*at).unwrap_or_default();
            Ok(Drawn::Short { at, stands: *stands })
        }
        _ => Err(KvError::Unavailable("the answer is of another kind than asked".to_owned())),
    }
}

fn parse_record(mut value: Vec<u8>) -> Result<(Version, Vec<u8>), KvError> {
    let version = value.first_chunk().map(|version| Version(u64::from_be_bytes(*version)));
    let version = version.ok_or_else(|| KvError::Corrupt("a record".to_owned()))?;
    value.drain(..8);
    Ok((version, value))
}

fn parse_scanned(name: &str, value: Vec<u8>, ttl_ms: i64) -> Result<Scanned, KvError> {
    let corrupt = || KvError::Corrupt(name.to_owned());
    let (partition, key) = names::parse_record(name).ok_or_else(corrupt)?;
    let (version, bytes) = parse_record(value).map_err(|_| corrupt())?;
    let ttl = u64::try_from(ttl_ms).ok().map(Duration::from_millis);
    Ok(Scanned { partition, key, version, bytes, ttl })
}

/// A score as it was put: whole, and within what a double holds exactly.
#[expect(clippy::cast_possible_truncation, reason = "scores beyond 2^53 are refused when put")]
fn whole(score: f64) -> i64 {
    score as i64
}
