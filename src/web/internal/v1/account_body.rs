//! Owns an account on the wire: who and how, never a secret.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::account::Account;
use crate::domain::account::AccountState;
use crate::domain::account::Connection;
use crate::domain::account::HostedAccount;
use crate::domain::account::LapseReason;
use crate::domain::account::Owner;
use crate::domain::custom_link::CustomLink;
use crate::domain::link::Warning;
use crate::web::internal::v1::warning_body::WarningBody;
use crate::web::schema::AccountStateName;
use crate::web::schema::Id;
use crate::web::schema::LapseReasonName;
use crate::web::schema::Moment;
use crate::web::schema::PlanName;
use crate::web::schema::ProviderName;
use crate::web::schema::Revision;

/// An account as it is answered: who and how, never a secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account, examples(json!({
    "owner": {"kind": "default"}, "provider": "custom_link", "state": "active", "reauthorization": null, "zoom": null,
    "custom_link": {"url": "https://meet.example.com/…", "has_password": true, "has_description": true}, "warnings": [],
    "connected_at": "2027-02-01T10:00:00Z", "updated_at": "2027-02-01T10:00:00Z", "revision": 4,
})))]
pub(super) struct AccountBody {
    /// Whose it is.
    owner: OwnerBody,
    /// Who serves it.
    #[schema(value_type = ProviderName)]
    provider: &'static str,
    /// Whether it can be used.
    #[schema(value_type = AccountStateName)]
    state: &'static str,
    /// Since when and why it must be connected again, and what to do; `null` while it can be used.
    #[schema(required)]
    reauthorization: Option<ReauthorizationBody>,
    /// The Zoom user, where it is one.
    #[schema(required)]
    zoom: Option<HostBody>,
    /// The custom link, where it is one.
    #[schema(required)]
    custom_link: Option<CustomLinkBody>,
    /// What somebody should know about it.
    warnings: Vec<WarningBody>,
    /// When it was connected.
    #[schema(value_type = Moment)]
    connected_at: Timestamp,
    /// When it changed last.
    #[schema(value_type = Moment)]
    updated_at: Timestamp,
    /// Grows with every change of the account.
    #[schema(value_type = Revision)]
    revision: u64,
}

/// Whose account it is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = Owner)]
pub(super) enum OwnerBody {
    /// The site's.
    Default,
    /// A staff member's.
    Staff {
        /// Who it is.
        #[schema(value_type = Id)]
        staff_id: String,
    },
}

/// Why an account must be connected again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reauthorization, examples(json!({
    "since": "2027-02-01T10:00:00Z", "reason": "removed",
    "what_to_do": "Ask the owner to reconnect the account in the portal, as the same Zoom user.",
})))]
struct ReauthorizationBody {
    /// Since when that is known.
    #[schema(value_type = Moment)]
    since: Timestamp,
    /// Why.
    #[schema(value_type = LapseReasonName)]
    reason: &'static str,
    /// What to do about it.
    what_to_do: &'static str,
}

/// The Zoom user who hosts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ZoomUser)]
struct HostBody {
    /// Zoom's id of the user.
    user_id: String,
    /// Zoom's id of the account that the user belongs to.
    account_id: String,
    /// How the user signs in.
    email: String,
    /// The user's plan.
    #[schema(value_type = PlanName)]
    plan: &'static str,
    /// What the user granted, in Zoom's words.
    scopes: Vec<String>,
}

/// A custom link, as far as it is shown here: the whole of it stands in the links of sessions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CustomLink)]
struct CustomLinkBody {
    /// Scheme and host of the address.
    #[schema(examples("https://meet.example.com/…"))]
    url: String,
    /// Whether participants type a password.
    has_password: bool,
    /// Whether there is a description.
    has_description: bool,
}

impl AccountBody {
    pub(super) fn new(owner: &Owner, account: &Account) -> Self {
        let (zoom, custom_link, state) = match &account.connection {
            Connection::Hosted(hosted) => (Some(HostBody::from(hosted)), None, state_name(hosted.state)),
            Connection::Custom(link) => (None, Some(CustomLinkBody::from(link)), "active"),
        };
        Self {
            owner: owner.into(),
            provider: account.connection.provider().name(),
            state,
            reauthorization: account.connection.hosted().and_then(|hosted| reauthorization(hosted.state)),
            zoom,
            custom_link,
            warnings: Warning::of_account(owner, account).iter().map(WarningBody::from).collect(),
            connected_at: account.connected_at,
            updated_at: account.updated_at,
            revision: account.revision.0,
        }
    }
}

const fn state_name(state: AccountState) -> &'static str {
    match state {
        AccountState::Active => "active",
        AccountState::ReauthorizationRequired { .. } => "reauthorization_required",
    }
}

const fn reauthorization(state: AccountState) -> Option<ReauthorizationBody> {
    match state {
        AccountState::Active => None,
        AccountState::ReauthorizationRequired { since, reason } => {
            Some(ReauthorizationBody { since, reason: reason.name(), what_to_do: what_to_do(reason) })
        }
    }
}

const fn what_to_do(reason: LapseReason) -> &'static str {
    match reason {
        LapseReason::Refused => {
            "Zoom no longer accepts the authorisation. Reconnect the account in the portal, as the same Zoom user."
        }
        LapseReason::Removed => {
            "The user removed the app at Zoom. Reconnect the account in the portal, as the same Zoom user."
        }
        LapseReason::MissingScopes => {
            "A permission is missing at Zoom. Reconnect the account in the portal and allow everything that Zoom asks for; where Zoom does not offer it, a Zoom administrator has to."
        }
        LapseReason::UserGone => {
            "Zoom does not know the user any more. Have the user restored at Zoom and reconnect the account in the portal, or connect another Zoom user there."
        }
    }
}

impl From<&Owner> for OwnerBody {
    fn from(owner: &Owner) -> Self {
        match owner {
            Owner::Default => Self::Default,
            Owner::Staff(member) => Self::Staff { staff_id: member.as_str().into() },
        }
    }
}

impl From<&HostedAccount> for HostBody {
    fn from(account: &HostedAccount) -> Self {
        Self {
            user_id: account.host.user_id.clone(),
            account_id: account.host.account_id.clone(),
            email: account.host.email.clone(),
            plan: account.host.plan.name(),
            scopes: account.scopes.iter().cloned().collect(),
        }
    }
}

impl From<&CustomLink> for CustomLinkBody {
    fn from(link: &CustomLink) -> Self {
        Self {
            url: link.url.to_string(),
            has_password: link.password.is_some(),
            has_description: link.description.is_some(),
        }
    }
}
