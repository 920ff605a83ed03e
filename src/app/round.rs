//! Owns one turn of telling an endpoint: what is read for it, and how it goes out, some sites at once, each in order.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use futures_util::StreamExt;
use futures_util::stream;
use jiff::Timestamp;
use url::Url;

use crate::app::gateway::Gateway;
use crate::app::ports::stored::StoreError;
use crate::app::ports::traces::Only;
use crate::app::ports::traces::Rest;
use crate::domain::event::Event;
use crate::domain::event::FeedPlace;
use crate::domain::id::SiteId;
use crate::domain::lane::Lane;
use crate::domain::lane::TriedSite;
use crate::domain::outgoing::AT_ONCE;
use crate::domain::outgoing::Fresh;
use crate::domain::outgoing::Outgoing;
use crate::domain::outgoing::SITES_IN_A_ROW;
use crate::domain::outgoing::Tried;
use crate::domain::outgoing::Turn;
use crate::domain::reply::Meaning;

/// So many new events are told in a turn.
const EVENTS: usize = 50;
/// So many events of a lane are told in a turn.
const LANE_EVENTS: usize = 10;

/// What is told in one turn.
#[derive(Debug)]
pub(super) struct Round {
    sites: BTreeMap<SiteId, Sequence>,
    from: FeedPlace,
    read_to: FeedPlace,
}

/// The events of one site, in order.
#[derive(Debug)]
struct Sequence {
    events: Vec<(FeedPlace, Event)>,
    /// From here on more of it may follow before the cursor.
    open: Option<FeedPlace>,
    first: First,
}

/// What is known of the first event of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    /// Nothing.
    New,
    /// It was not taken before, so it says nothing new of the endpoint.
    Untaken,
    /// It was refused for a day: the next is tried, too.
    LongRefused,
}

/// What stops a turn before everything is told.
struct Course {
    ends: Timestamp,
    is_over: AtomicBool,
    refused: AtomicUsize,
    has_taken: AtomicBool,
}

impl Round {
    /// Reads what there is to be told.
    pub(super) async fn read(
        gateway: &Gateway,
        outgoing: &Outgoing,
        turn: &Turn,
    ) -> Result<Self, StoreError> {
        let mut round = Self { sites: BTreeMap::new(), from: outgoing.cursor, read_to: outgoing.cursor };
        match turn {
            Turn::Rest(_) => {}
            Turn::Deliver { lanes, fresh } => {
                round.read_lanes(gateway, outgoing, lanes).await?;
                let waiting = outgoing.laned().into_iter().filter(|site| !lanes.contains(site)).collect();
                round.read_on(gateway, (*fresh, waiting)).await?;
            }
        }
        Ok(round)
    }

    /// Whether there is nothing to be done at all.
    pub(super) fn is_empty(&self) -> bool {
        self.sites.is_empty() && self.from == self.read_to
    }

    /// Reads lanes up to the cursor: what follows in them is read with all that is new.
    async fn read_lanes(
        &mut self,
        gateway: &Gateway,
        outgoing: &Outgoing,
        sites: &[SiteId],
    ) -> Result<(), StoreError> {
        let now = gateway.clock.now();
        for (site, lane) in sites.iter().filter_map(|site| outgoing.lanes.get_key_value(site)) {
            let page =
                gateway.feed.after(lane.after, &Only::These([site.clone()].into()), LANE_EVENTS).await?;
            let is_read = page.rest == Rest::None || page.next >= self.from;
            let open = (!is_read).then(|| page.next.next());
            let events = page.events.into_iter().filter(|(place, _)| *place <= self.from).collect();
            self.sites.insert(site.clone(), Sequence { events, open, first: First::of(lane, now) });
        }
        Ok(())
    }

    /// Reads on from the cursor; what follows in a lane is told with it, once all before the cursor is.
    async fn read_on(
        &mut self,
        gateway: &Gateway,
        (fresh, waiting): (Fresh, BTreeSet<SiteId>),
    ) -> Result<(), StoreError> {
        if fresh == Fresh::No {
            return Ok(());
        }
        let page = gateway.feed.after(self.from, &Only::AllBut(waiting), EVENTS).await?;
        self.read_to = page.next.max(self.from);
        for (place, event) in page.events {
            let sequence = self.sites.entry(event.site.clone()).or_insert(Sequence::EMPTY);
            if sequence.open.is_none() {
                sequence.events.push((place, event));
            }
        }
        Ok(())
    }

    /// Tells it. Ends early where the endpoint takes nothing or asks to be left alone, when the time is up, and when the
    /// gateway stops.
    pub(super) async fn tell(self, gateway: &Gateway, url: &Url, ends: Timestamp) -> Tried {
        let course = &Course {
            ends,
            is_over: AtomicBool::new(false),
            refused: AtomicUsize::new(0),
            has_taken: AtomicBool::new(false),
        };
        let told = self
            .sites
            .into_iter()
            .map(|(site, sequence)| async move { sequence.tell(site, (gateway, url), course).await });
        let sites = stream::iter(told).buffer_unordered(AT_ONCE).collect().await;
        Tried { read_to: self.read_to, sites }
    }
}

/// A random byte, by which those who failed together are not tried together.
pub(super) fn spread(gateway: &Gateway) -> u8 {
    let mut byte = [0];
    gateway.entropy.fill(&mut byte);
    u8::from_be_bytes(byte)
}

impl First {
    fn of(lane: &Lane, now: Timestamp) -> Self {
        if lane.is_old(now) {
            Self::LongRefused
        } else if lane.untaken_since.is_some() {
            Self::Untaken
        } else {
            Self::New
        }
    }
}

impl Sequence {
    const EMPTY: Self = Self { events: Vec::new(), open: None, first: First::New };

    async fn tell(self, site: SiteId, (gateway, url): (&Gateway, &Url), course: &Course) -> TriedSite {
        let mut tried = TriedSite { site, tries: Vec::new(), open: self.open, spread: spread(gateway) };
        let mut events = self.events.into_iter();
        let mut first = self.first;
        while let Some((place, event)) = events.next() {
            if course.is_over(gateway) {
                tried.open = Some(place);
                break;
            }
            let reply = gateway.receivers.push.push(url, &event).await;
            let meaning = reply.meaning();
            course.hear(meaning, self.first);
            tried.tries.push((place, reply));
            let goes_on = match meaning {
                Meaning::Taken => true,
                Meaning::Refused | Meaning::Gone => first == First::LongRefused,
                Meaning::Failed | Meaning::Asked(_) => false,
            };
            first = First::New;
            if !goes_on {
                tried.open = events.next().map(|(place, _)| place).or(tried.open);
                break;
            }
        }
        tried
    }
}

impl Course {
    fn is_over(&self, gateway: &Gateway) -> bool {
        let takes_nothing =
            !self.has_taken.load(Ordering::Relaxed) && self.refused.load(Ordering::Relaxed) >= SITES_IN_A_ROW;
        takes_nothing
            || self.is_over.load(Ordering::Relaxed)
            || gateway.tasks.is_closed()
            || gateway.clock.now() >= self.ends
    }

    fn hear(&self, meaning: Meaning, of: First) {
        match meaning {
            Meaning::Taken => self.has_taken.store(true, Ordering::Relaxed),
            Meaning::Refused | Meaning::Failed | Meaning::Gone => {
                _ = self.refused.fetch_add(usize::from(of == First::New), Ordering::Relaxed);
            }
            Meaning::Asked(_) => self.is_over.store(true, Ordering::Relaxed),
        }
    }
}
