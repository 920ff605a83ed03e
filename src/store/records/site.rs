//! Owns the stored shape of a site.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use crate::domain::account::Owner;
use crate::domain::account::Revision;
use crate::domain::epoch::Epoch;
use crate::domain::epoch::Epochs;
use crate::domain::id::GrantId;
use crate::domain::id::ServiceId;
use crate::domain::id::SiteId;
use crate::domain::locale::Locale;
use crate::domain::service::CourseLink;
use crate::domain::service::Service;
use crate::domain::service::ServiceKind;
use crate::domain::site::Clearing;
use crate::domain::site::Site;
use crate::domain::site::SiteSettings;
use crate::domain::visibility::ServiceVisibility;
use crate::domain::visibility::SiteVisibility;
use crate::store::records::account::AccountV1;
use crate::store::records::account::CustomLinkV1;
use crate::store::records::field::Time;
use crate::store::records::field::Unreadable;
use crate::store::records::field::bytes_text;
use crate::store::records::field::field;
use crate::store::records::field::hash_key;

#[derive(Serialize, Deserialize)]
pub(super) struct SiteV1 {
    id: String,
    display_name: String,
    entitled: bool,
    staff_self_service: bool,
    locale: String,
    visibility: VisibilityV1,
    revision: u64,
    updated_at: Time,
    accounts: BTreeMap<String, AccountV1>,
    services: BTreeMap<String, ServiceV1>,
    epochs: EpochsV1,
    last_revision: u64,
    marker_key: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    clearing: BTreeMap<String, ClearingV1>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ClearingV1 {
    Wished(Time),
    Told(Time),
}

#[derive(Serialize, Deserialize)]
struct VisibilityV1 {
    confirmation_email: Option<bool>,
    members_area: Option<bool>,
    reminder_email: Option<bool>,
    sms: Option<bool>,
    calendar_file: Option<bool>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ServiceV1 {
    kind: String,
    name: String,
    video: bool,
    visibility: VisibilityV1,
    course_link: Option<CourseLinkV1>,
    revision: u64,
    updated_at: Time,
}

#[derive(Serialize, Deserialize)]
struct CourseLinkV1 {
    link: CustomLinkV1,
    revision: u64,
    updated_at: Time,
}

#[derive(Serialize, Deserialize)]
struct EpochsV1 {
    plan: EpochV1,
    owners: BTreeMap<String, EpochV1>,
    services: BTreeMap<String, EpochV1>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct EpochV1 {
    count: u64,
    changed_at: Time,
}

impl From<&Site> for SiteV1 {
    fn from(site: &Site) -> Self {
        let settings = &site.settings;
        let accounts = site.accounts.iter().map(|(owner, account)| (owner.to_string(), account.into()));
        let services = site.services.iter().map(|(id, service)| (id.as_str().into(), service.into()));
        Self {
            id: site.id.as_str().into(),
            display_name: settings.display_name.clone(),
            entitled: settings.entitled,
            staff_self_service: settings.staff_self_service,
            locale: settings.locale.tag().into(),
            visibility: (&settings.visibility).into(),
            revision: site.revision.0,
            updated_at: site.updated_at,
            accounts: accounts.collect(),
            services: services.collect(),
            epochs: (&site.epochs).into(),
            last_revision: site.last_revision.0,
            marker_key: bytes_text(site.marker_key.expose()),
            clearing: site
                .clearing
                .iter()
                .map(|(grant, clearing)| (grant.as_str().into(), (*clearing).into()))
                .collect(),
        }
    }
}

impl TryFrom<SiteV1> for Site {
    type Error = Unreadable;

    fn try_from(shape: SiteV1) -> Result<Self, Unreadable> {
        let settings = SiteSettings {
            display_name: shape.display_name,
            entitled: shape.entitled,
            staff_self_service: shape.staff_self_service,
            locale: field("locale", Locale::parse(&shape.locale))?,
            visibility: shape.visibility.of_site(),
        };
        let accounts =
            shape.accounts.into_iter().map(|(key, account)| Ok((owner(&key)?, account.try_into()?)));
        let services = shape.services.into_iter().map(|(key, s)| Ok((service_id(&key)?, s.try_into()?)));
        let clearing = shape
            .clearing
            .into_iter()
            .map(|(grant, clearing)| Ok((field("grant id", GrantId::parse(&grant))?, clearing.into())));
        Ok(Self {
            id: field("site id", SiteId::parse(&shape.id))?,
            settings,
            revision: Revision(shape.revision),
            updated_at: shape.updated_at,
            accounts: accounts.collect::<Result<_, Unreadable>>()?,
            services: services.collect::<Result<_, Unreadable>>()?,
            epochs: shape.epochs.try_into()?,
            last_revision: Revision(shape.last_revision),
            marker_key: hash_key("marker key", &shape.marker_key)?,
            clearing: clearing.collect::<Result<_, Unreadable>>()?,
        })
    }
}

impl From<Clearing> for ClearingV1 {
    fn from(clearing: Clearing) -> Self {
        match clearing {
            Clearing::Wished(at) => Self::Wished(at),
            Clearing::Told(at) => Self::Told(at),
        }
    }
}

impl From<ClearingV1> for Clearing {
    fn from(shape: ClearingV1) -> Self {
        match shape {
            ClearingV1::Wished(at) => Self::Wished(at),
            ClearingV1::Told(at) => Self::Told(at),
        }
    }
}

impl From<&Service> for ServiceV1 {
    fn from(service: &Service) -> Self {
        Self {
            kind: service.kind.name().into(),
            name: service.name.clone(),
            video: service.video,
            visibility: (&service.visibility).into(),
            course_link: service.course_link.as_ref().map(|course| CourseLinkV1 {
                link: (&course.link).into(),
                revision: course.revision.0,
                updated_at: course.updated_at,
            }),
            revision: service.revision.0,
            updated_at: service.updated_at,
        }
    }
}

impl TryFrom<ServiceV1> for Service {
    type Error = Unreadable;

