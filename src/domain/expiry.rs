//! Decides what an endpoint will not be told any more, because it is about to be no longer kept (R24).

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::event::FeedPlace;
use crate::domain::id::SiteId;
use crate::domain::lane::Lane;
use crate::domain::meeting::after;
use crate::domain::outgoing::Outgoing;
use crate::domain::outgoing::Turn;

/// What an endpoint does not take is given up so long before it is no longer kept: between two looks at one that is left
/// alone nothing goes uncounted.
const MARGIN: Duration = Duration::from_hours(2);

impl Outgoing {
    /// Up to where what an endpoint is not told must be given up now, because it is about to be no longer kept.
    pub fn horizon(now: Timestamp) -> FeedPlace {
        FeedPlace::oldest(after(now, MARGIN))
    }

    /// What is about to be no longer kept, and will not be told before: for the cursor (`None`) and for lanes, after
    /// which place and up to which.
    pub fn expiring(&self, now: Timestamp) -> Vec<(Option<SiteId>, FeedPlace, FeedPlace)> {
        let horizon = Self::horizon(now);
        let rests = matches!(self.turn(now), Turn::Rest(_));
        let stands = rests || self.is_full();
        let cursor = (stands && self.cursor < horizon).then_some((None, self.cursor, horizon));
        let lanes =
            self.lanes.iter().filter(|(_, lane)| lane.after < horizon && (rests || lane.next_at > now));
        let up_to = if cursor.is_some() { horizon } else { self.cursor.min(horizon) };
        let lanes = lanes.map(|(site, lane)| (Some(site.clone()), lane.after, up_to));
        lanes.chain(cursor).collect()
    }

    /// Gives up what is about to be no longer kept, so many events in all.
    #[must_use]
    pub fn without(mut self, expired: &[(Option<SiteId>, FeedPlace, FeedPlace)], events: u64) -> Self {
        for (site, _, up_to) in expired {
            match site.as_ref() {
                None => self.cursor = self.cursor.max(*up_to),
                Some(site) => {
                    if let Some(lane) = self.lanes.get_mut(site) {
                        *lane = Lane { after: lane.after.max(*up_to), since: None, ..*lane };
                    }
                }
            }
        }
        self.lost += events;
        self
    }
}
