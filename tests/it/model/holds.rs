//! What holds whatever happens.

use crate::model::promises::Promise;
use crate::model::search::search;
use crate::model::variant::Bounds;
use crate::model::variant::Durability;
use crate::model::variant::Variant;
use crate::model::world::Faults;
use crate::model::world::Wish;

/// Nothing goes wrong.
const CALM: Faults = Faults::NONE;

/// Searches everything, and refuses a search that has become trivial.
fn holds(bounds: Bounds, least: usize) {
    let seen = search(Variant::AsBuilt, bounds);
    println!("{seen}");
    assert!(seen.broken.is_none(), "{seen}");
    assert!(seen.states >= least, "at least {least} states were there to be seen: {seen}");
    assert!(seen.settled * 5_000 >= seen.states, "hardly anything settles: {seen}");
}

#[test]
fn workers_may_die_twice_and_answers_be_lost_or_refused() {
    holds(Bounds { faults: Faults { crashes: 2, stalls: 1, ..CALM }, ..Bounds::CALM }, 50_000);
    let lost = Faults { crashes: 1, lost_replies: 1, refusals: 1, ..CALM };
    holds(Bounds { faults: lost, ..Bounds::CALM }, 50_000);
}

#[test]
fn a_worker_may_stall_for_as_long_as_it_likes() {
    let faults = Faults { crashes: 1, stalls: 5, ..CALM };
    holds(Bounds { ticks: 4, faults, ..Bounds::CALM }, 100_000);
}

#[test]
fn a_session_may_be_cancelled_and_booked_again_at_any_moment() {
    let bounds = Bounds { ticks: 2, faults: Faults { crashes: 1, ..CALM }, ..Bounds::CALM };
    holds(bounds.wishing(&[Wish::Cancel, Wish::BookAgain]), 50_000);
}

#[test]
fn a_session_may_move_to_another_host_at_any_moment() {
    let bounds = Bounds { ticks: 3, faults: Faults { crashes: 1, stalls: 1, ..CALM }, ..Bounds::CALM };
    holds(bounds.wishing(&[Wish::ChangeHost]), 50_000);
}

#[test]
fn an_update_may_stay_unanswered() {
    let faults = Faults { crashes: 1, lost_replies: 1, ..CALM };
    let bounds = Bounds { ticks: 3, faults, ..Bounds::CALM };
    holds(bounds.wishing(&[Wish::Reschedule]), 20_000);
}

#[test]
fn people_may_wish_everything_at_once() {
    let bounds = Bounds { ticks: 2, ..Bounds::CALM };
    holds(bounds.wishing(&[Wish::Cancel, Wish::ChangeHost, Wish::Reschedule]), 40_000);
}

#[test]
fn a_commit_may_stay_unheard_twice() {
    let faults = Faults { crashes: 1, unsure_commits: 2, ..CALM };
    holds(Bounds { ticks: 2, faults, ..Bounds::CALM }.wishing(&[Wish::Cancel]), 50_000);
}

/// Later than the settle time allows, a second meeting is made; by looking again it is found, and goes.
#[test]
fn a_create_and_its_meeting_may_show_later_than_is_waited_for() {
    let bounds = Bounds { late: 3, lag: 4, except: &[Promise::NoTwins], ..Bounds::CALM };
    let faults = Faults { crashes: 1, lost_replies: 1, ..CALM };
    holds(Bounds { faults, ..bounds }, 80_000);
    let faults = Faults { lost_replies: 1, ..CALM };
    holds(Bounds { faults, ticks: 3, ..bounds }.wishing(&[Wish::Cancel]), 30_000);
    holds(Bounds { faults, ticks: 3, ..bounds }.wishing(&[Wish::ChangeHost]), 30_000);
}

/// A strict store loses nothing that anybody acted upon; but it must not give a version twice.
#[test]
fn a_strict_store_may_go_back() {
    let faults = Faults { crashes: 1, unsure_commits: 1, returns: 1, ..CALM };
    let bounds = Bounds { ticks: 1, faults, ..Bounds::CALM };
    holds(bounds.wishing(&[Wish::Cancel]), 50_000);
    holds(bounds.wishing(&[Wish::ChangeHost]), 50_000);
}

/// A relaxed store may lose an intent whose create is on its way, and what somebody heard: a meeting may stay that no
/// record knows, and more creates be sent than are counted. What is handed out stays one meeting, and is never removed.
#[test]
fn a_relaxed_store_that_goes_back_still_hands_out_one_meeting_and_keeps_it() {
    let lost = &[Promise::Heard, Promise::ExactlyOne, Promise::FewCreates, Promise::NoTwins, Promise::Made];
    let relaxed = Bounds { ticks: 1, durability: Durability::Relaxed, except: lost, ..Bounds::CALM };
    holds(Bounds { faults: Faults { crashes: 2, returns: 1, ..CALM }, ..relaxed }, 40_000);
    let bounds = Bounds { ticks: 0, faults: Faults { crashes: 1, returns: 1, ..CALM }, ..relaxed };
    holds(bounds.wishing(&[Wish::Cancel]), 50_000);
    holds(bounds.wishing(&[Wish::ChangeHost]), 200_000);
}
