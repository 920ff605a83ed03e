//! Owns what a change leaves beside what it changes: what is announced of it, what stood before, and whom it may make
//! meet somebody (R23, R24, R31). Derived from what is written, so that no use case can forget it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::app::gateway::Gateway;
use crate::app::ports::store::SessionChange;
use crate::app::ports::store::SessionWrite;
use crate::app::ports::traces::Trace;
use crate::domain::event;
use crate::domain::event::Event;
use crate::domain::event::EventId;
use crate::domain::event::News;
use crate::domain::history::SitePast;
use crate::domain::id::SiteId;
use crate::domain::meeting::after;
use crate::domain::session::Session;
use crate::domain::site::Site;
use crate::domain::venue::Venue;

/// Whoever changes a session's venue or time looks for others there; should it die, the worker does after this.
const LOOK_LATER: Duration = Duration::from_secs(2);

/// What is written of a site: as it was, and as it becomes, if it changes.
#[derive(Debug, Clone, Copy)]
pub struct SiteWritten<'a> {
    /// As it was.
    pub before: Option<&'a Site>,
    /// As it becomes.
    pub put: Option<&'a Site>,
}

/// The traces of a change.
pub fn traces(
    gateway: &Gateway,
    id: &SiteId,
    written: SiteWritten<'_>,
    sessions: &[SessionChange],
) -> Vec<Trace> {
    let now = gateway.clock.now();
    let (mut news, mut traces) = (Vec::new(), Vec::new());
    if let Some(put) = written.put {
        news.extend(event::of_site(written.before, put));
        let past = written.before.map(|before| SitePast::between(before, put));
        traces.extend(past.unwrap_or_default().into_iter().map(Trace::SitePast));
    }
    if let Some(site) = written.put.or(written.before) {
        for change in sessions {
            let SessionWrite::Put(after) = &change.write else { continue };
            news.extend(event::of_session(site, change.before.as_deref(), after, now));
            traces.extend(of_session(change.before.as_ref(), after, now));
        }
    }
    let events = news.into_iter().enumerate().map(|(at, news)| named(gateway, id, (news, at), now));
    traces.extend(events.map(Trace::Event));
    traces
}

fn of_session(before: Option<&Arc<Session>>, after: &Session, now: Timestamp) -> Vec<Trace> {
    let past = before.filter(|before| before.past.kept < after.past.kept);
    let past = past.map(|before| Trace::SessionPast(Arc::clone(before)));
    let look = has_moved(before.map(|before| &**before), after)
        .then(|| Trace::Look(after.id.clone(), Some(self::after(now, LOOK_LATER))));
    past.into_iter().chain(look).collect()
}

/// Whether a session may meet others than before.
pub fn has_moved(before: Option<&Session>, after: &Session) -> bool {
    before.and_then(place) != place(after)
}

/// Where and when a session takes place.
fn place(session: &Session) -> Option<(&Venue, Timestamp, u16)> {
    let booking = session.booking.as_ref()?;
    Some((session.venue.as_ref()?, booking.starts_at, booking.duration_minutes))
}

/// An event with a name that sorts by time, and within one change by its place.
fn named(gateway: &Gateway, site: &SiteId, (news, at): (News, usize), now: Timestamp) -> Event {
    let mut random = [0; 10];
    gateway.entropy.fill(&mut random);
    let place = u16::try_from(at).unwrap_or(u16::MAX).min(0x0fff).to_be_bytes();
    for (byte, ordered) in random.iter_mut().zip(place) {
        *byte = ordered;
    }
    let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
    let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string();
    let id = EventId::parse(&id).expect("a UUID is hexadecimal digits and dashes");
    Event { id, site: site.clone(), occurred_at: now, news }
}
