//! Owns the five switches of visibility on the wire (R25).

use serde::Deserialize;
use serde::Serialize;

use crate::domain::visibility::ServiceVisibility;
use crate::domain::visibility::SiteVisibility;

/// The five switches; `null` follows what stands above.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct VisibilityBody {
    confirmation_email: Option<bool>,
    members_area: Option<bool>,
    reminder_email: Option<bool>,
    sms: Option<bool>,
    calendar_file: Option<bool>,
}

impl VisibilityBody {
    pub(super) fn of_site(self) -> SiteVisibility {
        SiteVisibility {
            confirmation_email: self.confirmation_email.unwrap_or(true),
            members_area: self.members_area.unwrap_or(true),
            reminder_email: self.reminder_email,
            sms: self.sms,
            calendar_file: self.calendar_file,
        }
    }

    pub(super) fn of_service(self) -> ServiceVisibility {
        let Self { confirmation_email, members_area, reminder_email, sms, calendar_file } = self;
        ServiceVisibility { confirmation_email, members_area, reminder_email, sms, calendar_file }
    }
}

impl From<SiteVisibility> for VisibilityBody {
    fn from(visibility: SiteVisibility) -> Self {
        let SiteVisibility { confirmation_email, members_area, reminder_email, sms, calendar_file } =
            visibility;
        let (confirmation_email, members_area) = (Some(confirmation_email), Some(members_area));
        Self { confirmation_email, members_area, reminder_email, sms, calendar_file }
    }
}

impl From<ServiceVisibility> for VisibilityBody {
    fn from(visibility: ServiceVisibility) -> Self {
        let ServiceVisibility { confirmation_email, members_area, reminder_email, sms, calendar_file } =
            visibility;
        Self { confirmation_email, members_area, reminder_email, sms, calendar_file }
    }
}
