//! Owns what becomes of a moment when nothing more goes wrong and nobody wishes anything: it settles.

use std::collections::BTreeSet;

use crate::model::promises;
use crate::model::promises::Promise;
use crate::model::steps;
use crate::model::steps::Model;
use crate::model::world::Faults;
use crate::model::world::State;
use crate::model::world::Wishes;
use crate::model::world::Worker;

/// So many days are waited: the last create that is given up is looked for until the day after.
const DAYS: u8 = 8;

/// The moments that are known to settle.
#[derive(Debug, Default)]
pub(super) struct Rest {
    known: BTreeSet<State>,
}

impl Rest {
    /// The promise that is broken by going on from a moment in which nobody is in the middle of something.
    pub(super) fn broken(&mut self, model: &mut Model, state: &State) -> Option<Promise> {
        let is_asked = !model.bounds.except.contains(&Promise::Settles);
        if !is_asked || state.workers != [Worker::Idle; 2] || state.adrift.iter().any(Option::is_some) {
            return None;
        }
        let days = std::mem::replace(&mut model.bounds.days, DAYS);
        let broken = self.go_on(model, State { faults: Faults::NONE, wishes: Wishes::NONE, ..*state });
        model.bounds.days = days;
        broken
    }

    /// Whoever has something to do does it first; where that leads in a circle, another way is tried.
    fn go_on(&mut self, model: &mut Model, from: State) -> Option<Promise> {
        let (mut seen, mut open) = (BTreeSet::from([from]), vec![from]);
        while let Some(state) = open.pop() {
            if promises::is_settled(model, &state) || self.known.contains(&state) {
                self.known.insert(from);
                return None;
            }
            let next = steps::next(model, state).into_iter().map(|(_, to)| to.sorted());
            let next = next.filter(|to| seen.insert(*to)).collect::<Vec<_>>();
            open.extend(next.into_iter().rev());
        }
        Some(Promise::Settles)
    }
}
