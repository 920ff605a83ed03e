//! Owns what people may do in the portal, and the one-time links, sessions and flows that take them there
//! (R4, R6, correctness.md section 5).

use std::collections::BTreeSet;

use jiff::Timestamp;
use secrecy::SecretString;
use url::Url;

use crate::domain::account::Host;
use crate::domain::account::Owner;
use crate::domain::id::GrantId;
use crate::domain::id::SiteId;
use crate::domain::id::StaffId;
use crate::domain::id::TokenHash;
use crate::domain::locale::Locale;
use crate::domain::site::Site;
use crate::domain::token::Token;

/// Who acts in a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The owner of the site: may manage every account.
    Owner,
    /// A staff member: may manage their own account, where the site lets them (R4).
    Staff(StaffId),
}

/// Where a portal link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// The accounts that the actor may manage.
    Manage,
    /// Straight into connecting this account at a provider.
    Connect(Owner),
}

/// What a browser was let in for: stands in the one-time link, and then in the session it opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Which site.
    pub site: SiteId,
    /// Who acts.
    pub actor: Actor,
    /// Where it leads.
    pub page: Page,
    /// Where the browser goes at the end.
    pub return_to: Option<Url>,
    /// The language the platform asked for.
    pub locale: Option<Locale>,
}

/// A link that opens the portal once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalLink {
    /// What it is for.
    pub visit: Visit,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// A browser that was let in.
#[derive(Debug, Clone)]
pub struct PortalSession {
    /// What it was let in for.
    pub visit: Visit,
    /// Stands in every form: a post without it is refused.
    pub form_token: Token,
    /// When it ends.
    pub expires_at: Timestamp,
    /// A user came back from the provider, and is not yet confirmed.
    pub pending: Option<PendingConnect>,
}

/// A user who came back from the provider, to be confirmed as the account of an owner (R6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingConnect {
    /// Whose account it is to be.
    pub owner: Owner,
    /// The grant the user gave.
    pub grant: GrantId,
    /// Who the user is.
    pub host: Host,
    /// What was consented to.
    pub scopes: BTreeSet<String>,
}

/// A browser that was sent to the provider, and is expected back once.
#[derive(Debug, Clone)]
pub struct ConnectFlow {
    /// The portal session it left from: the cookie must be that session's.
    pub session: TokenHash,
    /// Of which site.
    pub site: SiteId,
    /// Whose account is to be connected.
    pub owner: Owner,
    /// The PKCE verifier (RFC 7636).
    pub verifier: SecretString,
    /// When it is too late to come back.
    pub expires_at: Timestamp,
}

/// What somebody wants to do with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Connect, replace or edit it.
    Connect,
    /// Look at it, or disconnect it.
    Manage,
}

/// Why somebody may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The plan has no video (R9).
    #[error("the plan of the site has no video")]
    NotEntitled,
    /// Staff manage their own account only.
    #[error("a staff member may manage their own account only")]
    NotYourAccount,
    /// The site keeps the setting-up to its owner (R4).
    #[error("the site does not let staff set up their accounts")]
    SelfServiceDisabled,
    /// A staff account needs a default account first (R4).
    #[error("the site has no default account")]
    DefaultAccountRequired,
}

/// Decides whether somebody may do this with an account (R4, R9).
pub fn may(actor: &Actor, act: Act, owner: &Owner, site: &Site) -> Result<(), Refused> {
    if !site.settings.entitled {
        return Err(Refused::NotEntitled);
    }
    if let Actor::Staff(member) = actor {
        if owner.staff() != Some(member) {
            return Err(Refused::NotYourAccount);
        }
        if !site.settings.staff_self_service {
            return Err(Refused::SelfServiceDisabled);
        }
    }
    match (act, owner, site.default_account()) {
        (Act::Connect, Owner::Staff(_), None) => Err(Refused::DefaultAccountRequired),
        (Act::Connect | Act::Manage, Owner::Default | Owner::Staff(_), _) => Ok(()),
    }
}

/// Decides whether a portal link may be made for this visit (R4, contract.md section 3).
pub fn may_visit(actor: &Actor, page: &Page, site: &Site) -> Result<(), Refused> {
    match (actor, page) {
        (_, Page::Connect(owner)) => may(actor, Act::Connect, owner, site),
        (Actor::Staff(member), Page::Manage) => may(actor, Act::Connect, &Owner::Staff(member.clone()), site),
        (Actor::Owner, Page::Manage) => may(actor, Act::Manage, &Owner::Default, site),
    }
}
