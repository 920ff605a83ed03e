//! Builds every key of the store, so that nobody else has to. Reads and writes nothing.
//!
//! Keys and index members hold the platform's ids and hashes, never a secret: they are not sealed.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::app::ports::store::InboxShard;
use crate::domain::delivery::DeliveryName;
use crate::domain::event::EventId;
use crate::domain::id::EndpointId;
use crate::domain::id::GrantId;
use crate::domain::id::NoticeId;
use crate::domain::id::OrganisationId;
use crate::domain::id::ServiceId;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::id::StaffId;
use crate::domain::id::TokenHash;
use crate::domain::venue::Venue;

const TOKEN_FLOOR_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// All that lives together: read in one snapshot, written in one commit (correctness.md section 1).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Partition {
    /// Everything of one site.
    Site(SiteId),
    /// Everything of one Zoom grant, whichever sites refer to it.
    Grant(GrantId),
    /// What replicas share about one organisation at the provider: numbers, and which sites have accounts of it. No
    /// records but the data keys.
    Organisation(OrganisationId),
    /// What one token leads to: a portal link, a join address.
    Token(TokenHash),
    /// What belongs to the installation.
    System,
    /// The events of all sites.
    Feed,
    /// Part of what providers told.
    Inbox(InboxShard),
    /// How far one endpoint has been told of them.
    Endpoint(EndpointId),
}

impl Partition {
    /// How long its floor is kept after the last record left; `None` for good.
    ///
    /// A token is random and never made twice: its floor only has to outlive what is on its way or held somewhere.
    pub fn floor_lifetime(&self) -> Option<Duration> {
        match self {
            Self::Token(_) => Some(TOKEN_FLOOR_LIFETIME),
            Self::Site(_)
            | Self::Grant(_)
            | Self::Organisation(_)
            | Self::System
            | Self::Feed
            | Self::Inbox(_)
            | Self::Endpoint(_) => None,
        }
    }

    /// Reads what [`Partition`]'s `Display` writes; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some(("s", id)) => SiteId::parse(id).ok().map(Self::Site),
            Some(("g", id)) => GrantId::parse(id).ok().map(Self::Grant),
            Some(("o", id)) => OrganisationId::parse(id).ok().map(Self::Organisation),
            Some(("t", hash)) => TokenHash::parse(hash).ok().map(Self::Token),
            Some(("in", number)) => InboxShard::new(number.parse().ok()?).map(Self::Inbox),
            Some(("e", id)) => EndpointId::parse(id).ok().map(Self::Endpoint),
            _ if text == "feed" => Some(Self::Feed),
            _ => (text == "sys").then_some(Self::System),
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Site(id) => write!(f, "s:{id}"),
            Self::Grant(id) => write!(f, "g:{id}"),
            Self::Organisation(id) => write!(f, "o:{id}"),
            Self::Token(hash) => write!(f, "t:{hash}"),
            Self::System => f.write_str("sys"),
            Self::Feed => f.write_str("feed"),
            Self::Inbox(shard) => write!(f, "in:{}", shard.number()),
            Self::Endpoint(id) => write!(f, "e:{id}"),
        }
    }
}

/// Where a record stands within its partition: its kind and its id, `session/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    text: Box<str>,
    kind_length: usize,
}

impl Key {
    fn new(kind: &str, id: &str) -> Self {
        Self { text: format!("{kind}/{id}").into(), kind_length: kind.len() }
    }

    /// Reads a key as a backend kept it; `None` when it has no kind.
    pub(in crate::store) fn parse(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once('/')?;
        (!kind.is_empty() && !id.is_empty()).then(|| Self::new(kind, id))
    }

    /// The kind of record.
    pub fn kind(&self) -> &str {
        self.text.split_at(self.kind_length).0
    }

    /// The record's id within its kind.
    pub fn id(&self) -> &str {
        self.text.split_at(self.kind_length + 1).1
    }

