//! Whether operators see that nobody works: due work that is left, with every gateway dead or stuck.

use std::sync::Arc;
use std::time::Duration;

use greenroom::app::doctor;
use greenroom::app::events;
use greenroom::app::gateway::Gateway;
use greenroom::app::outgoing;
use greenroom::app::ports::store::Work;
use greenroom::app::ports::store::WorkItem;
use greenroom::app::ports::store::WorkPlace;
use greenroom::app::ports::store::WorkScope;
use greenroom::app::ports::stored::StoreError;
use greenroom::app::presupposed::Presupposed;
use greenroom::app::sites;
use greenroom::app::vitals;
use greenroom::app::vitals::Vitals;
use greenroom::domain::finding::Advice;
use greenroom::domain::finding::Check;
use greenroom::domain::finding::Verdict;
use greenroom::domain::id::SiteId;
use jiff::Timestamp;
use rstest::rstest;
use serde_json::json;

use crate::gateway::looking::DEFAULT;
use crate::gateway::looking::SITE;
use crate::gateway::looking::custom;
use crate::gateway::stored::damage;
use crate::gateway::world::Backend;
use crate::gateway::world::World;
use crate::support::receiver::Receiver;

/// What doctor says of due work, and for how many seconds it is left by the metrics.
async fn seen(gateway: &Gateway) -> (Verdict, u64) {
    let found = doctor::examine(gateway).await;
    let of_work = found.iter().find(|finding| finding.seen.check() == Check::Work);
    let verdict = of_work.unwrap_or_else(|| panic!("{found:?}")).verdict;
    let Vitals::StoreUp { work_left: Some(left), .. } = vitals::read(gateway).await else { panic!() };
    (verdict, left.as_secs())
}

#[rstest]
#[tokio::test]
async fn r38_work_that_nobody_takes_is_a_problem_until_somebody_does(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let mut world = World::start(backend).await;
    world.taken(SITE, &json!({})).await;
    world.taken(DEFAULT, &custom("room")).await;
    world.quiet().await;
    world.stop().await;
    let dead = world.open_stopped().await;
    let gateway = dead.gateway().clone();
    world.clock.advance(Duration::from_hours(1));
    assert_eq!(seen(&gateway).await, (Verdict::Ok, 0), "one that had nothing to do and was stopped");
    // A change is written, and nobody works any more.
    let id = SiteId::parse("studio").unwrap();
    let mut settings = sites::find(&gateway, &id).await.unwrap().settings.clone();
    settings.entitled = false;
    sites::put(&gateway, &id, &settings, &Presupposed::Anything).await.unwrap();
    world.clock.advance(Duration::from_mins(4));
    assert_eq!(seen(&gateway).await, (Verdict::Ok, 0), "it may be in a moment");
    world.clock.advance(Duration::from_mins(2));
    let (verdict, left) = seen(&gateway).await;
    assert_eq!(verdict, Verdict::Problem(Advice::SeeGateways));
    assert!((360..420).contains(&left), "{left} s");
    drop((gateway, dead));
    world.restart_stopped().await;
    let uses = world.gateway.uses.clone().unwrap();
    world.until("somebody took it", async || seen(&uses).await == (Verdict::Ok, 0)).await;
    assert_eq!(world.scrape().await.of("greenroom_work_overdue_seconds"), Some(0.0));
}

#[tokio::test]
async fn r38_work_that_cannot_be_done_is_looked_at_and_not_left() {
    let receiver = Receiver::start(&[1]).await;
    let setting = Receiver::setting(&[&receiver]);
    let mut world = World::start_with(Backend::Redis, &[("EVENTS__ENDPOINTS", &setting)]).await;
    world.taken(SITE, &json!({})).await;
    world.taken(DEFAULT, &custom("room")).await;
    world.until("it is told", async || receiver.taken_of("studio").len() == 2).await;
    world.stop().await;
    // The site's record cannot be read, when something of it is due; nor can the endpoint's.
    let dead = world.open_stopped().await;
    let id = SiteId::parse("studio").unwrap();
    let mut settings = sites::find(dead.gateway(), &id).await.unwrap().settings.clone();
    settings.entitled = false;
    sites::put(dead.gateway(), &id, &settings, &Presupposed::Anything).await.unwrap();
    drop(dead);
    damage(world.redis.as_ref().unwrap(), "*outgoing*").await;
    damage(world.redis.as_ref().unwrap(), "*r:site/*").await;
    world.restart_stopped().await;
    let uses = world.gateway.uses.clone().unwrap();
    let is_looked_at = async || {
        let places = uses.work.places(uses.clock.now(), 100).await.unwrap();
        let lately = uses.clock.now() - Duration::from_mins(1);
        places.iter().all(|place| place.hinted_at > lately)
    };
    for _ in 0..20 {
        world.clock.advance(Duration::from_mins(1));
        world.until("all that is due is looked at", is_looked_at).await;
        assert_eq!(seen(&uses).await, (Verdict::Ok, 0));
    }
    let place = WorkPlace { scope: WorkScope::Site(id), hinted_at: uses.clock.now() };
    let items = uses.work.due(&place, uses.clock.now(), 9).await.unwrap();
    assert!(!items.is_empty(), "it is due all the while");
}

