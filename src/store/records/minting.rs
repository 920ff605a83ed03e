//! Owns the stored shape of what exists of a session at a provider.

use serde::Deserialize;
use serde::Serialize;

use crate::domain::concealed::Concealed;
use crate::domain::concealed::LinkUrl;
use crate::domain::id::GrantId;
use crate::domain::meeting::Held;
use crate::domain::meeting::Meeting;
use crate::domain::meeting::MeetingId;
use crate::domain::meeting::Shown;
use crate::domain::minting::BlockReason;
use crate::domain::minting::Blocked;
use crate::domain::minting::Doom;
use crate::domain::minting::Doomed;
use crate::domain::minting::Intent;
use crate::domain::minting::MeetingState;
use crate::domain::minting::Minting;
use crate::domain::minting::Reply;
use crate::domain::minting::Stray;
use crate::domain::pause::Pause;
use crate::domain::pause::PauseReason;
use crate::domain::pause::Pauses;
use crate::domain::time_zone::TimeZoneName;
use crate::store::records::field::Time;
use crate::store::records::field::Unreadable;
use crate::store::records::field::field;
use crate::store::records::field::url;

#[derive(Serialize, Deserialize)]
pub(super) struct MintingV1 {
    generation: u64,
    attempts: u8,
    state: StateV1,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    doomed: Vec<DoomedV1>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    strays: Vec<StrayV1>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pauses: Vec<PauseV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claimed_until: Option<Time>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "a shape lives for one read or write")]
enum StateV1 {
    Nothing,
    Intended {
        attempt: u8,
        grant: String,
        shown: ShownV1,
        begun_at: Time,
        lost: bool,
        scans: u8,
        replaces: Option<Box<MeetingV1>>,
    },
    Bound(MeetingV1),
    Blocked {
        reason: BlockV1,
        grant: String,
        shown: ShownV1,
        kept: Option<Box<MeetingV1>>,
    },
}

#[derive(Serialize, Deserialize)]
struct MeetingV1 {
    grant: String,
    id: String,
    join_url: String,
    passcode: Option<String>,
    shown: ShownV1,
    generation: u64,
    bound_at: Time,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shown_at: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    doubt: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seen_at: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked_at: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started_at: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_at: Option<Time>,
}

#[derive(Serialize, Deserialize)]
struct ShownV1 {
    topic: String,
    starts_at: Time,
    minutes: u16,
    time_zone: String,
}

#[derive(Serialize, Deserialize)]
struct DoomedV1 {
    grant: String,
    id: String,
    #[serde(default, skip_serializing_if = "is_false")]
    is_stray: bool,
    #[serde(default, skip_serializing_if = "is_zero")]
    refusals: u8,
}

#[derive(Serialize, Deserialize)]
struct StrayV1 {
    grant: String,
    generation: u64,
    shown: ShownV1,
    begun_at: Time,
    looks: u8,
}

#[derive(Serialize, Deserialize)]
struct PauseV1 {
    grant: String,
    until: Time,
    reason: PauseReasonV1,
    failures: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PauseReasonV1 {
    Unavailable,
    RateLimited,
    DailyLimit,
    Scheduled,
    Reauthorization,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum BlockV1 {
    Rejected,
    NeedsAttention,
}

impl From<&Minting> for MintingV1 {
    fn from(minting: &Minting) -> Self {
        Self {
            generation: minting.generation,
            attempts: minting.attempts,
            state: (&minting.state).into(),
            doomed: minting.doomed.iter().map(DoomedV1::from).collect(),
            strays: minting.strays.iter().map(StrayV1::from).collect(),
            pauses: minting.pauses.iter().map(PauseV1::from).collect(),
            claimed_until: minting.claimed_until,
        }
    }
}

impl TryFrom<MintingV1> for Minting {
    type Error = Unreadable;

    fn try_from(shape: MintingV1) -> Result<Self, Unreadable> {
        let doomed = shape.doomed.into_iter().map(Doomed::try_from);
        let strays = shape.strays.into_iter().map(Stray::try_from);
        let pauses = shape.pauses.into_iter().map(Pause::try_from);
        let pauses = pauses.collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            generation: shape.generation,
            attempts: shape.attempts,
            state: shape.state.try_into()?,
            doomed: doomed.collect::<Result<_, _>>()?,
            strays: strays.collect::<Result<_, _>>()?,
            pauses: Pauses::new(pauses),
            claimed_until: shape.claimed_until,
        })
    }
}

