//! Owns what is announced: every change that a customer could notice (R24). Holds ids, reasons and revisions; no
//! address, no secret.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::account::AccountState;
use crate::domain::account::Connection;
use crate::domain::account::Owner;
use crate::domain::account::Revision;
use crate::domain::cause::Cause;
use crate::domain::id::ServiceId;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::link::Link;
use crate::domain::link::Status;
use crate::domain::link::is_same_link;
use crate::domain::session::Session;
use crate::domain::site::Site;

/// An event with its name, as it is kept and told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id: the same however often it is told.
    pub id: EventId,
    /// Of which site.
    pub site: SiteId,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// What happened.
    pub news: News,
}

/// The id of an event: a UUID of version 7 (RFC 9562), as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventId(Box<str>);

impl EventId {
    /// Takes a text that came from [`EventId::as_str`], or was made to be one: 1 to 64 of the id alphabet.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        fits.then(|| Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How long events are kept (contract.md section 3).
pub const KEPT: Duration = Duration::from_hours(7 * 24);
/// Places for each millisecond.
const PLACES: u64 = 1_000;

/// A place in the feed, the one order of all events; the first is before every event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeedPlace(pub u64);

impl FeedPlace {
    /// The first place of a time.
    pub fn first_of(at: Timestamp) -> Self {
        Self(u64::try_from(at.as_millisecond()).unwrap_or_default().saturating_mul(PLACES))
    }

    /// The first place of an event that is still kept.
    pub fn oldest(now: Timestamp) -> Self {
        now.checked_sub(KEPT).map_or(Self(0), Self::first_of)
    }

    /// When an event came to this place.
    pub fn at(self) -> Timestamp {
        let ms = i64::try_from(self.0 / PLACES).unwrap_or(i64::MAX);
        Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
    }

    /// The place before.
    #[must_use]
    pub const fn before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// The place after.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// Of which kind.
    pub kind: EventKind,
    /// To what.
    pub subject: Subject,
    /// Why it happened.
    pub cause: Option<Cause>,
    /// Why there is no link, where there is none, or why an account must be connected again: a reason of the contract.
    pub reason: Option<String>,
    /// The revision of the link, for a session; of the account, for an account that is there.
    pub revision: Option<Revision>,
}

/// The kinds of events (R24).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    /// A session has a link now.
    LinkReady,
    /// Links lead elsewhere now, or to other people.
    LinkChanged,
    /// Links are gone.
    LinkRemoved,
    /// A session's link cannot be made for now.
    LinkFailing,
    /// It could be made after all.
    LinkRecovered,
    /// An account is connected.
    AccountConnected,
    /// An account is disconnected.
    AccountDisconnected,
    /// An account must be connected again.
    AccountReauthorizationRequired,
    /// It works again.
    AccountRecovered,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::LinkReady,
        Self::LinkChanged,
        Self::LinkRemoved,
        Self::LinkFailing,
        Self::LinkRecovered,
        Self::AccountConnected,
        Self::AccountDisconnected,
        Self::AccountReauthorizationRequired,
        Self::AccountRecovered,
    ];

    /// The name in the contract.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LinkReady => "link.ready",
            Self::LinkChanged => "link.changed",
            Self::LinkRemoved => "link.removed",
            Self::LinkFailing => "link.failing",
            Self::LinkRecovered => "link.recovered",
            Self::AccountConnected => "account.connected",
            Self::AccountDisconnected => "account.disconnected",
            Self::AccountReauthorizationRequired => "account.reauthorization_required",
            Self::AccountRecovered => "account.recovered",
        }
    }

    /// Reads a name of the contract.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// To what it happened. What touches many links at once is told once, with the widest thing they have in common: a
/// site has 20,000 sessions, and its course link changes with one write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A session's link.
    Session(SessionId),
    /// The links of all sessions of a service.
    Service(ServiceId),
    /// The links of all sessions that an account serves.
    Links(Owner),
    /// The links of all sessions of the site.
    Site,
    /// An account itself.
    Account(Owner),
}

/// What the change of a session's own part of its link is announced as, in order.
pub fn of_session(site: &Site, before: Option<&Session>, after: &Session, now: Timestamp) -> Vec<News> {
    let was = before.filter(|before| before.booking.is_some()).map(|before| Link::of(site, before, now));
    let link = Link::of(site, after, now);
    let is_live = after.booking.is_some();
    let (had, failed) = (was.as_ref().is_some_and(is_ready), before.is_some_and(|before| before.is_failing));
    let mut kinds = Vec::new();
    match (is_live && is_ready(&link), after.is_failing) {
        (true, _) if failed => kinds.extend([EventKind::LinkRecovered, EventKind::LinkReady]),
        (true, _) if !had => kinds.push(EventKind::LinkReady),
        (true, _) if before.is_some_and(|before| !is_same_link(site, before, after, now)) => {
            kinds.push(EventKind::LinkChanged);
        }
        (false, _) if had && (!is_live || is_none(&link)) => kinds.push(EventKind::LinkRemoved),
        (false, true) if !failed => kinds.push(EventKind::LinkFailing),
        (false, _) if had => kinds.push(EventKind::LinkChanged),
        (true | false, _) => {}
    }
    let reason = if is_live { link.status.reason() } else { Some("cancelled") };
    let news = |kind| News {
        kind,
        subject: Subject::Session(after.id.clone()),
        cause: Some(after.link_cause),
        reason: reason.map(str::to_owned),
        revision: Some(after.link_revision(site)),
    };
    kinds.into_iter().map(news).collect()
}

