//! Owns meetings at a provider: what one shows, where it is, and the marker by which it is found again.

use std::fmt;
use std::time::Duration;

use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use jiff::ToSpan;

use crate::domain::concealed::Concealed;
use crate::domain::concealed::LinkUrl;
use crate::domain::hash::HashKey;
use crate::domain::id::GrantId;
use crate::domain::id::SessionId;
use crate::domain::time_zone::TimeZoneName;

/// The provider's id of a meeting.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MeetingId(Box<str>);

impl MeetingId {
    /// Takes the provider's id: text, also where the provider writes a number.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MeetingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MeetingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MeetingId({})", self.0)
    }
}

/// The most characters (Unicode scalar values) of a title that a provider shows (contract.md section 3).
pub const TOPIC_CHARACTERS: usize = 200;

/// What a meeting shows of its session at the provider: an update is due when this changes, and only then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The title, cut to [`TOPIC_CHARACTERS`].
    pub topic: String,
    /// When it starts.
    pub starts_at: Timestamp,
    /// How long it lasts; 1 to 1440.
    pub duration_minutes: u16,
    /// Where the session's clock hangs.
    pub time_zone: TimeZoneName,
}

impl Shown {
    /// When it ends.
    pub fn ends_at(&self) -> Timestamp {
        ends_at(self.starts_at, self.duration_minutes)
    }

    /// Whether a meeting that shows this needs an update to show `wanted`. The start of a session that has begun
    /// is left alone: a provider ignores a past one (zoom/facts.md 2.6).
    pub fn needs_update(&self, wanted: &Self, now: Timestamp) -> bool {
        self.topic != wanted.topic
            || self.duration_minutes != wanted.duration_minutes
            || self.time_zone != wanted.time_zone
            || (self.starts_at != wanted.starts_at && wanted.starts_at > now)
    }

    /// What to ask of a provider now: as wanted, or for a session under way the rest of it, since a past start is
    /// silently taken as "now" (zoom/facts.md 2.2).
    #[must_use]
    pub fn from_now(&self, now: Timestamp) -> Self {
        if self.starts_at > now {
            return self.clone();
        }
        let seconds = self.ends_at().as_second().saturating_sub(now.as_second()).max(60);
        let minutes = u16::try_from(seconds.div_euclid(60) + i64::from(seconds % 60 != 0)).unwrap_or(1440);
        Self { starts_at: now, duration_minutes: minutes.clamp(1, 1440), ..self.clone() }
    }
}

/// When a session of this length ends.
pub fn ends_at(starts_at: Timestamp, duration_minutes: u16) -> Timestamp {
    starts_at.checked_add(i64::from(duration_minutes).minutes()).unwrap_or(Timestamp::MAX)
}

/// A time plus a duration, as far as time goes.
pub fn after(at: Timestamp, duration: Duration) -> Timestamp {
    at.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// A meeting that exists at a provider and belongs to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// Whose meeting it is.
    pub grant: GrantId,
    /// The provider's id.
    pub id: MeetingId,
    /// What participants open.
    pub join_url: LinkUrl,
    /// What participants type, where the address does not carry it.
    pub passcode: Option<Concealed>,
    /// What it was last made to show.
    pub shown: Shown,
    /// When it was made to show that.
    pub shown_at: Timestamp,
    /// When an update was sent that has no answer yet, or never had one: from then on it may show something else.
    pub doubt: Option<Timestamp>,
    /// When the provider was asked last that then told of it.
    pub seen_at: Timestamp,
    /// Since when a notice asks that it be looked at; `None` where none does.
    pub asked_at: Option<Timestamp>,
    /// When it was held, as far as the provider told.
    pub held: Held,
    /// Which of the session's meetings it is.
    pub generation: u64,
    /// When it was bound to the session.
    pub bound_at: Timestamp,
}

/// When a meeting was held, as far as the provider told: for showing only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    /// When it was started last.
    pub started_at: Option<Timestamp>,
    /// When it ended last.
    pub ended_at: Option<Timestamp>,
}

/// The first line of a meeting's agenda: no personal data, not guessable, and by it a meeting whose creation was
/// not answered is found again (correctness.md section 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    stem: String,
    attempt: u8,
}

const STEM_CHARACTERS: usize = 26;

impl Marker {
    /// The marker of an attempt at a generation of a session.
    pub fn new(site_key: &HashKey, session: &SessionId, generation: u64, attempt: u8) -> Self {
        let hash = site_key.hash(&[b"marker", session.as_str().as_bytes(), &generation.to_be_bytes()]);
        let mut stem = BASE32_NOPAD.encode(&hash).to_ascii_lowercase();
        stem.truncate(STEM_CHARACTERS);
        Self { stem, attempt }
    }

    /// Reads the marker from an agenda: its first line, however much of the rest was cut.
    pub fn find_in(agenda: &str) -> Option<Self> {
        let line = agenda.lines().next()?.trim();
        let (stem, attempt) = line.strip_prefix("Ref gr1-")?.rsplit_once('-')?;
        let fits =
            stem.len() == STEM_CHARACTERS && stem.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'));
        fits.then_some(())?;
        Some(Self { stem: stem.into(), attempt: attempt.parse().ok()? })
    }

    /// Whether both mark the same generation of the same session, whichever attempt.
    pub fn is_of_same_generation(&self, other: &Self) -> bool {
        self.stem == other.stem
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ref gr1-{}-{}", self.stem, self.attempt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn shown(start: i64) -> Shown {
        Shown {
            topic: "Yoga".into(),
            starts_at: at(start),
            duration_minutes: 60,
            time_zone: TimeZoneName::parse("UTC").unwrap(),
        }
    }

    #[test]
    fn a_marker_is_found_in_the_agenda_it_was_written_to() {
        let key = HashKey::new([3; 32]);
        let session = SessionId::parse("s-1").unwrap();
        let marker = Marker::new(&key, &session, 2, 1);
        let text = marker.to_string();
        assert_eq!(text.len(), "Ref gr1-".len() + 26 + 2);
        assert_eq!(Marker::find_in(&format!("{text}\nYoga with Ana")), Some(marker.clone()));
        assert!(marker.is_of_same_generation(&Marker::new(&key, &session, 2, 2)));
        assert!(!marker.is_of_same_generation(&Marker::new(&key, &session, 3, 1)));
        for other in ["", "Yoga", "Ref gr1-short-1", "Notes\nRef gr1-aaaaaaaaaaaaaaaaaaaaaaaaaa-1"] {
            assert_eq!(Marker::find_in(other), None, "{other}");
        }
    }

    #[test]
    fn a_session_under_way_asks_for_the_rest_of_itself() {
        let session = shown(6_000);
        assert_eq!(session.from_now(at(5_000)), session);
        let rest = session.from_now(at(6_090));
        assert_eq!((rest.starts_at, rest.duration_minutes), (at(6_090), 59));
        assert_eq!(session.from_now(at(9_599)).duration_minutes, 1);
    }

    #[test]
    fn the_start_of_a_session_that_has_begun_is_left_alone() {
        let now = at(7_000);
        assert!(!shown(6_000).needs_update(&shown(6_500), now));
        assert!(shown(6_000).needs_update(&shown(8_000), now));
        let renamed = Shown { topic: "Pilates".into(), ..shown(6_000) };
        assert!(shown(6_000).needs_update(&renamed, now));
    }
}
