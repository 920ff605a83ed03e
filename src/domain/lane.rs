//! Decides about one site whose events go out to an endpoint: whether it stands behind the others, and for how long
//! its next event is tried (R24).

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::event::FeedPlace;
use crate::domain::id::SiteId;
use crate::domain::meeting::after;
use crate::domain::reply::Meaning;
use crate::domain::reply::Reply;

/// So long an event is tried that an endpoint refuses while it takes others.
pub const DAY: Duration = Duration::from_hours(24);
/// The first pause; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest of the growing pauses.
pub const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// A site that stands behind the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// Its events were told up to here.
    pub after: FeedPlace,
    /// Since when its next event is refused, and by no failure of the endpoint in between; `None` when it was not, yet.
    pub since: Option<Timestamp>,
    /// When that was tried last.
    pub tried_at: Option<Timestamp>,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next.
    pub next_at: Timestamp,
}

/// What was tried of one site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriedSite {
    /// Which site.
    pub site: SiteId,
    /// Events and answers, in the order of the feed.
    pub tries: Vec<(FeedPlace, Reply)>,
    /// From here on something of it may be untried.
    pub open: Option<FeedPlace>,
}

/// What is known when the tries of a site are sorted.
#[derive(Debug, Clone, Copy)]
pub struct Sorting {
    /// As far as the endpoint's cursor went.
    pub cursor: FeedPlace,
    /// Whether the endpoint takes events at all.
    pub takes: Takes,
    /// Now.
    pub now: Timestamp,
    /// Random, so that those who failed together are not tried together.
    pub spread: u8,
}

/// Whether an endpoint takes events at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// It took one in this turn, or in the last one.
    Some,
    /// It took none.
    Nothing,
}

impl Lane {
    /// A site of whose events those up to a place were told, and nobody tried the next.
    pub const fn waiting(place: FeedPlace, now: Timestamp) -> Self {
        Self { after: place, since: None, tried_at: None, tries: 0, next_at: now }
    }

    /// Whether its next event was refused for a day. What follows is then tried, too: an endpoint that takes it does not
    /// want this one.
    pub fn is_old(&self, now: Timestamp) -> bool {
        self.since.is_some_and(|since| after(since, DAY) <= now)
    }

    /// The lane of a site after its tries, if it still stands behind the others, and how many of its events are given
    /// up: what was refused for a day by an endpoint that takes others, its next event among them.
    pub fn sorted(before: Option<Self>, tried: &TriedSite, sorting: &Sorting) -> (Option<Self>, u64) {
        let (mut head, mut given_up) = (None::<Self>, 0);
        let is_over = |head: &Self| sorting.takes == Takes::Some && head.is_old(sorting.now);
        for (number, (place, reply)) in tried.tries.iter().enumerate() {
            let known = before.as_ref().filter(|_| number == 0);
            match reply.meaning() {
                Meaning::Taken => given_up += u64::from(head.take_if(|head| head.since.is_some()).is_some()),
                Meaning::Asked(_) => {
                    head = head.or_else(|| Some(Self::unjudged(known, *place, sorting.now)));
                }
                meaning @ (Meaning::Refused | Meaning::Failed | Meaning::Gone) => {
                    given_up += u64::from(head.take_if(|head| is_over(head)).is_some());
                    head = head.or_else(|| Some(Self::refused(known, (*place, meaning), sorting)));
                }
            }
        }
        given_up += u64::from(head.take_if(|head| is_over(head)).is_some());
        let rest = tried.open.filter(|open| *open <= sorting.cursor).map(FeedPlace::before);
        let rest = rest.map(|place| match before {
            Some(lane) if tried.tries.is_empty() => Self { after: place, ..lane },
            Some(_) | None => Self::waiting(place, sorting.now),
        });
        (head.or(rest), given_up)
    }

    /// Nothing was said about its next event: it is as it was, and tried when the endpoint is.
    fn unjudged(known: Option<&Self>, place: FeedPlace, now: Timestamp) -> Self {
        let lane = known.cloned().unwrap_or(Self::waiting(place, now));
        Self { after: place.before(), next_at: now, ..lane }
    }

    /// Its next event is not taken, once more or for the first time. An endpoint that fails has not judged it: what it
    /// does not take while it is away does not count against any event.
    fn refused(known: Option<&Self>, (place, meaning): (FeedPlace, Meaning), sorting: &Sorting) -> Self {
        let (since, tries) = known.map_or((None, 0), |lane| (lane.since, lane.tries));
        let is_judged = matches!(meaning, Meaning::Refused | Meaning::Gone);
        Self {
            after: place.before(),
            since: is_judged.then(|| since.unwrap_or(sorting.now)),
            tried_at: Some(sorting.now),
            tries: tries + 1,
            next_at: after(sorting.now, pause(tries + 1, sorting.spread)),
        }
    }
}

/// How long to wait after so many tries.
pub fn pause(tries: u32, spread: u8) -> Duration {
    let doubled = 2_u32.saturating_pow(tries.saturating_sub(1).min(20));
    jittered(FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE), spread)
}

/// Up to a quarter longer.
pub fn jittered(pause: Duration, spread: u8) -> Duration {
    pause + pause.saturating_mul(u32::from(spread)) / (4 * 256)
}