fn is_ready(link: &Link<'_>) -> bool {
    link.status == Status::Ready
}

fn is_none(link: &Link<'_>) -> bool {
    matches!(link.status, Status::None(_))
}

/// What a change of a site is announced as, in order: of its accounts, and of all the links that it touches at once.
/// A new meeting that follows from it is announced when it is there.
pub fn of_site(before: Option<&Site>, after: &Site) -> Vec<News> {
    let Some(before) = before else { return Vec::new() };
    let mut news = of_plan(before, after);
    let owners =
        after.epochs.owners.keys().filter(|owner| before.accounts.get(owner) != after.accounts.get(owner));
    for owner in owners {
        news.extend(of_account(owner, before, after));
    }
    for id in after.epochs.services.keys() {
        news.extend(of_service(id, before, after));
    }
    let visibility = before.settings.visibility != after.settings.visibility;
    news.extend(visibility.then(|| links(EventKind::LinkChanged, Subject::Site, Cause::VisibilityChanged)));
    news
}

fn links(kind: EventKind, subject: Subject, cause: Cause) -> News {
    News { kind, subject, cause: Some(cause), reason: None, revision: None }
}

fn because(reason: &str, news: News) -> News {
    News { reason: Some(reason.to_owned()), ..news }
}

fn of_plan(before: &Site, after: &Site) -> Vec<News> {
    let told = |kind| links(kind, Subject::Site, Cause::PlanChanged);
    match (before.settings.entitled, after.settings.entitled) {
        (true, false) => vec![because("not_entitled", told(EventKind::LinkRemoved))],
        (false, true) => vec![told(EventKind::LinkChanged)],
        (true, true) | (false, false) => Vec::new(),
    }
}

fn of_account(owner: &Owner, before: &Site, after: &Site) -> Vec<News> {
    let (old, new) = (before.accounts.get(owner), after.accounts.get(owner));
    let account = |kind| News {
        kind,
        subject: Subject::Account(owner.clone()),
        cause: None,
        reason: None,
        revision: new.map(|account| account.revision),
    };
    // What the gate opens or closes is every link of the site.
    let (subject, gate) = match owner {
        Owner::Default if old.is_none() || new.is_none() => (Subject::Site, new.is_none()),
        Owner::Default | Owner::Staff(_) => (Subject::Links(owner.clone()), false),
    };
    let touched = |kind| links(kind, subject.clone(), Cause::of_account(owner));
    match (old.map(|account| &account.connection), new.map(|account| &account.connection)) {
        (None, None) => Vec::new(),
        (None, Some(_)) => vec![account(EventKind::AccountConnected), touched(EventKind::LinkChanged)],
        (Some(_), None) if gate => vec![
            account(EventKind::AccountDisconnected),
            because("no_default_account", touched(EventKind::LinkRemoved)),
        ],
        (Some(_), None) => vec![account(EventKind::AccountDisconnected), touched(EventKind::LinkChanged)],
        (Some(old), Some(new)) => {
            let connected = (!old.is_same_connection(new)).then(|| account(EventKind::AccountConnected));
            // Meetings that exist stay until others are made.
            let moves = !matches!((old, new), (Connection::Hosted(_), Connection::Hosted(_)));
            let changed = moves.then(|| touched(EventKind::LinkChanged));
            let health = of_health(old, new).map(|(kind, why)| News { reason: why, ..account(kind) });
            connected.into_iter().chain(health).chain(changed).collect()
        }
    }
}

/// What became of an account's health, and why it does not work.
fn of_health(old: &Connection, new: &Connection) -> Option<(EventKind, Option<String>)> {
    match (old.hosted()?.state, new.hosted()?.state) {
        (AccountState::Active, AccountState::ReauthorizationRequired { reason, .. }) => {
            Some((EventKind::AccountReauthorizationRequired, Some(reason.name().to_owned())))
        }
        (AccountState::ReauthorizationRequired { .. }, AccountState::Active)
            if old.is_same_connection(new) =>
        {
            Some((EventKind::AccountRecovered, None))
        }
        (
            AccountState::Active | AccountState::ReauthorizationRequired { .. },
            AccountState::Active | AccountState::ReauthorizationRequired { .. },
        ) => None,
    }
}

fn of_service(id: &ServiceId, before: &Site, after: &Site) -> Option<News> {
    let told = |kind, cause| links(kind, Subject::Service(id.clone()), cause);
    let offline = || because("service_offline", told(EventKind::LinkRemoved, Cause::ServiceChanged));
    let (old, new) = match (before.services.get(id), after.services.get(id)) {
        (None, None) => return None,
        // One that was there before may have sessions.
        (None, Some(_)) => {
            let is_back = before.epochs.services.contains_key(id);
            return is_back.then(|| told(EventKind::LinkChanged, Cause::ServiceChanged));
        }
        (Some(_), None) => return Some(offline()),
        (Some(old), Some(new)) => (old, new),
    };
    if old.video && !new.video {
        return Some(offline());
    }
    if old.course_link != new.course_link {
        return Some(told(EventKind::LinkChanged, Cause::CourseLinkChanged));
    }
    if old.video != new.video || old.kind != new.kind {
        return Some(told(EventKind::LinkChanged, Cause::ServiceChanged));
    }
    let is_seen_alike = old.visibility == new.visibility;
    (!is_seen_alike).then(|| told(EventKind::LinkChanged, Cause::VisibilityChanged))
}