impl From<&Doomed> for DoomedV1 {
    fn from(doomed: &Doomed) -> Self {
        Self {
            grant: doomed.grant.as_str().into(),
            id: doomed.id.as_str().into(),
            is_stray: doomed.why == Doom::Stray,
            refusals: doomed.refusals,
        }
    }
}

impl TryFrom<DoomedV1> for Doomed {
    type Error = Unreadable;

    fn try_from(shape: DoomedV1) -> Result<Self, Unreadable> {
        let why = if shape.is_stray { Doom::Stray } else { Doom::Unwanted };
        let doomed = Self::new(grant(&shape.grant)?, MeetingId::new(&shape.id), why);
        Ok(Self { refusals: shape.refusals, ..doomed })
    }
}

impl From<&Stray> for StrayV1 {
    fn from(stray: &Stray) -> Self {
        Self {
            grant: stray.grant.as_str().into(),
            generation: stray.generation,
            shown: (&stray.shown).into(),
            begun_at: stray.begun_at,
            looks: stray.looks,
        }
    }
}

impl TryFrom<StrayV1> for Stray {
    type Error = Unreadable;

    fn try_from(shape: StrayV1) -> Result<Self, Unreadable> {
        Ok(Self {
            grant: grant(&shape.grant)?,
            generation: shape.generation,
            shown: shape.shown.into(),
            begun_at: shape.begun_at,
            looks: shape.looks,
        })
    }
}

impl From<&MeetingState> for StateV1 {
    fn from(state: &MeetingState) -> Self {
        let boxed =
            |meeting: &Option<Box<Meeting>>| meeting.as_deref().map(|meeting| Box::new(meeting.into()));
        match state {
            MeetingState::Nothing => Self::Nothing,
            MeetingState::Bound(meeting) => Self::Bound(meeting.into()),
            MeetingState::Intended(intent) => Self::Intended {
                attempt: intent.attempt,
                grant: intent.grant.as_str().into(),
                shown: (&intent.shown).into(),
                begun_at: intent.begun_at,
                lost: intent.reply == Reply::Lost,
                scans: intent.scans,
                replaces: boxed(&intent.replaces),
            },
            MeetingState::Blocked(blocked) => Self::Blocked {
                reason: match blocked.reason {
                    BlockReason::Rejected => BlockV1::Rejected,
                    BlockReason::NeedsAttention => BlockV1::NeedsAttention,
                },
                grant: blocked.grant.as_str().into(),
                shown: (&blocked.shown).into(),
                kept: boxed(&blocked.kept),
            },
        }
    }
}

impl TryFrom<StateV1> for MeetingState {
    type Error = Unreadable;

    fn try_from(shape: StateV1) -> Result<Self, Unreadable> {
        let unboxed = |meeting: Option<Box<MeetingV1>>| {
            meeting.map(|meeting| Meeting::try_from(*meeting).map(Box::new)).transpose()
        };
        Ok(match shape {
            StateV1::Nothing => Self::Nothing,
            StateV1::Bound(meeting) => Self::Bound(meeting.try_into()?),
            StateV1::Intended { attempt, grant: id, shown, begun_at, lost, scans, replaces } => {
                Self::Intended(Intent {
                    attempt,
                    grant: grant(&id)?,
                    shown: shown.into(),
                    begun_at,
                    reply: if lost { Reply::Lost } else { Reply::Awaited },
                    scans,
                    replaces: unboxed(replaces)?,
                })
            }
            StateV1::Blocked { reason, grant: id, shown, kept } => Self::Blocked(Blocked {
                reason: match reason {
                    BlockV1::Rejected => BlockReason::Rejected,
                    BlockV1::NeedsAttention => BlockReason::NeedsAttention,
                },
                grant: grant(&id)?,
                shown: shown.into(),
                kept: unboxed(kept)?,
            }),
        })
    }
}

