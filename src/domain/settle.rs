//! Settles what follows from a change of a session, before it is committed.

use jiff::Timestamp;

use crate::domain::link::is_same_link;
use crate::domain::session::Session;
use crate::domain::session::follows;
use crate::domain::site::Site;
use crate::domain::step::wanted;

/// Settles a changed session: what is no longer wanted at the provider is marked for removal, and the link's
/// revision grows if the link is another one than `before`.
#[must_use]
pub fn settled(mut session: Session, site: &Site, before: Option<&Session>, now: Timestamp) -> Session {
    let wanted = wanted(site, &session, now);
    session.minting = session.minting.settled(&wanted);
    let Some(before) = before else {
        // Above the revisions of any link of a session of this id before it, whatever that one followed.
        let total = i64::try_from(site.epochs.total()).unwrap_or(i64::MAX);
        session.link_base += total - follows(site, &session);
        return session;
    };
    let last = before.link_base + follows(site, before);
    if is_same_link(site, before, &session, now) {
        session.link_base = last - follows(site, &session);
    } else {
        session.link_base = last + 1 - follows(site, &session);
        session.link_changed_at = now;
    }
    session
}
