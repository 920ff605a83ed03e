//! Owns what a simulator is started with: the app's credentials, its address, its Zoom accounts and users.

use secrecy::SecretString;
use serde::Deserialize;
use serde::Serialize;
use url::Url;

/// The scopes greenroom asks for (zoom/facts.md 1.9).
const APP_SCOPES: [&str; 6] = [
    "meeting:delete:meeting",
    "meeting:read:list_meetings",
    "meeting:read:meeting",
    "meeting:update:meeting",
    "meeting:write:meeting",
    "user:read:user",
];

/// The secret token where nobody names another: a word everybody may know, since it vouches for a simulator alone.
pub const WEBHOOK_SECRET: &str = "the webhook secret of the simulator";

/// What a simulator is started with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The one app's client id.
    pub client_id: String,
    /// The client secrets that work at once (zoom/facts.md 1.8).
    pub client_secrets: Vec<SecretString>,
    /// The app's secret token: what webhooks are signed with (zoom/facts.md 5.2).
    pub webhook_secret: SecretString,
    /// The redirect addresses registered for the app; matched exactly.
    pub redirect_uris: Vec<String>,
    /// Where the simulator itself is reached.
    pub public_url: Url,
    /// The scopes configured for the app.
    pub scopes: Vec<String>,
    /// Where the links it hands out lead.
    pub join_urls: JoinUrls,
    /// The Zoom accounts; per-second limits are theirs (zoom/facts.md 4).
    pub accounts: Vec<SimulatedAccount>,
    /// The Zoom users.
    pub users: Vec<SimulatedUser>,
}

impl Settings {
    /// Starts from the sample accounts and users, links that look real, and the scopes greenroom needs.
    pub fn new(client_id: String, client_secrets: Vec<SecretString>, public_url: Url) -> Self {
        Self {
            client_id,
            client_secrets,
            webhook_secret: SecretString::from(WEBHOOK_SECRET),
            redirect_uris: Vec::new(),
            public_url,
            scopes: APP_SCOPES.map(str::to_owned).to_vec(),
            join_urls: JoinUrls::Real,
            accounts: sample_accounts(),
            users: sample_users(),
        }
    }

    /// The simulator's own address, without a slash at its end.
    pub(super) fn origin(&self) -> &str {
        self.public_url.as_str().trim_end_matches('/')
    }
}

/// Where join and start links lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinUrls {
    /// To `https://us02web.zoom.us`, as Zoom's do: for tests that look at the links.
    Real,
    /// To the simulator's own pages: for people who click on them.
    Simulator,
}

/// A Zoom account: a customer of Zoom, with users.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimulatedAccount {
    /// How users name it.
    pub name: String,
    /// What it pays for.
    pub plan: AccountPlan,
}

/// What a Zoom account pays for; decides its per-second limits (zoom/facts.md 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountPlan {
    /// 4 light and 2 medium calls a second.
    Free,
    /// 30 light and 20 medium calls a second.
    Pro,
    /// 80 light and 60 medium calls a second.
    Business,
}

/// A Zoom user.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimulatedUser {
    /// Names the user on the consent page and at the control address.
    pub email: String,
    /// The given name.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// The name of the account the user belongs to.
    pub account: String,
    /// The user's licence.
    pub plan: UserPlan,
    /// Whether the user still exists for Zoom.
    #[serde(default)]
    pub standing: Standing,
    /// The user's own setting "use PMI when scheduling" (zoom/facts.md 2.2).
    #[serde(default)]
    pub use_pmi: bool,
    /// The user's time zone, an IANA name.
    pub timezone: String,
    /// The scopes this user's grants get, where they differ from the app's (an administrator's restriction).
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
}

/// A user's licence (zoom/facts.md 2.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserPlan {
    /// Type 1: meetings end after 40 minutes.
    Basic,
    /// Type 2.
    Licensed,
    /// Type 4: may not host meetings, refused with 3161.
    Unassigned,
}

impl UserPlan {
    /// Zoom's number for it.
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Basic => 1,
            Self::Licensed => 2,
            Self::Unassigned => 4,
        }
    }
}

/// Whether a user still exists for Zoom.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// As usual.
    #[default]
    Active,
    /// Calls are refused with 404 and 1001.
    Deactivated,
}

fn sample_accounts() -> Vec<SimulatedAccount> {
    [("ana", AccountPlan::Free), ("studio-lua", AccountPlan::Pro), ("clinic", AccountPlan::Business)]
        .map(|(name, plan)| SimulatedAccount { name: name.to_owned(), plan })
        .to_vec()
}

fn sample_users() -> Vec<SimulatedUser> {
    vec![
        sample("Lua Martins", "studio-lua", UserPlan::Licensed),
        sample("Ana Souza", "ana", UserPlan::Basic),
        SimulatedUser { use_pmi: true, ..sample("Bruno Lima", "studio-lua", UserPlan::Licensed) },
        sample("Clara Nunes", "clinic", UserPlan::Licensed),
        sample("Davi Rocha", "clinic", UserPlan::Unassigned),
    ]
}

fn sample(name: &str, account: &str, plan: UserPlan) -> SimulatedUser {
    let (first, last) = name.split_once(' ').unwrap_or((name, ""));
    SimulatedUser {
        email: format!("{}@example.com", first.to_lowercase()),
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        account: account.to_owned(),
        plan,
        standing: Standing::Active,
        use_pmi: false,
        timezone: "America/Sao_Paulo".to_owned(),
        scopes: None,
    }
}
