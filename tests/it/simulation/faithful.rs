//! The simulated store answers as the embedded one does, whatever is asked of it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use greenroom::domain::id::SessionId;
use greenroom::domain::id::SiteId;
use greenroom::domain::tally::Draw;
use greenroom::domain::tally::MOST;
use greenroom::domain::tally::Tally;
use greenroom::store::embedded::Embedded;
use greenroom::store::keys;
use greenroom::store::keys::IndexName;
use greenroom::store::keys::Key;
use greenroom::store::keys::Partition;
use greenroom::store::kv::Ask;
use greenroom::store::kv::Change;
use greenroom::store::kv::Commit;
use greenroom::store::kv::Entry;
use greenroom::store::kv::Expect;
use greenroom::store::kv::IndexChange;
use greenroom::store::kv::Kv;
use greenroom::store::kv::OpId;
use greenroom::store::kv::Order;
use greenroom::store::kv::Purge;
use greenroom::store::kv::Range;
use greenroom::store::kv::Version;
use greenroom::store::kv::Write;

use crate::simulation::dice::Dice;
use crate::simulation::observer::Direct;
use crate::simulation::shelf::Memory;
use crate::simulation::shelf::Shelf;
use crate::simulation::timeline::Place;
use crate::simulation::timeline::Timeline;
use crate::simulation::timeline::VirtualClock;

const QUESTIONS: usize = 2_500;

/// Something asked of a store.
#[derive(Debug, Clone)]
enum Question {
    Read(Partition, Vec<Ask>),
    Commit(Partition, Commit),
    Range(Partition, IndexName, Range),
    Draw(Partition, Vec<Draw>),
    Hint(Partition, i64),
    Hinted(i64, usize),
    SettleHint(Partition, i64, Option<i64>),
    Purge(Partition, Purge),
}

async fn answer(kv: &dyn Kv, question: &Question) -> String {
    match question {
        Question::Read(partition, asks) => format!("{:?}", kv.read(partition, asks).await),
        Question::Commit(partition, commit) => format!("{:?}", kv.commit(partition, commit).await),
        Question::Range(partition, index, range) => format!("{:?}", kv.range(partition, index, range).await),
        Question::Draw(partition, draws) => {
            format!("{:?}", kv.draw(partition, &keys::TALLIES, draws).await)
        }
        Question::Hint(partition, at_ms) => format!("{:?}", kv.hint(partition, *at_ms).await),
        Question::Hinted(until_ms, limit) => format!("{:?}", kv.hinted(*until_ms, *limit).await),
        Question::SettleHint(partition, seen, next) => {
            format!("{:?}", kv.settle_hint(partition, *seen, *next).await)
        }
        // How many records went depends on when what has expired is swept.
        Question::Purge(partition, purge) => format!("{:?}", kv.purge(partition, purge).await.map(drop)),
    }
}

fn partition(dice: &Dice) -> Partition {
    dice.pick(&[Partition::Site(SiteId::parse("a").unwrap()), Partition::Site(SiteId::parse("ab").unwrap())])
}

fn key(dice: &Dice) -> Key {
    keys::session(&SessionId::parse(dice.pick(&["x", "y", "z"])).unwrap())
}

fn range(dice: &Dice) -> Range {
    let member = dice.pick(&["k", "l", "m"]).to_owned();
    Range {
        min: i64::try_from(dice.below(5)).unwrap() - 1,
        max: i64::try_from(dice.below(8)).unwrap(),
        after: dice.strikes(400).then(|| Entry { score: i64::try_from(dice.below(6)).unwrap(), member }),
        limit: usize::try_from(dice.within(1..=4)).unwrap(),
        order: dice.pick(&[Order::Ascending, Order::Descending]),
    }
}

fn index(dice: &Dice) -> IndexName {
    dice.pick(&[keys::DUE, keys::STEPS, keys::TALLIES])
}

