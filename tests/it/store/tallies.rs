//! What every backend does alike with numbers that replicas share: draws, all or nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use greenroom::app::ports::tallies::Tallies;
use greenroom::domain::id::OrganisationId;
use greenroom::domain::tally::Draw;
use greenroom::domain::tally::Drawn;
use greenroom::domain::tally::MOST;
use greenroom::domain::tally::Tally;
use greenroom::store::keys;
use greenroom::store::keys::Partition;
use greenroom::store::kv::Entry;
use greenroom::store::kv::IndexChange;
use greenroom::store::kv::Kv;
use greenroom::store::kv::KvError;
use greenroom::store::kv::Order;
use greenroom::store::kv::Range;
use greenroom::store::redis::Redis;
use greenroom::store::tallies::StoredTallies;
use rstest::rstest;

use crate::store::Backend;
use crate::store::Store;
use crate::store::add_to;
use crate::store::all;
use crate::store::index_commit;
use crate::store::purge;
use crate::store::sealed::copy;
use crate::store::sealed::ring;
use crate::store::sealed::seal;
use crate::store::settings;
use crate::support::proxy::Proxy;
use crate::support::redis::RedisServer;

#[rstest]
#[tokio::test]
async fn draws_add_up_and_the_index_reads_as_they_left_it(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    assert_eq!(store.draw(&[up("a", 2), up("b", 1), up("a", 3)]).await, Drawn::All(vec![2, 1, 5]));
    assert_eq!(store.draw(&[up("a", -6), up("c", 0)]).await, Drawn::All(vec![-1, 0]));
    assert_eq!(store.numbers().await, [entry(-1, "a"), entry(0, "c"), entry(1, "b")]);
    assert_eq!(store.draw(&[]).await, Drawn::All(Vec::new()));

    let elsewhere = Partition::Organisation(OrganisationId::parse(&"b".repeat(26)).unwrap());
    assert_eq!(store.kv.range(&elsewhere, &keys::TALLIES, &all()).await.unwrap(), [], "partitions are apart");
    assert_eq!(store.kv.range(&organisation(), &keys::DUE, &all()).await.unwrap(), [], "indexes are apart");
}

#[rstest]
#[tokio::test]
async fn one_draw_that_is_too_much_leaves_all_numbers_as_they_were(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    store.draw(&[up("a", 7)]).await;
    let short = [up("b", 1), up("a", 2), Draw { limit: 10, ..up("a", 2) }, up("c", 1)];
    assert_eq!(store.draw(&short).await, Drawn::Short { at: 2, stands: 9 });
    let bounded = [Draw { floor: 8, limit: 8, ..up("a", 1) }];
    assert_eq!(store.draw(&bounded).await, Drawn::Short { at: 0, stands: 8 }, "what it counts as");
    assert_eq!(store.numbers().await, [entry(7, "a")]);
}

#[rstest]
#[tokio::test]
async fn each_draw_does_what_the_rule_says_at_every_edge(
    #[values(Backend::Memory, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let edges = [-MOST, -1, 0, 1, 41, MOST];
    let draws = edges.iter().flat_map(|floor| {
        edges.iter().flat_map(move |ceiling| {
            [-MOST, -1, 0, 1, MOST].into_iter().flat_map(move |by| {
                [-MOST, 0, 40, 41, MOST - 1, MOST].into_iter().map(move |limit| {
                    let tally = Tally::new(format!("n/{}", limit.rem_euclid(7)));
                    Draw { tally, floor: *floor, ceiling: *ceiling, by, limit }
                })
            })
        })
    });
    let (mut numbers, mut short) = (BTreeMap::new(), 0);
    for draw in draws {
        let expected = Drawn::from(&mut numbers, std::slice::from_ref(&draw));
        short += usize::from(matches!(expected, Drawn::Short { .. }));
        assert_eq!(store.draw(std::slice::from_ref(&draw)).await, expected, "{draw:?}");
    }
    assert!(short > 100, "{short} were too much");
    let mut stand: Vec<Entry> = numbers.iter().map(|(tally, score)| entry(*score, tally.as_str())).collect();
    stand.sort();
    assert_eq!(store.numbers().await, stand);
}

#[rstest]
#[tokio::test]
async fn numbers_up_to_the_largest_are_counted_one_by_one(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    store.draw(&[Draw::set(Tally::new("high"), MOST - 3), Draw::set(Tally::new("low"), 3 - MOST)]).await;
    for step in [2, 1, 0] {
        let draws = [up("high", 1), up("low", -1)];
        assert_eq!(store.draw(&draws).await, Drawn::All(vec![MOST - step, step - MOST]));
    }
    assert_eq!(store.draw(&[up("high", 1)]).await, Drawn::Short { at: 0, stands: MOST });
    assert_eq!(store.numbers().await, [entry(-MOST, "low"), entry(MOST, "high")]);
    for draw in [
        Draw { by: MOST + 1, ..up("high", 0) },
        Draw { floor: i64::MIN, ..up("high", 0) },
        Draw { ceiling: i64::MAX, ..up("high", 0) },
        Draw { limit: MOST + 1, ..up("high", 0) },
    ] {
        let refused = store.kv.draw(&organisation(), &keys::TALLIES, &[draw]).await;
        assert!(matches!(refused, Err(KvError::Refused(_))), "{refused:?}");
    }
}

