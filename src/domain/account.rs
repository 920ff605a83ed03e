//! Owns accounts: whose they are, what they are connected to, and whether they work (R1, R3, R7).

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;

use crate::domain::custom_link::CustomLink;
use crate::domain::id::GrantId;
use crate::domain::id::StaffId;

/// A number that grows with every change of a resource, and is its `ETag` (contract.md section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revision(pub u64);

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whose account it is: the site's default one, or a staff member's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// The default account of the site (R1).
    Default,
    /// The individual account of a staff member (R3).
    Staff(StaffId),
}

impl Owner {
    /// Reads `default` or `staff/<staff id>`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("staff/") {
            Some(staff) => StaffId::parse(staff).ok().map(Self::Staff),
            None => (text == "default").then_some(Self::Default),
        }
    }

    /// The staff member, where it is one's.
    pub fn staff(&self) -> Option<&StaffId> {
        match self {
            Self::Default => None,
            Self::Staff(staff) => Some(staff),
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Staff(staff) => write!(f, "staff/{staff}"),
        }
    }
}

/// An account of a site: a connection, since when, and its revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// What it is connected to.
    pub connection: Connection,
    /// When this connection was made.
    pub connected_at: Timestamp,
    /// When anything of it changed last.
    pub updated_at: Timestamp,
    /// Grows with every change.
    pub revision: Revision,
}

/// What an account is connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// A user at a provider who mints a meeting for every session (R11).
    Hosted(HostedAccount),
    /// The same link for every session (R5).
    Custom(CustomLink),
}

/// Who serves meetings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// Zoom.
    Zoom,
    /// A link the business pasted.
    CustomLink,
}

impl Provider {
    /// The name in the contract.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zoom => "zoom",
            Self::CustomLink => "custom_link",
        }
    }
}

impl Connection {
    /// Who serves it.
    pub const fn provider(&self) -> Provider {
        match self {
            Self::Hosted(_) => Provider::Zoom,
            Self::Custom(_) => Provider::CustomLink,
        }
    }

    /// Whether it is the same connection, perhaps with another state or plan: the same grant, or a custom link
    /// that was edited.
    pub fn is_same_connection(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Hosted(one), Self::Hosted(two)) => one.grant == two.grant,
            (Self::Custom(_), Self::Custom(_)) => true,
            (Self::Hosted(_), Self::Custom(_)) | (Self::Custom(_), Self::Hosted(_)) => false,
        }
    }

    /// Whether links are the same on both, with the same warnings: what differs is at most whom the account shows.
    pub fn serves_alike(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Hosted(one), Self::Hosted(two)) => {
                let links = |hosted: &HostedAccount| (hosted.host.plan, hosted.state == AccountState::Active);
                one.grant == two.grant && links(one) == links(two)
            }
            (Self::Custom(one), Self::Custom(two)) => one == two,
            (Self::Hosted(_), Self::Custom(_)) | (Self::Custom(_), Self::Hosted(_)) => false,
        }
    }

    /// The user at a provider, where it is one's.
    pub const fn hosted(&self) -> Option<&HostedAccount> {
        match self {
            Self::Hosted(account) => Some(account),
            Self::Custom(_) => None,
        }
    }
}

/// A user at a provider, as seen from one site: a reference to a grant, and what the site may know without
/// asking for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostedAccount {
    /// Whose tokens it uses.
    pub grant: GrantId,
    /// Who that is at the provider.
    pub host: Host,
    /// What was consented to.
    pub scopes: BTreeSet<String>,
    /// Whether the grant still works.
    pub state: AccountState,
}

/// A user at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The provider's id of the user.
    pub user_id: String,
    /// The provider's id of the organisation the user belongs to.
    pub account_id: String,
    /// For showing only: it may change at the provider.
    pub email: String,
    /// What the plan allows (R10).
    pub plan: Plan,
    /// The user's personal room, which no session may ever get (R11).
    pub personal_room: Option<String>,
}

/// What a host's plan allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Meetings end after 40 minutes (R10).
    Basic,
    /// Meetings last as long as a session may.
    Licensed,
    /// No meetings may be held.
    Unassigned,
}

impl Plan {
    /// The name in the contract.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Licensed => "licensed",
            Self::Unassigned => "unassigned",
        }
    }
}

/// Whether an account works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    /// It does.
    Active,
    /// Its owner must connect it again; meetings that exist stay (R21).
    ReauthorizationRequired {
        /// When that was found.
        since: Timestamp,
        /// Why.
        reason: LapseReason,
    },
}

/// Why a user's authorisation does not work any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LapseReason {
    /// The provider refused the refresh token.
    Refused,
    /// The user removed the app.
    Removed,
    /// A permission that is needed is missing.
    MissingScopes,
    /// The user does not exist any more, or not in that organisation.
    UserGone,
}

impl LapseReason {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Refused, Self::Removed, Self::MissingScopes, Self::UserGone];

    /// The name in the contract.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Removed => "removed",
            Self::MissingScopes => "missing_scopes",
            Self::UserGone => "user_gone",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_read_as_the_contract_writes_them() {
        assert_eq!(Owner::parse("default"), Some(Owner::Default));
        let ana = Owner::parse("staff/ana").unwrap();
        assert_eq!((ana.to_string().as_str(), ana.staff().unwrap().as_str()), ("staff/ana", "ana"));
        for bad in ["", "Default", "staff", "staff/", "staff/a/b", "staff/..", "ana"] {
            assert_eq!(Owner::parse(bad), None, "{bad}");
        }
    }
}
