//! Owns what may happen next in the model: every step of every worker, the provider, the store and the clock.

use crate::model::house::DAYS;
use crate::model::records::Decision;
use crate::model::records::Records;
use crate::model::telling::Did;
use crate::model::telling::Event;
use crate::model::variant::Bounds;
use crate::model::variant::Durability;
use crate::model::variant::Variant;
use crate::model::variant::Versions;
use crate::model::world::Commit;
use crate::model::world::Given;
use crate::model::world::Outcome;
use crate::model::world::Reading;
use crate::model::world::RecordId;
use crate::model::world::Sent;
use crate::model::world::State;
use crate::model::world::Then;
use crate::model::world::Wish;
use crate::model::world::Worker;

/// A protocol, its bounds, and the records that came up.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) variant: Variant,
    pub(super) bounds: Bounds,
    pub(super) records: Records,
}

/// What may happen next, and what it makes of the moment.
pub(super) fn next(model: &mut Model, from: State) -> Vec<(Event, State)> {
    let mut unfolding = Unfolding { model, from, found: Vec::new() };
    unfolding.everything();
    unfolding.found
}

/// A moment, and what was found to follow it.
pub(super) struct Unfolding<'a> {
    pub(super) model: &'a mut Model,
    pub(super) from: State,
    found: Vec<(Event, State)>,
}

