//! Owns the feed: the events of all sites in one stable order, which a site's own events join in theirs (R24).
//!
//! An event is written in its site's partition with the change it tells of, and moved from there: a place in the feed is
//! given in the order of moving, so nobody who reads on from a place misses one that comes late.

use jiff::Timestamp;
use std::sync::Arc;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::app::ports::clock::Clock;
use crate::app::ports::stored::Basis;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::app::ports::traces::Feed;
use crate::app::ports::traces::FeedPage;
use crate::app::ports::traces::Only;
use crate::app::ports::traces::Rest;
use crate::domain::event::Event;
use crate::domain::event::EventId;
use crate::domain::event::FeedPlace;
use crate::domain::event::KEPT;
use crate::domain::id::SiteId;
use crate::store::keys;
use crate::store::keys::IndexName;
use crate::store::keys::Partition;
use crate::store::records::Unreadable;
use crate::store::sealed::Entry;
use crate::store::sealed::IndexChange;
use crate::store::sealed::Opened;
use crate::store::sealed::Order;
use crate::store::sealed::Range;
use crate::store::sealed::Sealed;
use crate::store::sealed::SealedCommit;
use crate::store::sealed::SealedWrite;
use crate::store::sealed::Want;
use crate::store::values::put;
use crate::store::values::sealed_change;
use crate::store::values::value_of;
use crate::store::work;

/// How many events are moved in one commit.
const MOVED: usize = 100;
/// How many entries are looked through for one page.
const LOOKED: usize = 1_000;
/// How many events that are over go with each commit.
const PRUNED: usize = 200;
/// How often a move is tried again because others moved in between.
const ROUNDS: usize = 32;

/// The feed over the sealed store.
#[derive(Debug)]
pub struct StoredFeed {
    sealed: Arc<Sealed>,
    clock: Arc<dyn Clock>,
    /// One move at a time in this process: others would only make it begin again.
    moving: Mutex<()>,
}

/// An event on its way, and what its record was read at.
type Moving = (Basis, Arc<Event>);

impl StoredFeed {
    /// Lays the feed on the sealed store.
    pub fn new(sealed: Arc<Sealed>, clock: Arc<dyn Clock>) -> Self {
        Self { sealed, clock, moving: Mutex::new(()) }
    }

    async fn entries(
        &self,
        partition: &Partition,
        index: &IndexName,
        range: (u64, i64, usize),
    ) -> Result<Vec<Entry>, StoreError> {
        let (after, max, limit) = range;
        let min = i64::try_from(after).unwrap_or(i64::MAX);
        let range = Range { min, max, after: None, limit, order: Order::Ascending };
        Ok(self.sealed.range(partition, index, &range).await?)
    }

    /// The oldest events of a site that wait.
    async fn waiting(&self, partition: &Partition) -> Result<Vec<Moving>, StoreError> {
        let entries = self.entries(partition, &keys::OUTBOX, (0, work::FAR, MOVED)).await?;
        let ids = entries.iter().filter_map(|entry| EventId::parse(&entry.member));
        self.events(partition, ids).await
    }

    async fn events(
        &self,
        partition: &Partition,
        ids: impl Iterator<Item = EventId>,
    ) -> Result<Vec<Moving>, StoreError> {
        let wants = ids.map(|id| Want::new(keys::event(&id))).collect::<Vec<_>>();
        if wants.is_empty() {
            return Ok(Vec::new());
        }
        let read = self.sealed.read(partition, &wants).await?;
        let mut events = Vec::with_capacity(wants.len());
        for found in read.opened {
            let stored = value_of::<Event>(found, read.floor.0)?;
            events.extend(stored.value.map(|event| (stored.basis, event)));
        }
        Ok(events)
    }

    /// Gives events their places; those that have one already keep it.
    async fn append(&self, events: &[Moving]) -> Result<(), StoreError> {
        for _ in 0..ROUNDS {
            if self.try_append(events).await? == Committed::Yes {
                return Ok(());
            }
        }
        Err(StoreError::Contended)
    }

    async fn try_append(&self, events: &[Moving]) -> Result<Committed, StoreError> {
        let now = self.clock.now();
        let partition = Partition::Feed;
        let own = events.iter().map(|(_, event)| Want::new(keys::event(&event.id)));
        let wants = [Want::new(keys::feed_head())].into_iter().chain(own).collect::<Vec<_>>();
        let read = self.sealed.read(&partition, &wants).await?;
        let mut found = read.opened.into_iter();
        let (basis, last) = head(found.next().unwrap_or(Opened::Absent), read.floor.0)?;
        let fresh = events.iter().zip(found).filter(|(_, found)| matches!(found, Opened::Absent));
        let fresh = fresh.map(|((_, event), _)| event).collect::<Vec<_>>();
        if fresh.is_empty() {
            return Ok(Committed::Yes);
        }
        let first = last.saturating_add(1).max(FeedPlace::first_of(now).0);
        let (mut changes, mut index) = (Vec::new(), self.over(now).await?);
        let mut place = first;
        for event in fresh {
            let absent = Basis::Absent { floor: read.floor.0 };
            changes.push(sealed_change(keys::event(&event.id), absent, put(&**event, Some(KEPT))));
            let member = format!("{}/{}", event.site, event.id.as_str());
            let score = score_of(FeedPlace(place));
            index.push(IndexChange::Add { index: keys::FEED, member, score });
            place += 1;
        }
        let bytes = Zeroizing::new((place - 1).to_be_bytes().to_vec());
        let write = SealedWrite::Put { schema: 1, bytes, ttl: None };
        changes.push(sealed_change(keys::feed_head(), basis, write));
        let commit = SealedCommit { op_id: self.sealed.op_id(), changes, index };
        Ok(self.sealed.commit(&partition, &commit).await?.into())
    }

