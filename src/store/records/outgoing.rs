//! Owns the stored shape of how far an endpoint has been told.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use crate::domain::event::FeedPlace;
use crate::domain::id::SiteId;
use crate::domain::lane::Lane;
use crate::domain::outgoing::Health;
use crate::domain::outgoing::Outgoing;
use crate::domain::outgoing::Parking;
use crate::domain::reply::Answer;
use crate::store::records::field::Time;
use crate::store::records::field::Unreadable;
use crate::store::records::field::field;

#[derive(Serialize, Deserialize)]
pub(super) struct OutgoingV1 {
    cursor: u64,
    lanes: BTreeMap<String, LaneV1>,
    health: HealthV1,
    silent_since: Option<Time>,
    taken_at: Option<Time>,
    last: Option<AnswerV1>,
    given_up: u64,
    lost: u64,
    claimed_until: Option<Time>,
    known_at: Time,
}

#[derive(Serialize, Deserialize)]
struct LaneV1 {
    after: u64,
    since: Option<Time>,
    untaken_since: Option<Time>,
    tries: u32,
    next_at: Time,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum HealthV1 {
    Delivering,
    Failing { since: Time, tries: u32, next_at: Time },
    Parked { since: Time, why: ParkingV1, next_at: Time },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ParkingV1 {
    Silent,
    Gone,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AnswerV1 {
    Status(u16),
    Unreachable,
    TimedOut,
    Broken,
}

impl From<&Outgoing> for OutgoingV1 {
    fn from(outgoing: &Outgoing) -> Self {
        let lanes = outgoing.lanes.iter().map(|(site, lane)| (site.as_str().into(), lane.into()));
        Self {
            cursor: outgoing.cursor.0,
            lanes: lanes.collect(),
            health: outgoing.health.into(),
            silent_since: outgoing.silent_since,
            taken_at: outgoing.taken_at,
            last: outgoing.last.map(Into::into),
            given_up: outgoing.given_up,
            lost: outgoing.lost,
            claimed_until: outgoing.claimed_until,
            known_at: outgoing.known_at,
        }
    }
}

impl TryFrom<OutgoingV1> for Outgoing {
    type Error = Unreadable;

    fn try_from(shape: OutgoingV1) -> Result<Self, Unreadable> {
        let lane =
            |(site, lane): (String, LaneV1)| Ok((field("site id", SiteId::parse(&site))?, lane.into()));
        Ok(Self {
            cursor: FeedPlace(shape.cursor),
            lanes: shape.lanes.into_iter().map(lane).collect::<Result<_, Unreadable>>()?,
            health: shape.health.into(),
            silent_since: shape.silent_since,
            taken_at: shape.taken_at,
            last: shape.last.map(Into::into),
            given_up: shape.given_up,
            lost: shape.lost,
            claimed_until: shape.claimed_until,
            known_at: shape.known_at,
        })
    }
}

impl From<&Lane> for LaneV1 {
    fn from(lane: &Lane) -> Self {
        let Lane { after, since, untaken_since, tries, next_at } = *lane;
        Self { after: after.0, since, untaken_since, tries, next_at }
    }
}

impl From<LaneV1> for Lane {
    fn from(shape: LaneV1) -> Self {
        let LaneV1 { after, since, untaken_since, tries, next_at } = shape;
        Self { after: FeedPlace(after), since, untaken_since, tries, next_at }
    }
}

impl From<Health> for HealthV1 {
    fn from(health: Health) -> Self {
        match health {
            Health::Delivering => Self::Delivering,
            Health::Failing { since, tries, next_at } => Self::Failing { since, tries, next_at },
            Health::Parked { since, why: Parking::Silent, next_at } => {
                Self::Parked { since, why: ParkingV1::Silent, next_at }
            }
            Health::Parked { since, why: Parking::Gone, next_at } => {
                Self::Parked { since, why: ParkingV1::Gone, next_at }
            }
        }
    }
}

impl From<HealthV1> for Health {
    fn from(shape: HealthV1) -> Self {
        match shape {
            HealthV1::Delivering => Self::Delivering,
            HealthV1::Failing { since, tries, next_at } => Self::Failing { since, tries, next_at },
            HealthV1::Parked { since, why: ParkingV1::Silent, next_at } => {
                Self::Parked { since, why: Parking::Silent, next_at }
            }
            HealthV1::Parked { since, why: ParkingV1::Gone, next_at } => {
                Self::Parked { since, why: Parking::Gone, next_at }
            }
        }
    }
}

impl From<Answer> for AnswerV1 {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Status(status) => Self::Status(status),
            Answer::Unreachable => Self::Unreachable,
            Answer::TimedOut => Self::TimedOut,
            Answer::Broken => Self::Broken,
        }
    }
}

impl From<AnswerV1> for Answer {
    fn from(shape: AnswerV1) -> Self {
        match shape {
            AnswerV1::Status(status) => Self::Status(status),
            AnswerV1::Unreachable => Self::Unreachable,
            AnswerV1::TimedOut => Self::TimedOut,
            AnswerV1::Broken => Self::Broken,
        }
    }
}
