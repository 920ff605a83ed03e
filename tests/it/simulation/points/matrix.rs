//! Each operation passes its points with each fault at each of them, and all is well in the end.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rstest::rstest;

use crate::simulation::deeds::Account;
use crate::simulation::deeds::Deed;
use crate::simulation::deeds::LUA;
use crate::simulation::deeds::Leaving;
use crate::simulation::deeds::studio;
use crate::simulation::dice::Dice;
use crate::simulation::points::Fault;
use crate::simulation::points::Passing;
use crate::simulation::points::Points;
use crate::simulation::points::complete::effects;
use crate::simulation::points::operations::Operation;
use crate::simulation::shelf::Memory;
use crate::simulation::trace::Telling;
use crate::simulation::verdict::judge;
use crate::simulation::verdict::live_meetings;
use crate::simulation::world::Setting;
use crate::simulation::world::World;

/// So many passings of one point are tried; those after them find what the first ones found.
const TRIED: usize = 1;
/// How long whoever asks waits for a meeting.
const WAIT: Duration = Duration::from_secs(3);
/// After this they ask again, since they heard nothing.
const ASKS_AGAIN: Duration = Duration::from_mins(3);

/// What came of a run.
struct Run {
    passed: Vec<Passing>,
    problems: Vec<String>,
    told: Vec<String>,
}

fn run(operation: Operation, armed: Option<(Passing, Fault)>, telling: Telling) -> Run {
    let points = Points::default();
    let (around, wishes) = (points.clone(), points.wishes.clone());
    let dress = Arc::new(move |gateway, place| around.around(gateway, place));
    let mut world = World::new(&Dice::new(7), Setting { telling, memory: Memory::Short, dress, wishes });
    operation.prepare(&mut world);
    points.open(armed);
    world.ask(0, operation.deed(), (WAIT, None));
    world.pass(ASKS_AGAIN);
    world.start_all();
    let mut problems = world.settle().err().into_iter().collect::<Vec<_>>();
    let passed = points.close();
    problems.extend(judge(&world).problems);
    if armed.is_some() {
        world.perform(operation.deed());
        problems.extend(world.settle().err());
        problems.extend(judge(&world).problems);
    }
    problems.extend(unfinished(operation, &world));
    Run { passed, problems, told: world.outside.trace.lines() }
}

/// What is left to do of an operation that was asked for until it was answered.
fn unfinished(operation: Operation, world: &World) -> Vec<String> {
    match operation.deed() {
        Deed::Disconnect(Account::Default, Leaving::Delete) => {
            let of_lua = live_meetings(world).into_iter().filter(|(_, host)| host == LUA);
            of_lua.map(|(meeting, _)| format!("{meeting} is left of a disconnected account")).collect()
        }
        Deed::OffBoard if world.observer.site(&studio(), &[]).is_some() => {
            vec!["the site is still there".into()]
        }
        Deed::Found
        | Deed::Book(_)
        | Deed::Cancel(_)
        | Deed::Choose(..)
        | Deed::Connect(..)
        | Deed::Disconnect(..)
        | Deed::Read(_)
        | Deed::Hear(_)
        | Deed::ListJobs
        | Deed::OffBoard
        | Deed::Use(..) => Vec::new(),
    }
}

#[rstest]
fn every_fault_at_every_point_is_survived(
    #[values(
        Operation::Book,
        Operation::BookBatch,
        Operation::Reschedule,
        Operation::Rename,
        Operation::ChangeHost,
        Operation::Cancel,
        Operation::RemoveByHand,
        Operation::ResetByHand,
        Operation::Connect,
        Operation::Reconnect,
        Operation::Replace,
        Operation::DisconnectKeep,
        Operation::DisconnectDelete,
        Operation::LoseCreate,
        Operation::Refresh,
        Operation::OffBoard,
        Operation::LoseTwice,
        Operation::ListJobs,
        Operation::Hear
    )]
    operation: Operation,
) {
    let calm = run(operation, None, Telling::Nothing);
    assert_eq!(calm.problems, Vec::<String>::new(), "{operation:?} with no fault at all");
    let is_tried = |passing: &Passing| passing.count < TRIED && is_of(operation, passing);
    let tried = calm.passed.into_iter().filter(is_tried).collect::<BTreeSet<_>>();
    let mut failed = Vec::new();
    for passing in &tried {
        for fault in Fault::ALL {
            let problems = run(operation, Some((*passing, fault)), Telling::Nothing).problems;
            if !problems.is_empty() {
                failed.push((*passing, fault, problems));
            }
        }
    }
    let Some((passing, fault, _)) = failed.first() else { return };
    let told = run(operation, Some((*passing, *fault)), Telling::All).told.join("\n");
    let failed =
        failed.iter().map(|(passing, fault, problems)| format!("{fault:?} at {passing}: {problems:?}"));
    panic!("{told}\n\n{operation:?} (told of the first):\n{}", failed.collect::<Vec<_>>().join("\n"));
}

/// Whether a point is passed because of the operation. What it takes to need a person is long, and what goes on meanwhile
/// is what other operations do.
fn is_of(operation: Operation, passing: &Passing) -> bool {
    let is_long = matches!(operation, Operation::LoseTwice | Operation::ListJobs);
    !is_long || passing.effect.starts_with("attentions.")
}

#[test]
fn every_point_is_passed_by_some_operation() {
    let runs = Operation::ALL.map(|operation| run(operation, None, Telling::Nothing).passed);
    let passed = runs.iter().flatten().map(|passing| passing.effect.to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(passed, effects());
}
