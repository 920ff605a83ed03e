//! Decides which sessions meet each other: at one host, or one link, at one time (R31).

use crate::domain::account::Connection;
use crate::domain::account::Owner;
use crate::domain::concealed::LinkUrl;
use crate::domain::id::GrantId;
use crate::domain::id::SessionId;
use crate::domain::resolve::Verdict;
use crate::domain::resolve::resolve;
use crate::domain::service::ServiceKind;
use crate::domain::session::Choice;
use crate::domain::session::Session;
use crate::domain::site::Site;
use crate::domain::venue::LinkName;
use crate::domain::venue::Overlap;
use crate::domain::venue::Venue;

/// Where a session takes place, if it is held over video: whether the plan or the main gate shows its link does
/// not matter.
pub fn venue_of(site: &Site, session: &Session) -> Option<Venue> {
    let booking = session.booking.as_ref()?;
    let service = site.services.get(&booking.service_id)?;
    match &session.choice {
        Choice::None => return None,
        Choice::Custom(link) => return Some(Venue::ByHand(LinkName::of(&site.marker_key, &link.url))),
        Choice::Inherit if !service.video => return None,
        Choice::Inherit | Choice::Account => {}
    }
    if service.kind == ServiceKind::Course {
        return Some(Venue::Course(booking.service_id.clone()));
    }
    let staff = booking.staff_ids.iter().map(|member| Owner::Staff(member.clone()));
    let own = staff.into_iter().find(|owner| site.accounts.contains_key(owner));
    Some(Venue::Account(own.unwrap_or(Owner::Default)))
}

/// What two sessions cannot both use at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host<'a> {
    /// A user at a provider runs one meeting at a time (R10).
    Grant(&'a GrantId),
    /// Whoever opens a link comes into one room.
    Link(&'a LinkUrl),
}

impl<'a> Host<'a> {
    fn of(connection: &'a Connection) -> Self {
        match connection {
            Connection::Hosted(account) => Self::Grant(&account.grant),
            Connection::Custom(link) => Self::Link(&link.url),
        }
    }

    /// What a session uses; `None` where it has no link.
    pub fn of_session(site: &'a Site, session: &'a Session) -> Option<Self> {
        match resolve(site, session) {
            Verdict::Hosted { account, .. } => Some(Self::Grant(&account.grant)),
            Verdict::Custom { link, .. } => Some(Self::Link(&link.url)),
            Verdict::NoLink(_) => None,
        }
    }

    /// Whether sessions at a venue use it.
    pub fn is_of(self, venue: &Venue, site: &Site) -> bool {
        match (venue, self) {
            (Venue::ByHand(name), Self::Link(url)) => *name == LinkName::of(&site.marker_key, url),
            (Venue::ByHand(_), Self::Grant(_)) => false,
            (Venue::Account(_) | Venue::Course(_), _) => host_of(venue, site) == Some(self),
        }
    }

    /// Every venue of a site whose sessions use it.
    pub fn venues(self, site: &Site) -> Vec<Venue> {
        let accounts = site.accounts.keys().cloned().map(Venue::Account);
        let courses = site.services.iter().filter(|(_, service)| service.kind == ServiceKind::Course);
        let courses = courses.map(|(id, _)| Venue::Course(id.clone()));
        let by_hand = match self {
            Self::Link(url) => Some(Venue::ByHand(LinkName::of(&site.marker_key, url))),
            Self::Grant(_) => None,
        };
        accounts.chain(courses).chain(by_hand).filter(|venue| self.is_of(venue, site)).collect()
    }
}

/// The others that a session meets at its host now, of those that overlap with it.
pub fn meets<'a>(site: &'a Site, session: &'a Session, overlaps: &[Overlap]) -> Vec<SessionId> {
    let Some(host) = Host::of_session(site, session) else { return Vec::new() };
    let here = overlaps.iter().filter(|overlap| host.is_of(&overlap.venue, site));
    here.map(|overlap| overlap.session.clone()).collect()
}

/// What serves it now; `None` where nothing does, or a link set by hand.
fn host_of<'a>(venue: &Venue, site: &'a Site) -> Option<Host<'a>> {
    let account = |owner: &Owner| site.accounts.get(owner).map(|account| Host::of(&account.connection));
    match venue {
        Venue::Account(owner) => account(owner),
        Venue::Course(service) => {
            let link = site.services.get(service)?.course_link.as_ref();
            link.map_or_else(|| account(&Owner::Default), |course| Some(Host::Link(&course.link.url)))
        }
        Venue::ByHand(_) => None,
    }
}
