//! The events of a site come into the feed in the order in which they were committed.

use std::sync::Arc;

use greenroom::app::ports::store::Redecide;
use greenroom::app::ports::store::SiteChange;
use greenroom::app::ports::store::Sites;
use greenroom::app::ports::stored::Basis;
use greenroom::app::ports::stored::Committed;
use greenroom::app::ports::traces::Feed;
use greenroom::app::ports::traces::Only;
use greenroom::app::ports::traces::Trace;
use greenroom::domain::event::Event;
use greenroom::domain::event::EventId;
use greenroom::domain::event::EventKind;
use greenroom::domain::event::FeedPlace;
use greenroom::domain::event::News;
use greenroom::domain::event::Subject;
use greenroom::domain::id::SiteId;
use greenroom::store::feed::StoredFeed;
use greenroom::store::sites::StoredSites;
use jiff::Timestamp;
use rstest::rstest;

use crate::store::Backend;
use crate::store::Store;
use crate::store::sealed::ring;
use crate::store::sealed::seal;

fn event(site: &SiteId, name: &str, occurred_at: Timestamp) -> Trace {
    let (kind, subject) = (EventKind::LinkChanged, Subject::Site);
    let news = News { kind, subject, cause: None, reason: None, revision: None };
    Trace::Event(Event { id: EventId::parse(name).unwrap(), site: site.clone(), occurred_at, news })
}

#[rstest]
#[tokio::test]
async fn r24_events_of_replicas_whose_clocks_are_apart_keep_the_order_of_their_commits(
    #[values(Backend::Memory, Backend::File, Backend::Redis)] backend: Backend,
) {
    let store = Store::open(backend).await;
    let sealed = Arc::new(seal(&store.kv, ring()));
    let sites = StoredSites::new(Arc::clone(&sealed));
    let feed = StoredFeed::new(sealed, Arc::new(store.clock.clone()));
    let site = SiteId::parse("x").unwrap();
    // The clock of whoever commits, in minutes; the names would be in order by another way.
    let commits = [vec![("d", 5), ("c", 5)], vec![("b", 0)], vec![("a", 7), ("e", -5)]];
    for names in &commits {
        let events = names.iter().map(|(name, minutes)| {
            let at = Timestamp::from_second(1_795_341_600 + minutes * 60).unwrap();
            event(&site, name, at)
        });
        let change = SiteChange {
            site: site.clone(),
            basis: Basis::Absent { floor: 0 },
            put: None,
            sessions: Vec::new(),
            traces: events.collect(),
            redecide: Redecide::No,
        };
        assert_eq!(sites.commit(change).await.unwrap(), Committed::Yes);
    }
    assert_eq!(feed.relay(&site).await.unwrap(), 5);
    let page = feed.after(FeedPlace(0), &Only::All, 9).await.unwrap();
    let told = page.events.iter().map(|(_, event)| event.id.as_str()).collect::<Vec<_>>();
    assert_eq!(told, ["d", "c", "b", "a", "e"]);
}
