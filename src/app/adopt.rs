//! Use case: take in an authorisation, whose tokens kill the ones before (R2, correctness.md section 3).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tracing::error;
use tracing::info;
use tracing::warn;

use crate::app::causes::WithCauses;
use crate::app::gateway::Gateway;
use crate::app::grants::ATTEMPTS;
use crate::app::grants::GrantError;
use crate::app::grants::put;
use crate::app::grants::tend_soon;
use crate::app::grants_due::after_change;
use crate::app::ports::provider::Authorized;
use crate::app::ports::store::GrantUser;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::app::references;
use crate::app::saving;
use crate::domain::grant::Grant;
use crate::domain::grant::LapseReason;
use crate::domain::grant::Reference;
use crate::domain::grant::TokenPair;
use crate::domain::grant::Tokens;
use crate::domain::id::GrantId;
use crate::domain::meeting::after;

/// How long an authorisation that cannot be saved is tried from memory: it killed the tokens before it.
const SAVE_FOR: Duration = Duration::from_mins(10);
/// How long to wait between such tries.
const SAVE_AGAIN: Duration = Duration::from_secs(2);

/// Takes in an authorisation: its tokens replace those of the user's grant at once, also before anybody confirms
/// the account, since they killed the ones before (correctness.md section 3). References stay. A grant that cannot be
/// opened is replaced as a whole, and what refers to it is gathered from the sites.
///
/// Run it in a task of its own: it tries for ten minutes to save what cannot be had again. Refuses with
/// [`GrantError::Busy`], [`GrantError::Store`].
#[tracing::instrument(name = "grants.adopt", skip_all)]
pub async fn adopt(gateway: &Gateway, authorized: Authorized) -> Result<Arc<Grant>, GrantError> {
    let since = gateway.clock.now();
    let mut turn = Turn::First;
    loop {
        match adopt_once(gateway, (&authorized, since), turn).await {
            Ok(grant) => return Ok(grant),
            Err(error) if is_final(&error) || gateway.clock.now() >= after(since, SAVE_FOR) => {
                error!(error = %WithCauses(&error), "an authorisation is lost: the store did not take it");
                return Err(error);
            }
            Err(error) => {
                warn!(error = %WithCauses(&error), "authorisation not saved yet");
                gateway.clock.wait(SAVE_AGAIN).await;
                turn = Turn::FromMemory;
            }
        }
    }
}

/// Whether the store says the same however often it is asked.
const fn is_final(error: &GrantError) -> bool {
    matches!(error, GrantError::Store(StoreError::Corrupt(_)))
}

/// Whether an authorisation has waited in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// It just came.
    First,
    /// The store did not take it: the user may have consented once more meanwhile.
    FromMemory,
}

async fn adopt_once(
    gateway: &Gateway,
    (authorized, since): (&Authorized, Timestamp),
    turn: Turn,
) -> Result<Arc<Grant>, GrantError> {
    let client_id = gateway.authorization.client_id();
    let host = &authorized.host;
    let user = GrantUser { client_id, account_id: &host.account_id, user_id: &host.user_id };
    let id = gateway.grants.id_of(&user).await?;
    for _ in 0..ATTEMPTS {
        let stored = match gateway.grants.read(&id).await {
            Err(error @ (StoreError::Corrupt(_) | StoreError::Destroyed)) => {
                warn!(grant.id = %id, error = %WithCauses(&error), "a grant that cannot be opened is replaced");
                None
            }
            read => Some(read?),
        };
        let before = stored.as_ref().and_then(|stored| stored.value.as_ref());
        let later = before.filter(|grant| grant.authorized_at > since);
        if let (Turn::FromMemory, Some(later)) = (turn, later) {
            return Ok(Arc::clone(later));
        }
        // Where it is made anew, accounts may still name the one that was.
        let references = match before {
            Some(grant) => grant.references.clone(),
            None => references::named(gateway, &host.account_id, &id).await?.references,
        };
        let before = before.map(AsRef::as_ref);
        let grant = Arc::new(renewed(before, (&id, references), authorized, (client_id, since)));
        let now = gateway.clock.now();
        let committed = if let Some(stored) = &stored {
            put(gateway, stored.basis, &grant, now).await?
        } else {
            let due = after_change(&grant, gateway.settings.refresh.keep_alive, now);
            gateway.grants.replace(&grant, due).await?
        };
        if committed == Committed::Yes {
            info!(grant.id = %id, "grant authorised");
            saving::watch(gateway, Arc::clone(&grant));
            if !grant.references.is_empty() {
                tend_soon(gateway, id);
            }
            return Ok(grant);
        }
    }
    Err(GrantError::Busy)
}

/// The grant of a user after an authorisation; one that lacks permissions lapses, where accounts use it.
fn renewed(
    before: Option<&Grant>,
    (id, references): (&GrantId, BTreeSet<Reference>),
    authorized: &Authorized,
    (client_id, now): (&str, Timestamp),
) -> Grant {
    let tokens = &authorized.tokens;
    let pair = TokenPair {
        access: tokens.access.clone(),
        refresh: tokens.refresh.clone(),
        expires_at: after(now, tokens.expires_in),
        obtained_at: now,
        generation: before.map_or(1, |grant| grant.tokens.generation() + 1),
        api_url: tokens.api_url.clone(),
    };
    // Accounts that are served must not be served by half; where there are none, the tokens are kept to revoke them.
    let tokens_kept = if authorized.lacking.is_empty() || references.is_empty() {
        Tokens::Active(pair)
    } else {
        Tokens::Lapsed { since: now, reason: LapseReason::MissingScopes, generation: pair.generation }
    };
    Grant {
        id: id.clone(),
        client_id: client_id.into(),
        host: authorized.host.clone(),
        scopes: tokens.scopes.clone(),
        tokens: tokens_kept,
        references,
        // Never before the last one, also where this replica's clock is behind: what is newer is told by it.
        authorized_at: before.map_or(now, |grant| now.max(grant.authorized_at)),
        looked_at: now,
    }
}
