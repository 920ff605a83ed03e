//! Owns what happens in a run: a seed's own sequence of deeds, crashes and weather, then quiet, then the verdict.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde_json::Value;
use serde_json::json;

use crate::simulation::deeds::ANA;
use crate::simulation::deeds::Account;
use crate::simulation::deeds::ByHand;
use crate::simulation::deeds::Deed;
use crate::simulation::deeds::LUA;
use crate::simulation::deeds::Leaving;
use crate::simulation::deeds::Wish;
use crate::simulation::deeds::session;
use crate::simulation::deeds::studio;
use crate::simulation::dice::Dice;
use crate::simulation::guard::SESSIONS;
use crate::simulation::shelf::Memory;
use crate::simulation::trace::Telling;
use crate::simulation::verdict::Verdict;
use crate::simulation::verdict::judge;
use crate::simulation::verdict::unsettled;
use crate::simulation::wishes::Wishes;
use crate::simulation::world::REPLICAS;
use crate::simulation::world::Setting;
use crate::simulation::world::World;

/// What came of a run, and what was told of it.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) verdict: Verdict,
    pub(super) told: Vec<String>,
}

/// Runs a seed.
pub(super) fn run(seed: u64, telling: Telling) -> Run {
    let mut world = begin(seed, (telling, Memory::Short));
    let dice = Dice::new(seed).fork();
    for _ in 0..dice.within(3..=8) {
        world.pass(pause(&dice));
        happen(&mut world, &dice);
    }
    let settled = world.settle();
    let mut verdict = judge(&world);
    verdict.problems.extend(settled.err());
    Run { verdict, told: world.outside.trace.lines() }
}

/// Runs a seed in which the store forgets its last writes once, and all replicas start anew then.
pub(super) fn run_forgetting(seed: u64, telling: Telling) -> Run {
    let mut world = begin(seed, (telling, Memory::Long));
    let dice = Dice::new(seed).fork();
    let count = dice.within(4..=12);
    let forgets_at = dice.below(count);
    for number in 0..count {
        world.pass(pause(&dice));
        happen(&mut world, &dice);
        if number == forgets_at {
            world.forget(usize::try_from(dice.within(1..=8)).unwrap());
        }
    }
    let settled = world.settle();
    let verdict =
        Verdict { problems: unsettled(&world).into_iter().chain(settled.err()).collect(), need_attention: 0 };
    Run { verdict, told: world.outside.trace.lines() }
}

/// The world of a seed, founded in fine weather, and then its own weather.
fn begin(seed: u64, (telling, memory): (Telling, Memory)) -> World {
    let dice = Dice::new(seed);
    let setting =
        Setting { telling, memory, dress: Arc::new(|gateway, _| gateway), wishes: Wishes::default() };
    let mut world = World::new(&dice, setting);
    for deed in [Deed::Found, Deed::Connect(Account::Default, LUA), Deed::Connect(Account::Ana, ANA)] {
        world.perform(deed);
    }
    world.zoom.control(Method::POST, "modes", &modes(&dice));
    world.outside.weather.begin(&dice);
    world
}

/// How Zoom behaves where that is not known.
fn modes(dice: &Dice) -> Value {
    json!({
        "list_lag_seconds": dice.pick(&[0, 5, 120]),
        "list_paging": dice.pick(&["stable", "shifting"]),
        "old_access_token": dice.pick(&["dies", "lives"]),
        "dead_refresh_token": dice.pick(&["invalid_grant", "invalid_request", "unauthorized"]),
        "refresh_lifetime": dice.pick(&["fixed", "sliding"]),
        "join_url_after_update": dice.pick(&["kept", "renewed"]),
        "password_in_answer": dice.pick(&["present", "absent"]),
        "expired_token_status": dice.pick(&["unauthorized", "bad_request"]),
        "rate_limits": "documented",
    })
}

fn pause(dice: &Dice) -> Duration {
    match dice.below(20) {
        0..=6 => dice.millis(0..=50),
        7..=12 => dice.millis(0..=2_000),
        13..=17 => dice.millis(1_000..=20_000),
        18 => dice.millis(20_000..=180_000),
        _ => dice.millis(1_800_000..=4_000_000),
    }
}

fn happen(world: &mut World, dice: &Dice) {
    let number = usize::try_from(dice.below(REPLICAS as u64)).unwrap();
    let deed = match dice.below(100) {
        0..=39 => Deed::Book(vec![wish(dice)]),
        40..=45 => Deed::Book((0..3).map(|session| Wish { session, ..wish(dice) }).collect()),
        46..=59 => Deed::Cancel(dice.below(SESSIONS)),
        60..=63 => Deed::Choose(dice.below(SESSIONS), dice.pick(&[ByHand::Nothing, ByHand::Reset])),
        64..=73 => Deed::Read(dice.below(SESSIONS)),
        74..=77 => {
            let account = dice.pick(&[Account::Ana, Account::Ana, Account::Default]);
            Deed::Disconnect(account, dice.pick(&[Leaving::Keep, Leaving::Delete]))
        }
        78..=80 => Deed::Connect(Account::Ana, ANA),
        81 | 82 => Deed::Connect(Account::Default, LUA),
        83..=85 => return erase(world, dice),
        86..=93 => return world.crash(number),
        _ => return world.start(number),
    };
    let hang_up = dice.strikes(world.outside.weather.odds().hang_up).then(|| dice.millis(0..=1_000));
    let wait = dice.pick(&[Duration::ZERO, Duration::from_millis(1_500), Duration::from_secs(8)]);
    world.ask(number, deed, (wait, hang_up));
}

fn wish(dice: &Dice) -> Wish {
    Wish {
        session: dice.below(SESSIONS),
        host: dice.pick(&[Account::Default, Account::Ana]),
        title: dice.below(4),
        hour: dice.below(6),
    }
}

/// A host deletes a meeting at Zoom.
fn erase(world: &mut World, dice: &Dice) {
    let id = session(dice.below(SESSIONS));
    let Some(snapshot) = world.observer.site(&studio(), &[id]) else { return };
    let Some(found) = snapshot.sessions.into_iter().next().and_then(|stored| stored.value) else { return };
    let Some(held) = found.minting.handed_out() else { return };
    world.outside.trace.tell(world.now(), || format!("a host deletes {}", held.id));
    world.zoom.control(Method::POST, &format!("meetings/{}/delete", held.id), &Value::Null);
    world.erased.insert(held.id.as_str().to_owned());
}
