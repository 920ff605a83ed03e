//! Owns a replica's line to the store: how long a call takes, and which of them go wrong. What has reached the store is
//! done there, whether or not its caller lives.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use greenroom::domain::tally::Draw;
use greenroom::domain::tally::Drawn;
use greenroom::store::keys::IndexName;
use greenroom::store::keys::Partition;
use greenroom::store::kv::Ask;
use greenroom::store::kv::Commit;
use greenroom::store::kv::Cursor;
use greenroom::store::kv::Entry;
use greenroom::store::kv::Kv;
use greenroom::store::kv::KvError;
use greenroom::store::kv::Outcome;
use greenroom::store::kv::Page;
use greenroom::store::kv::Purge;
use greenroom::store::kv::Range;
use greenroom::store::kv::Settled;
use greenroom::store::kv::Snapshot;
use tokio::sync::oneshot;

use crate::simulation::dice::Dice;
use crate::simulation::shelf::Shelf;
use crate::simulation::timeline::Place;
use crate::simulation::timeline::Timeline;
use crate::simulation::trace::Trace;
use crate::simulation::weather::Weather;

/// A line to the store.
pub(super) struct Line {
    pub(super) place: Place,
    pub(super) timeline: Timeline,
    pub(super) shelf: Arc<Shelf>,
    pub(super) dice: Dice,
    pub(super) weather: Weather,
    pub(super) trace: Trace,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// It reaches the store after the one time, and its answer is back after the other.
    Answered(Duration, Duration),
    /// It does not reach the store.
    Refused,
    /// It is done, and the answer lost.
    Lost,
    /// The answer is lost at once, and it is done this much later.
    Late(Duration),
}

/// What a caller knows of its call.
enum Heard<T> {
    Answer(T),
    NotDone,
    Nothing,
}

/// Whether a call can be done after its caller gave it up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It changes nothing: then nothing is lost with its answer.
    Read,
    /// It changes something.
    Write,
}

impl Line {
    fn fate(&self, kind: Kind) -> Fate {
        let dice = &self.dice;
        if dice.strikes(self.weather.odds().store) {
            return match (dice.below(6), kind) {
                (0 | 1, _) | (2..=4, Kind::Read) => Fate::Refused,
                (2 | 3, Kind::Write) => Fate::Lost,
                (4, Kind::Write) => Fate::Late(dice.millis(1..=8_000)),
                _ => Fate::Answered(dice.millis(0..=500), dice.millis(500..=40_000)),
            };
        }
        let takes = dice.micros(200..=4_000);
        if dice.strikes(500) {
            Fate::Answered(Duration::ZERO, takes)
        } else {
            Fate::Answered(takes, Duration::ZERO)
        }
    }

    /// Has something done at the store.
    async fn ask<T: Send + 'static>(
        &self,
        kind: Kind,
        effect: impl FnOnce(&Shelf) -> T + Send + 'static,
    ) -> Heard<T> {
        let fate = self.fate(kind);
        let (told, answer) = oneshot::channel();
        let (place, timeline, store) = (self.place, self.timeline.clone(), Arc::clone(&self.shelf));
        let reply = move |after: Duration, said: Heard<T>| {
            let own = timeline.clone();
            timeline.act_after(after, move || {
                drop(told.send(said));
                own.rouse(place);
            });
        };
        let patience = self.dice.millis(1..=300);
        match fate {
            Fate::Answered(Duration::ZERO, back) => reply(back, Heard::Answer(effect(&store))),
            Fate::Answered(there, back) => {
                self.timeline.act_after(there, move || reply(back, Heard::Answer(effect(&store))));
            }
            Fate::Refused => reply(patience, Heard::NotDone),
            Fate::Lost => {
                drop(effect(&store));
                reply(patience, Heard::Nothing);
            }
            Fate::Late(after) => {
                self.timeline.act_after(after, move || drop(effect(&store)));
                reply(patience, Heard::Nothing);
            }
        }
        if !matches!(fate, Fate::Answered(..)) {
            self.trace.tell(self.timeline.now(), || format!("{:?}: store {fate:?}", self.place));
        }
        answer.await.unwrap_or(Heard::Nothing)
    }
}

fn unavailable<T>(heard: Heard<T>) -> Result<T, KvError> {
    match heard {
        Heard::Answer(answer) => Ok(answer),
        Heard::NotDone | Heard::Nothing => Err(KvError::Unavailable("the simulated line is cut".to_owned())),
    }
}

#[async_trait::async_trait]
impl Kv for Line {
    async fn read(&self, partition: &Partition, asks: &[Ask]) -> Result<Snapshot, KvError> {
        let (partition, asks) = (partition.clone(), asks.to_vec());
        unavailable(self.ask(Kind::Read, move |shelf| shelf.read(&partition, &asks)).await)
    }

    async fn commit(&self, partition: &Partition, commit: &Commit) -> Result<Outcome, KvError> {
        let (of, sent) = (partition.clone(), commit.clone());
        let outcome = match self.ask(Kind::Write, move |shelf| shelf.commit(&of, &sent)).await {
            Heard::Answer(outcome) => outcome,
            Heard::NotDone => Err(KvError::Unavailable("the simulated line is cut".to_owned())),
            Heard::Nothing => Ok(Outcome::Unknown),
        };
        self.trace.tell(self.timeline.now(), || {
            let keys = commit.changes.iter().map(|change| change.key.as_str()).collect::<Vec<_>>();
            format!("{:?}: commit {partition} {} {outcome:?}", self.place, keys.join(" "))
        });
        outcome
    }

    async fn range(
        &self,
        partition: &Partition,
        index: &IndexName,
        range: &Range,
    ) -> Result<Vec<Entry>, KvError> {
        let (partition, index, range) = (partition.clone(), index.clone(), range.clone());
        unavailable(self.ask(Kind::Read, move |shelf| shelf.range(&partition, &index, &range)).await)
    }

    async fn draw(&self, partition: &Partition, index: &IndexName, draws: &[Draw]) -> Result<Drawn, KvError> {
        let (partition, index, draws) = (partition.clone(), index.clone(), draws.to_vec());
        unavailable(self.ask(Kind::Write, move |shelf| shelf.draw(&partition, &index, &draws)).await)
    }

    async fn hint(&self, partition: &Partition, at_ms: i64) -> Result<(), KvError> {
        let partition = partition.clone();
        unavailable(self.ask(Kind::Write, move |shelf| shelf.hint(&partition, at_ms)).await)
    }

    async fn hinted(&self, until_ms: i64, limit: usize) -> Result<Vec<(Partition, i64)>, KvError> {
        unavailable(self.ask(Kind::Read, move |shelf| shelf.hinted(until_ms, limit)).await)
    }

    async fn settle_hint(
        &self,
        partition: &Partition,
        seen_ms: i64,
        next_ms: Option<i64>,
    ) -> Result<Settled, KvError> {
        let partition = partition.clone();
        let settled =
            self.ask(Kind::Write, move |shelf| shelf.settle_hint(&partition, seen_ms, next_ms)).await;
        unavailable(settled)
    }

    async fn scan(&self, _: Option<&Cursor>, _: usize) -> Result<Page, KvError> {
        Err(KvError::Refused("nothing that runs beside requests goes through every record"))
    }

    async fn purge(&self, partition: &Partition, purge: &Purge) -> Result<u64, KvError> {
        let (partition, purge) = (partition.clone(), purge.clone());
        unavailable(self.ask(Kind::Write, move |shelf| shelf.purge(&partition, &purge)).await)
    }

    async fn ping(&self) -> Result<(), KvError> {
        Ok(())
    }
}
