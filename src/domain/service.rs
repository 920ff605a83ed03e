//! Owns services: what a site sells (R12, R14).

use jiff::Timestamp;

use crate::domain::account::Revision;
use crate::domain::custom_link::CustomLink;
use crate::domain::visibility::ServiceVisibility;

/// What a site sells; its sessions are booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Which rules choose the account.
    pub kind: ServiceKind,
    /// How people call it.
    pub name: String,
    /// Whether its sessions are held over video (R12).
    pub video: bool,
    /// Who sees its links, where that differs from the site (R25).
    pub visibility: ServiceVisibility,
    /// The one link of all sessions of a course (R14, R15).
    pub course_link: Option<CourseLink>,
    /// Grows with every change.
    pub revision: Revision,
    /// When anything of it changed last.
    pub updated_at: Timestamp,
}

/// The custom link of a course, with a revision of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseLink {
    /// The link.
    pub link: CustomLink,
    /// Grows with every change.
    pub revision: Revision,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// What kind of service it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceKind {
    /// One customer, one session: the staff member's account serves (R13).
    Appointment,
    /// Many customers, one session: the staff member's account serves (R13).
    Class,
    /// Many customers, a series: the default account serves, or the course link (R14).
    Course,
}

impl ServiceKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Appointment, Self::Class, Self::Course];

    /// The name in the contract.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Appointment => "appointment",
            Self::Class => "class",
            Self::Course => "course",
        }
    }

    /// Reads a name of the contract.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