    fn try_from(shape: ServiceV1) -> Result<Self, Unreadable> {
        let course_link = shape.course_link.map(|course| {
            let (revision, updated_at) = (Revision(course.revision), course.updated_at);
            Ok(CourseLink { link: course.link.try_into()?, revision, updated_at })
        });
        Ok(Self {
            kind: ServiceKind::parse(&shape.kind).ok_or(Unreadable::Field("service kind"))?,
            name: shape.name,
            video: shape.video,
            visibility: shape.visibility.of_service(),
            course_link: course_link.transpose()?,
            revision: Revision(shape.revision),
            updated_at: shape.updated_at,
        })
    }
}

impl From<&SiteVisibility> for VisibilityV1 {
    fn from(visibility: &SiteVisibility) -> Self {
        let SiteVisibility { confirmation_email, members_area, reminder_email, sms, calendar_file } =
            *visibility;
        let (confirmation_email, members_area) = (Some(confirmation_email), Some(members_area));
        Self { confirmation_email, members_area, reminder_email, sms, calendar_file }
    }
}

impl From<&ServiceVisibility> for VisibilityV1 {
    fn from(visibility: &ServiceVisibility) -> Self {
        let ServiceVisibility { confirmation_email, members_area, reminder_email, sms, calendar_file } =
            *visibility;
        Self { confirmation_email, members_area, reminder_email, sms, calendar_file }
    }
}

impl VisibilityV1 {
    fn of_site(&self) -> SiteVisibility {
        SiteVisibility {
            confirmation_email: self.confirmation_email.unwrap_or(true),
            members_area: self.members_area.unwrap_or(true),
            reminder_email: self.reminder_email,
            sms: self.sms,
            calendar_file: self.calendar_file,
        }
    }

    fn of_service(&self) -> ServiceVisibility {
        let Self { confirmation_email, members_area, reminder_email, sms, calendar_file } = *self;
        ServiceVisibility { confirmation_email, members_area, reminder_email, sms, calendar_file }
    }
}

impl From<&Epochs> for EpochsV1 {
    fn from(epochs: &Epochs) -> Self {
        let owners = epochs.owners.iter().map(|(owner, epoch)| (owner.to_string(), (*epoch).into()));
        let services = epochs.services.iter().map(|(id, epoch)| (id.as_str().into(), (*epoch).into()));
        Self { plan: epochs.plan.into(), owners: owners.collect(), services: services.collect() }
    }
}

impl TryFrom<EpochsV1> for Epochs {
    type Error = Unreadable;

    fn try_from(shape: EpochsV1) -> Result<Self, Unreadable> {
        let owners = shape.owners.into_iter().map(|(key, epoch)| Ok((owner(&key)?, epoch.into())));
        let services = shape.services.into_iter().map(|(key, epoch)| Ok((service_id(&key)?, epoch.into())));
        Ok(Self {
            plan: shape.plan.into(),
            owners: owners.collect::<Result<_, Unreadable>>()?,
            services: services.collect::<Result<_, Unreadable>>()?,
        })
    }
}

impl From<Epoch> for EpochV1 {
    fn from(epoch: Epoch) -> Self {
        Self { count: epoch.count, changed_at: epoch.changed_at }
    }
}

impl From<EpochV1> for Epoch {
    fn from(shape: EpochV1) -> Self {
        Self { count: shape.count, changed_at: shape.changed_at }
    }
}

fn owner(text: &str) -> Result<Owner, Unreadable> {
    Owner::parse(text).ok_or(Unreadable::Field("owner"))
}

fn service_id(text: &str) -> Result<ServiceId, Unreadable> {
    field("service id", ServiceId::parse(text))
}
