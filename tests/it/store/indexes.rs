//! What every backend does alike with all there is: indexes, hints of due work, scans, purges.

use std::sync::Arc;
use std::time::Duration;

use greenroom::domain::id::ServiceId;
use greenroom::domain::id::StaffId;
use greenroom::store::keys;
use greenroom::store::keys::IndexName;
use greenroom::store::keys::Key;
use greenroom::store::keys::Partition;
use greenroom::store::kv::Ask;
use greenroom::store::kv::Change;
use greenroom::store::kv::Cursor;
use greenroom::store::kv::Entry;
use greenroom::store::kv::Expect;
use greenroom::store::kv::Found;
use greenroom::store::kv::IndexChange;
use greenroom::store::kv::Order;
use greenroom::store::kv::Outcome;
use greenroom::store::kv::Range;
use greenroom::store::kv::Settled;
use greenroom::store::kv::Version;
use rstest::rstest;

use crate::store::Backend;
use crate::store::Store;
use crate::store::add;
use crate::store::add_to;
use crate::store::all;
use crate::store::commit;
use crate::store::index_commit;
use crate::store::purge;
use crate::store::put;
use crate::store::put_for;
use crate::store::record;
use crate::store::remove;
use crate::store::session;
use crate::store::site;

#[rstest]
#[tokio::test]
async fn an_index_is_read_page_by_page_both_ways(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let partition = site("x");
    let members =
        [("z", -5), ("B", 10), ("a", 10), ("a-", 10), ("a.b", 10), ("c", 10), ("d", 11), ("e", 2000)];
    let added = members.iter().rev().map(|(member, score)| add(member, *score)).collect();
    store.kv.commit(&partition, &index_commit(added)).await.unwrap();

    let names = |entries: &[Entry]| entries.iter().map(|entry| entry.member.clone()).collect::<Vec<_>>();
    for (order, expected) in [
        (Order::Ascending, ["B", "a", "a-", "a.b", "c", "d"]),
        (Order::Descending, ["d", "c", "a.b", "a-", "a", "B"]),
    ] {
        for limit in 1..=7 {
            let (mut read, mut after) = (Vec::new(), None);
            loop {
                let range = Range { min: 0, max: 11, after: after.clone(), limit, order };
                let page = store.kv.range(&partition, &keys::DUE, &range).await.unwrap();
                assert!(page.len() <= limit);
                after = page.last().cloned();
                read.extend(names(&page));
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(read, expected, "{order:?} by {limit}");
        }
    }
    assert_eq!(names(&store.kv.range(&partition, &keys::DUE, &all()).await.unwrap()).len(), members.len());
    assert_eq!(store.kv.range(&site("y"), &keys::DUE, &all()).await.unwrap(), []);
}

#[rstest]
#[tokio::test]
async fn an_index_named_at_run_time_stands_apart_and_goes_with_its_partition(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let (x, near) = (site("x"), site("x1"));
    let service = |id: &str| keys::sessions_of_service(&ServiceId::parse(id).unwrap());
    let staff = |id: &str| keys::sessions_of_staff(&StaffId::parse(id).unwrap());
    // The same id for both, one that begins with it, and characters a pattern might read otherwise.
    let names = [keys::SESSIONS, service("a"), staff("a"), service("a.b"), staff("a~"), service("service")];
    let member = |place: usize| format!("m{place}");
    for partition in [&x, &near] {
        let added = names.iter().zip(0..).map(|(name, at)| add_to(name, &member(at), 7)).collect();
        store.kv.commit(partition, &index_commit(added)).await.unwrap();
    }
    let read = async |partition: &Partition, name: &IndexName| {
        store.kv.range(partition, name, &all()).await.unwrap()
    };
    for (name, at) in names.iter().zip(0..) {
        assert_eq!(read(&x, name).await, [Entry { score: 7, member: member(at) }], "{name:?}");
    }
    let gone = IndexChange::Remove { index: service("a"), member: member(1) };
    store.kv.commit(&x, &index_commit(vec![gone])).await.unwrap();
    assert_eq!(read(&x, &service("a")).await, []);
    assert_eq!(read(&x, &staff("a")).await.len(), 1);

    store.kv.purge(&x, &purge()).await.unwrap();

    for (name, at) in names.iter().zip(0..) {
        assert_eq!(read(&x, name).await, [], "{name:?}");
        assert_eq!(read(&near, name).await, [Entry { score: 7, member: member(at) }], "{name:?}");
    }
}

#[rstest]
#[tokio::test]
async fn an_index_entry_moves_and_goes_with_its_commit(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let partition = site("x");
    let change = async |change| store.kv.commit(&partition, &index_commit(vec![change])).await.unwrap();
    let entries = async || store.kv.range(&partition, &keys::DUE, &all()).await.unwrap();
    change(add("a", 1)).await;
    change(add("a", 1_795_341_600_123)).await;
    assert_eq!(entries().await, [Entry { score: 1_795_341_600_123, member: "a".to_owned() }]);
    let gone = || IndexChange::Remove { index: keys::DUE, member: "a".to_owned() };
    assert_eq!(change(gone()).await, Outcome::Committed);
    assert_eq!(entries().await, []);
    assert_eq!(change(gone()).await, Outcome::Committed, "removing what is not there is done");
}

#[rstest]
#[tokio::test]
async fn what_is_appended_stands_behind_all_that_was_committed_before(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let partition = site("x");
    let append = |member: &str, score| {
        let (index, member) = (keys::OUTBOX, member.to_owned());
        IndexChange::Append { index, member, score }
    };
    let noon = 1_795_341_600_123;
    // Neighbours that it must not be compared with: another index, another site.
    let others = vec![add_to(&keys::DUE, "z", noon + 99), add_to(&keys::SESSIONS, "z", noon + 99)];
    store.kv.commit(&partition, &index_commit(others)).await.unwrap();
    store.kv.commit(&site("x1"), &index_commit(vec![append("z", noon + 99)])).await.unwrap();
    let commits = [
        vec![append("d", noon)],
        vec![append("c", noon - 60_000), append("a", noon)],
        vec![append("b", noon + 9)],
    ];
    for commit in commits {
        assert_eq!(store.kv.commit(&partition, &index_commit(commit)).await, Ok(Outcome::Committed));
    }
    let entry = |member: &str, score| Entry { score, member: member.to_owned() };
    let read = async || store.kv.range(&partition, &keys::OUTBOX, &all()).await.unwrap();
    let [d, c, a, b] = [("d", 0), ("c", 1), ("a", 2), ("b", 9)].map(|(member, by)| entry(member, noon + by));
    assert_eq!(read().await, [d, c.clone(), a.clone(), b.clone()]);

    store.kv.commit(&partition, &index_commit(vec![append("d", 5)])).await.unwrap();
    assert_eq!(
        read().await,
        [c, a, b, entry("d", noon + 10)],
        "one that stands there moves behind the others"
    );

    let too_large = index_commit(vec![append("e", i64::MAX)]);
    assert!(store.kv.commit(&partition, &too_large).await.is_err());
}

#[rstest]
#[tokio::test]
async fn of_two_hints_the_sooner_stays_and_only_what_was_seen_is_settled(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let (x, y, z) = (site("x"), site("y"), Partition::System);
    for (partition, at_ms) in [(&x, 50), (&x, 30), (&x, 40), (&y, 10), (&z, 90)] {
        store.kv.hint(partition, at_ms).await.unwrap();
    }
    assert_eq!(store.kv.hinted(90, 10).await.unwrap(), [(y.clone(), 10), (x.clone(), 28), (z.clone(), 90)]);
    assert_eq!(store.kv.hinted(30, 10).await.unwrap().len(), 2);
    assert_eq!(store.kv.hinted(90, 1).await.unwrap(), [(y.clone(), 10)]);

    assert_eq!(store.kv.settle_hint(&x, 50, None).await, Ok(Settled::Changed));
    assert_eq!(store.kv.settle_hint(&x, 28, Some(70)).await, Ok(Settled::Done));
    assert_eq!(store.kv.settle_hint(&x, 30, None).await, Ok(Settled::Changed));
    assert_eq!(store.kv.settle_hint(&y, 10, None).await, Ok(Settled::Done));
    assert_eq!(store.kv.settle_hint(&y, 10, None).await, Ok(Settled::Changed));
    assert_eq!(store.kv.hinted(90, 10).await.unwrap(), [(x, 70), (z, 90)]);
}

#[rstest]
#[tokio::test]
async fn a_hint_noted_again_is_found_changed_by_who_saw_it_before(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    for (seen, again, expected) in [(40, 40, 38), (40, 90, 38), (41, 90, 40), (40, 20, 20)] {
        let place = site(&format!("{seen}-{again}"));
        store.kv.hint(&place, 2).await.unwrap();
        assert_eq!(store.kv.settle_hint(&place, 2, Some(seen)).await, Ok(Settled::Done));

        store.kv.hint(&place, again).await.unwrap();

        assert_eq!(
            store.kv.settle_hint(&place, seen, Some(99)).await,
            Ok(Settled::Changed),
            "{seen} {again}"
        );
        assert_eq!(store.kv.settle_hint(&place, expected, None).await, Ok(Settled::Done), "{seen} {again}");
    }
}

#[rstest]
#[tokio::test]
async fn a_scan_meets_every_record_of_every_partition(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let mut expected = Vec::new();
    for partition in [site("x"), site("y"), Partition::System] {
        let mut changes: Vec<Change> =
            (0..20).map(|i| put(&session(&format!("s{i:02}")), Expect::Absent, i + 1, "bytes")).collect();
        changes.push(put_for(&session("timed"), 1, Duration::from_mins(1)));
        let mut all = commit(changes);
        all.index.push(add("a", 1));
        store.kv.commit(&partition, &all).await.unwrap();
        store.kv.hint(&partition, 1).await.unwrap();
        expected.extend(all.changes.into_iter().map(|change| (partition.clone(), change.key)));
    }
    let (mut met, mut cursor): (Vec<_>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let page = store.kv.scan(cursor.as_ref(), 7).await.unwrap();
        for record in page.records {
            assert_eq!(record.ttl.is_some(), record.key == session("timed"));
            assert!(record.version > Version::ZERO && !record.bytes.is_empty());
            met.push((record.partition, record.key));
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    met.sort();
    met.dedup();
    expected.sort();
    assert_eq!(met, expected);
}

#[rstest]
#[tokio::test]
async fn a_purge_leaves_nothing_but_the_floor_and_the_hint(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let (x, near) = (site("x"), site("x1"));
    for partition in [&x, &near] {
        let mut all = commit(vec![
            put(&session("a"), Expect::Absent, 1, "a"),
            put(&session("b"), Expect::Absent, 9, "b"),
            put_for(&session("c"), 4, Duration::from_mins(1)),
        ]);
        all.index.push(add("a", 1));
        store.kv.commit(partition, &all).await.unwrap();
        store.kv.hint(partition, 5).await.unwrap();
    }
    assert_eq!(store.kv.purge(&x, &purge()).await, Ok(3));
    assert_eq!(store.kv.purge(&x, &purge()).await, Ok(0), "a purge is repeatable");
    assert_eq!(store.find(&x, &session("b")).await, Found::Absent);
    assert_eq!(store.kv.range(&x, &keys::DUE, &all()).await.unwrap(), []);
    assert_eq!(store.floor(&x).await, Version(9));
    assert_eq!(store.kv.hinted(9, 9).await.unwrap(), [(x.clone(), 5), (near.clone(), 5)]);
    assert_eq!(store.find(&near, &session("b")).await, record(9, "b"));
    let stale = put(&session("b"), Expect::Absent, 9, "b");
    assert_eq!(store.commit(&x, vec![stale]).await, Outcome::Conflict);
}

#[rstest]
#[tokio::test]
async fn a_purge_takes_nothing_of_what_is_in_use(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let x = site("x");
    let mut all_of_it = commit(vec![
        put(&keys::data_keys(), Expect::Absent, 1, "keys"),
        put(&keys::site(), Expect::Absent, 2, "site"),
        put(&session("a"), Expect::Absent, 3, "a"),
    ]);
    all_of_it.index.push(add("a", 1));
    store.kv.commit(&x, &all_of_it).await.unwrap();
    store.kv.hint(&x, 6).await.unwrap();
    assert_eq!(store.kv.purge(&x, &purge()).await, Ok(0));
    assert_eq!(store.find(&x, &keys::data_keys()).await, record(1, "keys"));
    assert_eq!(store.find(&x, &keys::site()).await, record(2, "site"));
    assert_eq!(store.find(&x, &session("a")).await, record(3, "a"));
    assert_eq!(store.kv.range(&x, &keys::DUE, &all()).await.unwrap().len(), 1);
    assert_eq!(store.kv.hinted(9, 9).await.unwrap(), [(x.clone(), 6)]);
    assert_eq!(store.commit(&x, vec![remove(&keys::data_keys(), 1)]).await, Outcome::Committed);
    assert_eq!(store.kv.purge(&x, &purge()).await, Ok(2), "nobody uses it any more");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_to_go_last_stands_until_all_else_is_gone(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let (x, many) = (site("x"), (0..3_000).map(|number| session(&number.to_string())).collect::<Vec<_>>());
    let mut changes = vec![put(&keys::site(), Expect::Absent, 1, "site")];
    changes.extend(many.iter().map(|key| put(key, Expect::Absent, 1, "a")));
    assert_eq!(store.commit(&x, changes).await, Outcome::Committed);
    let purged = tokio::spawn({
        let (kv, x) = (Arc::clone(&store.kv), x.clone());
        async move { kv.purge(&x, &purge()).await }
    });
    let ask = |key: &Key| Ask { key: key.clone(), known: Some(Version(1)) };
    let asks = std::iter::once(&keys::site()).chain(&many).map(ask).collect::<Vec<_>>();
    loop {
        let found = store.kv.read(&x, &asks).await.unwrap().found;
        let left = found.iter().filter(|found| **found != Found::Absent).count();
        if left == 0 {
            break;
        }
        assert_ne!(found[0], Found::Absent, "{left} others stand");
    }
    assert_eq!(purged.await.unwrap(), Ok(3_001));
}
