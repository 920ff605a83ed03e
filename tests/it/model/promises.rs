//! Owns what is promised of every moment (R18 to R20, R28), and of those in which nothing is left to do.

use greenroom::domain::minting::ATTEMPTS;
use greenroom::domain::minting::BlockReason;
use greenroom::domain::minting::MeetingState;

use crate::model::steps::Model;
use crate::model::world::Given;
use crate::model::world::MeetingNumber;
use crate::model::world::Presence;
use crate::model::world::State;
use crate::model::world::Worker;

/// What is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Promise {
    /// No two different meetings are ever handed out for one generation.
    OneLink,
    /// What is handed out was never removed by us.
    Kept,
    /// At most [`ATTEMPTS`] creates of a generation.
    FewCreates,
    /// No generation has two meetings at a time, where creates and lists are no later than the settle time allows.
    NoTwins,
    /// What somebody heard to be changed is changed.
    Heard,
    /// Once nothing more goes wrong, all is settled after a while.
    Settles,
    /// When all is settled, the one meeting with our marker is the one that is handed out; else there is none.
    ExactlyOne,
    /// When all is settled, a live session has its meeting, unless two of its creates were cut short.
    Made,
    /// When all is settled, the meeting shows what is booked.
    Shown,
    /// When all is settled, whatever link somebody was handed stood in a committed record.
    FromRecords,
}

const ALWAYS: [Promise; 5] =
    [Promise::OneLink, Promise::Kept, Promise::FewCreates, Promise::NoTwins, Promise::Heard];
const AT_REST: [Promise; 4] = [Promise::ExactlyOne, Promise::Made, Promise::Shown, Promise::FromRecords];

/// The promise that a moment breaks, of those that are asked.
pub(super) fn broken(model: &mut Model, state: &State) -> Option<Promise> {
    let at_rest = if is_settled(model, state) { &AT_REST[..] } else { &[] };
    let except = model.bounds.except;
    let asked = ALWAYS.iter().chain(at_rest).filter(|promise| !except.contains(promise));
    asked.copied().find(|promise| is_broken(model, state, *promise))
}

/// Whether nothing is under way and nothing is due any more.
pub(super) fn is_settled(model: &mut Model, state: &State) -> bool {
    state.workers == [Worker::Idle; 2]
        && state.adrift.iter().all(Option::is_none)
        && state.meetings().all(|(_, made)| made.hidden_until == 0)
        && model.records.rests(state.record, state.now)
}

fn is_broken(model: &Model, state: &State, promise: Promise) -> bool {
    let handed_out = model.records.handed_out(state.record);
    match promise {
        Promise::OneLink => handed_out
            .is_some_and(|(number, generation)| state.handed[usize::from(generation)] != Some(number)),
        Promise::Kept => {
            handed_out.is_some_and(|(number, _)| state.meeting(number).presence == Presence::Removed)
        }
        Promise::FewCreates => is_made_too_often(state),
        Promise::NoTwins => has_twins(state),
        Promise::Heard => state.heard.left().any(|wish| !model.records.fulfils(state.record, wish)),
        // Only by going on is it known.
        Promise::Settles => false,
        Promise::ExactlyOne => !is_the_only_one(state, handed_out.map(|(number, _)| number)),
        Promise::Made => !is_made(model, state),
        Promise::Shown => handed_out
            .is_some_and(|(number, _)| !model.records.shows(state.record, state.meeting(number).shows)),
        Promise::FromRecords => state.meetings().any(|(_, made)| made.given == Given::FromMemory),
    }
}

fn is_made_too_often(state: &State) -> bool {
    let of = |generation| state.meetings().filter(|(_, made)| made.generation == generation).count();
    state.meetings().any(|(_, made)| of(made.generation) > usize::from(ATTEMPTS))
}

fn has_twins(state: &State) -> bool {
    let there = || state.meetings().filter(|(_, made)| made.presence == Presence::There);
    there().any(|(number, made)| {
        there().any(|(other, twin)| other != number && twin.generation == made.generation)
    })
}

fn is_the_only_one(state: &State, handed_out: Option<MeetingNumber>) -> bool {
    let mut there = state.meetings().filter(|(_, made)| made.presence == Presence::There);
    there.next().map(|(number, _)| number) == handed_out && there.next().is_none()
}

fn is_made(model: &Model, state: &State) -> bool {
    let session = model.records.session(state.record).filter(|session| session.booking.is_some());
    session.is_none_or(|session| match &session.minting.state {
        MeetingState::Bound(_) => true,
        MeetingState::Blocked(blocked) => {
            blocked.reason == BlockReason::NeedsAttention && cut_short(model, state) >= ATTEMPTS
        }
        MeetingState::Nothing | MeetingState::Intended(_) => false,
    })
}

/// How many creates may have been cut short: their worker died, or came too late, or the answer was lost.
fn cut_short(model: &Model, state: &State) -> u8 {
    let (all, left) = (model.bounds.faults, state.faults);
    (all.crashes - left.crashes) + (all.stalls - left.stalls) + (all.lost_replies - left.lost_replies)
}
