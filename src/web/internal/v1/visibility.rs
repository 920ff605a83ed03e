//! Owns the five switches of visibility on the wire (R25).

use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::visibility::ServiceVisibility;
use crate::domain::visibility::SiteVisibility;

/// Which audiences see a link. `null` follows what stands above: a service its site, a site's last three its
/// `confirmation_email`, and a site's first two are `true`.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Visibility, examples(json!({
    "confirmation_email": true, "members_area": true, "reminder_email": null, "sms": null, "calendar_file": null,
})))]
pub(super) struct VisibilityBody {
    /// The e-mail that confirms a booking.
    #[serde(default)]
    confirmation_email: Option<bool>,
    /// The pages of members.
    #[serde(default)]
    members_area: Option<bool>,
    /// The e-mail before the session.
    #[serde(default)]
    reminder_email: Option<bool>,
    /// The text message before the session.
    #[serde(default)]
    sms: Option<bool>,
    /// The file for calendars.
    #[serde(default)]
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
