//! Changes Zoom users and accounts from outside: licences, deactivation, scopes, removing the app.

use std::sync::Arc;

use axum::Json;
use axum::extract::Path;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use jiff::tz::TimeZone;
use serde_json::Value;
use serde_json::json;

use crate::demo::simulator::control::Body;
use crate::demo::simulator::control::ControlError;
use crate::demo::simulator::control::Shown;
use crate::demo::simulator::modes::merged;
use crate::demo::simulator::news;
use crate::demo::simulator::settings::SimulatedAccount;
use crate::demo::simulator::settings::SimulatedUser;
use crate::demo::simulator::state::Shared;
use crate::demo::simulator::state::State;
use crate::demo::simulator::user::User;
use crate::demo::simulator::webhooks::deliver;

pub(super) async fn list(Extract(shared): Extract<Arc<Shared>>) -> Shown {
    let state = shared.open();
    Json(json!({"users": state.users.values().map(shown).collect::<Vec<_>>()}))
}

/// Adds a user, or changes the named fields of the one with this e-mail address.
pub(super) async fn put(
    Extract(shared): Extract<Arc<Shared>>,
    body: Body<Value>,
) -> Result<Shown, ControlError> {
    let Json(change) = body?;
    let mut state = shared.open();
    let email = change.get("email").and_then(Value::as_str).unwrap_or_default().to_owned();
    let profile: SimulatedUser = match state.find_user(&email) {
        Some(user) => merged(&user.profile, change)?,
        None => serde_json::from_value(change)?,
    };
    check(&state, &profile)?;
    let user = User::new(profile);
    let shown = shown(&user);
    state.users.insert(user.id.clone(), user.clone());
    let scopes = state.scopes_of(&user.id);
    state.grants.rescope(&user.id, &scopes);
    Ok(Json(shown))
}

fn check(state: &State, profile: &SimulatedUser) -> Result<(), ControlError> {
    if !profile.email.contains('@') {
        return Err(ControlError::Value("email: an e-mail address".to_owned()));
    }
    if !state.settings.accounts.iter().any(|account| account.name == profile.account) {
        return Err(ControlError::Missing(format!("account {}", profile.account)));
    }
    if TimeZone::get(&profile.timezone).is_err() {
        return Err(ControlError::Value("timezone: an IANA name".to_owned()));
    }
    Ok(())
}

/// The user removes the app at Zoom: its tokens are dead, and the app is told before this is answered.
pub(super) async fn remove_app(
    Extract(shared): Extract<Arc<Shared>>,
    Path(email): Path<String>,
) -> Result<StatusCode, ControlError> {
    {
        let mut state = shared.open();
        let user = state.find_user(&email).cloned();
        let user = user.ok_or_else(|| ControlError::Missing(format!("user {email}")))?;
        state.grants.remove_user(&user.id);
        news::deauthorized(&mut state, &user, shared.clock.now());
    }
    deliver(&shared).await;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn list_accounts(Extract(shared): Extract<Arc<Shared>>) -> Shown {
    Json(json!({"accounts": shared.open().settings.accounts}))
}

/// Adds an account, or changes the plan of the one of this name.
pub(super) async fn put_account(
    Extract(shared): Extract<Arc<Shared>>,
    body: Body<SimulatedAccount>,
) -> Result<Shown, ControlError> {
    let Json(account) = body?;
    let mut state = shared.open();
    state.settings.accounts.retain(|each| each.name != account.name);
    state.settings.accounts.push(account);
    Ok(Json(json!({"accounts": state.settings.accounts})))
}

fn shown(user: &User) -> Value {
    json!({"id": user.id.as_str(), "account_id": user.account_id, "pmi": user.pmi, "profile": user.profile})
}
