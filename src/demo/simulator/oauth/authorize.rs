//! Owns `/oauth/authorize`: checks what the app asks, shows the consent page, and sends the browser back
//! (zoom/facts.md 1.2).

use std::sync::Arc;

use axum::extract::State as Extract;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::json;
use url::Url;

use crate::demo::simulator::answer::Answer;
use crate::demo::simulator::modes::Modes;
use crate::demo::simulator::modes::Pkce;
use crate::demo::simulator::oauth::grants::Challenge;
use crate::demo::simulator::oauth::grants::Code;
use crate::demo::simulator::pages;
use crate::demo::simulator::received::Parameters;
use crate::demo::simulator::received::Received;
use crate::demo::simulator::settings::Settings;
use crate::demo::simulator::settings::Standing;
use crate::demo::simulator::state::Shared;
use crate::demo::simulator::state::State;

/// What the consent page hands on from the app's request to the person's decision.
const CARRIED: [&str; 7] = [
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
];

/// What an app asks of a person, checked.
#[derive(Clone)]
struct Authorization {
    redirect_uri: Url,
    /// As the app wrote it: the exchange must repeat it.
    redirect_text: String,
    state: Option<String>,
    challenge: Option<Challenge>,
}

/// Shows the consent page, or Zoom's error in place of it.
pub(super) async fn ask(Extract(shared): Extract<Arc<Shared>>, received: Received) -> Response {
    let query = received.query();
    let state = shared.open();
    if let Err(refusal) = Authorization::parse(&query, &state.settings, &state.modes) {
        return refusal.into_response();
    }
    let carried = CARRIED
        .iter()
        .filter_map(|name| query.find(name).map(|value| ((*name).to_owned(), value.to_owned())))
        .collect();
    pages::consent(&state, carried)
}

/// Sends the browser back to the app with a code, or with the refusal.
pub(super) async fn decide(Extract(shared): Extract<Arc<Shared>>, received: Received) -> Response {
    let form = received.form().unwrap_or_default();
    let now = shared.clock.now();
    let mut state = shared.open();
    let authorization = match Authorization::parse(&form, &state.settings, &state.modes) {
        Ok(authorization) => authorization,
        Err(refusal) => return refusal.into_response(),
    };
    match form.find("decision") {
        Some("deny") => authorization.back("error", "access_denied"),
        Some("allow") => match authorization.code_for(&mut state, form.find("user"), now) {
            Ok(code) => authorization.back("code", &code),
            Err(refusal) => refusal.into_response(),
        },
        Some(_) | None => refusal(4700, "Choose to allow or to deny.").into_response(),
    }
}

impl Authorization {
    fn parse(parameters: &Parameters, settings: &Settings, modes: &Modes) -> Result<Self, Answer> {
        if let Some(name) = parameters.repeated() {
            return Err(refusal(4700, &format!("Repeated parameter: {name}")));
        }
        if parameters.find("client_id") != Some(settings.client_id.as_str()) {
            let named = parameters.find("client_id").unwrap_or_default();
            return Err(refusal(4702, &format!("Invalid client_id: {named}")));
        }
        let redirect_text = parameters.find("redirect_uri").unwrap_or_default();
        let redirect_uri = settings
            .redirect_uris
            .iter()
            .find(|registered| *registered == redirect_text)
            .and_then(|registered| Url::parse(registered).ok())
            .ok_or_else(|| refusal(4700, &format!("Invalid redirect: {redirect_text}")))?;
        if parameters.find("response_type") != Some("code") {
            return Err(refusal(4700, "Invalid response_type"));
        }
        let asked = parameters.find("scope").unwrap_or_default();
        if asked.split_ascii_whitespace().any(|scope| !settings.scopes.iter().any(|own| own == scope)) {
            return Err(refusal(4700, "Invalid scope"));
        }
        Ok(Self {
            redirect_uri,
            redirect_text: redirect_text.to_owned(),
            state: parameters.find("state").map(str::to_owned),
            challenge: challenge(parameters, &modes.pkce)?,
        })
    }

    /// Issues a code for the user the person chose.
    fn code_for(
        &self,
        state: &mut State,
        email: Option<&str>,
        now: jiff::Timestamp,
    ) -> Result<String, Answer> {
        let user = email
            .and_then(|email| state.find_user(email))
            .filter(|user| user.profile.standing == Standing::Active)
            .map(|user| user.id.clone())
            .ok_or_else(|| refusal(4735, "Choose one of the Zoom users on the page."))?;
        let text = state.entropy.letters(44);
        let code = Code { user, redirect_uri: self.redirect_text.clone(), challenge: self.challenge.clone() };
        state.codes.put(text.clone(), code, now);
        Ok(text)
    }

    /// A redirect to the app with one parameter, and the state it sent.
    fn back(&self, name: &str, value: &str) -> Response {
        let mut url = self.redirect_uri.clone();
        url.query_pairs_mut().append_pair(name, value);
        if let Some(state) = &self.state {
            url.query_pairs_mut().append_pair("state", state);
        }
        let mut response = StatusCode::FOUND.into_response();
        let headers = response.headers_mut();
        if let Ok(location) = HeaderValue::from_str(url.as_str()) {
            headers.insert(header::LOCATION, location);
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        response
    }
}

/// The PKCE challenge; without a method it is `plain` (zoom/facts.md 1.2).
fn challenge(parameters: &Parameters, pkce: &Pkce) -> Result<Option<Challenge>, Answer> {
    let Some(text) = parameters.find("code_challenge") else {
        return match pkce {
            Pkce::Optional => Ok(None),
            Pkce::Required => Err(refusal(4700, "Missing code_challenge")),
        };
    };
    let fits = (43..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'));
    match parameters.find("code_challenge_method").unwrap_or("plain") {
        "S256" if fits => Ok(Some(Challenge::S256(text.to_owned()))),
        "plain" if fits => Ok(Some(Challenge::Plain(text.to_owned()))),
        "S256" | "plain" => Err(refusal(4700, "Invalid code_challenge")),
        _ => Err(refusal(4700, "Invalid code_challenge_method")),
    }
}

/// What Zoom shows in the browser in place of the consent page.
fn refusal(code: u32, message: &str) -> Answer {
    let body = json!({"status": false, "errorCode": code, "errorMessage": message, "result": null});
    Answer::json(StatusCode::BAD_REQUEST, body)
}
