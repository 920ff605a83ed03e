//! Owns how the link of a session came to be what it is: told backwards from what stands now (R15, R21).
//!
//! A change of a site touches the links of all its sessions without writing to them. So what is kept is what stood
//! before each change, of the site and of the session; undone one by one, they give every link there was, by the same
//! rules that give the one there is.

use jiff::Timestamp;

use crate::domain::account::Account;
use crate::domain::account::Owner;
use crate::domain::account::Revision;
use crate::domain::cause::Cause;
use crate::domain::id::ServiceId;
use crate::domain::service::Service;
use crate::domain::session::Session;
use crate::domain::site::Site;

/// What stood on a site before a change that its links follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SitePast {
    /// Which change of the site it was, from 1; without gaps.
    pub number: u64,
    /// When it changed.
    pub changed_at: Timestamp,
    /// Why.
    pub cause: Cause,
    /// What stood there before.
    pub before: Stood,
}

/// What stood on a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stood {
    /// Its plan.
    Plan {
        /// Whether it had video.
        entitled: bool,
    },
    /// An account, if there was one.
    Account(Owner, Option<Account>),
    /// A service, if there was one.
    Service(ServiceId, Option<Service>),
}

impl SitePast {
    /// What a change of a site leaves to be kept.
    pub fn between(before: &Site, after: &Site) -> Vec<Self> {
        let (old, new) = (&before.epochs, &after.epochs);
        let plan = (old.plan != new.plan)
            .then_some((new.plan.changed_at, Stood::Plan { entitled: before.settings.entitled }));
        let owners = new.owners.iter().filter(|(owner, epoch)| old.owners.get(*owner) != Some(*epoch));
        let owners = owners.map(|(owner, epoch)| {
            (epoch.changed_at, Stood::Account(owner.clone(), before.accounts.get(owner).cloned()))
        });
        let services = new.services.iter().filter(|(id, epoch)| old.services.get(*id) != Some(*epoch));
        let services = services.map(|(id, epoch)| {
            (epoch.changed_at, Stood::Service(id.clone(), before.services.get(id).cloned()))
        });
        let numbered = (old.total() + 1..).zip(plan.into_iter().chain(owners).chain(services));
        let past = numbered.map(|(number, (changed_at, stood))| {
            let cause = stood.cause(after);
            Self { number, changed_at, cause, before: stood }
        });
        past.collect()
    }

    /// Puts back what stood there before, and the count of its changes.
    fn undo(self, site: &mut Site) {
        match self.before {
            Stood::Plan { entitled } => {
                site.settings.entitled = entitled;
                site.epochs.plan_restored();
            }
            Stood::Account(owner, account) => {
                site.epochs.account_restored(&owner);
                match account {
                    Some(account) => site.accounts.insert(owner, account),
                    None => site.accounts.remove(&owner),
                };
            }
            Stood::Service(id, service) => {
                site.epochs.service_restored(&id);
                match service {
                    Some(service) => site.services.insert(id, service),
                    None => site.services.remove(&id),
                };
            }
        }
    }
}

impl Stood {
    /// Whether the link of a session follows it.
    pub fn is_followed_by(&self, session: &Session) -> bool {
        let Some(booking) = &session.booking else { return false };
        match self {
            Self::Plan { .. } | Self::Account(Owner::Default, _) => true,
            Self::Account(Owner::Staff(member), _) => booking.staff_ids.contains(member),
            Self::Service(id, _) => booking.service_id == *id,
        }
    }

    fn cause(&self, after: &Site) -> Cause {
        match self {
            Self::Plan { .. } => Cause::PlanChanged,
            Self::Account(owner, _) => Cause::of_account(owner),
            Self::Service(id, before) => {
                let link =
                    |service: Option<&Service>| service.and_then(|service| service.course_link.clone());
                let is_link = link(before.as_ref()) != link(after.services.get(id));
                if is_link { Cause::CourseLinkChanged } else { Cause::ServiceChanged }
            }
        }
    }
}

/// A link as it was from a time on.
#[derive(Debug, Clone)]
pub struct Moment {
    /// The site as it was then.
    pub site: Site,
    /// The session as it was then.
    pub session: Session,
    /// The revision of the link then.
    pub revision: Revision,
    /// From when on.
    pub since: Timestamp,
    /// Why it became so.
    pub cause: Cause,
}

/// The links of a session, told backwards from the one that stands now.
#[derive(Debug)]
pub struct Telling {
    site: Site,
    session: Session,
    /// Earlier states of the session, the latest last.
    sessions: Vec<Session>,
    /// Earlier states of the site, the latest last.
    sites: Vec<SitePast>,
    is_over: bool,
}

impl Telling {
    /// Begins with what stands now. `sessions` and `sites` are what stood before, in the order they were kept.
    pub fn new(site: Site, session: Session, (sessions, sites): (Vec<Session>, Vec<SitePast>)) -> Self {
        Self { site, session, sessions, sites, is_over: false }
    }

    /// Takes one step back, and says when and why what was left had come about.
    fn step_back(&mut self) -> (Timestamp, Cause) {
        while let Some(past) = self.sites.pop_if(|past| past.number > self.session.link_since) {
            let (since, cause) = (past.changed_at, past.cause);
            let is_followed = past.before.is_followed_by(&self.session);
            past.undo(&mut self.site);
            if is_followed {
                return (since, cause);
            }
        }
        let began = (self.session.link_changed_at, self.session.link_cause);
        match self.sessions.pop() {
            Some(earlier) => self.session = earlier,
            None => self.is_over = true,
        }
        began
    }
}

impl Iterator for Telling {
    type Item = Moment;

    /// The link before the one told last; each revision once, with its earliest time.
    fn next(&mut self) -> Option<Moment> {
        if self.is_over {
            return None;
        }
        let (site, session) = (self.site.clone(), self.session.clone());
        let revision = session.link_revision(&site);
        let (mut since, mut cause) = self.step_back();
        while !self.is_over && self.session.link_revision(&self.site) == revision {
            (since, cause) = self.step_back();
        }
        Some(Moment { site, session, revision, since, cause })
    }
}

/// Whether two states of a session follow different things, so that a later change touches one and not the other.
pub fn follow_the_same(one: &Session, two: &Session) -> bool {
    let followed = |session: &Session| {
        session.booking.as_ref().map(|booking| (booking.service_id.clone(), booking.staff_ids.clone()))
    };
    followed(one) == followed(two)
}
