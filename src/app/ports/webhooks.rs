//! Owns what the use cases need to take in what a provider tells unasked: proof, a place to keep it, and whom it is about.

use std::fmt;

use jiff::Timestamp;

use crate::app::ports::stored::StoreError;
use crate::domain::id::NoticeId;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::meeting::MeetingId;
use crate::domain::notice::Notice;

/// Tells what a provider sent from what anybody sent.
pub trait Webhooks: Send + Sync + fmt::Debug {
    /// Reads the headers of a request, before anything else of it: those that are text, their names in lower case. What
    /// no body could prove is refused.
    fn claim(&self, headers: &[(&str, &str)], now: Timestamp) -> Result<Claim, NotProven>;

    /// Reads a request, its body byte by byte as it came, if the provider signed it.
    fn verify(&self, claim: &Claim, body: &[u8], now: Timestamp) -> Result<Heard, NotProven>;
}

/// What the headers of a request say: signed so, a short while ago. Anybody may have sent it.
#[derive(Clone)]
pub struct Claim {
    /// When, as it stands there.
    pub timestamp: String,
    /// How: an HMAC with SHA-256.
    pub signature: [u8; 32],
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").finish_non_exhaustive()
    }
}

/// The request does not bear the provider's signature, or is too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request is not proven to be the provider's")]
pub struct NotProven;

/// What a provider said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// It asks for proof that the secret is held here: this JSON answers it.
    Challenge(String),
    /// Something befell an organisation.
    Notice(Received),
    /// Nothing that matters here.
    Other,
}

/// A notice as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// What it says.
    pub notice: Notice,
    /// By what it is known again when it is told twice.
    pub identity: Vec<String>,
}

/// Keeps what was told for as long as it may be told again.
#[async_trait::async_trait]
pub trait Inbox: Send + Sync + fmt::Debug {
    /// Keeps a notice, and makes it due; one that is kept already stays as it is.
    async fn put_if_absent(&self, received: &Received, now: Timestamp) -> Result<Kept, StoreError>;

    /// Reads a notice.
    async fn find(&self, id: &NoticeId) -> Result<Option<Notice>, StoreError>;

    /// Makes a notice due then, or not any more.
    async fn put_off(&self, id: &NoticeId, due: Option<Timestamp>) -> Result<(), StoreError>;
}

/// Whether a notice is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is.
    New,
    /// It was told before.
    Before,
}

/// Finds whom a notice is about. What it says is a hint: the records decide.
#[async_trait::async_trait]
pub trait Directory: Send + Sync + fmt::Debug {
    /// Notes, before an account of the site says so, that it may have one of the organisation.
    async fn note_site(&self, organisation: &str, site: &SiteId, now: Timestamp) -> Result<(), StoreError>;

    /// Sites that may have accounts of the organisation, the longest noted first, after this one.
    async fn sites_of(
        &self,
        organisation: &str,
        after: Option<&NotedSite>,
    ) -> Result<Vec<NotedSite>, StoreError>;

    /// Removes a note that is still as it was read.
    async fn remove_site(&self, organisation: &str, noted: &NotedSite) -> Result<(), StoreError>;

    /// Sessions of the site that may have this meeting.
    async fn sessions_with(&self, site: &SiteId, meeting: &MeetingId) -> Result<Vec<SessionId>, StoreError>;
}

/// A site that may have accounts of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedSite {
    /// Which.
    pub site: SiteId,
    /// When that was noted last.
    pub noted_at: Timestamp,
}
