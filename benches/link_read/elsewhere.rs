//! What a link read never reaches: a provider, an issuer's key set. Answers nothing.

use greenroom::app::ports::outgoing::Push;
use greenroom::app::ports::provider::Authorization;
use greenroom::app::ports::provider::AuthorizationError;
use greenroom::app::ports::provider::Authorized;
use greenroom::app::ports::provider::CallError;
use greenroom::app::ports::provider::Consent;
use greenroom::app::ports::provider::Created;
use greenroom::app::ports::provider::Draft;
use greenroom::app::ports::provider::Found;
use greenroom::app::ports::provider::FreshTokens;
use greenroom::app::ports::provider::HostAccess;
use greenroom::app::ports::provider::Meetings;
use greenroom::app::ports::provider::Page;
use greenroom::app::ports::provider::PageToken;
use greenroom::app::ports::provider::ProviderError;
use greenroom::app::ports::provider::Users;
use greenroom::app::ports::webhooks::Claim;
use greenroom::app::ports::webhooks::Heard;
use greenroom::app::ports::webhooks::NotProven;
use greenroom::app::ports::webhooks::Webhooks;
use greenroom::domain::account::Host;
use greenroom::domain::event::Event;
use greenroom::domain::meeting::MeetingId;
use greenroom::domain::reply::Answer;
use greenroom::domain::reply::Reply;
use greenroom::domain::token::Token;
use greenroom::web::auth::FetchFailed;
use greenroom::web::auth::FetchKeys;
use jiff::Timestamp;
use secrecy::SecretString;
use url::Url;

/// Nobody is there.
#[derive(Debug)]
pub(crate) struct Elsewhere;

const AWAY: AuthorizationError = AuthorizationError::Unreachable(CallError::Connect);
const UNSENT: ProviderError = ProviderError::NotExecuted(CallError::Connect);

#[async_trait::async_trait]
impl Authorization for Elsewhere {
    fn client_id(&self) -> &'static str {
        "client"
    }

    fn begin(&self, _: &Token) -> Consent {
        let url = Url::parse("https://zoom.example/").expect("a constant address");
        Consent { url, verifier: SecretString::default() }
    }

    async fn exchange(&self, _: &SecretString, _: &SecretString) -> Result<Authorized, AuthorizationError> {
        Err(AWAY)
    }

    async fn refresh(&self, _: &SecretString) -> Result<FreshTokens, AuthorizationError> {
        Err(AWAY)
    }

    async fn revoke(&self, _: &SecretString) -> Result<(), AuthorizationError> {
        Err(AWAY)
    }
}

#[async_trait::async_trait]
impl Users for Elsewhere {
    async fn find(&self, _: &HostAccess) -> Result<Host, ProviderError> {
        Err(UNSENT)
    }
}

#[async_trait::async_trait]
impl Meetings for Elsewhere {
    async fn create(&self, _: &HostAccess, _: &Draft) -> Result<Created, ProviderError> {
        Err(UNSENT)
    }

    async fn update(&self, _: &HostAccess, _: &MeetingId, _: &Draft) -> Result<(), ProviderError> {
        Err(UNSENT)
    }

    async fn find(&self, _: &HostAccess, _: &MeetingId) -> Result<Option<Found>, ProviderError> {
        Err(UNSENT)
    }

    async fn list(&self, _: &HostAccess, _: Option<&PageToken>) -> Result<Page, ProviderError> {
        Err(UNSENT)
    }

    async fn remove(&self, _: &HostAccess, _: &MeetingId) -> Result<(), ProviderError> {
        Err(UNSENT)
    }
}

#[async_trait::async_trait]
impl FetchKeys for Elsewhere {
    async fn fetch(&self, _: &Url) -> Result<Vec<u8>, FetchFailed> {
        Err(FetchFailed("nobody is there".into()))
    }
}

impl Webhooks for Elsewhere {
    fn claim(&self, _: &[(&str, &str)], _: Timestamp) -> Result<Claim, NotProven> {
        Err(NotProven)
    }

    fn verify(&self, _: &Claim, _: &[u8], _: Timestamp) -> Result<Heard, NotProven> {
        Err(NotProven)
    }
}

#[async_trait::async_trait]
impl Push for Elsewhere {
    fn endpoints(&self) -> Vec<Url> {
        Vec::new()
    }

    async fn push(&self, _: &Url, _: &Event) -> Reply {
        Reply { answer: Answer::Unreachable, retry_after: None }
    }
}
