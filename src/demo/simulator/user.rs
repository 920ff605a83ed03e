//! Owns a simulated Zoom user: ids and profile. Answers no request.

use std::fmt;

use crate::demo::simulator::entropy::id_of;
use crate::demo::simulator::entropy::number_of;
use crate::demo::simulator::settings::SimulatedUser;

/// Zoom's id of a user: 22 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UserId(Box<str>);

impl UserId {
    /// The id of the user with this e-mail address: the same in every run.
    pub(super) fn of(email: &str) -> Self {
        Self(id_of("user", email).into())
    }

    /// As Zoom writes it.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A user as the simulator keeps it.
#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) id: UserId,
    /// The id of the user's Zoom account.
    pub(super) account_id: String,
    pub(super) account_number: u64,
    /// The number of the personal room.
    pub(super) pmi: u64,
    pub(super) profile: SimulatedUser,
}

impl User {
    /// Gives a profile its ids.
    pub(super) fn new(profile: SimulatedUser) -> Self {
        Self {
            id: UserId::of(&profile.email),
            account_id: id_of("account", &profile.account),
            account_number: number_of("account", &profile.account),
            pmi: number_of("pmi", &profile.email),
            profile,
        }
    }

    /// The name Zoom shows.
    pub(super) fn display_name(&self) -> String {
        format!("{} {}", self.profile.first_name, self.profile.last_name).trim().to_owned()
    }
}
