//! Owns how fast an organisation is asked: 70 % of what its plan allows, and who stands in line (zoom/facts.md 4).

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::account::Plan;
use crate::domain::tally::Draw;
use crate::domain::tally::MOST;
use crate::domain::tally::Tally;

/// What a basic plan may ask in a UTC day, with a twentieth left to others.
const LIGHT_CALLS_A_DAY: i64 = 5_700;
const MEDIUM_CALLS_A_DAY: i64 = 1_900;
/// How many calls of the work in the background may wait in line: who is waited for stands behind so many.
const BACKGROUND_LINE: i64 = 3;

/// Whether somebody waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Somebody does.
    Awaited,
    /// Nobody does: those who are waited for come first.
    Background,
}

/// Who wants a place in line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Whether somebody waits.
    pub urgency: Urgency,
    /// How long it may stand there.
    pub patience: Duration,
}

/// Calls of the label `Light` or `Medium` (zoom/facts.md 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// What touches one thing.
    Light,
    /// What lists.
    Medium,
}

/// How fast a bucket is refilled: microseconds a call, and so many calls at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    interval: i64,
    at_once: i64,
}

impl Label {
    /// 70 % of what the plan allows a second; and with all at once, never more than it allows.
    pub const fn pace(self, plan: Plan) -> Pace {
        match (plan, self) {
            (Plan::Licensed, Self::Light) => Pace { interval: 47_620, at_once: 5 },
            (Plan::Licensed, Self::Medium) => Pace { interval: 71_430, at_once: 3 },
            (Plan::Basic | Plan::Unassigned, Self::Light) => Pace { interval: 357_150, at_once: 0 },
            (Plan::Basic | Plan::Unassigned, Self::Medium) => Pace { interval: 714_290, at_once: 0 },
        }
    }

    /// Names the number that says until when its calls are spent.
    pub fn shut(self) -> Tally {
        Tally::new(match self {
            Self::Light => "shut/light",
            Self::Medium => "shut/medium",
        })
    }

    /// Names the number of its bucket.
    pub fn bucket(self) -> Tally {
        Tally::new(match self {
            Self::Light => "bucket/light",
            Self::Medium => "bucket/medium",
        })
    }

    /// Names the number of its calls a day, and the most of them; `None` where the plan says nothing.
    pub fn day(self, plan: Plan) -> Option<(Tally, i64)> {
        match (plan, self) {
            (Plan::Licensed, _) => None,
            (Plan::Basic | Plan::Unassigned, Self::Light) => {
                Some((Tally::new("day/light"), LIGHT_CALLS_A_DAY))
            }
            (Plan::Basic | Plan::Unassigned, Self::Medium) => {
                Some((Tally::new("day/medium"), MEDIUM_CALLS_A_DAY))
            }
        }
    }
}

impl Pace {
    /// Takes calls from a bucket, whose number is when it will be full again, in microseconds.
    pub fn draw(self, tally: Tally, (calls, turn): (i64, Turn), now: Timestamp) -> Draw {
        let now = now.as_microsecond();
        let patience = i64::try_from(turn.patience.as_micros()).unwrap_or(0);
        let line = match turn.urgency {
            Urgency::Awaited => patience,
            Urgency::Background => patience.min(BACKGROUND_LINE * self.interval),
        };
        let limit = now + self.interval * (1 + self.at_once) + line;
        Draw { tally, floor: now, ceiling: MOST, by: calls * self.interval, limit }
    }

    /// How long who made a bucket's number this stands in line.
    pub fn line(self, became: i64, now: Timestamp) -> Duration {
        let wait = became - self.interval * (1 + self.at_once) - now.as_microsecond();
        Duration::from_micros(wait.max(0).unsigned_abs())
    }
}
