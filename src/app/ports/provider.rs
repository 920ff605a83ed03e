//! Owns what the use cases need of a provider that hosts meetings, in nobody's own words.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use url::Url;

use crate::domain::account::Host;
use crate::domain::account::LapseReason;
use crate::domain::concealed::Concealed;
use crate::domain::concealed::LinkUrl;
use crate::domain::id::GrantId;
use crate::domain::meeting::Held;
use crate::domain::meeting::Marker;
use crate::domain::meeting::Meeting;
use crate::domain::meeting::MeetingId;
use crate::domain::meeting::Shown;
use crate::domain::token::Token;

/// How users let greenroom act for them.
#[async_trait::async_trait]
pub trait Authorization: Send + Sync + fmt::Debug {
    /// The client id that grants belong to.
    fn client_id(&self) -> &str;

    /// Where to send the browser, bound to `state`, and the PKCE verifier that goes with it.
    fn begin(&self, state: &Token) -> Consent;

    /// Exchanges a code, and asks who came back with it.
    async fn exchange(
        &self,
        code: &SecretString,
        verifier: &SecretString,
    ) -> Result<Authorized, AuthorizationError>;

    /// Exchanges a refresh token. Never repeated by itself: the token works once.
    async fn refresh(&self, refresh: &SecretString) -> Result<FreshTokens, AuthorizationError>;

    /// Ends a grant.
    async fn revoke(&self, access: &SecretString) -> Result<(), AuthorizationError>;
}

/// A browser about to be sent to the provider.
#[derive(Debug)]
pub struct Consent {
    /// Where to.
    pub url: Url,
    /// The PKCE verifier (RFC 7636), to be kept until the browser is back.
    pub verifier: SecretString,
}

/// What an exchange gives.
#[derive(Debug)]
pub struct FreshTokens {
    /// Opens the API.
    pub access: SecretString,
    /// Works once.
    pub refresh: SecretString,
    /// How long the access token works from now on.
    pub expires_in: Duration,
    /// What was consented to.
    pub scopes: BTreeSet<String>,
    /// Where the provider wants this user's calls, checked.
    pub api_url: Option<Url>,
}

/// A user who consented.
#[derive(Debug)]
pub struct Authorized {
    /// Who.
    pub host: Host,
    /// With which tokens.
    pub tokens: FreshTokens,
    /// The permissions that are needed and were not given, in the provider's words; none where all were.
    pub lacking: Vec<String>,
}

/// Why a token endpoint gave no tokens.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizationError {
    /// The code or the refresh token does not work (any more).
    #[error("the provider refused the code or refresh token")]
    Refused,
    /// The credentials of the app are wrong: ours to mend, no user's fault.
    #[error("the provider refused the app's own credentials")]
    OurCredentials,
    /// A permission that is needed was not given.
    #[error("the consent lacks permissions: {}", .0.join(" "))]
    MissingScopes(Vec<String>),
    /// The request was certainly not executed: try again later.
    #[error("the provider could not be reached")]
    Unreachable(#[source] CallError),
    /// The answer was lost, or makes no sense: the token may be spent.
    #[error("the provider's answer was lost")]
    Ambiguous(#[source] CallError),
    /// The user exists no more.
    #[error("the provider does not know the user any more")]
    UserGone,
}

/// Users at a provider.
#[async_trait::async_trait]
pub trait Users: Send + Sync + fmt::Debug {
    /// Asks who the user is that a token belongs to: reads only, and may be repeated.
    async fn find(&self, host: &HostAccess) -> Result<Host, ProviderError>;
}

/// Meetings at a provider. Every call names the host it acts for.
#[async_trait::async_trait]
pub trait Meetings: Send + Sync + fmt::Debug {
    /// Makes a meeting. Never repeated by itself: there is no idempotency key (zoom/facts.md 2.1).
    async fn create(&self, host: &HostAccess, draft: &Draft) -> Result<Created, ProviderError>;

    /// Makes a meeting show something else.
    async fn update(&self, host: &HostAccess, id: &MeetingId, draft: &Draft) -> Result<(), ProviderError>;

    /// Reads a meeting, with a fresh start link for its host.
    async fn find(&self, host: &HostAccess, id: &MeetingId) -> Result<Option<Found>, ProviderError>;

    /// Lists a page of the host's meetings.
    async fn list(&self, host: &HostAccess, page: Option<&PageToken>) -> Result<Page, ProviderError>;

    /// Removes a meeting; one that is gone already counts as removed (R20).
    async fn remove(&self, host: &HostAccess, id: &MeetingId) -> Result<(), ProviderError>;
}

/// For whom a call is made.
#[derive(Debug, Clone)]
pub struct HostAccess {
    /// Opens the API.
    pub access: SecretString,
    /// Where the provider wants this user's calls; its usual place if unknown.
    pub api_url: Option<Url>,
    /// The personal room of the host, which must never be handed out (R11).
    pub personal_room: Option<String>,
    /// What the provider says of the calls that are left.
    pub told: Told,
}

/// What a provider says of the calls that are left, beside an answer: heard by its adapter, taken by whoever called.
#[derive(Debug, Clone, Default)]
pub struct Told(Arc<Mutex<Option<Remaining>>>);

impl Told {
    /// Keeps what was said last.
    pub fn hear(&self, remaining: Remaining) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(remaining);
    }

    /// Takes what was said last; `None` where nothing was.
    pub fn take(&self) -> Option<Remaining> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The calls of an organisation that are left, of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remaining {
    /// The most of them in the time that is counted.
    pub limit: u32,
    /// How many are left of it.
    pub left: u32,
}

/// A meeting to be made.
#[derive(Debug, Clone)]
pub struct Draft {
    /// What it is to show.
    pub shown: Shown,
    /// By what it is found again.
    pub marker: Marker,
}

/// A meeting that was made, or adopted.
#[derive(Debug, Clone)]
pub struct Created {
    /// The provider's id.
    pub id: MeetingId,
    /// What participants open.
    pub join_url: LinkUrl,
    /// What participants type to get in.
    pub passcode: Option<Concealed>,
}

impl Created {
    /// The meeting as it belongs to a session from now on: of this generation, made to show this.
    pub fn meeting(&self, grant: &GrantId, (generation, shown): (u64, &Shown), now: Timestamp) -> Meeting {
        Meeting {
            grant: grant.clone(),
            id: self.id.clone(),
            join_url: self.join_url.clone(),
            passcode: self.passcode.clone(),
            shown: shown.clone(),
            generation,
            bound_at: now,
            shown_at: now,
            doubt: None,
            seen_at: now,
            asked_at: None,
            held: Held::default(),
        }
    }
}

/// A meeting as the provider has it.
#[derive(Debug)]
pub struct Found {
    /// Its id and addresses.
    pub meeting: Created,
    /// What the host opens: a bearer secret that lives two hours (R26).
    pub start_url: Option<Concealed>,
    /// Whether it runs.
    pub standing: Standing,
    /// What it shows.
    pub topic: String,
    /// When it starts, where it says so.
    pub starts_at: Option<Timestamp>,
    /// How long it lasts, where it says so.
    pub duration_minutes: Option<u16>,
}

/// Whether a meeting runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has started it, or it is over.
    Waiting,
    /// Somebody is in it.
    Running,
}

