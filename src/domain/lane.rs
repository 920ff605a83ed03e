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
    /// Since when nothing of its site is taken, whatever was given up meanwhile; `None` when nothing was tried, yet.
    pub untaken_since: Option<Timestamp>,
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
    /// Random, so that those who failed together are not tried together.
    pub spread: u8,
}

/// What is known when the tries of a site are sorted.
#[derive(Debug, Clone, Copy)]
pub struct Sorting {
    /// As far as the endpoint's cursor went.
    pub cursor: FeedPlace,
    /// When the endpoint took an event last; `None` where it takes none at all.
    pub took_at: Option<Timestamp>,
    /// Now.
    pub now: Timestamp,
}

impl Lane {
    /// A site of whose events those up to a place were told, and nobody tried the next.
    pub const fn waiting(place: FeedPlace, now: Timestamp) -> Self {
        Self { after: place, since: None, untaken_since: None, tries: 0, next_at: now }
    }

    /// Whether something of its site was taken, or nothing tried, until then, and nothing is taken since. One whose events
    /// were not taken before says nothing new when they are tried again.
    pub fn is_news_of(&self, silence: Timestamp) -> bool {
        self.untaken_since.is_some_and(|first| first >= silence)
    }

    /// Whether its next event was refused for a day. What follows is then tried, too: an endpoint that takes it does not
    /// want this one.
    pub fn is_old(&self, now: Timestamp) -> bool {
        self.since.is_some_and(|since| after(since, DAY) <= now)
    }

    /// The lane of a site after its tries, if it still stands behind the others, and how many of its events are given
    /// up: what was refused for a day by an endpoint that has taken others since, its next event among them.
    pub fn sorted(before: Option<Self>, tried: &TriedSite, sorting: &Sorting) -> (Option<Self>, u64) {
        let (mut head, mut given_up) = (None::<Self>, 0);
        let mut untaken_since = before.as_ref().and_then(|lane| lane.untaken_since);
        let has_taken_since = |since| sorting.took_at.is_some_and(|took_at| took_at > since);
        let is_over = |head: &Self| head.is_old(sorting.now) && head.since.is_some_and(has_taken_since);
        for (number, (place, reply)) in tried.tries.iter().enumerate() {
            let known = before.as_ref().filter(|_| number == 0);
            match reply.meaning() {
                Meaning::Taken => {
                    given_up += u64::from(head.take_if(|head| head.since.is_some()).is_some());
                    untaken_since = None;
                }
                Meaning::Asked(_) => {
                    head = head.or_else(|| Some(Self::unjudged(known, *place, sorting.now)));
                }
                meaning @ (Meaning::Refused | Meaning::Failed | Meaning::Gone) => {
                    given_up += u64::from(head.take_if(|head| is_over(head)).is_some());
                    let first = *untaken_since.get_or_insert(sorting.now);
                    let of = (known, first);
                    head = head
                        .or_else(|| Some(Self::refused(of, (*place, meaning), (sorting.now, tried.spread))));
                }
            }
        }
        given_up += u64::from(head.take_if(|head| is_over(head)).is_some());
        let rest = tried.open.filter(|open| *open <= sorting.cursor).map(FeedPlace::before);
        let rest = rest.map(|place| match before {
            Some(lane) if tried.tries.is_empty() => Self { after: place, ..lane },
            Some(_) | None => Self { untaken_since, ..Self::waiting(place, sorting.now) },
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
    fn refused(
        (known, untaken_since): (Option<&Self>, Timestamp),
        (place, meaning): (FeedPlace, Meaning),
        (now, spread): (Timestamp, u8),
    ) -> Self {
        let (since, tries) = known.map_or((None, 0), |lane| (lane.since, lane.tries));
        let is_judged = matches!(meaning, Meaning::Refused | Meaning::Gone);
        Self {
            after: place.before(),
            since: is_judged.then(|| since.unwrap_or(now)),
            untaken_since: Some(untaken_since),
            tries: tries + 1,
            next_at: after(now, pause(tries + 1, spread)),
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