#[rstest]
#[tokio::test]
async fn a_number_that_a_commit_wrote_is_drawn_from_and_removed_like_any_other(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let put = index_commit(vec![add_to(&keys::TALLIES, "a", 1_795_341_600_123)]);
    store.kv.commit(&organisation(), &put).await.unwrap();
    assert_eq!(store.draw(&[up("a", 1)]).await, Drawn::All(vec![1_795_341_600_124]));
    let remove = IndexChange::Remove { index: keys::TALLIES, member: "a".to_owned() };
    store.kv.commit(&organisation(), &index_commit(vec![remove])).await.unwrap();
    assert_eq!(store.numbers().await, []);
    assert_eq!(store.draw(&[up("a", 1)]).await, Drawn::All(vec![1]), "what is not there counts as 0");
    assert_eq!(store.kv.purge(&organisation(), &purge()).await, Ok(0));
    assert_eq!(store.numbers().await, []);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_who_draw_at_once_never_exceed_the_limit_and_leave_nothing_over(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Arc::new(Store::open(backend).await);
    let drawers = (0..8).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut made = 0;
            loop {
                let draws = [up("tried", 1), Draw { limit: 300, ..up("bucket", 1) }];
                match store.draw(&draws).await {
                    Drawn::All(_) => made += 1,
                    Drawn::Short { at, stands } => {
                        assert_eq!((at, stands), (1, 300));
                        return made;
                    }
                }
            }
        })
    });
    let mut made = 0;
    for drawer in drawers.collect::<Vec<_>>() {
        made += drawer.await.unwrap();
    }
    assert_eq!(made, 300);
    assert_eq!(store.numbers().await, [entry(300, "bucket"), entry(300, "tried")]);
}

#[tokio::test]
async fn an_organisation_has_the_same_numbers_in_every_process_and_its_id_is_in_no_key() {
    let store = Store::open(Backend::Redis).await;
    let ring = ring();
    let [one, other] = [copy(&ring), ring].map(|ring| StoredTallies::new(Arc::new(seal(&store.kv, ring))));
    let draw = Draw { limit: 1, ..up("creates", 1) };
    assert_eq!(one.draw("Account-7", std::slice::from_ref(&draw)).await.unwrap(), Drawn::All(vec![1]));
    let short = Drawn::Short { at: 0, stands: 1 };
    assert_eq!(other.draw("Account-7", std::slice::from_ref(&draw)).await.unwrap(), short);
    assert_eq!(other.draw("Account-8", &[draw]).await.unwrap(), Drawn::All(vec![1]));

    let mut connection = store.redis.as_ref().unwrap().connect().await;
    let names: Vec<String> = redis::cmd("KEYS").arg("gr:{o:*").query_async(&mut connection).await.unwrap();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.iter().all(|name| !name.to_lowercase().contains("account")), "{names:?}");
}

#[tokio::test]
async fn another_type_where_numbers_belong_is_an_error_and_nothing_is_drawn() {
    let store = Store::open(Backend::Redis).await;
    let mut connection = store.redis.as_ref().unwrap().connect().await;
    let name = format!("gr:{{{}}}:i:tallies", organisation());
    redis::cmd("SET").arg(&name).arg("text").query_async::<()>(&mut connection).await.unwrap();
    let error = store.kv.draw(&organisation(), &keys::TALLIES, &[up("a", 1)]).await.unwrap_err();
    assert_eq!(error, KvError::WrongType(name));
}

#[tokio::test]
async fn draws_whose_answer_was_lost_are_made_and_made_again_by_who_repeats_them() {
    let server = RedisServer::start().await;
    let proxy = Proxy::start(server.address).await;
    let store = Redis::open(&settings(&format!("redis://{}", proxy.address))).await.unwrap();
    let draw = async || store.draw(&organisation(), &keys::TALLIES, &[up("a", 1)]).await;
    assert_eq!(draw().await, Ok(Drawn::All(vec![1])));
    proxy.lose_next_reply();
    assert!(matches!(draw().await, Err(KvError::Unavailable(_))));
    assert!(proxy.has_lost_it());
    assert_eq!(draw().await, Ok(Drawn::All(vec![3])));
}

impl Store {
    async fn draw(&self, draws: &[Draw]) -> Drawn {
        self.kv.draw(&organisation(), &keys::TALLIES, draws).await.unwrap()
    }

    /// Every number there is, the smallest first.
    async fn numbers(&self) -> Vec<Entry> {
        let order = Order::Ascending;
        let range = Range { min: -2 * MOST, max: 2 * MOST, after: None, limit: 100, order };
        self.kv.range(&organisation(), &keys::TALLIES, &range).await.unwrap()
    }
}

fn organisation() -> Partition {
    Partition::Organisation(OrganisationId::parse(&"a".repeat(26)).unwrap())
}

/// Draws this much, without bounds.
fn up(name: &str, by: i64) -> Draw {
    Draw { tally: Tally::new(name), floor: -MOST, ceiling: MOST, by, limit: MOST }
}

fn entry(score: i64, member: &str) -> Entry {
    Entry { score, member: member.to_owned() }
}
