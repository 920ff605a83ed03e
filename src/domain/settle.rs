//! Settles what follows from a change of a session, before it is committed.

use jiff::Timestamp;

use crate::domain::cause::Cause;
use crate::domain::history::follow_the_same;
use crate::domain::link::Link;
use crate::domain::link::Pending;
use crate::domain::link::Status;
use crate::domain::link::is_same_link;
use crate::domain::meeting::Meeting;
use crate::domain::overlap::venue_of;
use crate::domain::pause::PauseReason;
use crate::domain::session::Session;
use crate::domain::session::follows;
use crate::domain::site::Site;
use crate::domain::step::wanted;

/// Settles a changed session: what is no longer wanted at the provider is marked for removal; where it takes place is
/// found anew; and if the link is another one than `before`, its revision grows, and what stood before is to be kept.
#[must_use]
pub fn settled(mut session: Session, site: &Site, before: Option<&Session>, now: Timestamp) -> Session {
    let wanted = wanted(site, &session, now);
    session.minting = session.minting.settled(&wanted);
    session.venue = venue_of(site, &session);
    let changes = site.epochs.total();
    let Some(before) = before else {
        session.is_failing = link_fails(&Link::of(site, &session, now)) == Some(true);
        // Above the revisions of any link of a session of this id before it, whatever that one followed.
        session.link_base += i64::try_from(changes).unwrap_or(i64::MAX) - follows(site, &session);
        session.link_since = changes;
        return session;
    };
    let last = before.link_base + follows(site, before);
    let is_same = is_same_link(site, before, &session, now);
    session.is_failing = is_failing(site, &session, before, now);
    // Also what shows only once something else changes must be known when that is told.
    if !is_same || !follow_the_same(before, &session) || !would_show_the_same(before, &session) {
        session.link_since = changes;
        session.past.kept = before.past.kept + 1;
    }
    if is_same {
        session.link_base = last - follows(site, &session);
    } else {
        session.link_base = last + 1 - follows(site, &session);
        session.link_changed_at = now;
        session.link_cause = cause(before, &session);
    }
    session
}

/// Whether two states of a session show the same link whatever stands on its site.
fn would_show_the_same(one: &Session, two: &Session) -> bool {
    let own = |session: &Session| {
        let handed_out = session.minting.handed_out();
        handed_out.map(|meeting| (meeting.id.clone(), meeting.join_url.clone(), meeting.passcode.clone()))
    };
    one.choice == two.choice && own(one) == own(two)
}

/// Whether a link is failing, as is announced: from its first failure until it is ready, or there is none to be made.
fn is_failing(site: &Site, session: &Session, before: &Session, now: Timestamp) -> bool {
    session.booking.is_some()
        && link_fails(&Link::of(site, session, now)).unwrap_or(before.is_failing && before.booking.is_some())
}

/// Whether something must get better before the link comes; `None` where that is not known yet. Waiting for a turn is
/// no failure.
fn link_fails(link: &Link<'_>) -> Option<bool> {
    match link.status {
        Status::Failed(_) => Some(true),
        Status::Ready | Status::None(_) => Some(false),
        Status::Pending(Pending::Minting) => None,
        Status::Pending(Pending::Paused(reason)) => match reason {
            PauseReason::Unavailable | PauseReason::DailyLimit | PauseReason::Reauthorization => Some(true),
            PauseReason::RateLimited | PauseReason::Scheduled => None,
        },
    }
}

/// Why a session's own part of its link changed.
fn cause(before: &Session, after: &Session) -> Cause {
    match (&before.booking, &after.booking) {
        (None, Some(_)) => return Cause::Booked,
        (Some(_), None) => return Cause::Cancelled,
        (Some(_), Some(_)) | (None, None) => {}
    }
    if before.choice != after.choice {
        return Cause::ChosenByHand;
    }
    if before.booking != after.booking {
        return Cause::BookingChanged;
    }
    cause_of_meeting(before.minting.handed_out(), after.minting.handed_out())
}

fn cause_of_meeting(before: Option<&Meeting>, after: Option<&Meeting>) -> Cause {
    match (before, after) {
        (None, Some(_)) => Cause::MeetingMade,
        (Some(_), None) => Cause::MeetingGone,
        (Some(before), Some(after)) if before.id != after.id => Cause::MeetingMoved,
        (Some(before), Some(after))
            if before.join_url != after.join_url || before.passcode != after.passcode =>
        {
            Cause::MeetingReaddressed
        }
        (Some(_), Some(_)) | (None, None) => Cause::ProviderState,
    }
}