/// Where the next page of a listing begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageToken(pub String);

/// A page of a listing.
#[derive(Debug, Clone)]
pub struct Page {
    /// The meetings on it.
    pub meetings: Vec<Listed>,
    /// Where the next one begins; `None` at the end.
    pub next: Option<PageToken>,
}

/// A meeting in a listing.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The provider's id.
    pub id: MeetingId,
    /// The marker in its agenda, if it has one.
    pub marker: Option<Marker>,
    /// When it was made, where it says so.
    pub created_at: Option<Timestamp>,
}

/// Why a call for a host gave no answer that can be used. Each variant is a class: what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The access token does not work: refresh once, then try once more.
    #[error("the provider refused the access token")]
    TokenRefused,
    /// The user must consent again, or another one: why.
    #[error("the account must be authorised again")]
    Reauthorize(LapseReason),
    /// The user may host no meetings: a licence was taken away. The consent still holds.
    #[error("the user may not host meetings")]
    MayNotHost,
    /// The request is refused for good, as it stands.
    #[error("the provider rejected the request (status {status}, code {code:?})")]
    Rejected {
        /// The HTTP status.
        status: u16,
        /// The provider's code.
        code: Option<i64>,
    },
    /// The meeting does not exist any more.
    #[error("the meeting does not exist at the provider")]
    Gone,
    /// Too many requests a second: wait this long.
    #[error("the provider asks for fewer requests")]
    RateLimited {
        /// When to try again, where it says so.
        until: Option<Timestamp>,
    },
    /// The calls of the day are spent, until then.
    #[error("the calls of the day are spent")]
    DailyLimit {
        /// When the day is over.
        until: Timestamp,
        /// Whose calls.
        of: LimitOf,
    },
    /// The request was certainly not executed: try again later.
    #[error("the provider could not be reached")]
    NotExecuted(#[source] CallError),
    /// Whether the request was executed is not known.
    #[error("the provider's answer was lost")]
    Ambiguous(#[source] CallError),
    /// The personal room of the host came back: never to be handed out (R11).
    #[error("the provider gave the host's personal room")]
    PersonalRoom,
}

/// Whose calls of a day are limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitOf {
    /// Those of the host: creates and updates.
    Host,
    /// All those of the organisation.
    Organisation,
}

/// What went wrong on the way; no address, no token, no body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// No connection.
    #[error("no connection")]
    Connect,
    /// No answer in time.
    #[error("no answer in time")]
    Timeout,
    /// The connection broke.
    #[error("the connection broke")]
    Broken,
    /// The provider's own failure.
    #[error("status {0}")]
    Status(u16),
    /// The answer could not be read.
    #[error("an answer that cannot be read")]
    Unreadable,
}