impl Unfolding<'_> {
    fn everything(&mut self) {
        for place in 0..self.from.workers.len() {
            // Two idle workers do the same.
            if place == 0 || self.from.workers[0] != self.from.workers[place] {
                self.worker(place);
            }
        }
        self.provider();
        self.store();
        self.clock();
    }

    fn worker(&mut self, place: usize) {
        let worker = self.from.workers[place];
        match worker {
            Worker::Idle => {
                self.find_due(place);
                for wish in self.from.wishes.left() {
                    let mut to = self.from;
                    to.wishes = to.wishes.without(wish);
                    self.fulfil(place, wish, to);
                }
            }
            Worker::Asked(wish) => self.fulfil(place, wish, self.from),
            Worker::Committing(reading, commit) => self.commit(place, reading, commit),
            Worker::Unsure(sent, commit) => self.resolve(place, sent, commit),
            Worker::Calling(call) => self.call(place, call),
            Worker::Knowing(outcome) => self.save(place, outcome),
        }
        if worker != Worker::Idle && self.from.faults.crashes > 0 {
            let mut to = self.from;
            to.faults.crashes -= 1;
            self.go(place, Did::Crash, Worker::Idle, to);
        }
    }

    fn find_due(&mut self, place: usize) {
        let decision = self.model.records.decide(self.from.record, self.from.now);
        match decision {
            Decision::Keep => {}
            Decision::Take(to, call) => {
                let commit = Commit { to, then: Then::Call(call) };
                let worker = Worker::Committing(Reading::Current, commit);
                self.go(place, Did::Decide(call), worker, self.from);
            }
            Decision::TakeAtOnce(call) => {
                self.go(place, Did::Decide(call), Worker::Calling(call), self.from);
            }
            Decision::Forget(to) => {
                let commit = Commit { to, then: Then::Forgotten };
                let worker = Worker::Committing(Reading::Current, commit);
                self.go(place, Did::DecideToForget, worker, self.from);
            }
        }
    }

    fn fulfil(&mut self, place: usize, wish: Wish, to: State) {
        match self.model.records.fulfil(self.from.record, wish, self.from.now) {
            Some((record, call)) => {
                let commit = Commit { to: record, then: Then::Fulfilled(wish, call) };
                let worker = Worker::Committing(Reading::Current, commit);
                self.go(place, Did::Wish(wish), worker, to);
            }
            None if self.from.workers[place] == Worker::Asked(wish) => {
                self.go(place, Did::RefuseWish(wish), Worker::Idle, to);
            }
            None => {}
        }
    }

    fn commit(&mut self, place: usize, reading: Reading, commit: Commit) {
        let is_expected = reading == Reading::Current || self.model.variant == Variant::LockWithTimeLimit;
        if is_expected {
            let to = self.committed(place, commit.to, Durability::Relaxed);
            self.proceed(place, Did::Commit, commit.then, to);
        } else {
            self.go(place, Did::Conflict, again(commit.then), self.from);
        }
        if self.from.faults.unsure_commits == 0 {
            return;
        }
        let mut to = self.from;
        to.faults.unsure_commits -= 1;
        self.go(place, Did::LoseCommit, Worker::Unsure(Sent::NotDone(reading), commit), to);
        if is_expected {
            let mut to = self.committed(place, commit.to, Durability::Strict);
            to.faults.unsure_commits -= 1;
            self.go(place, Did::CommitUnheard, Worker::Unsure(Sent::Last, commit), to);
        }
    }

    /// The state after a commit: one that a strict store did not acknowledge, or that a relaxed one may lose anyway,
    /// may be undone.
    fn committed(&mut self, place: usize, record: RecordId, unless: Durability) -> State {
        let mut to = self.from;
        let is_losable = to.faults.returns > 0
            && (unless == Durability::Strict || self.model.bounds.durability == Durability::Relaxed);
        to.before = is_losable.then_some(to.record);
        for (_, worker) in to.workers.iter_mut().enumerate().filter(|(other, _)| *other != place) {
            *worker = overtaken(*worker, self.model.bounds.versions);
        }
        let record = self.model.records.aged(record, to.now);
        self.stand(&mut to, record);
        to
    }

    /// The store holds this record; who asks is handed out what it says.
    fn stand(&self, to: &mut State, record: RecordId) {
        to.record = record;
        if let Some((number, generation)) = self.model.records.handed_out(record) {
            to.meeting_mut(number).given = Given::FromARecord;
            let first = &mut to.handed[usize::from(generation)];
            first.get_or_insert(number);
        }
    }

    /// A worker knows that its commit is done.
    fn proceed(&mut self, place: usize, did: Did, then: Then, mut to: State) {
        let worker = match then {
            Then::Call(call) => Worker::Calling(call),
            Then::Fulfilled(wish, call) => {
                to.heard = to.heard.and(wish);
                call.map_or(Worker::Idle, Worker::Calling)
            }
            Then::Saved(_) | Then::Forgotten => Worker::Idle,
        };
        self.go(place, did, worker, to);
    }

    fn resolve(&mut self, place: usize, sent: Sent, commit: Commit) {
        match (self.model.variant, sent) {
            (Variant::UnsureIsSuccess, _) => {
                self.proceed(place, Did::TakeAsDone, commit.then, self.from);
            }
            (Variant::UnsureIsFailure, _) => {
                self.go(place, Did::TakeAsNotDone, again(commit.then), self.from);
            }
            (_, Sent::Last | Sent::Done) => {
                let mut to = self.from;
                // What is acknowledged is durable, and so is all before it.
                if self.model.bounds.durability == Durability::Strict {
                    to.before = None;
                }
                self.proceed(place, Did::FindDone, commit.then, to);
            }
            (_, Sent::NotDone(reading)) => {
                self.go(place, Did::SendAgain, Worker::Committing(reading, commit), self.from);
            }
        }
    }

    fn save(&mut self, place: usize, outcome: Outcome) {
        let to = self.model.records.save(self.from.record, outcome, self.from.now);
        if to == self.from.record {
            self.go(place, Did::FindSaved, Worker::Idle, self.from);
            return;
        }
        let commit = Commit { to, then: Then::Saved(outcome) };
        self.go(place, Did::Save(outcome), Worker::Committing(Reading::Current, commit), self.from);
    }

    fn store(&mut self) {
        let Some(before) = self.from.before else { return };
        if self.from.faults.returns == 0 {
            return;
        }
        let mut to = self.from;
        to.faults.returns -= 1;
        to.before = None;
        to.workers = to.workers.map(returned);
        let before = self.model.records.aged(before, to.now);
        self.stand(&mut to, before);
        self.push(Event { by: None, did: Did::StoreGoesBack }, to);
    }

    fn clock(&mut self) {
        if self.from.now == self.model.bounds.last_tick() {
            return;
        }
        let mut to = self.from;
        if to.workers != [Worker::Idle; 2] {
            let Some(left) = to.faults.stalls.checked_sub(1) else { return };
            to.faults.stalls = left;
        }
        to.now = if to.now == self.model.bounds.ticks { DAYS } else { to.now + 1 };
        let now = to.now;
        to.record = self.model.records.aged(to.record, now);
        to.before = to.before.map(|before| self.model.records.aged(before, now));
        let late = self.model.bounds.late;
        to.adrift = to.adrift.map(|launch| launch.filter(|launch| now <= launch.begun + late));
        for made in to.made.iter_mut().flatten().filter(|made| made.hidden_until <= now) {
            made.hidden_until = 0;
        }
        let did = if now >= DAYS { Did::DayPasses } else { Did::TimePasses };
        self.push(Event { by: None, did }, to);
    }

    /// A worker did something, and is like this after it.
    pub(super) fn go(&mut self, place: usize, did: Did, worker: Worker, mut to: State) {
        to.workers[place] = worker;
        self.push(Event { by: Some(place), did }, to);
    }

    /// Something happened.
    pub(super) fn push(&mut self, event: Event, to: State) {
        self.found.push((event, to));
    }
}

/// What a worker does whose commit is not done: it reads again.
fn again(then: Then) -> Worker {
    match then {
        Then::Call(_) | Then::Forgotten => Worker::Idle,
        Then::Fulfilled(wish, _) => Worker::Asked(wish),
        Then::Saved(outcome) => Worker::Knowing(outcome),
    }
}

/// A worker after somebody else's commit.
fn overtaken(worker: Worker, versions: Versions) -> Worker {
    match worker {
        Worker::Committing(reading, commit) => Worker::Committing(reading.overtaken(versions), commit),
        Worker::Unsure(sent, commit) => Worker::Unsure(sent.overtaken(versions), commit),
        Worker::Idle | Worker::Asked(_) | Worker::Calling(_) | Worker::Knowing(_) => worker,
    }
}

/// A worker after the store went back.
fn returned(worker: Worker) -> Worker {
    match worker {
        Worker::Committing(reading, commit) => Worker::Committing(reading.returned(), commit),
        Worker::Unsure(sent, commit) => Worker::Unsure(sent.returned(), commit),
        Worker::Idle | Worker::Asked(_) | Worker::Calling(_) | Worker::Knowing(_) => worker,
    }
}
