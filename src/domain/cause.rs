//! Owns why a link became what it is: what histories and events say of a change (R23, R24).

use crate::domain::account::Owner;

/// Why a link became what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The session was booked.
    Booked,
    /// Time, title, length, staff or service of the booking changed.
    BookingChanged,
    /// The session was cancelled (R20).
    Cancelled,
    /// Somebody chose by hand (R16).
    ChosenByHand,
    /// The provider made the meeting.
    MeetingMade,
    /// A meeting on another host took the place of the one before (R19).
    MeetingMoved,
    /// The provider has the meeting at another address, or with another passcode.
    MeetingReaddressed,
    /// The meeting is no longer there.
    MeetingGone,
    /// The provider does not do what it is asked, or does it again.
    ProviderState,
    /// The plan of the site changed (R9).
    PlanChanged,
    /// The default account changed (R8, R21).
    DefaultAccountChanged,
    /// The account of a staff member changed (R13, R21).
    StaffAccountChanged,
    /// The service changed (R12).
    ServiceChanged,
    /// The link of the course changed (R15).
    CourseLinkChanged,
    /// Who may see the link changed (R25).
    VisibilityChanged,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 15] = [
        Self::Booked,
        Self::BookingChanged,
        Self::Cancelled,
        Self::ChosenByHand,
        Self::MeetingMade,
        Self::MeetingMoved,
        Self::MeetingReaddressed,
        Self::MeetingGone,
        Self::ProviderState,
        Self::PlanChanged,
        Self::DefaultAccountChanged,
        Self::StaffAccountChanged,
        Self::ServiceChanged,
        Self::CourseLinkChanged,
        Self::VisibilityChanged,
    ];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::BookingChanged => "booking_changed",
            Self::Cancelled => "cancelled",
            Self::ChosenByHand => "chosen_by_hand",
            Self::MeetingMade => "meeting_made",
            Self::MeetingMoved => "meeting_moved",
            Self::MeetingReaddressed => "meeting_readdressed",
            Self::MeetingGone => "meeting_gone",
            Self::ProviderState => "provider_state",
            Self::PlanChanged => "plan_changed",
            Self::DefaultAccountChanged => "default_account_changed",
            Self::StaffAccountChanged => "staff_account_changed",
            Self::ServiceChanged => "service_changed",
            Self::CourseLinkChanged => "course_link_changed",
            Self::VisibilityChanged => "visibility_changed",
        }
    }

    /// Reads a stable name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.name() == name)
    }

    /// Why links changed, when an account did.
    pub const fn of_account(owner: &Owner) -> Self {
        match owner {
            Owner::Default => Self::DefaultAccountChanged,
            Owner::Staff(_) => Self::StaffAccountChanged,
        }
    }
}
