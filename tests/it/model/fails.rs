//! What correctness.md says does not work, seen to fail: each by its shortest way, within bounds in which the protocol
//! as it is built holds.

use crate::model::promises::Promise;
use crate::model::search::search;
use crate::model::variant::Bounds;
use crate::model::variant::Variant;
use crate::model::variant::Versions;
use crate::model::world::Faults;
use crate::model::world::Wish;

/// Nothing goes wrong.
const CALM: Faults = Faults::NONE;

/// Searches both, and shows how the variant fails.
fn fails(variant: Variant, bounds: Bounds, promise: Promise) {
    let built = search(Variant::AsBuilt, bounds);
    assert!(built.broken.is_none(), "as built: {built}");
    let seen = search(variant, bounds);
    println!("{variant:?}: {seen}\nas built: {built}");
    let broken = seen.broken.expect("this variant does not work");
    assert_eq!(broken.promise, promise, "{variant:?}");
}

#[test]
fn a_meeting_saved_after_the_request_without_an_intent_is_made_twice() {
    let bounds = Bounds { faults: Faults { crashes: 1, ..CALM }, ..Bounds::CALM };
    fails(Variant::NoIntent, bounds, Promise::NoTwins);
}

#[test]
fn a_blind_second_request_makes_a_second_meeting() {
    let bounds = Bounds { faults: Faults { crashes: 1, ..CALM }, ..Bounds::CALM };
    fails(Variant::BlindSecondPost, bounds, Promise::NoTwins);
}

#[test]
fn a_lock_with_a_time_limit_does_not_keep_two_from_writing() {
    let bounds = Bounds { faults: Faults { crashes: 1, ..CALM }, ..Bounds::CALM };
    fails(Variant::LockWithTimeLimit, bounds, Promise::NoTwins);
}

#[test]
fn without_a_settle_time_a_late_meeting_is_made_twice() {
    let bounds = Bounds { faults: Faults { lost_replies: 1, ..CALM }, ..Bounds::CALM };
    fails(Variant::NoSettleTime, bounds, Promise::NoTwins);
}

#[test]
fn one_listing_may_be_older_than_it_seems() {
    let bounds = Bounds { faults: Faults { lost_replies: 1, stalls: 1, ..CALM }, ..Bounds::CALM };
    fails(Variant::OneScan, bounds, Promise::NoTwins);
}

#[test]
fn an_unheard_commit_taken_as_not_done_uses_up_every_create_without_sending_one() {
    let bounds = Bounds { faults: Faults { unsure_commits: 2, ..CALM }, ..Bounds::CALM };
    fails(Variant::UnsureIsFailure, bounds, Promise::Made);
}

#[test]
fn an_unheard_commit_taken_as_done_sends_a_create_that_no_record_knows() {
    let bounds = Bounds { faults: Faults { unsure_commits: 1, crashes: 1, ..CALM }, ..Bounds::CALM };
    fails(Variant::UnsureIsSuccess, bounds, Promise::NoTwins);
}

#[test]
fn a_link_handed_out_before_it_is_committed_may_never_be() {
    fails(Variant::LinkFromMemory, Bounds::CALM.wishing(&[Wish::Cancel]), Promise::FromRecords);
}

#[test]
fn a_move_that_removes_first_hands_out_a_meeting_that_is_gone() {
    fails(Variant::RemovesFirst, Bounds::CALM.wishing(&[Wish::ChangeHost]), Promise::Kept);
}

/// A store that goes back gives the versions after that a second time: who read what was lost finds the version as it
/// expects it, and overwrites what came in its place.
#[test]
fn a_version_that_returns_lets_a_stale_write_through() {
    let faults = Faults { crashes: 1, unsure_commits: 1, returns: 1, ..CALM };
    let bounds = Bounds { ticks: 1, faults, ..Bounds::CALM }.wishing(&[Wish::Cancel]);
    let drawn = search(Variant::AsBuilt, bounds);
    assert!(drawn.broken.is_none(), "with versions that never return: {drawn}");
    let seen = search(Variant::AsBuilt, Bounds { versions: Versions::Counted, ..bounds });
    println!("counted versions: {seen}\ndrawn versions: {drawn}");
    assert_eq!(seen.broken.map(|broken| broken.promise), Some(Promise::Heard));
}

#[test]
fn a_janitor_that_ignores_the_generation_removes_what_is_being_bound() {
    let faults = Faults { lost_replies: 1, ..CALM };
    let bounds = Bounds { faults, ticks: 1, ..Bounds::CALM };
    fails(Variant::JanitorIgnoresGeneration, bounds.wishing(&[Wish::Cancel, Wish::BookAgain]), Promise::Kept);
}

#[test]
fn a_janitor_that_removes_what_is_bound_removes_what_is_handed_out() {
    let faults = Faults { lost_replies: 1, ..CALM };
    fails(Variant::JanitorRemovesBound, Bounds { faults, ..Bounds::CALM }, Promise::Kept);
}