    /// Kind and id, as backends keep them.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Names an index of a partition: members in the order of a number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IndexName(Cow<'static, str>);

impl IndexName {
    /// The name, as backends keep it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What waits to be done in a partition, by when: milliseconds since 1970.
pub const DUE: IndexName = IndexName(Cow::Borrowed("due"));

/// The sessions of a site whose next step waits to be taken, by when: milliseconds since 1970. Apart from [`DUE`], so that
/// no backlog of theirs holds up what is announced.
pub const STEPS: IndexName = IndexName(Cow::Borrowed("steps"));

/// The sessions of a site by their start: milliseconds since 1970.
pub const SESSIONS: IndexName = IndexName(Cow::Borrowed("sessions"));

/// The sessions of a service by their start: milliseconds since 1970.
pub fn sessions_of_service(service: &ServiceId) -> IndexName {
    IndexName(Cow::Owned(format!("sessions/service/{service}")))
}

/// The sessions that a staff member gives, alone or with others, by their start: milliseconds since 1970.
pub fn sessions_of_staff(staff: &StaffId) -> IndexName {
    IndexName(Cow::Owned(format!("sessions/staff/{staff}")))
}

/// The sessions at a venue by their start: milliseconds since 1970; each member says how long it lasts, too.
pub fn sessions_at(venue: &Venue) -> IndexName {
    IndexName(Cow::Owned(format!("venue/{venue}")))
}

/// The sessions of a site that have a meeting, by a keyed hash of its id: a number of 52 bits.
pub const MEETINGS: IndexName = IndexName(Cow::Borrowed("meetings"));

/// The sites that may have accounts of an organisation, in [`Partition::Organisation`], by when that was noted last:
/// milliseconds since 1970.
pub const SITES: IndexName = IndexName(Cow::Borrowed("sites"));

/// What stood on a site, by the number of the change that it stood before.
pub const SITE_PAST: IndexName = IndexName(Cow::Borrowed("past"));

/// The events of a site that are not in the feed yet, in the order of their commits: by about when they happened, in
/// milliseconds since 1970.
pub const OUTBOX: IndexName = IndexName(Cow::Borrowed("outbox"));

/// What was handed out at a site, by when: milliseconds since 1970.
pub const DELIVERIES: IndexName = IndexName(Cow::Borrowed("deliveries"));

/// What was handed out of a session, by when.
pub fn deliveries_of(session: &SessionId) -> IndexName {
    IndexName(Cow::Owned(format!("deliveries/{session}")))
}

/// The events of all sites in their order, in [`Partition::Feed`].
pub const FEED: IndexName = IndexName(Cow::Borrowed("feed"));

/// The sessions of all sites that need a person, by since when: milliseconds since 1970; in [`Partition::System`].
pub const ATTENTION: IndexName = IndexName(Cow::Borrowed("attention"));

/// The numbers that replicas share, in [`Partition::Organisation`]. No lifetime: there are as many as the organisation
/// has hosts and kinds of calls, and one that is out of date counts as its floor.
pub const TALLIES: IndexName = IndexName(Cow::Borrowed("tallies"));

/// The id of a record of which a partition has one.
const ONLY: &str = "self";

/// The wrapped data keys of a partition. No lifetime: off-boarding removes it, and with it all that it sealed.
pub fn data_keys() -> Key {
    Key::new("deks", ONLY)
}

/// The key of the hashes that stand in keys, in [`Partition::System`]. No lifetime: every grant's key needs it.
pub fn index_key() -> Key {
    Key::new("index_key", ONLY)
}

/// A site. No lifetime: it goes when the site is off-boarded.
pub fn site() -> Key {
    Key::new("site", ONLY)
}

/// A session of a site. No lifetime of its own: retired some time after its end.
pub fn session(id: &SessionId) -> Key {
    Key::new("session", id.as_str())
}

/// An earlier state of a session. Goes with the session.
pub fn session_past(id: &SessionId, number: u32) -> Key {
    Key::new("past", &format!("{id}/{number}"))
}

/// What stood on a site before a change. No lifetime: the histories of past sessions tell it, until off-boarding.
pub fn site_past(number: u64) -> Key {
    Key::new("site_past", &number.to_string())
}

/// The others that a session overlaps with. Goes with the session, or when there are none.
pub fn overlaps(id: &SessionId) -> Key {
    Key::new("overlaps", id.as_str())
}

/// What somebody was handed of a session. Goes with the session.
pub fn delivery(session: &SessionId, name: &DeliveryName) -> Key {
    Key::new("delivery", &format!("{session}/{}", name.as_str()))
}

/// An event: in its site's partition until it is in the feed, then there for as long as events are kept.
pub fn event(id: &EventId) -> Key {
    Key::new("event", id.as_str())
}

/// The last place given in the feed. No lifetime: places never return.
pub fn feed_head() -> Key {
    Key::new("feed_head", ONLY)
}

/// Something that a provider told, in [`Partition::Inbox`]. Lives as long as it may be told again: seven days.
pub fn notice(id: &NoticeId) -> Key {
    Key::new("notice", id.as_str())
}

/// How far an endpoint has been told, in its partition. No lifetime: it goes when no gateway is told of the endpoint any
/// more.
pub fn outgoing() -> Key {
    Key::new("outgoing", ONLY)
}

/// A grant, in its partition. No lifetime: it goes when the last account that uses it is gone.
pub fn grant() -> Key {
    Key::new("grant", ONLY)
}

/// What a token leads to, in the token's partition. Its lifetime is its own: portal links and flows end by
/// themselves, join addresses go with their session.
pub fn ticket() -> Key {
    Key::new("ticket", ONLY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_and_keys_read_back_as_written() {
        let partitions = [
            Partition::Site(SiteId::parse("a.b").unwrap()),
            Partition::Grant(GrantId::parse(&"a".repeat(26)).unwrap()),
            Partition::Organisation(OrganisationId::parse(&"b".repeat(26)).unwrap()),
            Partition::Token(TokenHash::parse(&"2".repeat(32)).unwrap()),
            Partition::System,
            Partition::Feed,
            Partition::Inbox(InboxShard::new(15).unwrap()),
            Partition::Endpoint(EndpointId::parse(&"c".repeat(26)).unwrap()),
        ];
        for partition in partitions {
            assert_eq!(Partition::parse(&partition.to_string()), Some(partition));
        }
        let key = session(&SessionId::parse("se-1").unwrap());
        assert_eq!((key.kind(), key.id(), key.as_str()), ("session", "se-1", "session/se-1"));
        assert_eq!(Key::parse(key.as_str()), Some(key));
    }

    #[test]
    fn other_texts_are_no_partition_and_no_key() {
        for text in ["", "s", "s:", "x:a", "sys:", "s:a b", "g:short", "o:short", "in:16"] {
            assert_eq!(Partition::parse(text), None, "{text}");
        }
        for text in ["", "session", "/a", "session/"] {
            assert_eq!(Key::parse(text), None, "{text}");
        }
    }
}
