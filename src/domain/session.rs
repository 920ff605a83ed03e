//! Owns sessions: what is wanted of one, what exists of it at a provider, and the choice made by hand.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::account::Revision;
use crate::domain::cause::Cause;
use crate::domain::custom_link::CustomLink;
use crate::domain::id::ServiceId;
use crate::domain::id::SessionId;
use crate::domain::id::StaffId;
use crate::domain::join::JoinKey;
use crate::domain::meeting::Shown;
use crate::domain::meeting::TOPIC_CHARACTERS;
use crate::domain::meeting::ends_at;
use crate::domain::minting::Minting;
use crate::domain::site::Site;
use crate::domain::time_zone::TimeZoneName;
use crate::domain::venue::Venue;

/// One occurrence of a service, and everything greenroom keeps of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// What was booked; `None` once it is cancelled, while its meetings are still being removed.
    pub booking: Option<Booking>,
    /// The choice by hand (R16).
    pub choice: Choice,
    /// What exists at a provider, and what is under way there.
    pub minting: Minting,
    /// What its join addresses are made of.
    pub join: JoinKey,
    /// Grows with every change of the booking.
    pub revision: Revision,
    /// The session's own part of its link's revision (see [`crate::domain::epoch`]).
    pub link_base: i64,
    /// When the session's own part of its link changed last.
    pub link_changed_at: Timestamp,
    /// Why it did.
    pub link_cause: Cause,
    /// How many changes of its site there were when the session came to be as it is (see
    /// [`crate::domain::history`]).
    pub link_since: u64,
    /// Whether its link is announced as failing.
    pub is_failing: bool,
    /// Which of its earlier states are kept, and told.
    pub past: Past,
    /// Where it takes place, for finding others there at the same time (R31).
    pub venue: Option<Venue>,
}

/// Which earlier states of a session are kept; they are numbered from 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Past {
    /// How many are kept.
    pub kept: u32,
    /// From which on they are this booking's: those before are of one that was cancelled.
    pub told_from: u32,
}

/// A session lasts at most a day: whatever started before that is over.
pub const LONGEST_SESSION: Duration = Duration::from_hours(24);

/// What the platform booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// Of which service.
    pub service_id: ServiceId,
    /// Who gives it, the first with an account hosts (R13); at most 20.
    pub staff_ids: Vec<StaffId>,
    /// How people call it; at most 500 characters.
    pub title: String,
    /// When it starts.
    pub starts_at: Timestamp,
    /// How long it lasts; 1 to 1440.
    pub duration_minutes: u16,
    /// Where its clock hangs.
    pub time_zone: TimeZoneName,
}

impl Booking {
    /// When it ends.
    pub fn ends_at(&self) -> Timestamp {
        ends_at(self.starts_at, self.duration_minutes)
    }

    /// What a meeting of it shows.
    pub fn shown(&self) -> Shown {
        Shown {
            topic: self.title.chars().take(TOPIC_CHARACTERS).collect(),
            starts_at: self.starts_at,
            duration_minutes: self.duration_minutes,
            time_zone: self.time_zone.clone(),
        }
    }
}

/// A choice by hand: survives rescheduling and a change of staff, until it is reset (R16).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// None was made: the rules decide.
    Inherit,
    /// A link of the account, also where the service has no video.
    Account,
    /// This link.
    Custom(CustomLink),
    /// No link.
    None,
}

/// What a new session is given from outside.
#[derive(Debug)]
pub struct NewSession {
    /// Fresh join addresses.
    pub join: JoinKey,
    /// The first revision.
    pub first: Revision,
    /// The time.
    pub now: Timestamp,
}

impl Session {
    /// A session that has just been booked. Its revisions begin at `first`, above those of any session of this id
    /// before it.
    pub fn new(id: SessionId, booking: Booking, new: NewSession) -> Self {
        let NewSession { join, first, now } = new;
        Self {
            id,
            booking: Some(booking),
            choice: Choice::Inherit,
            minting: Minting::new(first.0),
            join,
            revision: first,
            link_base: i64::try_from(first.0).unwrap_or(i64::MAX),
            link_changed_at: now,
            link_cause: Cause::Booked,
            link_since: 0,
            is_failing: false,
            past: Past::default(),
            venue: None,
        }
    }

    /// Takes a booking; the same one changes nothing. One that was cancelled begins anew: a fresh choice, fresh
    /// join addresses, and a new meeting.
    pub fn rebook(&mut self, booking: Booking, join: JoinKey) {
        match &self.booking {
            Some(old) if *old == booking => return,
            Some(_) => {}
            None => {
                self.choice = Choice::Inherit;
                self.join = join;
                // The cancelled state is kept by the change that ends it.
                self.past.told_from = self.past.kept + 1;
            }
        }
        self.booking = Some(booking);
        self.revision = Revision(self.revision.0 + 1);
    }

    /// Takes a choice by hand.
    pub fn choose(&mut self, choice: Choice) {
        self.choice = choice;
    }

    /// Cancels it (R20).
    pub fn cancel(&mut self) {
        self.booking = None;
        self.revision = Revision(self.revision.0 + 1);
    }

    /// The revision of its link: the session's own count and those of all that it follows.
    pub fn link_revision(&self, site: &Site) -> Revision {
        Revision(u64::try_from(self.link_base + follows(site, self)).unwrap_or_default())
    }

    /// When its link changed last.
    pub fn link_updated_at(&self, site: &Site) -> Timestamp {
        let Some(booking) = &self.booking else { return self.link_changed_at };
        let followed = site.epochs.followed_by(&booking.service_id, &booking.staff_ids);
        self.link_changed_at.max(followed.changed_at)
    }
}

/// How often all that a session follows on its site has changed; nothing, for a cancelled one.
pub fn follows(site: &Site, session: &Session) -> i64 {
    session.booking.as_ref().map_or(0, |booking| {
        let epoch = site.epochs.followed_by(&booking.service_id, &booking.staff_ids);
        i64::try_from(epoch.count).unwrap_or(i64::MAX)
    })
}
