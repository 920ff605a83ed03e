//! How far endpoints have been told, and when they are looked at: whoever decides from an old state moves nothing.

use std::sync::Arc;

use greenroom::app::ports::outgoing::Endpoints;
use greenroom::app::ports::store::Work;
use greenroom::app::ports::store::WorkItem;
use greenroom::app::ports::store::WorkPlace;
use greenroom::app::ports::store::WorkScope;
use greenroom::app::ports::stored::Basis;
use greenroom::app::ports::stored::Committed;
use greenroom::domain::event::FeedPlace;
use greenroom::domain::outgoing::Outgoing;
use greenroom::store::endpoints::StoredEndpoints;
use greenroom::store::work::StoredWork;
use jiff::Timestamp;
use rstest::rstest;

use crate::store::Backend;
use crate::store::Store;
use crate::store::sealed::ring;
use crate::store::sealed::seal;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

#[rstest]
#[tokio::test]
async fn a_look_is_moved_and_a_state_removed_only_as_it_was_read(
    #[values(Backend::Memory, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let sealed = Arc::new(seal(&store.kv, ring()));
    let endpoints = StoredEndpoints::new(Arc::clone(&sealed));
    let work = StoredWork::new(sealed);
    let id = endpoints.id_of(&"https://crm.example/hook".parse().unwrap()).await.unwrap();
    let place = WorkPlace { scope: WorkScope::Endpoint(id.clone()), hinted_at: at(0) };
    let is_due = async |second| {
        let due = work.due(&place, at(second), 9).await.unwrap();
        assert!(due.iter().all(|(_, item)| matches!(item, WorkItem::Deliver(found) if *found == id)));
        !due.is_empty()
    };
    let absent = endpoints.read(&id).await.unwrap().basis;
    assert!(matches!(absent, Basis::Absent { .. }));
    let outgoing = Outgoing::new(FeedPlace(7), at(0));
    assert_eq!(endpoints.commit(&id, (absent, &outgoing), at(60)).await.unwrap(), Committed::Yes);
    let old = endpoints.read(&id).await.unwrap().basis;
    assert_eq!(endpoints.put_off(&id, old, at(90)).await.unwrap(), Committed::Yes);
    assert!(!is_due(89).await && is_due(90).await);

    let claimed = outgoing.claimed(at(1));
    assert_eq!(endpoints.commit(&id, (old, &claimed), at(1)).await.unwrap(), Committed::Yes);
    for stale in [old, absent] {
        assert_eq!(endpoints.put_off(&id, stale, at(3_600)).await.unwrap(), Committed::Conflict);
        assert_eq!(endpoints.remove(&id, stale).await.unwrap(), Committed::Conflict);
        assert!(is_due(1).await);
    }
    let stored = endpoints.read(&id).await.unwrap();
    assert_eq!(stored.value.as_deref(), Some(&claimed));
    assert_eq!(endpoints.remove(&id, stored.basis).await.unwrap(), Committed::Yes);
    assert!(!is_due(1_000_000).await);
    let gone = endpoints.read(&id).await.unwrap();
    assert!(gone.value.is_none());
    endpoints.call_at(&id, at(5)).await.unwrap();
    assert_eq!(endpoints.remove(&id, gone.basis).await.unwrap(), Committed::Yes);
    assert!(!is_due(1_000_000).await, "nothing of it is left to be looked at");
}
