//! Owns who may see a link (R25).

/// Who a link is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    /// The people who give the session: always see the link.
    Staff,
    /// The customer's confirmation e-mail.
    ConfirmationEmail,
    /// The customer's "My bookings" page.
    MembersArea,
    /// The reminder e-mail.
    ReminderEmail,
    /// A text message.
    Sms,
    /// A calendar file.
    CalendarFile,
}

impl Audience {
    /// Every audience; the position of each is part of join addresses and never changes.
    pub const ALL: [Self; 6] = [
        Self::Staff,
        Self::ConfirmationEmail,
        Self::MembersArea,
        Self::ReminderEmail,
        Self::Sms,
        Self::CalendarFile,
    ];

    /// The name in the contract.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::ConfirmationEmail => "confirmation_email",
            Self::MembersArea => "members_area",
            Self::ReminderEmail => "reminder_email",
            Self::Sms => "sms",
            Self::CalendarFile => "calendar_file",
        }
    }

    /// Reads a name of the contract.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|audience| audience.name() == name)
    }
}

/// Whether an audience may see a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// It may.
    Shown,
    /// It must not.
    Hidden,
}

/// What a site says; `None` follows the confirmation e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SiteVisibility {
    /// The confirmation e-mail.
    pub confirmation_email: bool,
    /// The "My bookings" page.
    pub members_area: bool,
    /// Reminder e-mails.
    pub reminder_email: Option<bool>,
    /// Text messages.
    pub sms: Option<bool>,
    /// Calendar files.
    pub calendar_file: Option<bool>,
}

impl Default for SiteVisibility {
    fn default() -> Self {
        Self {
            confirmation_email: true,
            members_area: true,
            reminder_email: None,
            sms: None,
            calendar_file: None,
        }
    }
}

/// What a service says; `None` is as the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ServiceVisibility {
    /// The confirmation e-mail.
    pub confirmation_email: Option<bool>,
    /// The "My bookings" page.
    pub members_area: Option<bool>,
    /// Reminder e-mails.
    pub reminder_email: Option<bool>,
    /// Text messages.
    pub sms: Option<bool>,
    /// Calendar files.
    pub calendar_file: Option<bool>,
}

/// Decides whether an audience sees the links of a service: the service's word, else the site's, else (for
/// reminders, texts and calendar files) what holds for the confirmation e-mail (R25).
pub fn sight(site: &SiteVisibility, service: &ServiceVisibility, audience: Audience) -> Sight {
    let confirmation = service.confirmation_email.unwrap_or(site.confirmation_email);
    let shown = match audience {
        Audience::Staff => true,
        Audience::ConfirmationEmail => confirmation,
        Audience::MembersArea => service.members_area.unwrap_or(site.members_area),
        Audience::ReminderEmail => service.reminder_email.or(site.reminder_email).unwrap_or(confirmation),
        Audience::Sms => service.sms.or(site.sms).unwrap_or(confirmation),
        Audience::CalendarFile => service.calendar_file.or(site.calendar_file).unwrap_or(confirmation),
    };
    if shown { Sight::Shown } else { Sight::Hidden }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reminders_follow_the_confirmation_unless_set() {
        let open = SiteVisibility::default();
        let quiet = SiteVisibility { confirmation_email: false, sms: Some(true), ..open };
        let as_site = ServiceVisibility::default();
        let own = ServiceVisibility { confirmation_email: Some(true), sms: Some(false), ..as_site };
        let cases = [
            (open, as_site, Audience::ReminderEmail, Sight::Shown),
            (quiet, as_site, Audience::ConfirmationEmail, Sight::Hidden),
            (quiet, as_site, Audience::ReminderEmail, Sight::Hidden),
            (quiet, as_site, Audience::Sms, Sight::Shown),
            (quiet, as_site, Audience::MembersArea, Sight::Shown),
            (quiet, as_site, Audience::Staff, Sight::Shown),
            (quiet, own, Audience::CalendarFile, Sight::Shown),
            (quiet, own, Audience::Sms, Sight::Hidden),
        ];
        for (site, service, audience, expected) in cases {
            assert_eq!(sight(&site, &service, audience), expected, "{audience:?}");
        }
    }

    #[test]
    fn audiences_are_read_by_their_names() {
        for audience in Audience::ALL {
            assert_eq!(Audience::parse(audience.name()), Some(audience));
        }
        assert_eq!(Audience::parse("everybody"), None);
    }
}
