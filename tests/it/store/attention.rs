//! Which sessions need a person, as every backend keeps it.

use std::sync::Arc;

use greenroom::app::ports::attention::Attentions;
use greenroom::app::ports::attention::Noted;
use greenroom::domain::id::SessionId;
use greenroom::domain::id::SiteId;
use greenroom::store::attention::StoredAttentions;
use greenroom::store::keys;
use greenroom::store::keys::Partition;
use greenroom::store::kv::IndexChange;
use jiff::Timestamp;
use rstest::rstest;

use crate::store::Backend;
use crate::store::Store;
use crate::store::add;
use crate::store::add_to;
use crate::store::all;
use crate::store::index_commit;
use crate::store::sealed::ring;
use crate::store::sealed::seal;
use crate::store::site;

#[rstest]
#[tokio::test]
async fn an_entry_is_removed_only_while_it_stands_where_it_was_seen(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let partition = site("x");
    store.kv.commit(&partition, &index_commit(vec![add("a", 1_795_341_600_123)])).await.unwrap();
    let remaining = async |score| {
        let (index, member) = (keys::DUE, "a".to_owned());
        let seen = IndexChange::RemoveSeen { index, member, score };
        store.kv.commit(&partition, &index_commit(vec![seen])).await.unwrap();
        store.kv.range(&partition, &keys::DUE, &all()).await.unwrap().len()
    };
    assert_eq!(remaining(1_795_341_600_122).await, 1);
    assert_eq!(remaining(0).await, 1);
    assert_eq!(remaining(1_795_341_600_123).await, 0);
    assert_eq!(remaining(1_795_341_600_123).await, 0, "what is not there stays away");
}

#[rstest]
#[tokio::test]
async fn notes_are_read_page_by_page_the_longest_standing_first_and_one_a_session(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let notes = StoredAttentions::new(Arc::new(seal(&store.kv, ring())));
    let at = |second| Timestamp::from_second(second).unwrap();
    let site = |id: &str| SiteId::parse(id).unwrap();
    let session = |id: &str| SessionId::parse(id).unwrap();
    notes.note(&site("b"), &[session("1"), session("2")], at(20)).await.unwrap();
    notes.note(&site("a"), &[session("1")], at(10)).await.unwrap();
    notes.note(&site("a"), &[session("1")], at(30)).await.unwrap();
    notes.note(&site("a.b"), &[session("~")], at(5)).await.unwrap();
    let noted =
        |second, of: &str, id: &str| Noted { since: at(second), site: site(of), session: session(id) };
    let expected = [noted(5, "a.b", "~"), noted(20, "b", "1"), noted(20, "b", "2"), noted(30, "a", "1")];
    for limit in 1..=5 {
        let (mut read, mut last) = (Vec::new(), None);
        loop {
            let page = notes.noted(last.as_ref(), limit).await.unwrap();
            last = page.last().cloned();
            read.extend(page);
            if last.is_none() {
                break;
            }
        }
        assert_eq!(read, expected, "by {limit}");
    }
    notes.remove(&[noted(10, "a", "1"), noted(20, "b", "2")]).await.unwrap();
    let left = notes.noted(None, 9).await.unwrap();
    assert_eq!(left, [expected[0].clone(), expected[1].clone(), expected[3].clone()], "noted anew, it stays");
}

#[rstest]
#[tokio::test]
async fn a_note_that_names_no_session_hides_none_of_those_after_it(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let notes = StoredAttentions::new(Arc::new(seal(&store.kv, ring())));
    let at = |second| Timestamp::from_second(second).unwrap();
    let (site, session) = (SiteId::parse("a").unwrap(), |id: &str| SessionId::parse(id).unwrap());
    let unreadable = ["nonsense", "a b/1", "a/", "/1"];
    let unreadable = unreadable.into_iter().zip((10_000..).step_by(5_000));
    let index = unreadable.map(|(member, score)| add_to(&keys::ATTENTION, member, score)).collect();
    store.kv.commit(&Partition::System, &index_commit(index)).await.unwrap();
    for (id, second) in [("1", 5), ("2", 12), ("3", 30)] {
        notes.note(&site, &[session(id)], at(second)).await.unwrap();
    }
    for limit in 1..=4 {
        let (mut read, mut last) = (Vec::new(), None);
        loop {
            let page = notes.noted(last.as_ref(), limit).await.unwrap();
            let is_last = page.len() < limit;
            last = page.last().cloned();
            read.extend(page.into_iter().map(|noted| noted.session));
            if is_last {
                break;
            }
        }
        assert_eq!(read, ["1", "2", "3"].map(session), "by {limit}");
    }
}