    /// The entries of events whose time is over.
    async fn over(&self, now: Timestamp) -> Result<Vec<IndexChange>, StoreError> {
        let until = score_of(FeedPlace::oldest(now));
        let entries = self.entries(&Partition::Feed, &keys::FEED, (0, until, PRUNED)).await?;
        let remove = |entry: Entry| IndexChange::Remove { index: keys::FEED, member: entry.member };
        Ok(entries.into_iter().map(remove).collect())
    }

    /// Takes events that have their places out of their site.
    async fn dismiss(&self, partition: &Partition, events: &[Moving]) -> Result<(), StoreError> {
        let gone =
            |(basis, event): &Moving| sealed_change(keys::event(&event.id), *basis, SealedWrite::Remove);
        let changes = events.iter().map(gone).collect();
        let index = events.iter().flat_map(|(_, event)| {
            let member = event.id.as_str().to_owned();
            let due = work::as_due(&work::event_member(&member), None);
            [IndexChange::Remove { index: keys::OUTBOX, member }, due]
        });
        let index = index.collect();
        let commit = SealedCommit { op_id: self.sealed.op_id(), changes, index };
        // A conflict says that somebody else has taken them out.
        let _either: Committed = self.sealed.commit(partition, &commit).await?.into();
        Ok(())
    }
}

#[async_trait::async_trait]
impl Feed for StoredFeed {
    async fn relay(&self, site: &SiteId) -> Result<usize, StoreError> {
        let partition = Partition::Site(site.clone());
        let _alone = self.moving.lock().await;
        let events = self.waiting(&partition).await?;
        if events.is_empty() {
            return Ok(0);
        }
        self.append(&events).await?;
        self.dismiss(&partition, &events).await?;
        Ok(events.len())
    }

    async fn after(&self, place: FeedPlace, only: &Only, limit: usize) -> Result<FeedPage, StoreError> {
        let from = place.next().max(FeedPlace::oldest(self.clock.now()));
        let entries = self.entries(&Partition::Feed, &keys::FEED, (from.0, work::FAR, LOOKED)).await?;
        let wanted = entries.iter().filter_map(|entry| Some((entry.score, wanted(&entry.member, only)?)));
        let wanted = wanted.take(limit).collect::<Vec<_>>();
        // A page that is full goes on after its last; one that is not, after all that was looked at.
        let last = match wanted.last() {
            Some((score, _)) if wanted.len() == limit => Some(*score),
            Some(_) | None => entries.last().map(|entry| entry.score),
        };
        let next = last.map_or(place, place_of);
        let is_all = entries.len() < LOOKED && entries.last().map(|entry| entry.score) == last;
        let found = self.events(&Partition::Feed, wanted.iter().map(|(_, id)| id.clone())).await?;
        let mut found = found.into_iter().map(|(_, event)| event).peekable();
        // What is over since the index was read is left out.
        let events = wanted.into_iter().filter_map(|(score, id)| {
            let event = found.next_if(|event| event.id == id)?;
            Some((place_of(score), Arc::unwrap_or_clone(event)))
        });
        let events = events.collect();
        Ok(FeedPage { events, next, rest: if is_all { Rest::None } else { Rest::More } })
    }

    async fn end(&self) -> Result<FeedPlace, StoreError> {
        let read = self.sealed.read(&Partition::Feed, &[Want::new(keys::feed_head())]).await?;
        let (_, last) = head(read.opened.into_iter().next().unwrap_or(Opened::Absent), read.floor.0)?;
        Ok(FeedPlace(last))
    }

    async fn count(&self, (after, up_to): (FeedPlace, FeedPlace), only: &Only) -> Result<u64, StoreError> {
        let (mut from, mut events) = (after, 0);
        while from < up_to {
            let range = (from.next().0, score_of(up_to), LOOKED);
            let entries = self.entries(&Partition::Feed, &keys::FEED, range).await?;
            let counted = entries.iter().filter(|entry| wanted(&entry.member, only).is_some()).count();
            events += u64::try_from(counted).unwrap_or(u64::MAX);
            from = entries
                .last()
                .filter(|_| entries.len() == LOOKED)
                .map_or(up_to, |entry| place_of(entry.score));
        }
        Ok(events)
    }
}

fn place_of(score: i64) -> FeedPlace {
    FeedPlace(u64::try_from(score).unwrap_or_default())
}

fn score_of(place: FeedPlace) -> i64 {
    i64::try_from(place.0).unwrap_or(i64::MAX)
}

/// The event of an entry, if its site is one of those.
fn wanted(member: &str, only: &Only) -> Option<EventId> {
    let (site, event) = member.split_once('/')?;
    let is_wanted = match only {
        Only::All => true,
        Only::These(sites) => sites.contains(&SiteId::parse(site).ok()?),
        Only::AllBut(sites) => !sites.contains(&SiteId::parse(site).ok()?),
    };
    if is_wanted { EventId::parse(event) } else { None }
}

fn head(found: Opened, floor: u64) -> Result<(Basis, u64), StoreError> {
    match found {
        Opened::Absent => Ok((Basis::Absent { floor }, 0)),
        Opened::Record { version, bytes, .. } => {
            let last = <[u8; 8]>::try_from(bytes.as_slice()).map(u64::from_be_bytes);
            Ok((Basis::Version(version.0), last.map_err(|_| Unreadable::Field("feed head"))?))
        }
        Opened::Unchanged(_) => Err(StoreError::Uncertain),
    }
}
