//! Owns `POST /oauth/token`: codes and refresh tokens against new tokens (zoom/facts.md 1.3, 1.5, 1.6).

use std::sync::Arc;

use aws_lc_rs::digest;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::json;

use crate::demo::simulator::answer::Answer;
use crate::demo::simulator::exchange::exchange;
use crate::demo::simulator::modes::ApiUrl;
use crate::demo::simulator::modes::DeadRefreshToken;
use crate::demo::simulator::modes::SecondAuthorization;
use crate::demo::simulator::oauth::client::authenticate;
use crate::demo::simulator::oauth::grants::ACCESS_LIFETIME;
use crate::demo::simulator::oauth::grants::Challenge;
use crate::demo::simulator::oauth::grants::Pair;
use crate::demo::simulator::operation::Operation;
use crate::demo::simulator::received::Parameters;
use crate::demo::simulator::received::Received;
use crate::demo::simulator::settings::Standing;
use crate::demo::simulator::state::Call;
use crate::demo::simulator::state::Shared;
use crate::demo::simulator::state::State;

/// Parameters that may only stand in the body: Zoom removed tokens from addresses in 2023.
const ONLY_IN_BODY: [&str; 4] = ["access_token", "code", "refresh_token", "token"];

/// Answers a request for tokens, by its grant type.
pub(super) async fn exchange_tokens(Extract(shared): Extract<Arc<Shared>>, received: Received) -> Response {
    let refreshes = received.form().is_some_and(|form| form.find("grant_type") == Some("refresh_token"));
    let call = if refreshes {
        Call { operation: Operation::Refresh, received, act: refresh }
    } else {
        Call { operation: Operation::ExchangeCode, received, act: exchange_code }
    };
    exchange(shared, call).await
}

/// The form of a request that comes from the app and keeps its secrets out of its address.
pub(super) fn admit(state: &State, received: &Received) -> Result<Parameters, Answer> {
    authenticate(&state.settings, received)?;
    let query = received.query();
    if ONLY_IN_BODY.iter().any(|name| query.has(name)) {
        return Err(Answer::oauth("Tokens are not supported as query parameter string.", "invalid_request"));
    }
    let form = received.form().ok_or_else(|| {
        Answer::oauth("The body is not application/x-www-form-urlencoded.", "invalid_request")
    })?;
    match form.repeated() {
        Some(_) => Err(Answer::oauth("A parameter is repeated.", "invalid_request")),
        None => Ok(form),
    }
}

fn exchange_code(state: &mut State, now: Timestamp, received: &Received) -> Result<Answer, Answer> {
    let form = admit(state, received)?;
    match form.find("grant_type") {
        Some("authorization_code") => {}
        Some(_) => return Err(Answer::oauth("Unsupported grant type", "unsupported_grant_type")),
        None => return Err(Answer::oauth("Missing grant type", "invalid_request")),
    }
    let text = form.find("code").ok_or_else(|| Answer::oauth("Missing code", "invalid_request"))?;
    let code = state
        .codes
        .take(text, now)
        .ok_or_else(|| Answer::oauth("Invalid authorization code", "invalid_request"))?;
    if form.find("redirect_uri") != Some(code.redirect_uri.as_str()) {
        return Err(Answer::oauth("Redirect URI mismatch", "invalid_request"));
    }
    if !proves(code.challenge.as_ref(), form.find("code_verifier")) {
        return Err(Answer::oauth("Invalid code verifier", "invalid_grant"));
    }
    let scopes = state.scopes_of(&code.user);
    if state.modes.second_authorization == SecondAuthorization::Replaces {
        state.grants.remove_user(&code.user);
    }
    let pair = state.grants.begin(code.user, scopes, now, &mut state.entropy);
    Ok(tokens(state, &pair))
}

/// Whether a verifier answers the challenge; a verifier without a challenge, or the reverse, does not.
fn proves(challenge: Option<&Challenge>, verifier: Option<&str>) -> bool {
    match (challenge, verifier) {
        (None, None) => true,
        (Some(Challenge::Plain(expected)), Some(verifier)) => expected == verifier,
        (Some(Challenge::S256(expected)), Some(verifier)) => {
            let hash = digest::digest(&digest::SHA256, verifier.as_bytes());
            *expected == URL_SAFE_NO_PAD.encode(hash)
        }
        (None, Some(_)) | (Some(_), None) => false,
    }
}

fn refresh(state: &mut State, now: Timestamp, received: &Received) -> Result<Answer, Answer> {
    let form = admit(state, received)?;
    let token = form
        .find("refresh_token")
        .ok_or_else(|| Answer::oauth("Missing refresh token", "invalid_request"))?;
    let owner = state.grants.owner(token).and_then(|id| state.users.get(id));
    if owner.is_some_and(|user| user.profile.standing == Standing::Deactivated) {
        return Err(dead(state));
    }
    match state.grants.refresh(token, now, &state.modes, &mut state.entropy) {
        Some(pair) => Ok(tokens(state, &pair)),
        None => Err(dead(state)),
    }
}

fn dead(state: &State) -> Answer {
    match state.modes.dead_refresh_token {
        DeadRefreshToken::InvalidGrant => Answer::oauth("Invalid Token!", "invalid_grant"),
        DeadRefreshToken::InvalidRequest => Answer::oauth("Invalid Token!", "invalid_request"),
        DeadRefreshToken::Unauthorized => {
            Answer { status: StatusCode::UNAUTHORIZED, ..Answer::oauth("Invalid Token!", "invalid_request") }
        }
    }
}

fn tokens(state: &State, pair: &Pair) -> Answer {
    let mut body = json!({
        "access_token": pair.access,
        "token_type": "bearer",
        "refresh_token": pair.refresh,
        "expires_in": ACCESS_LIFETIME.as_secs() - 1,
        "scope": pair.scopes.join(" "),
    });
    let api_url = match &state.modes.api_url {
        ApiUrl::Own => Some(state.settings.origin()),
        ApiUrl::Absent => None,
        ApiUrl::Other { url } => Some(url.as_str()),
    };
    if let (Some(fields), Some(api_url)) = (body.as_object_mut(), api_url) {
        fields.insert("api_url".to_owned(), api_url.into());
    }
    Answer::json(StatusCode::OK, body).with_header("cache-control", "no-store")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verifier_of_rfc_7636_answers_its_challenge_and_no_other_does() {
        let verifier = Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let s256 = Challenge::S256("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned());
        assert!(proves(Some(&s256), verifier));
        assert!(!proves(Some(&s256), Some("another")));
        assert!(!proves(Some(&s256), None));
        assert!(!proves(None, verifier));
        assert!(proves(Some(&Challenge::Plain("same".to_owned())), Some("same")));
    }
}
