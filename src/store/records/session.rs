//! Owns the stored shape of a session and of what exists of it at a provider.

use serde::Deserialize;
use serde::Serialize;

use crate::domain::account::Revision;
use crate::domain::cause::Cause;
use crate::domain::id::ServiceId;
use crate::domain::id::SessionId;
use crate::domain::id::StaffId;
use crate::domain::join::JoinKey;
use crate::domain::session::Booking;
use crate::domain::session::Choice;
use crate::domain::session::Past;
use crate::domain::session::Session;
use crate::domain::time_zone::TimeZoneName;
use crate::domain::venue::Venue;
use crate::store::records::account::CustomLinkV1;
use crate::store::records::field::Time;
use crate::store::records::field::Unreadable;
use crate::store::records::field::bytes_of;
use crate::store::records::field::bytes_text;
use crate::store::records::field::field;
use crate::store::records::minting::MintingV1;

#[derive(Serialize, Deserialize)]
pub(super) struct SessionV1 {
    id: String,
    booking: Option<BookingV1>,
    choice: ChoiceV1,
    minting: MintingV1,
    join: String,
    revision: u64,
    link_base: i64,
    link_changed_at: Time,
    link_cause: String,
    link_since: u64,
    is_failing: bool,
    past_kept: u32,
    past_told_from: u32,
    venue: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct BookingV1 {
    service: String,
    staff: Vec<String>,
    title: String,
    starts_at: Time,
    minutes: u16,
    time_zone: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ChoiceV1 {
    Inherit,
    Account,
    Custom(CustomLinkV1),
    None,
}

impl From<&Session> for SessionV1 {
    fn from(session: &Session) -> Self {
        Self {
            id: session.id.as_str().into(),
            booking: session.booking.as_ref().map(BookingV1::from),
            choice: (&session.choice).into(),
            minting: (&session.minting).into(),
            join: bytes_text(&session.join.to_bytes()),
            revision: session.revision.0,
            link_base: session.link_base,
            link_changed_at: session.link_changed_at,
            link_cause: session.link_cause.name().into(),
            link_since: session.link_since,
            is_failing: session.is_failing,
            past_kept: session.past.kept,
            past_told_from: session.past.told_from,
            venue: session.venue.as_ref().map(Venue::to_string),
        }
    }
}

impl TryFrom<SessionV1> for Session {
    type Error = Unreadable;

    fn try_from(shape: SessionV1) -> Result<Self, Unreadable> {
        let venue = shape.venue.map(|venue| Venue::parse(&venue).ok_or(Unreadable::Field("venue")));
        Ok(Self {
            id: field("session id", SessionId::parse(&shape.id))?,
            booking: shape.booking.map(Booking::try_from).transpose()?,
            choice: shape.choice.try_into()?,
            minting: shape.minting.try_into()?,
            join: JoinKey::new(bytes_of("join key", &shape.join)?),
            revision: Revision(shape.revision),
            link_base: shape.link_base,
            link_changed_at: shape.link_changed_at,
            link_cause: Cause::parse(&shape.link_cause).ok_or(Unreadable::Field("cause"))?,
            link_since: shape.link_since,
            is_failing: shape.is_failing,
            past: Past { kept: shape.past_kept, told_from: shape.past_told_from },
            venue: venue.transpose()?,
        })
    }
}

impl From<&Booking> for BookingV1 {
    fn from(booking: &Booking) -> Self {
        Self {
            service: booking.service_id.as_str().into(),
            staff: booking.staff_ids.iter().map(|member| member.as_str().into()).collect(),
            title: booking.title.clone(),
            starts_at: booking.starts_at,
            minutes: booking.duration_minutes,
            time_zone: booking.time_zone.as_str().into(),
        }
    }
}

impl TryFrom<BookingV1> for Booking {
    type Error = Unreadable;

    fn try_from(shape: BookingV1) -> Result<Self, Unreadable> {
        let staff = shape.staff.iter().map(|member| field("staff id", StaffId::parse(member)));
        Ok(Self {
            service_id: field("service id", ServiceId::parse(&shape.service))?,
            staff_ids: staff.collect::<Result<_, _>>()?,
            title: shape.title,
            starts_at: shape.starts_at,
            duration_minutes: shape.minutes,
            time_zone: TimeZoneName::trusted(&shape.time_zone),
        })
    }
}

impl From<&Choice> for ChoiceV1 {
    fn from(choice: &Choice) -> Self {
        match choice {
            Choice::Inherit => Self::Inherit,
            Choice::Account => Self::Account,
            Choice::Custom(link) => Self::Custom(link.into()),
            Choice::None => Self::None,
        }
    }
}

impl TryFrom<ChoiceV1> for Choice {
    type Error = Unreadable;

    fn try_from(shape: ChoiceV1) -> Result<Self, Unreadable> {
        Ok(match shape {
            ChoiceV1::Inherit => Self::Inherit,
            ChoiceV1::Account => Self::Account,
            ChoiceV1::Custom(link) => Self::Custom(link.try_into()?),
            ChoiceV1::None => Self::None,
        })
    }
}
