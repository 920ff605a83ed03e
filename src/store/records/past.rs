//! Owns the stored shapes of what stood before, of whom a session overlaps with, and of what was handed out.

use serde::Deserialize;
use serde::Serialize;

use crate::domain::account::Owner;
use crate::domain::account::Revision;
use crate::domain::cause::Cause;
use crate::domain::concealed::Concealed;
use crate::domain::delivery::Delivery;
use crate::domain::history::SitePast;
use crate::domain::history::Stood;
use crate::domain::id::ServiceId;
use crate::domain::id::SessionId;
use crate::domain::venue::LinkName;
use crate::domain::venue::Overlap;
use crate::domain::venue::Venue;
use crate::domain::visibility::Audience;
use crate::store::records::account::AccountV1;
use crate::store::records::field::Time;
use crate::store::records::field::Unreadable;
use crate::store::records::field::field;
use crate::store::records::site::ServiceV1;

#[derive(Serialize, Deserialize)]
pub(super) struct SitePastV1 {
    number: u64,
    changed_at: Time,
    cause: String,
    before: StoodV1,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoodV1 {
    Plan { entitled: bool },
    Account { owner: String, account: Option<AccountV1> },
    Service { service: String, was: Option<ServiceV1> },
}

impl From<&SitePast> for SitePastV1 {
    fn from(past: &SitePast) -> Self {
        let before = match &past.before {
            Stood::Plan { entitled } => StoodV1::Plan { entitled: *entitled },
            Stood::Account(owner, account) => {
                StoodV1::Account { owner: owner.to_string(), account: account.as_ref().map(AccountV1::from) }
            }
            Stood::Service(id, service) => {
                StoodV1::Service { service: id.as_str().into(), was: service.as_ref().map(ServiceV1::from) }
            }
        };
        let cause = past.cause.name().into();
        Self { number: past.number, changed_at: past.changed_at, cause, before }
    }
}

impl TryFrom<SitePastV1> for SitePast {
    type Error = Unreadable;

    fn try_from(shape: SitePastV1) -> Result<Self, Unreadable> {
        let before = match shape.before {
            StoodV1::Plan { entitled } => Stood::Plan { entitled },
            StoodV1::Account { owner, account } => Stood::Account(
                Owner::parse(&owner).ok_or(Unreadable::Field("owner"))?,
                account.map(TryInto::try_into).transpose()?,
            ),
            StoodV1::Service { service, was } => Stood::Service(
                field("service id", ServiceId::parse(&service))?,
                was.map(TryInto::try_into).transpose()?,
            ),
        };
        let cause = Cause::parse(&shape.cause).ok_or(Unreadable::Field("cause"))?;
        Ok(Self { number: shape.number, changed_at: shape.changed_at, cause, before })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct OverlapsV1(Vec<OverlapV1>);

#[derive(Serialize, Deserialize)]
struct OverlapV1 {
    session: String,
    venue: String,
}

impl From<&Vec<Overlap>> for OverlapsV1 {
    fn from(overlaps: &Vec<Overlap>) -> Self {
        let shape = |overlap: &Overlap| OverlapV1 {
            session: overlap.session.as_str().into(),
            venue: overlap.venue.to_string(),
        };
        Self(overlaps.iter().map(shape).collect())
    }
}

impl TryFrom<OverlapsV1> for Vec<Overlap> {
    type Error = Unreadable;

    fn try_from(shape: OverlapsV1) -> Result<Self, Unreadable> {
        let value = |overlap: OverlapV1| {
            Ok(Overlap {
                session: field("session id", SessionId::parse(&overlap.session))?,
                venue: Venue::parse(&overlap.venue).ok_or(Unreadable::Field("venue"))?,
            })
        };
        shape.0.into_iter().map(value).collect()
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct DeliveryV1 {
    session: String,
    recipient: String,
    channel: String,
    revision: u64,
    delivered_at: Time,
    address: Option<String>,
}

impl From<&Delivery> for DeliveryV1 {
    fn from(delivery: &Delivery) -> Self {
        Self {
            session: delivery.session.as_str().into(),
            recipient: delivery.recipient.expose().into(),
            channel: delivery.channel.name().into(),
            revision: delivery.revision.0,
            delivered_at: delivery.delivered_at,
            address: delivery.address.as_ref().map(|name| name.as_str().into()),
        }
    }
}

impl TryFrom<DeliveryV1> for Delivery {
    type Error = Unreadable;

    fn try_from(shape: DeliveryV1) -> Result<Self, Unreadable> {
        let address = shape.address.map(|name| LinkName::parse(&name).ok_or(Unreadable::Field("address")));
        Ok(Self {
            session: field("session id", SessionId::parse(&shape.session))?,
            recipient: Concealed::new(shape.recipient),
            channel: Audience::parse(&shape.channel).ok_or(Unreadable::Field("channel"))?,
            revision: Revision(shape.revision),
            delivered_at: shape.delivered_at,
            address: address.transpose()?,
        })
    }
}
