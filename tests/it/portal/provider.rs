//! Owns the provider that the portal meets: who consents comes back as whom the test says.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

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
use greenroom::app::ports::provider::Page as MeetingsPage;
use greenroom::app::ports::provider::PageToken;
use greenroom::app::ports::provider::ProviderError;
use greenroom::app::ports::provider::Users;
use greenroom::app::ports::webhooks::Claim;
use greenroom::app::ports::webhooks::Heard;
use greenroom::app::ports::webhooks::NotProven;
use greenroom::app::ports::webhooks::Webhooks;
use greenroom::domain::account::Host;
use greenroom::domain::account::Plan;
use greenroom::domain::meeting::MeetingId;
use greenroom::domain::token::Token;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use url::Url;

/// Where the provider asks for consent.
pub(super) const CONSENT: &str = "https://zoom.example/oauth/authorize";

/// A provider that knows which codes it gave, works each once, and remembers what was revoked.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) next: Mutex<Host>,
    pub(super) says: Mutex<Says>,
    pub(super) used: Mutex<BTreeSet<String>>,
    /// With what the last browser left.
    pub(super) state: Mutex<String>,
    pub(super) revoked: Mutex<Vec<String>>,
}

/// What the token endpoint says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    Yes,
    MissingScopes,
    Broken,
}

impl Provider {
    /// Who comes back with the next code.
    pub(super) fn next(&self, host: Host) {
        *self.next.lock().unwrap() = host;
    }

    pub(super) fn says(&self, says: Says) {
        *self.says.lock().unwrap() = says;
    }
}

#[async_trait::async_trait]
impl Authorization for Provider {
    fn client_id(&self) -> &'static str {
        "client"
    }

    fn begin(&self, state: &Token) -> Consent {
        let url =
            Url::parse_with_params(CONSENT, [("state", state.expose()), ("client_id", "client")]).unwrap();
        let verifier = SecretString::from(format!("verifier of {}", state.expose()));
        state.expose().clone_into(&mut self.state.lock().unwrap());
        Consent { url, verifier }
    }

    async fn exchange(
        &self,
        code: &SecretString,
        verifier: &SecretString,
    ) -> Result<Authorized, AuthorizationError> {
        let (code, verifier) = (code.expose_secret(), verifier.expose_secret());
        assert!(verifier.starts_with("verifier of "), "the verifier that began the flow");
        let says = *self.says.lock().unwrap();
        if says == Says::Broken {
            return Err(AuthorizationError::Unreachable(CallError::Connect));
        }
        if !code.starts_with("code-") || !self.used.lock().unwrap().insert(code.to_owned()) {
            return Err(AuthorizationError::Refused);
        }
        let tokens = FreshTokens {
            access: format!("access of {code}").into(),
            refresh: format!("refresh of {code}").into(),
            expires_in: Duration::from_hours(1),
            scopes: ["meeting:write".to_owned()].into(),
            api_url: None,
        };
        let lacking = if says == Says::MissingScopes { vec!["meeting:write".to_owned()] } else { Vec::new() };
        Ok(Authorized { host: self.next.lock().unwrap().clone(), tokens, lacking })
    }

    async fn refresh(&self, _: &SecretString) -> Result<FreshTokens, AuthorizationError> {
        Err(AuthorizationError::Unreachable(CallError::Connect))
    }

    async fn revoke(&self, access: &SecretString) -> Result<(), AuthorizationError> {
        if *self.says.lock().unwrap() == Says::Broken {
            return Err(AuthorizationError::Unreachable(CallError::Connect));
        }
        self.revoked.lock().unwrap().push(access.expose_secret().to_owned());
        Ok(())
    }
}

/// No page believes a webhook.
#[derive(Debug)]
pub(super) struct NoWebhooks;

impl Webhooks for NoWebhooks {
    fn claim(&self, _: &[(&str, &str)], _: Timestamp) -> Result<Claim, NotProven> {
        Err(NotProven)
    }

    fn verify(&self, _: &Claim, _: &[u8], _: Timestamp) -> Result<Heard, NotProven> {
        Err(NotProven)
    }
}

/// Users stay who they were when they came back.
#[async_trait::async_trait]
impl Users for Provider {
    async fn find(&self, _: &HostAccess) -> Result<Host, ProviderError> {
        Ok(self.next.lock().unwrap().clone())
    }
}

/// No meeting is ever made by a page.
#[derive(Debug)]
pub(super) struct NoMeetings;

#[async_trait::async_trait]
impl Meetings for NoMeetings {
    async fn create(&self, _: &HostAccess, _: &Draft) -> Result<Created, ProviderError> {
        Err(ProviderError::NotExecuted(CallError::Connect))
    }

    async fn update(&self, _: &HostAccess, _: &MeetingId, _: &Draft) -> Result<(), ProviderError> {
        Err(ProviderError::NotExecuted(CallError::Connect))
    }

    async fn find(&self, _: &HostAccess, _: &MeetingId) -> Result<Option<Found>, ProviderError> {
        Err(ProviderError::NotExecuted(CallError::Connect))
    }

    async fn list(&self, _: &HostAccess, _: Option<&PageToken>) -> Result<MeetingsPage, ProviderError> {
        Err(ProviderError::NotExecuted(CallError::Connect))
    }

    async fn remove(&self, _: &HostAccess, _: &MeetingId) -> Result<(), ProviderError> {
        Err(ProviderError::NotExecuted(CallError::Connect))
    }
}

/// A user at the provider.
pub(super) fn host(name: &str, plan: Plan) -> Host {
    Host {
        user_id: format!("user {name}"),
        account_id: "account".into(),
        email: format!("{name}@studio.example"),
        plan,
        personal_room: None,
    }
}
