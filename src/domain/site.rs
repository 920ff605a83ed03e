//! Owns sites: all that is said about a business, except its sessions.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::account::Account;
use crate::domain::account::Connection;
use crate::domain::account::Owner;
use crate::domain::account::Revision;
use crate::domain::custom_link::CustomLink;
use crate::domain::epoch::Epochs;
use crate::domain::hash::HashKey;
use crate::domain::id::GrantId;
use crate::domain::id::ServiceId;
use crate::domain::id::SiteId;
use crate::domain::locale::Locale;
use crate::domain::meeting::after;
use crate::domain::service::CourseLink;
use crate::domain::service::Service;
use crate::domain::visibility::SiteVisibility;

/// A grant that is not connected again is gone long before this, and with it all that could be deleted.
const CLEARED_WITHIN: Duration = Duration::from_hours(48);

/// A business: its settings, accounts and services, kept together so that a link is read in one round trip.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Its id.
    pub id: SiteId,
    /// What the platform says of it.
    pub settings: SiteSettings,
    /// Grows with every change of the settings.
    pub revision: Revision,
    /// When the settings changed last.
    pub updated_at: Timestamp,
    /// Its default account and those of its staff.
    pub accounts: BTreeMap<Owner, Account>,
    /// What it sells.
    pub services: BTreeMap<ServiceId, Service>,
    /// How often what its links follow has changed.
    pub epochs: Epochs,
    /// The last revision given to anything of this site.
    pub last_revision: Revision,
    /// Keys the markers of its meetings (correctness.md section 2).
    pub marker_key: HashKey,
    /// Users at the provider whose meetings ahead are to be deleted there: who disconnected them said so (R21).
    pub clearing: BTreeMap<GrantId, Clearing>,
}

/// How far the wish came that meetings ahead are deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clearing {
    /// It was said.
    Wished(Timestamp),
    /// Every session ahead was told.
    Told(Timestamp),
}

impl Clearing {
    const fn at(self) -> Timestamp {
        match self {
            Self::Wished(at) | Self::Told(at) => at,
        }
    }
}

/// What the platform says of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteSettings {
    /// How customers know the business.
    pub display_name: String,
    /// Whether its plan has video (R9).
    pub entitled: bool,
    /// Whether staff set up their own accounts (R4).
    pub staff_self_service: bool,
    /// The language of its pages where nothing else decides.
    pub locale: Locale,
    /// Who sees its links (R25).
    pub visibility: SiteVisibility,
}

impl Site {
    /// A site that has just been put.
    pub fn new(id: SiteId, settings: SiteSettings, marker_key: HashKey, now: Timestamp) -> Self {
        Self {
            id,
            settings,
            revision: Revision(1),
            updated_at: now,
            accounts: BTreeMap::new(),
            services: BTreeMap::new(),
            epochs: Epochs::default(),
            last_revision: Revision(1),
            marker_key,
            clearing: BTreeMap::new(),
        }
    }

    /// The next revision for something of this site: larger than any before it, also for what was deleted.
    pub fn next_revision(&mut self) -> Revision {
        self.last_revision = Revision(self.last_revision.0 + 1);
        self.last_revision
    }

    /// Whether this is what became of the other, and not a site put anew under the same id.
    pub fn is_same_life(&self, other: &Self) -> bool {
        self.marker_key == other.marker_key
    }

    /// Whether the main gate is open: a default account is connected (R8).
    pub fn default_account(&self) -> Option<&Account> {
        self.accounts.get(&Owner::Default)
    }

    /// Takes new settings; the same ones change nothing.
    pub fn put_settings(&mut self, settings: SiteSettings, now: Timestamp) {
        if settings == self.settings {
            return;
        }
        if settings.entitled != self.settings.entitled {
            self.epochs.plan_changed(now);
        }
        self.settings = settings;
        self.revision = self.next_revision();
        self.updated_at = now;
    }

