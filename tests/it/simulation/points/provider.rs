//! Lays points around what a gateway asks of a provider: every request, since each is counted there.

use std::sync::Arc;

use greenroom::app::ports::provider::Authorization;
use greenroom::app::ports::provider::AuthorizationError;
use greenroom::app::ports::provider::Authorized;
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
use greenroom::domain::meeting::MeetingId;
use greenroom::domain::token::Token;
use secrecy::SecretString;

use crate::simulation::points::Post;

#[derive(Debug)]
pub(super) struct PointedAuthorization(pub(super) Arc<dyn Authorization>, pub(super) Post);

#[async_trait::async_trait]
impl Authorization for PointedAuthorization {
    fn client_id(&self) -> &str {
        self.0.client_id()
    }

    fn begin(&self, state: &Token) -> Consent {
        self.0.begin(state)
    }

    async fn exchange(
        &self,
        code: &SecretString,
        verifier: &SecretString,
    ) -> Result<Authorized, AuthorizationError> {
        self.1.at("authorization.exchange", self.0.exchange(code, verifier)).await
    }

    async fn refresh(&self, refresh: &SecretString) -> Result<FreshTokens, AuthorizationError> {
        self.1.at("authorization.refresh", self.0.refresh(refresh)).await
    }

    async fn revoke(&self, access: &SecretString) -> Result<(), AuthorizationError> {
        self.1.at("authorization.revoke", self.0.revoke(access)).await
    }
}

#[derive(Debug)]
pub(super) struct PointedMeetings(pub(super) Arc<dyn Meetings>, pub(super) Post);

#[async_trait::async_trait]
impl Meetings for PointedMeetings {
    async fn create(&self, host: &HostAccess, draft: &Draft) -> Result<Created, ProviderError> {
        self.1.at("meetings.create", self.0.create(host, draft)).await
    }

    async fn update(&self, host: &HostAccess, id: &MeetingId, draft: &Draft) -> Result<(), ProviderError> {
        self.1.at("meetings.update", self.0.update(host, id, draft)).await
    }

    async fn find(&self, host: &HostAccess, id: &MeetingId) -> Result<Option<Found>, ProviderError> {
        self.1.at("meetings.find", self.0.find(host, id)).await
    }

    async fn list(&self, host: &HostAccess, page: Option<&PageToken>) -> Result<Page, ProviderError> {
        self.1.at("meetings.list", self.0.list(host, page)).await
    }

    async fn remove(&self, host: &HostAccess, id: &MeetingId) -> Result<(), ProviderError> {
        self.1.at("meetings.remove", self.0.remove(host, id)).await
    }
}
