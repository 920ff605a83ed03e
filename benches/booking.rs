//! What a booking through the API costs beyond Zoom's own latency: gateway on one core, a real Redis, the simulator as
//! Zoom. Ends with 1 where a booking takes longer, commits more often, or draws more often than it may.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench prints, and ends where something is not as it should be"
)]

#[path = "booking/house.rs"]
mod house;
#[path = "booking/monitor.rs"]
mod monitor;
#[path = "../tests/it/support"]
#[expect(dead_code, reason = "tests use more of it")]
mod support {
    pub(crate) mod port;
    pub(crate) mod redis;
    pub(crate) mod visitor;
}

use std::process::ExitCode;
use std::time::Duration;
use std::time::Instant;

use futures_util::future::join_all;
use tokio::time::MissedTickBehavior;

use crate::house::House;
use crate::monitor::Monitor;
use crate::monitor::Script;

/// How long Zoom takes to answer.
const ZOOM: Duration = Duration::from_millis(50);
/// The longest that one in a hundred bookings may take.
const MOST_P99: Duration = Duration::from_millis(75);
/// The most commits of any booking until it is answered.
const MOST_COMMITS: usize = 3;
/// The most draws of any booking until it is answered: one for the call, and one where Zoom's answer corrects it.
const MOST_DRAWS: usize = 2;

/// Bookings before it counts, and while it does.
const WARM_UP: usize = 100;
const MEASURED: usize = 1_400;
/// Between two bookings: 50 a second.
const BETWEEN: Duration = Duration::from_millis(20);
/// Bookings, one after the other, whose commits are counted.
const COUNTED: usize = 15;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let house = House::start(ZOOM).await;
        let commits = count(&house).await;
        let times = measure(&house).await;
        let held = [report_commits(&commits), report_times(times)];
        if held.into_iter().all(|held| held) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    })
}

/// Books one session after the other, and counts what the store is asked until each is answered. Each begins when all
/// that the one before it left to do was done, so that nothing but the booking itself commits.
async fn count(house: &House) -> Vec<Vec<(Script, String)>> {
    let mut monitor = Monitor::start(&house.redis).await;
    let mut counted = Vec::new();
    for session in 0..COUNTED {
        monitor.rest().await;
        house.book(session).await;
        counted.push(monitor.seen().await);
    }
    counted
}

/// Books 50 sessions a second, whether or not those before are answered.
async fn measure(house: &House) -> Vec<Duration> {
    let mut ticks = tokio::time::interval(BETWEEN);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut bookings = Vec::new();
    for session in 0..WARM_UP + MEASURED {
        let due = ticks.tick().await.into_std();
        let house = house.clone();
        bookings.push(tokio::spawn(async move {
            house.book(COUNTED + session).await;
            Instant::now().duration_since(due)
        }));
    }
    let times = join_all(bookings).await;
    times.into_iter().skip(WARM_UP).map(|time| time.unwrap()).collect()
}

fn report_times(mut times: Vec<Duration>) -> bool {
    times.sort();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "\n{} bookings, 50 a second, Zoom answers after {} ms:\n\
         p50 {:.1} ms (overhead {:.1} ms), p90 {:.1} ms, p99 {:.1} ms (overhead {:.1} ms), longest {:.1} ms",
        times.len(),
        ZOOM.as_millis(),
        millis(at(50)),
        millis(at(50)) - millis(ZOOM),
        millis(at(90)),
        millis(at(99)),
        millis(at(99)) - millis(ZOOM),
        millis(at(100)),
    );
    hold("p99 in ms", millis(at(99)), millis(MOST_P99))
}

fn report_commits(counted: &[Vec<(Script, String)>]) -> bool {
    let asked =
        |seen: &[(Script, String)], script: Script| seen.iter().filter(|(of, _)| *of == script).count();
    let most = |script: Script| counted.iter().map(|seen| asked(seen, script)).max().unwrap();
    println!("\nuntil a booking is answered, the store is asked (most of {}):", counted.len());
    for script in Script::ALL {
        println!("  {:>3} × {script:?}", most(script));
    }
    let busiest = counted.iter().max_by_key(|seen| asked(seen, Script::Commit)).unwrap();
    let busiest = busiest.iter().map(|(of, place)| format!("{of:?} {place}")).collect::<Vec<_>>();
    println!("  the one with most commits: {}", busiest.join(", "));
    let count = |count: usize| f64::from(u32::try_from(count).unwrap());
    let held = [("commits", Script::Commit, MOST_COMMITS), ("draws", Script::Draw, MOST_DRAWS)]
        .map(|(name, script, bound)| hold(name, count(most(script)), count(bound)));
    held.into_iter().all(|held| held)
}

/// Prints a figure beside its bound; whether it is within.
fn hold(name: &str, figure: f64, most: f64) -> bool {
    let held = figure <= most;
    println!("{name}: {figure:.1}, at most {most:.0}: {}", if held { "held" } else { "NOT HELD" });
    held
}
