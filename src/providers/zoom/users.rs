//! Owns users at Zoom: who a token belongs to, and what their plan allows. Repeats nothing.

use http::Method;
use secrecy::SecretString;
use tracing::instrument;
use url::Url;

use crate::app::ports::provider::HostAccess;
use crate::app::ports::provider::ProviderError;
use crate::app::ports::provider::Told;
use crate::app::ports::provider::Users;
use crate::domain::account::Host;
use crate::domain::account::Plan;
use crate::providers::zoom::error::Failure;
use crate::providers::zoom::parts::Parts;
use crate::providers::zoom::rest::Call;
use crate::providers::zoom::rest::Rest;
use crate::providers::zoom::rest::read;
use crate::providers::zoom::wire;

/// Users at Zoom.
#[derive(Debug, Clone)]
pub struct ZoomUsers {
    rest: Rest,
}

/// With whose token a user is asked for.
pub(super) struct Bearer<'a> {
    pub(super) access: &'a SecretString,
    pub(super) api_url: Option<&'a Url>,
    pub(super) told: Option<&'a Told>,
}

impl ZoomUsers {
    /// Makes the adapter: nothing is sent.
    pub fn new(parts: &Parts) -> Self {
        Self { rest: Rest::new(parts) }
    }

    /// Asks who a token belongs to (zoom/facts.md 2.9).
    pub(super) async fn find_by(&self, bearer: Bearer<'_>) -> Result<Host, Failure> {
        let call = Call {
            method: Method::GET,
            access: bearer.access,
            api_url: bearer.api_url,
            told: bearer.told,
            path: &["users", "me"],
            query: &[],
            body: Vec::new(),
        };
        read(&self.rest.call(call).await?).map(host)
    }
}

#[async_trait::async_trait]
impl Users for ZoomUsers {
    #[instrument(name = "zoom.users.find", skip_all)]
    async fn find(&self, host: &HostAccess) -> Result<Host, ProviderError> {
        let (access, api_url, told) = (&host.access, host.api_url.as_ref(), Some(&host.told));
        Ok(self.find_by(Bearer { access, api_url, told }).await?)
    }
}

fn host(user: wire::User) -> Host {
    Host {
        user_id: user.id,
        account_id: user.account_id,
        email: user.email.unwrap_or_default(),
        plan: plan(user.kind),
        personal_room: user.pmi.map(|pmi| pmi.0),
    }
}

/// What a plan allows (zoom/facts.md 2.9). One that is not known counts as Basic, which warns and refuses nothing.
fn plan(kind: Option<i64>) -> Plan {
    match kind {
        Some(2) => Plan::Licensed,
        Some(4 | 99) => Plan::Unassigned,
        Some(_) | None => Plan::Basic,
    }
}
