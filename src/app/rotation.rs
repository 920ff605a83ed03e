//! Use case: renew a grant's tokens now, because an operator says so (R34): by the one way in which tokens are renewed.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use secrecy::SecretString;

use crate::app::gateway::Gateway;
use crate::app::ports::provider::Authorization;
use crate::app::ports::provider::AuthorizationError;
use crate::app::ports::provider::Authorized;
use crate::app::ports::provider::Consent;
use crate::app::ports::provider::FreshTokens;
use crate::app::ports::stored::StoreError;
use crate::app::refresh;
use crate::app::refresh::AccessError;
use crate::domain::account::LapseReason;
use crate::domain::grant::Need;
use crate::domain::id::GrantId;
use crate::domain::token::Token;

/// What came of renewing a grant's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotated {
    /// They are new.
    Refreshed,
    /// Somebody else was at it: they are new all the same.
    AlreadyRefreshed,
    /// Somebody else is at it, and has not finished yet.
    UnderWay,
    /// They do not work any more: the user must consent again.
    Lapsed(LapseReason),
    /// The provider could not be reached: the tokens from before still work.
    Unreachable,
    /// The provider's answer was lost: whether the tokens from before still work is not known yet.
    Lost,
    /// The provider refused the app's own credentials: no user's fault, the tokens from before still work.
    OurCredentials,
    /// There is no such grant any more.
    Gone,
}

/// Renews the tokens of a grant, whatever is left of them, and however lately that failed: an operator who mended what was
/// wrong wants to see it. Refuses with a [`StoreError`].
#[tracing::instrument(name = "rotation.rotate", skip_all, fields(grant.id = %id))]
pub async fn rotate(gateway: &Gateway, id: &GrantId) -> Result<Rotated, StoreError> {
    let Some(grant) = gateway.grants.read(id).await?.value else { return Ok(Rotated::Gone) };
    let witness =
        Arc::new(Witness { asked: Arc::clone(&gateway.authorization), heard: Mutex::new(Heard::Nothing) });
    let watched = Gateway { authorization: Arc::clone(&witness) as _, ..gateway.clone() };
    let need = Need::NewerThan(grant.tokens.generation());
    gateway.refreshes.end_rest(id);
    match (refresh::access(&watched, id, need).await, witness.heard()) {
        (Ok(_), Heard::Tokens) => Ok(Rotated::Refreshed),
        (Ok(_), Heard::Nothing | Heard::OurCredentials | Heard::Unreachable | Heard::Other) => {
            Ok(Rotated::AlreadyRefreshed)
        }
        (Err(AccessError::Lapsed(reason)), _) => Ok(Rotated::Lapsed(reason)),
        (Err(AccessError::NoGrant), _) => Ok(Rotated::Gone),
        (Err(AccessError::Store(error)), _) => Err(error),
        (Err(AccessError::Unavailable), Heard::OurCredentials) => Ok(Rotated::OurCredentials),
        (Err(AccessError::Unavailable), Heard::Unreachable) => Ok(Rotated::Unreachable),
        (Err(AccessError::Unavailable), Heard::Other | Heard::Tokens) => Ok(Rotated::Lost),
        (Err(AccessError::Unavailable), Heard::Nothing) => Ok(Rotated::UnderWay),
    }
}

/// What the provider said to the one refresh that was sent from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    /// It was not asked.
    Nothing,
    /// It gave tokens.
    Tokens,
    /// It refused the app's credentials.
    OurCredentials,
    /// It was not reached.
    Unreachable,
    /// Something else, or nothing that can be read.
    Other,
}

/// Listens to what the provider says to a refresh: who waits for tokens is told only that there are none.
#[derive(Debug)]
struct Witness {
    asked: Arc<dyn Authorization>,
    heard: Mutex<Heard>,
}

impl Witness {
    fn heard(&self) -> Heard {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, answer: &Result<FreshTokens, AuthorizationError>) {
        let heard = match answer {
            Ok(_) => Heard::Tokens,
            Err(AuthorizationError::OurCredentials) => Heard::OurCredentials,
            Err(AuthorizationError::Unreachable(_)) => Heard::Unreachable,
            Err(
                AuthorizationError::Refused
                | AuthorizationError::MissingScopes(_)
                | AuthorizationError::Ambiguous(_)
                | AuthorizationError::UserGone,
            ) => Heard::Other,
        };
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = heard;
    }
}

#[async_trait::async_trait]
impl Authorization for Witness {
    fn client_id(&self) -> &str {
        self.asked.client_id()
    }

    fn begin(&self, state: &Token) -> Consent {
        self.asked.begin(state)
    }

    async fn exchange(
        &self,
        code: &SecretString,
        verifier: &SecretString,
    ) -> Result<Authorized, AuthorizationError> {
        self.asked.exchange(code, verifier).await
    }

    async fn refresh(&self, refresh: &SecretString) -> Result<FreshTokens, AuthorizationError> {
        let answer = self.asked.refresh(refresh).await;
        self.hear(&answer);
        answer
    }

    async fn revoke(&self, access: &SecretString) -> Result<(), AuthorizationError> {
        self.asked.revoke(access).await
    }
}
