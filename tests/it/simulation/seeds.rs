//! Every seed's run settles as it must, and the same seed gives the same run.

use std::time::Instant;

use rstest::rstest;

use crate::simulation::schedule::Run;
use crate::simulation::schedule::run;
use crate::simulation::schedule::run_forgetting;
use crate::simulation::trace::Telling;

/// So many seeds are run where nobody says how many.
const SEEDS: u64 = 2_000;
/// By these many tests side by side.
const SHARES: u64 = 16;
/// So many more are run with a store that forgets.
const FORGETTING: u64 = 100;
/// So much is shown of what a run told before it failed.
const SHOWN: usize = 150;
/// One in so many sessions, at most, needs a person: a create has to go wrong twice, and unseen.
const RARE: u64 = 200;

/// The seed to be run alone, and told in full.
const ONE: &str = "SIMULATION_SEED";
/// How many seeds to run.
const MANY: &str = "SIMULATION_SEEDS";

/// A number that whoever runs the test says.
#[expect(clippy::disallowed_methods, reason = "which seeds to run is said to the test, not to the product")]
pub(super) fn said(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

/// Stops at what must not be, with what the run told.
fn check(seed: u64, run: impl Fn(Telling) -> Run) -> usize {
    let verdict = run(Telling::Nothing).verdict;
    if verdict.problems.is_empty() {
        return verdict.need_attention;
    }
    let told = run(Telling::All).told;
    let first = if said(ONE).is_some() { 0 } else { told.len().saturating_sub(SHOWN) };
    let (told, problems) = (told[first..].join("\n"), verdict.problems.join("\n"));
    let again = format!("{ONE}={seed} cargo nextest run --no-capture simulation::seeds::every_seed");
    panic!("{told}\n\nseed {seed}:\n{problems}\n\nto see it again, told in full: {again}");
}

#[rstest]
fn every_seed_settles(#[values(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)] share: u64) {
    let each = said(MANY).unwrap_or(SEEDS).div_ceil(SHARES);
    let seeds = said(ONE).map_or(share * each..(share + 1) * each, |seed| seed..seed + 1);
    let (begun, count) = (Instant::now(), seeds.end - seeds.start);
    let need_attention = seeds.map(|seed| check(seed, |telling| run(seed, telling))).sum::<usize>();
    let milliseconds = begun.elapsed().as_millis() / u128::from(count);
    println!("{count} seeds, {milliseconds} ms each; {need_attention} sessions need attention");
    assert!(
        need_attention as u64 <= 1 + count / RARE,
        "{need_attention} sessions need attention in {count} runs"
    );
}

#[test]
fn every_seed_settles_also_where_the_store_forgets_what_it_acknowledged() {
    for seed in said(ONE).map_or(0..FORGETTING, |seed| seed..seed + 1) {
        check(seed, |telling| run_forgetting(seed, telling));
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in 0..20 {
        let (one, two) = (run(seed, Telling::All).told, run(seed, Telling::All).told);
        let differing = one.iter().zip(&two).position(|(one, two)| one != two);
        if let Some(at) = differing {
            panic!("seed {seed} differs from line {at}:\n{}\n{}", one[at], two[at]);
        }
        assert_eq!(one.len(), two.len(), "seed {seed}");
    }
}
