//! Use cases: bring the events of a site into the feed, and read the feed on, waiting for what comes (R24).

use std::time::Duration;

use jiff::Timestamp;

use crate::app::gateway::Gateway;
use crate::app::outgoing;
use crate::app::ports::stored::StoreError;
use crate::app::ports::traces::FeedPage;
use crate::app::ports::traces::Only;
use crate::app::ports::traces::Rest;
use crate::domain::event::FeedPlace;
use crate::domain::id::SiteId;
use crate::domain::meeting::after;

/// How long until the feed is looked at again for events that another replica brought.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// How often one call looks on where it found nothing of what is wanted; its answer says where to go on.
const LOOKS: usize = 10;
/// So many callers wait for events at once; the next are answered at once.
pub const MOST_WAITING: usize = 256;

/// Which part of the feed is asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// After which place.
    pub after: FeedPlace,
    /// Whose events.
    pub only: Only,
    /// At most so many.
    pub limit: usize,
    /// How long to wait for the first, where there is none yet.
    pub wait: Duration,
}

/// Brings the waiting events of a site into the feed, and wakes those who wait for them: callers, and endpoints. An endpoint
/// that nobody knows begins before them.
pub async fn relay(gateway: &Gateway, site: &SiteId) -> Result<(), StoreError> {
    outgoing::enrol(gateway).await?;
    match gateway.feed.relay(site).await {
        Ok(0) | Err(StoreError::Destroyed) => purge_the_rest(gateway, site).await,
        Ok(_) => {
            gateway.heard.notify_waiters();
            outgoing::rouse(gateway).await
        }
        Err(error) => Err(error),
    }
}

/// Where nothing waits, others have brought it; or an off-boarding was cut short, and the rest goes, too.
async fn purge_the_rest(gateway: &Gateway, site: &SiteId) -> Result<(), StoreError> {
    match gateway.sites.read(site, &[]).await {
        Ok(snapshot) if snapshot.site.value.is_some() => Ok(()),
        Ok(_) | Err(StoreError::Destroyed) => gateway.sites.purge(site).await,
        Err(error) => Err(error),
    }
}

/// Reads on after a place. Where nothing is there yet, waits as long as asked for the first event.
pub async fn read(gateway: &Gateway, asked: &Asked) -> Result<FeedPage, StoreError> {
    // Who cannot wait beside the others is answered at once.
    let seat = gateway.waiters.try_acquire();
    let wait = if seat.is_ok() { asked.wait } else { Duration::ZERO };
    let deadline = after(gateway.clock.now(), wait);
    let mut place = asked.after;
    let mut looks = 0;
    loop {
        looks += 1;
        let heard = gateway.heard.notified();
        let page = gateway.feed.after(place, &asked.only, asked.limit).await?;
        let is_over = match page.rest {
            Rest::None => gateway.clock.now() >= deadline,
            // However long the caller would wait: nobody is made to read the whole feed at once.
            Rest::More => looks >= LOOKS,
        };
        if is_over || !page.events.is_empty() {
            return Ok(page);
        }
        place = page.next;
        if page.rest == Rest::More {
            continue;
        }
        tokio::select! {
            biased;
            () = heard => {}
            () = gateway.clock.wait(LOOK_AGAIN.min(left(gateway.clock.now(), deadline))) => {}
        }
    }
}

fn left(now: Timestamp, deadline: Timestamp) -> Duration {
    Duration::try_from(deadline.duration_since(now)).unwrap_or_default()
}
