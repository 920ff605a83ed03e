//! Owns what a checked token says: who calls, with which scopes, on which sites.

use std::collections::BTreeSet;
use std::fmt;

use crate::domain::id::SiteId;

/// What a token allows (contract.md section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// `sites:write`
    SitesWrite,
    /// `accounts:read`
    AccountsRead,
    /// `accounts:write`
    AccountsWrite,
    /// `links:read`
    LinksRead,
    /// `links:write`
    LinksWrite,
    /// `links:host`
    LinksHost,
    /// `events:read`
    EventsRead,
}

impl Scope {
    /// Every scope there is.
    pub const ALL: [Self; 7] = [
        Self::SitesWrite,
        Self::AccountsRead,
        Self::AccountsWrite,
        Self::LinksRead,
        Self::LinksWrite,
        Self::LinksHost,
        Self::EventsRead,
    ];

    /// The name it has in tokens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SitesWrite => "sites:write",
            Self::AccountsRead => "accounts:read",
            Self::AccountsWrite => "accounts:write",
            Self::LinksRead => "links:read",
            Self::LinksWrite => "links:write",
            Self::LinksHost => "links:host",
            Self::EventsRead => "events:read",
        }
    }

    /// The scope of a name; scopes of other services are none of ours.
    pub(super) fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The sites a token may touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sites {
    /// `"*"`
    All,
    /// These, and no others.
    Some(BTreeSet<SiteId>),
}

/// Who calls, as a checked token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The service, for the audit trail: `sub`.
    pub subject: String,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
    /// Where it may do it.
    pub sites: Sites,
}

impl Caller {
    /// Whether the caller may touch a site, given as it stands in a path or a record.
    pub fn may_touch(&self, site: &str) -> bool {
        match &self.sites {
            Sites::All => true,
            Sites::Some(sites) => sites.iter().any(|allowed| allowed.as_str() == site),
        }
    }
}

/// A site that the caller's token was checked for: what handlers pass on, so that no store key can be built from an
/// unchecked one (correctness.md section 6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedSite(SiteId);

impl CheckedSite {
    /// For a site that [`Caller::may_touch`].
    pub(super) fn new(site: SiteId) -> Self {
        Self(site)
    }

    /// The site.
    pub fn id(&self) -> &SiteId {
        &self.0
    }
}
