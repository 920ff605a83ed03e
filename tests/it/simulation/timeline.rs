//! Owns virtual time: what is to happen when, who is woken by it, and the clocks that read it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::task::Context;
use std::task::Poll;
use std::task::Waker;
use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use jiff::Timestamp;

/// 2026-11-22T10:00:00Z.
const START_SECOND: i64 = 1_795_341_600;

/// How long a worker rests when it finds nothing; no other wait is as long to the nanosecond while all is quiet.
const REST: Duration = Duration::from_secs(1);

/// Where something runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// A replica, by its number.
    Replica(usize),
    /// Zoom, which no crash of a replica ends.
    Zoom,
}

/// When, and which of those of the same time.
type Moment = (Timestamp, u64);

enum Event {
    Wake { waker: Waker, place: Place, duration: Duration },
    Act(Box<dyn FnOnce() + Send>),
}

struct Inner {
    now: Timestamp,
    count: u64,
    events: BTreeMap<Moment, Event>,
    awake: BTreeSet<Place>,
}

/// Virtual time. Clones share it.
#[derive(Clone)]
pub(super) struct Timeline(Arc<Mutex<Inner>>);

impl fmt::Debug for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Timeline")
    }
}

impl Timeline {
    pub(super) fn new() -> Self {
        let now = Timestamp::from_second(START_SECOND).unwrap();
        let (events, awake) = (BTreeMap::new(), BTreeSet::new());
        Self(Arc::new(Mutex::new(Inner { now, count: 0, events, awake })))
    }

    pub(super) fn now(&self) -> Timestamp {
        self.0.lock().unwrap().now
    }

    /// Has something done then, whoever lives.
    pub(super) fn act_after(&self, delay: Duration, act: impl FnOnce() + Send + 'static) {
        let mut inner = self.0.lock().unwrap();
        let at = inner.now + delay;
        inner.put(at, Event::Act(Box::new(act)));
    }

    /// Says that something may go on at a place.
    pub(super) fn rouse(&self, place: Place) {
        self.0.lock().unwrap().awake.insert(place);
    }

    /// The places where something may go on, which are taken to be run by whoever asks.
    pub(super) fn take_awake(&self) -> BTreeSet<Place> {
        std::mem::take(&mut self.0.lock().unwrap().awake)
    }

    /// When the next thing happens.
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        self.0.lock().unwrap().events.first_key_value().map(|((at, _), _)| *at)
    }

    /// Lets time pass to the next thing, and that happen.
    pub(super) fn step(&self) {
        let mut inner = self.0.lock().unwrap();
        let Some(((at, _), event)) = inner.events.pop_first() else { return };
        inner.now = inner.now.max(at);
        match event {
            Event::Wake { waker, place, .. } => {
                inner.awake.insert(place);
                drop(inner);
                waker.wake();
            }
            Event::Act(act) => {
                drop(inner);
                act();
            }
        }
    }

    /// Lets time pass with nothing happening before it.
    pub(super) fn pass_to(&self, at: Timestamp) {
        let mut inner = self.0.lock().unwrap();
        inner.now = inner.now.max(at);
    }

    /// Whether nothing is under way but workers that rest.
    pub(super) fn is_resting(&self) -> bool {
        self.rest_until() == Some(Timestamp::MAX)
    }

    /// Until when nothing happens but that workers which rest look for work; `None` where something goes on now.
    pub(super) fn rest_until(&self) -> Option<Timestamp> {
        let inner = self.0.lock().unwrap();
        let next = inner.events.iter().find(|(_, event)| !event.is_rest());
        inner.awake.is_empty().then(|| next.map_or(Timestamp::MAX, |((at, _), _)| *at))
    }

    /// Leaves out the rests before a time at which there is nothing to be found: each worker wakes in its own phase, as
    /// it would have after so many of them.
    pub(super) fn skip_rests(&self, until: Timestamp) {
        let mut inner = self.0.lock().unwrap();
        for ((at, count), event) in std::mem::take(&mut inner.events) {
            let left = Duration::try_from(until.duration_since(at)).unwrap_or_default();
            let at = if event.is_rest() { at + Duration::from_secs(left.as_secs()) } else { at };
            inner.events.insert((at, count), event);
        }
    }
}

impl Event {
    fn is_rest(&self) -> bool {
        matches!(self, Self::Wake { duration, place: Place::Replica(_), .. } if *duration == REST)
    }
}

impl Inner {
    fn put(&mut self, at: Timestamp, event: Event) -> u64 {
        self.count += 1;
        self.events.insert((at, self.count), event);
        self.count
    }
}

/// The clock of a place.
#[derive(Debug, Clone)]
pub(super) struct VirtualClock {
    pub(super) timeline: Timeline,
    pub(super) place: Place,
}

#[async_trait::async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.timeline.now()
    }

    async fn wait(&self, duration: Duration) {
        let duration = duration.max(Duration::from_micros(1));
        Wait { clock: self, duration, count: None }.await;
    }
}

/// A wait; one that is dropped is forgotten.
struct Wait<'a> {
    clock: &'a VirtualClock,
    duration: Duration,
    count: Option<u64>,
}

impl Future for Wait<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.clock.timeline.0.lock().unwrap();
        let waker = context.waker().clone();
        let event = Event::Wake { waker, place: self.clock.place, duration: self.duration };
        let Some(count) = self.count else {
            let at = inner.now + self.duration;
            let count = inner.put(at, event);
            drop(inner);
            self.count = Some(count);
            return Poll::Pending;
        };
        let found = inner.events.iter_mut().find(|((_, other), _)| *other == count);
        match found {
            None => Poll::Ready(()),
            Some((_, waiting)) => {
                *waiting = event;
                Poll::Pending
            }
        }
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if let Some(count) = self.count {
            self.clock.timeline.0.lock().unwrap().events.retain(|(_, other), _| *other != count);
        }
    }
}