/// Some draws, of which one may be too much, and two may be of one number.
fn draws(dice: &Dice) -> Vec<Draw> {
    let small = |end| i64::try_from(dice.below(end)).unwrap();
    let draw = |_| Draw {
        tally: Tally::new(dice.pick(&["k", "l", "b/c"])),
        floor: small(8) - 2,
        ceiling: dice.pick(&[4, MOST]),
        by: small(6) - 1,
        limit: small(12),
    };
    (0..dice.within(1..=3)).map(draw).collect()
}

/// A commit that mostly fits what stands there.
fn commit(dice: &Dice, sent: &mut Vec<Commit>) -> Commit {
    if dice.strikes(100) && !sent.is_empty() {
        return dice.pick(sent);
    }
    let change = |key: Key| {
        let version = dice.within(1..=12);
        let expect = dice.pick(&[Expect::Absent, Expect::Version(Version(version))]);
        let version = if dice.strikes(900) { version + 1 } else { version };
        let ttl = dice.strikes(300).then(|| Duration::from_millis(dice.within(1..=400)));
        let bytes = dice.next().to_be_bytes().to_vec();
        let write = match dice.below(6) {
            0 => Write::Check,
            1 => Write::Extend { ttl },
            2 => Write::Remove,
            _ => Write::Put { version: Version(version), bytes, ttl },
        };
        Change { key, expect, write }
    };
    let (index, member) = (index(dice), dice.pick(&["k", "l", "m"]).to_owned());
    let score = i64::try_from(dice.below(6)).unwrap();
    let entry = match dice.below(10) {
        0..=4 => IndexChange::Add { index, member, score },
        5 | 6 => IndexChange::Append { index, member, score },
        7 => IndexChange::Remove { index, member },
        _ => IndexChange::RemoveSeen { index, member, score },
    };
    let changes = vec![change(key(dice))];
    let commit = Commit { op_id: OpId::generate(dice), changes, index: vec![entry] };
    sent.push(commit.clone());
    commit
}

fn question(dice: &Dice, sent: &mut Vec<Commit>) -> Question {
    let of = partition(dice);
    let small = |end| i64::try_from(dice.below(end)).unwrap();
    match dice.below(20) {
        0..=4 => {
            let known = dice.strikes(500).then(|| Version(dice.within(1..=12)));
            Question::Read(of, vec![Ask { key: key(dice), known }, Ask { key: key(dice), known: None }])
        }
        5..=12 => Question::Commit(of, commit(dice, sent)),
        13..=14 => Question::Range(of, index(dice), range(dice)),
        15 => Question::Draw(of, draws(dice)),
        16 => Question::Hint(of, small(10) * 2),
        17 => Question::Hinted(small(20), 3),
        18 => Question::SettleHint(of, small(10), dice.strikes(500).then(|| small(20))),
        _ => match dice.below(10) {
            0 => Question::Purge(of, Purge { unless: key(dice), last: key(dice) }),
            _ => Question::Hinted(20, 1),
        },
    }
}

#[tokio::test]
async fn the_simulated_store_answers_as_the_embedded_one() {
    let (dice, timeline) = (Dice::new(11), Timeline::new());
    let clock = Arc::new(VirtualClock { timeline: timeline.clone(), place: Place::Zoom });
    let embedded = Embedded::in_memory(clock);
    let simulated = Direct(Arc::new(Shelf::new(timeline.clone(), Memory::Short)));
    let mut sent = Vec::new();
    for number in 0..QUESTIONS {
        if dice.strikes(200) {
            timeline.pass_to(timeline.now() + Duration::from_millis(dice.within(1..=300)));
        }
        let question = question(&dice, &mut sent);
        let expected = answer(&embedded, &question).await;
        let answered = answer(&simulated, &question).now_or_never().expect("nothing is waited for");
        assert_eq!(answered, expected, "question {number}: {question:?}");
    }
}