/// Due work as it may look.
#[derive(Debug, Clone, Copy)]
enum Looks {
    /// So many places were to be looked at an hour ago, and nothing is due there.
    Settled(usize),
    /// It cannot be read.
    Unreadable,
    /// Reading it takes for ever.
    Slow,
}

#[async_trait::async_trait]
impl Work for Looks {
    async fn places(&self, until: Timestamp, limit: usize) -> Result<Vec<WorkPlace>, StoreError> {
        let place = |number| WorkPlace {
            scope: WorkScope::Site(SiteId::parse(&format!("s{number}")).unwrap()),
            hinted_at: until - Duration::from_mins(55),
        };
        match self {
            Self::Settled(places) => Ok((0..*places).take(limit).map(place).collect()),
            Self::Unreadable => Err(StoreError::Uncertain),
            Self::Slow => std::future::pending().await,
        }
    }

    async fn due(
        &self,
        _: &WorkPlace,
        _: Timestamp,
        _: usize,
    ) -> Result<Vec<(Timestamp, WorkItem)>, StoreError> {
        Ok(Vec::new())
    }

    async fn settle(&self, _: &WorkPlace, _: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

#[tokio::test]
async fn r38_so_many_places_that_nobody_looks_at_that_not_all_are_looked_into_are_left() {
    let world = World::start(Backend::Embedded).await;
    let uses = world.gateway.uses.clone().unwrap();
    let seen_of = async |work| seen(&Gateway { work: Arc::new(work), ..uses.clone() }).await;
    assert_eq!(seen_of(Looks::Settled(99)).await, (Verdict::Ok, 0), "as the last gateway leaves them");
    let (verdict, left) = seen_of(Looks::Settled(101)).await;
    assert_eq!(verdict, Verdict::Problem(Advice::SeeGateways));
    assert!((3_600..3_660).contains(&left), "{left} s");
}

#[rstest]
#[tokio::test]
async fn r38_work_that_cannot_be_read_hides_no_endpoint(
    #[values(Looks::Unreadable, Looks::Slow)] work: Looks,
) {
    let receiver = Receiver::start(&[1]).await;
    let setting = Receiver::setting(&[&receiver]);
    let world = World::start_with(Backend::Embedded, &[("EVENTS__ENDPOINTS", &setting)]).await;
    let gateway = Gateway { work: Arc::new(work), ..world.gateway.uses.clone().unwrap() };
    let passing = async {
        loop {
            world.clock.advance(Duration::from_millis(50));
            world.get("/v1/events?limit=1").await;
        }
    };
    let read = tokio::select! {
        read = vitals::read(&gateway) => read,
        () = passing => panic!("it goes on for ever"),
    };
    let Vitals::StoreUp { endpoints, work_left } = read else { panic!("{read:?}") };
    assert_eq!((endpoints.map(|endpoints| endpoints.len()), work_left), (Some(1), None));
}

#[tokio::test]
async fn r38_what_is_wrong_with_the_feed_is_not_said_of_an_endpoint() {
    let receiver = Receiver::start(&[1]).await;
    let setting = Receiver::setting(&[&receiver]);
    let mut world = World::start_with(Backend::Redis, &[("EVENTS__ENDPOINTS", &setting)]).await;
    world.taken(SITE, &json!({})).await;
    world.quiet().await;
    world.stop().await;
    let dead = world.open_stopped().await;
    let (gateway, id) = (dead.gateway(), SiteId::parse("studio").unwrap());
    let mut settings = sites::find(gateway, &id).await.unwrap().settings.clone();
    settings.entitled = false;
    sites::put(gateway, &id, &settings, &Presupposed::Anything).await.unwrap();
    events::relay(gateway, &id).await.unwrap();
    assert!(outgoing::states(gateway).await.unwrap()[0].as_ref().unwrap().fresh_since.is_some());
    damage(world.redis.as_ref().unwrap(), "*{feed}*r:event/*").await;
    let states = outgoing::states(gateway).await;
    assert!(matches!(states, Err(StoreError::Corrupt(_))), "{states:?}");
}
