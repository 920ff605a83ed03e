//! Owns the meetings: their record, their lives, and the host links that still work.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;

use crate::demo::simulator::clock::after;
use crate::demo::simulator::entropy::Entropy;
use crate::demo::simulator::user::UserId;

const DAY: Duration = Duration::from_hours(24);
const HOST_LINK_LIFETIME: Duration = Duration::from_hours(2);

/// Where a meeting is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo::simulator) enum Stage {
    /// Nobody is in it.
    Waiting,
    /// It is under way.
    Started,
    /// It was held, and can be started again.
    Ended,
    /// It lies in the trash: for callers it does not exist.
    Deleted,
}

impl Stage {
    /// The word of pages and the ledger.
    pub(in crate::demo::simulator) const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Started => "started",
            Self::Ended => "ended",
            Self::Deleted => "deleted",
        }
    }
}

/// What lets people in.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::demo::simulator) struct Passcode {
    /// What people type.
    pub(in crate::demo::simulator) text: String,
    /// What stands in the link: it cannot be computed from the text.
    pub(in crate::demo::simulator) embedded: String,
    pub(in crate::demo::simulator) digits: u64,
}

impl Passcode {
    /// A passcode with this text.
    pub(in crate::demo::simulator) fn new(text: String, entropy: &mut Entropy) -> Self {
        Self { text, embedded: format!("{}.1", entropy.letters(30)), digits: entropy.number(6) }
    }

    /// A passcode Zoom chose.
    pub(in crate::demo::simulator) fn generated(entropy: &mut Entropy) -> Self {
        Self::new(entropy.letters(6), entropy)
    }
}

/// A meeting.
#[derive(Clone)]
pub(in crate::demo::simulator) struct Meeting {
    pub(in crate::demo::simulator) id: u64,
    /// Belongs to an instance: a new one after each end.
    pub(in crate::demo::simulator) uuid: String,
    pub(in crate::demo::simulator) host: UserId,
    pub(in crate::demo::simulator) topic: String,
    /// Zoom's number for the kind of meeting.
    pub(in crate::demo::simulator) kind: u64,
    /// `None` for a recurring meeting without fixed time.
    pub(in crate::demo::simulator) start: Option<Timestamp>,
    pub(in crate::demo::simulator) duration_minutes: u64,
    pub(in crate::demo::simulator) time_zone: String,
    pub(in crate::demo::simulator) agenda: String,
    pub(in crate::demo::simulator) created_at: Timestamp,
    pub(in crate::demo::simulator) passcode: Option<Passcode>,
    pub(in crate::demo::simulator) settings: Map<String, Value>,
    /// `recurrence`, `tracking_fields` and what else is only handed back.
    pub(in crate::demo::simulator) kept: Map<String, Value>,
    pub(in crate::demo::simulator) stage: Stage,
    pub(in crate::demo::simulator) last_started_at: Option<Timestamp>,
}

impl Meeting {
    /// Whether it is the host's personal room.
    pub(in crate::demo::simulator) fn is_personal_room(&self) -> bool {
        self.settings.get("use_pmi") == Some(&Value::Bool(true))
    }

    /// When its planned time is over.
    pub(in crate::demo::simulator) fn planned_end(&self) -> Option<Timestamp> {
        self.start.map(|start| after(start, Duration::from_secs(self.duration_minutes * 60)))
    }

    /// When its id stops working: 30 days after the planned date or the last start, 365 for recurring ones
    /// (zoom/facts.md 2.10).
    fn expires_at(&self) -> Timestamp {
        let from = self.start.max(self.last_started_at).unwrap_or(self.created_at);
        match self.kind {
            3 | 8 => after(from, DAY * 365),
            _ => after(from, DAY * 30),
        }
    }

    fn exists(&self, now: Timestamp) -> bool {
        let ended_instant = self.kind == 1 && self.stage == Stage::Ended;
        self.stage != Stage::Deleted && !ended_instant && (self.is_personal_room() || now < self.expires_at())
    }
}

/// All meetings, the deleted ones too, and the host links given out.
#[derive(Default)]
pub(in crate::demo::simulator) struct Meetings {
    all: BTreeMap<u64, Meeting>,
    host_links: BTreeMap<String, (u64, Timestamp)>,
}

impl Meetings {
    /// A meeting that exists for callers.
    pub(in crate::demo::simulator) fn find(&self, id: u64, now: Timestamp) -> Option<&Meeting> {
        self.all.get(&id).filter(|meeting| meeting.exists(now))
    }

    /// A meeting, deleted or not.
    pub(in crate::demo::simulator) fn find_any(&mut self, id: u64) -> Option<&mut Meeting> {
        self.all.get_mut(&id)
    }

    /// All, deleted ones too, by id.
    pub(in crate::demo::simulator) fn list(&self) -> impl Iterator<Item = &Meeting> {
        self.all.values()
    }

    /// Those that exist for callers.
    pub(in crate::demo::simulator) fn existing(&self, now: Timestamp) -> impl Iterator<Item = &Meeting> {
        self.all.values().filter(move |meeting| meeting.exists(now))
    }

    /// Keeps a meeting; one of the same id, a personal room, is overwritten.
    pub(in crate::demo::simulator) fn put(&mut self, meeting: Meeting) {
        self.all.insert(meeting.id, meeting);
    }

    /// An id no meeting has: eleven digits, as most of Zoom's.
    pub(in crate::demo::simulator) fn free_id(&self, entropy: &mut Entropy) -> u64 {
        loop {
            let id = entropy.number(11);
            if !self.all.contains_key(&id) {
                return id;
            }
        }
    }

    /// Makes a host link's secret part; it works for two hours (zoom/facts.md 2.4).
    pub(in crate::demo::simulator) fn admit_host(
        &mut self,
        id: u64,
        entropy: &mut Entropy,
        now: Timestamp,
    ) -> String {
        self.host_links.retain(|_, (_, expires_at)| now < *expires_at);
        let zak = entropy.token();
        self.host_links.insert(zak.clone(), (id, after(now, HOST_LINK_LIFETIME)));
        zak
    }

    /// Whether a host link's secret part still works.
    pub(in crate::demo::simulator) fn admits_host(&self, id: u64, zak: &str, now: Timestamp) -> bool {
        self.host_links.get(zak).is_some_and(|(meeting, expires_at)| *meeting == id && now < *expires_at)
    }
}
