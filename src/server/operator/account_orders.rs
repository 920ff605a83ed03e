//! Owns what an operator's command asks about accounts, and what it is answered: the shapes that go through the socket.
//! No token and no whole link is in any of them.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

/// What is asked about accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum AccountOrder {
    /// Name sites.
    Sites {
        /// After this.
        after: Option<String>,
    },
    /// List accounts of a site.
    List {
        /// Which.
        site_id: String,
        /// After this owner.
        after: Option<String>,
    },
    /// Show one.
    Show(AccountName),
    /// Renew the tokens of a grant.
    Refresh {
        /// Which.
        grant_id: String,
    },
    /// Disconnect one.
    Disconnect {
        /// Which.
        account: AccountName,
        /// What becomes of its meetings ahead.
        meetings: Meetings,
    },
}

/// What is answered about accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "told", rename_all = "snake_case", deny_unknown_fields)]
pub enum AccountAnswer {
    /// Some sites; there may be none before the end, and one may come twice.
    Sites {
        /// Which.
        site_ids: Vec<String>,
        /// Where to go on; `None` at the end.
        next: Option<String>,
    },
    /// Some accounts of a site.
    Listed {
        /// The default one first.
        accounts: Vec<AccountRow>,
        /// After whom to go on; `None` at the end.
        next: Option<String>,
    },
    /// All of one.
    Shown {
        /// It.
        account: Box<AccountDetails>,
    },
    /// What came of renewing tokens.
    Refreshed {
        /// In a word.
        outcome: RefreshOutcome,
        /// What happened, whose fault it is and what to do, where there is something to do.
        detail: Option<String>,
    },
    /// It is disconnected.
    Disconnected {
        /// What was.
        was: Disconnected,
    },
    /// A site's record cannot be opened.
    Unreadable {
        /// Which, and what to do.
        reason: String,
    },
    /// There is no such site or account.
    Unknown {
        /// Which, and what to do.
        reason: String,
    },
}

/// An account by its names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountName {
    /// Of which site.
    pub site_id: String,
    /// `default` or `staff/<id>`.
    pub owner: String,
}

/// An account in a list: nothing of it is personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRow {
    /// Of which site.
    pub site_id: String,
    /// `default` or `staff/<id>`.
    pub owner: String,
    /// `zoom` or `custom_link`.
    pub provider: String,
    /// `active` or `reauthorization_required`.
    pub state: String,
    /// Since when it must be connected again.
    pub since: Option<Timestamp>,
    /// Why it must be, in a word.
    pub reason: Option<String>,
    /// The plan of its Zoom user.
    pub plan: Option<String>,
    /// The grant that it uses; the same one where others use it, too.
    pub grant_id: Option<String>,
    /// Where the tokens of its grant stand; none where there are none.
    pub tokens: Option<TokenTimes>,
    /// What an operator can do; none where there is nothing to do.
    pub what_to_do: Option<String>,
}

/// Where tokens stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenTimes {
    /// When they were renewed last.
    pub refreshed_at: Timestamp,
    /// When the access token ends.
    pub expires_at: Timestamp,
    /// When they are renewed at the latest, also where nobody uses them.
    pub renewal_due_at: Timestamp,
    /// Since when somebody renews them.
    pub refreshing_since: Option<Timestamp>,
}

/// All that an operator needs of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountDetails {
    /// As in a list.
    #[serde(flatten)]
    pub row: AccountRow,
    /// When it was connected.
    pub connected_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// Its revision.
    pub revision: u64,
    /// What somebody should know about it, in the contract's words.
    pub warnings: Vec<String>,
    /// Who it is at Zoom.
    pub zoom: Option<ZoomUser>,
    /// Its custom link, as far as it is shown.
    pub custom_link: Option<CustomLinkShown>,
    /// The grant that it uses; none where it is gone.
    pub grant: Option<GrantDetails>,
}

/// A Zoom user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZoomUser {
    /// Zoom's id of the user.
    pub user_id: String,
    /// Zoom's id of the organisation.
    pub account_id: String,
    /// How the user signs in.
    pub email: String,
    /// What was consented to.
    pub scopes: Vec<String>,
}

/// A custom link, without what is secret of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomLinkShown {
    /// Scheme and host.
    pub url: String,
    /// Whether participants type a password.
    pub has_password: bool,
    /// Whether there is a description.
    pub has_description: bool,
}

/// A grant, without its tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantDetails {
    /// When the user consented last.
    pub authorized_at: Timestamp,
    /// How often its tokens were renewed or replaced.
    pub generation: u64,
    /// When Zoom said last who the user is.
    pub looked_at: Timestamp,
    /// When it is asked again.
    pub look_due_at: Timestamp,
    /// The other accounts that use it.
    pub shared_with: Vec<AccountName>,
}

/// What becomes of the meetings ahead of an account that is disconnected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meetings {
    /// They stay at Zoom.
    Keep,
    /// They are deleted there.
    Delete,
}

/// An account that was disconnected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disconnected {
    /// Of which site.
    pub site_id: String,
    /// `default` or `staff/<id>`.
    pub owner: String,
    /// What it was.
    pub provider: String,
    /// What becomes of its meetings ahead; none for a custom link.
    pub meetings: Option<Meetings>,
    /// The other accounts that go on using its grant: without any, it is revoked at Zoom.
    pub shared_with: Vec<AccountName>,
    /// What follows, in a sentence.
    pub what_follows: String,
}

/// What came of renewing the tokens of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefreshOutcome {
    /// They are new.
    Refreshed,
    /// Somebody else was renewing them.
    AlreadyRefreshed,
    /// The user must consent again.
    Lapsed,
    /// No new tokens can be had now.
    Unavailable,
    /// Zoom refuses the app's own credentials.
    CredentialsRefused,
    /// The grant went meanwhile.
    Gone,
    /// The grant's record cannot be opened.
    Unreadable,
}

impl RefreshOutcome {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refreshed => "refreshed",
            Self::AlreadyRefreshed => "already_refreshed",
            Self::Lapsed => "lapsed",
            Self::Unavailable => "unavailable",
            Self::CredentialsRefused => "credentials_refused",
            Self::Gone => "gone",
            Self::Unreadable => "unreadable",
        }
    }

    /// Whether somebody has something to do about it.
    pub fn is_failure(self) -> bool {
        match self {
            Self::Refreshed | Self::AlreadyRefreshed | Self::Gone => false,
            Self::Lapsed | Self::Unavailable | Self::CredentialsRefused | Self::Unreadable => true,
        }
    }
}