impl From<&Meeting> for MeetingV1 {
    fn from(meeting: &Meeting) -> Self {
        Self {
            grant: meeting.grant.as_str().into(),
            id: meeting.id.as_str().into(),
            join_url: meeting.join_url.expose().into(),
            passcode: meeting.passcode.as_ref().map(|passcode| passcode.expose().into()),
            shown: (&meeting.shown).into(),
            generation: meeting.generation,
            bound_at: meeting.bound_at,
            shown_at: Some(meeting.shown_at),
            doubt: meeting.doubt,
            seen_at: Some(meeting.seen_at),
            asked_at: meeting.asked_at,
            started_at: meeting.held.started_at,
            ended_at: meeting.held.ended_at,
        }
    }
}

impl TryFrom<MeetingV1> for Meeting {
    type Error = Unreadable;

    fn try_from(shape: MeetingV1) -> Result<Self, Unreadable> {
        Ok(Self {
            grant: grant(&shape.grant)?,
            id: MeetingId::new(&shape.id),
            join_url: LinkUrl::new(url("join address", &shape.join_url)?),
            passcode: shape.passcode.map(Concealed::new),
            shown: shape.shown.into(),
            generation: shape.generation,
            shown_at: shape.shown_at.unwrap_or(shape.bound_at),
            doubt: shape.doubt,
            seen_at: shape.seen_at.unwrap_or(shape.bound_at),
            asked_at: shape.asked_at,
            held: Held { started_at: shape.started_at, ended_at: shape.ended_at },
            bound_at: shape.bound_at,
        })
    }
}

impl From<&Shown> for ShownV1 {
    fn from(shown: &Shown) -> Self {
        Self {
            topic: shown.topic.clone(),
            starts_at: shown.starts_at,
            minutes: shown.duration_minutes,
            time_zone: shown.time_zone.as_str().into(),
        }
    }
}

impl From<ShownV1> for Shown {
    fn from(shape: ShownV1) -> Self {
        Self {
            topic: shape.topic,
            starts_at: shape.starts_at,
            duration_minutes: shape.minutes,
            time_zone: TimeZoneName::trusted(&shape.time_zone),
        }
    }
}

impl From<&Pause> for PauseV1 {
    fn from(pause: &Pause) -> Self {
        let reason = match pause.reason {
            PauseReason::Unavailable => PauseReasonV1::Unavailable,
            PauseReason::RateLimited => PauseReasonV1::RateLimited,
            PauseReason::DailyLimit => PauseReasonV1::DailyLimit,
            PauseReason::Scheduled => PauseReasonV1::Scheduled,
            PauseReason::Reauthorization => PauseReasonV1::Reauthorization,
        };
        Self { grant: pause.grant.as_str().into(), until: pause.until, reason, failures: pause.failures }
    }
}

impl TryFrom<PauseV1> for Pause {
    type Error = Unreadable;

    fn try_from(shape: PauseV1) -> Result<Self, Unreadable> {
        let reason = match shape.reason {
            PauseReasonV1::Unavailable => PauseReason::Unavailable,
            PauseReasonV1::RateLimited => PauseReason::RateLimited,
            PauseReasonV1::DailyLimit => PauseReason::DailyLimit,
            PauseReasonV1::Scheduled => PauseReason::Scheduled,
            PauseReasonV1::Reauthorization => PauseReason::Reauthorization,
        };
        Ok(Self { grant: grant(&shape.grant)?, until: shape.until, reason, failures: shape.failures })
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a field by reference")]
const fn is_false(field: &bool) -> bool {
    !*field
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a field by reference")]
const fn is_zero(field: &u8) -> bool {
    *field == 0
}

fn grant(text: &str) -> Result<GrantId, Unreadable> {
    field("grant id", GrantId::parse(text))
}
