//! Every seed's run settles as it must, and the same seed gives the same run.

use std::time::Instant;

use crate::simulation::schedule::run;
use crate::simulation::trace::Telling;

/// So many seeds are run where nobody says how many, in these many tests side by side.
const SEEDS: u64 = 2_000;
const SHARES: u64 = 4;

/// So much is shown of what a run told before it failed.
const SHOWN: usize = 150;

#[expect(clippy::disallowed_methods, reason = "which seeds to run is said to the test, not to the product")]
fn said(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

/// Runs a share of the seeds, or the one that is asked for.
fn run_share(share: u64) {
    let seeds = match said("SIMULATION_SEED") {
        Some(seed) => seed..seed + 1,
        None => {
            let each = said("SIMULATION_SEEDS").unwrap_or(SEEDS).div_ceil(SHARES);
            share * each..(share + 1) * each
        }
    };
    let (mut need_attention, count) = (0, seeds.end - seeds.start);
    let begun = Instant::now();
    for seed in seeds {
        let run = run(seed, Telling::Nothing);
        if said("SIMULATION_SURVEY").is_some() && !run.verdict.problems.is_empty() { println!("SURVEY {seed}: {}", run.verdict.problems.join(" ;; ")); continue; }
        need_attention += run.check(seed);
    }
    let each = begun.elapsed().as_millis() / u128::from(count);
    println!("{count} seeds, {each} ms each; {need_attention} sessions need attention");
}

impl crate::simulation::schedule::Run {
    fn check(&self, seed: u64) -> usize {
        if self.verdict.problems.is_empty() {
            return self.verdict.need_attention;
        }
        let told = run(seed, Telling::All).told;
        let last = told.len().saturating_sub(if said("SIMULATION_SEED").is_some() { told.len() } else { SHOWN });
        panic!(
            "seed {seed}: {}\n\n{}\n\nseed {seed}; to see it again: SIMULATION_SEED={seed} cargo nextest run simulation::seeds::a_first",
            self.verdict.problems.join("\n"),
            told[last..].join("\n"),
        );
    }
}

#[test]
fn a_first_share_of_the_seeds_settles() {
    run_share(0);
}

#[test]
fn a_second_share_of_the_seeds_settles() {
    run_share(1);
}

#[test]
fn a_third_share_of_the_seeds_settles() {
    run_share(2);
}

#[test]
fn a_fourth_share_of_the_seeds_settles() {
    run_share(3);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in 0..20 {
        let (one, two) = (run(seed, Telling::All), run(seed, Telling::All));
        let differing = one.told.iter().zip(&two.told).position(|(one, two)| one != two);
        if let Some(at) = differing {
            panic!("seed {seed} differs from line {at}:\n{}\n{}", one.told[at], two.told[at]);
        }
        assert_eq!(one.told.len(), two.told.len(), "seed {seed}");
    }
}
