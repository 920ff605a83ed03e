//! Owns the search: every state that can be reached, the nearest first, until a promise is broken.

use std::collections::BTreeSet;
use std::fmt;

use crate::model::promises;
use crate::model::promises::Promise;
use crate::model::records::Records;
use crate::model::rest::Rest;
use crate::model::steps;
use crate::model::steps::Model;
use crate::model::telling::Event;
use crate::model::variant::Bounds;
use crate::model::variant::Variant;
use crate::model::world::State;
use crate::model::world::Wishes;
use crate::model::world::Worker;

/// More states than this would not end in time.
const MOST_STATES: usize = 1_500_000;

/// What a search saw.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) states: usize,
    /// Those in which nothing was left to do.
    pub(super) settled: usize,
    pub(super) records: usize,
    /// The steps to the farthest.
    pub(super) depth: usize,
    pub(super) broken: Option<Broken>,
}

/// A broken promise, and the shortest way to it.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) promise: Promise,
    pub(super) way: Vec<String>,
}

/// Goes through everything that can happen within bounds.
pub(super) fn search(variant: Variant, bounds: Bounds) -> Seen {
    let (records, booked) = Records::new(variant);
    let mut model = Model { variant, bounds, records };
    let first = State {
        now: 0,
        record: booked,
        before: None,
        workers: [Worker::Idle; 2],
        made: [None; _],
        adrift: [None; _],
        wishes: bounds.wishes,
        faults: bounds.faults,
        handed: [None; _],
        heard: Wishes::NONE,
    };
    let mut found = Found { states: vec![(first, 0)], known: BTreeSet::from([first]), settled: 0 };
    let mut rest = Rest::default();
    let (mut at, mut depth, mut level_ends) = (0, 0, 1);
    while let Some((from, _)) = found.states.get(at).copied() {
        for (_, to) in steps::next(&mut model, from) {
            let to = to.sorted();
            if !found.note(to, at) {
                continue;
            }
            if let Some(promise) = promises::broken(&mut model, &to).or_else(|| rest.broken(&mut model, &to))
            {
                let way = found.way(&mut model, found.states.len() - 1);
                let broken = Broken { promise, way };
                return found.seen(&model, depth + 1, Some(broken));
            }
            found.settled += usize::from(promises::is_settled(&mut model, &to));
        }
        at += 1;
        if at == level_ends && at < found.states.len() {
            (depth, level_ends) = (depth + 1, found.states.len());
        }
    }
    found.seen(&model, depth, None)
}

struct Found {
    /// Each with the place of the one it was reached from.
    states: Vec<(State, usize)>,
    known: BTreeSet<State>,
    settled: usize,
}

impl Found {
    /// Whether it is new.
    fn note(&mut self, state: State, from: usize) -> bool {
        let is_new = self.known.insert(state);
        if is_new {
            self.states.push((state, from));
            assert!(self.states.len() <= MOST_STATES, "the bounds are too wide to be searched in time");
        }
        is_new
    }

    fn seen(&self, model: &Model, depth: usize, broken: Option<Broken>) -> Seen {
        let (states, settled, records) = (self.states.len(), self.settled, model.records.count());
        Seen { states, settled, records, depth, broken }
    }

    /// The way to a state, told: the workers keep their names although states do not know them apart.
    fn way(&self, model: &mut Model, to: usize) -> Vec<String> {
        let mut places = vec![to];
        while let Some(place) = places.last().copied().filter(|place| *place != 0) {
            places.push(self.states[place].1);
        }
        places.reverse();
        let mut told = Vec::new();
        let mut names = ["one worker", "the other"];
        for pair in places.windows(2) {
            let (from, to) = (self.states[pair[0]].0, self.states[pair[1]].0);
            let steps = steps::next(model, from);
            let (event, raw) =
                steps.into_iter().find(|(_, raw)| raw.sorted() == to).expect("a state was reached by a step");
            told.push(tell(event, names));
            if raw.workers != to.workers {
                names.swap(0, 1);
            }
        }
        told
    }
}

fn tell(event: Event, names: [&str; 2]) -> String {
    match event.by {
        Some(place) => format!("{} {}", names[place], event.did),
        None => event.did.to_string(),
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { states, settled, records, depth, broken } = self;
        write!(f, "{states} states, {settled} of them settled, {records} records, {depth} steps deep")?;
        if let Some(Broken { promise, way }) = broken {
            write!(f, "\n{promise:?} is broken:")?;
            for (number, step) in (1..).zip(way) {
                write!(f, "\n{number:>4}. {step}")?;
            }
        }
        Ok(())
    }
}