    /// Connects an account, in place of whatever was there; the same connection changes nothing. What touches no link,
    /// such as another e-mail address, leaves the revisions of links alone. Answers the account.
    pub fn put_account(&mut self, owner: &Owner, connection: Connection, now: Timestamp) -> Account {
        let before = self.accounts.get(owner);
        if let Some(same) = before.filter(|account| account.connection == connection) {
            return same.clone();
        }
        let connected_at = before
            .filter(|account| account.connection.is_same_connection(&connection))
            .map_or(now, |account| account.connected_at);
        let touches_links = before.is_none_or(|account| !account.connection.serves_alike(&connection));
        // What was wished of a user before says nothing of one who is connected, or of what is replaced now.
        let replaced = before.and_then(|account| account.connection.hosted());
        let named = connection.hosted().into_iter().chain(replaced).map(|hosted| hosted.grant.clone());
        for grant in named.collect::<Vec<_>>() {
            self.clearing.remove(&grant);
        }
        let revision = self.next_revision();
        let account = Account { connection, connected_at, updated_at: now, revision };
        self.accounts.insert(owner.clone(), account.clone());
        if touches_links {
            self.epochs.account_changed(owner, now);
        }
        account
    }

    /// Disconnects an account; none there changes nothing. Answers what was there.
    pub fn remove_account(&mut self, owner: &Owner, now: Timestamp) -> Option<Account> {
        let account = self.accounts.remove(owner)?;
        if let Some(hosted) = account.connection.hosted() {
            self.clearing.remove(&hosted.grant);
        }
        self.next_revision();
        self.epochs.account_changed(owner, now);
        Some(account)
    }

    /// Has the meetings ahead on this grant deleted, as far as nothing wants them (R21), until one of its accounts is
    /// connected again; nothing, while another account uses it. Wishes of days ago have long been met, and are forgotten.
    pub fn clear_meetings(&mut self, grant: &GrantId, now: Timestamp) {
        let mut hosted = self.accounts.values().filter_map(|account| account.connection.hosted());
        if hosted.any(|hosted| hosted.grant == *grant) {
            return;
        }
        self.clearing.retain(|_, clearing| after(clearing.at(), CLEARED_WITHIN) > now);
        self.clearing.insert(grant.clone(), Clearing::Wished(now));
    }

    /// The site when every session ahead was told which meetings are to be deleted; `None` where that is no news.
    pub fn told(&self, now: Timestamp) -> Option<Self> {
        let is_wished = |clearing: &Clearing| matches!(clearing, Clearing::Wished(_));
        if !self.clearing.values().any(is_wished) {
            return None;
        }
        let mut told = self.clone();
        for clearing in told.clearing.values_mut().filter(|clearing| is_wished(clearing)) {
            *clearing = Clearing::Told(now);
        }
        Some(told)
    }

    /// Puts a service, made by `make` with its new revision. A change of its kind or of video touches the links of
    /// its sessions.
    pub fn put_service(&mut self, id: &ServiceId, make: impl FnOnce(Revision) -> Service) -> Service {
        let revision = self.next_revision();
        let service = make(revision);
        let old = self.services.insert(id.clone(), service.clone());
        let touches = old.is_none_or(|old| {
            old.kind != service.kind || old.video != service.video || old.course_link != service.course_link
        });
        if touches {
            self.epochs.service_changed(id, service.updated_at);
        }
        service
    }

    /// Gives a course its link; the same one changes nothing. The revision of the service itself stays: the link has
    /// one of its own. Answers `None` where there is no such service.
    pub fn put_course_link(
        &mut self,
        id: &ServiceId,
        link: CustomLink,
        now: Timestamp,
    ) -> Option<CourseLink> {
        let held = self.services.get(id)?.course_link.as_ref();
        if let Some(same) = held.filter(|held| held.link == link) {
            return Some(same.clone());
        }
        let course = CourseLink { link, revision: self.next_revision(), updated_at: now };
        self.services.get_mut(id)?.course_link = Some(course.clone());
        self.epochs.service_changed(id, now);
        Some(course)
    }

    /// Takes a course its link; none there changes nothing.
    pub fn remove_course_link(&mut self, id: &ServiceId, now: Timestamp) {
        let Some(service) = self.services.get_mut(id) else { return };
        if service.course_link.take().is_some() {
            self.next_revision();
            self.epochs.service_changed(id, now);
        }
    }

    /// Removes a service; none there changes nothing.
    pub fn remove_service(&mut self, id: &ServiceId, now: Timestamp) {
        if self.services.remove(id).is_some() {
            self.next_revision();
            self.epochs.service_changed(id, now);
        }
    }
}
