//! Owns the pages for people: consent, the list of meetings and users, and where links lead.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::State as Extract;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::Html;
use axum::response::IntoResponse;
use axum::response::Response;

use crate::demo::simulator::meetings::record::Meeting;
use crate::demo::simulator::received::Received;
use crate::demo::simulator::settings::Standing;
use crate::demo::simulator::settings::UserPlan;
use crate::demo::simulator::state::Shared;
use crate::demo::simulator::state::State;
use crate::demo::simulator::user::User;

const STYLE: &str = "\
:root{color-scheme:light}*{box-sizing:border-box}\
body{margin:0;background:#f4f6f9;color:#14202e;font:1rem/1.5 system-ui,sans-serif}\
main{max-width:40rem;margin:1.5rem auto;padding:1.5rem;background:#fff;border:1px solid #d5dce5;border-radius:.75rem}\
h1{margin:.5rem 0 1rem;font-size:1.4rem;line-height:1.25}h2{font-size:1.1rem}\
.badge{display:inline-block;margin:0;padding:.15rem .6rem;background:#14202e;color:#fff;border-radius:1rem;font-size:.85rem}\
fieldset{margin:1rem 0;padding:0;border:0}legend{padding:0;font-weight:600}\
label{display:flex;gap:.75rem;align-items:flex-start;margin:.5rem 0;padding:.75rem;border:1px solid #d5dce5;border-radius:.5rem}\
label:has(:checked){border-color:#0b5cff;background:#eff4ff}input{margin-top:.35rem}small{color:#4b5a6b}\
.row{display:flex;flex-wrap:wrap;gap:.75rem}button{flex:1 1 8rem;min-height:2.75rem;padding:.5rem 1rem;\
border:1px solid #0b5cff;border-radius:.5rem;background:#0b5cff;color:#fff;font:inherit;font-weight:600;cursor:pointer}\
button.plain{background:#fff;color:#0b46c0}:focus-visible{outline:3px solid #0b5cff;outline-offset:2px}\
ul.list{margin:0;padding:0;list-style:none}ul.list li{padding:.75rem 0;border-top:1px solid #d5dce5;overflow-wrap:anywhere}";

/// A user as pages show one.
#[derive(Debug)]
struct Row {
    email: String,
    name: String,
    plan: &'static str,
    /// What the radio button says about itself.
    choice: Choice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Preset,
    Free,
    Closed,
}

impl Choice {
    /// The attribute of the radio button.
    const fn attribute(self) -> &'static str {
        match self {
            Self::Preset => "checked",
            Self::Free => "",
            Self::Closed => "disabled",
        }
    }
}

/// The users by e-mail address; the first who may be chosen is preset.
fn rows(state: &State) -> Vec<Row> {
    let mut users: Vec<&User> = state.users.values().collect();
    users.sort_by(|one, other| one.profile.email.cmp(&other.profile.email));
    let preset =
        users.iter().find(|user| user.profile.standing == Standing::Active).map(|user| user.id.clone());
    users
        .into_iter()
        .map(|user| Row {
            email: user.profile.email.clone(),
            name: user.display_name(),
            plan: match user.profile.plan {
                UserPlan::Basic => "Basic",
                UserPlan::Licensed => "Licensed",
                UserPlan::Unassigned => "no Meetings licence",
            },
            choice: match user.profile.standing {
                Standing::Deactivated => Choice::Closed,
                Standing::Active if preset.as_ref() == Some(&user.id) => Choice::Preset,
                Standing::Active => Choice::Free,
            },
        })
        .collect()
}

/// Asks a person to let the app act for a Zoom user.
#[derive(Debug, Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Zoom simulator: allow access?</title><link rel="stylesheet" href="/simulator.css"></head>
<body><main>
<p class="badge">Zoom simulator: this is not zoom.us</p>
<h1>Allow access to your Zoom account?</h1>
<p>The app asks to use:</p>
<ul>{% for scope in scopes %}<li><code>{{ scope }}</code></li>{% endfor %}</ul>
<form method="post" action="/oauth/authorize">
{% for (name, value) in carried %}<input type="hidden" name="{{ name }}" value="{{ value }}">
{% endfor %}<fieldset><legend>You are signed in to Zoom as</legend>
{% for user in users %}<label><input type="radio" name="user" value="{{ user.email }}" data-user="{{ user.email }}" {{ user.choice.attribute() }}>
<span>{{ user.name }}<br><small>{{ user.email }} · {{ user.plan }}</small></span></label>
{% endfor %}</fieldset>
<div class="row"><button name="decision" value="allow" data-action="allow">Allow</button>
<button class="plain" name="decision" value="deny" data-action="deny">Deny</button></div>
</form></main></body></html>"#
)]
struct ConsentPage {
    carried: Vec<(String, String)>,
    scopes: Vec<String>,
    users: Vec<Row>,
}

/// The consent page, which hands the app's request on to the person's decision.
pub(super) fn consent(state: &State, carried: Vec<(String, String)>) -> Response {
    page(StatusCode::OK, &ConsentPage { carried, scopes: state.settings.scopes.clone(), users: rows(state) })
}

/// A meeting as the list shows one.
#[derive(Debug)]
struct Item {
    id: u64,
    topic: String,
    start: String,
    host: String,
    state: &'static str,
}

/// What there is.
#[derive(Debug, Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Zoom simulator</title><link rel="stylesheet" href="/simulator.css"></head>
<body><main>
<p class="badge">Zoom simulator: this is not zoom.us</p>
<h1>What Zoom would show</h1>
<h2>Meetings</h2>
{% if meetings.is_empty() %}<p>None yet.</p>{% endif %}
<ul class="list">{% for meeting in meetings %}<li data-meeting="{{ meeting.id }}">{{ meeting.topic }}<br>
<small>{{ meeting.id }} · {{ meeting.start }} · {{ meeting.host }} · {{ meeting.state }}</small></li>{% endfor %}</ul>
<h2>Users</h2>
<ul class="list">{% for user in users %}<li>{{ user.name }}<br><small>{{ user.email }} · {{ user.plan }}</small></li>{% endfor %}</ul>
<p><a href="/simulator/ledger">The ledger of all requests</a></p>
</main></body></html>"#
)]
struct HomePage {
    meetings: Vec<Item>,
    users: Vec<Row>,
}

/// Where a join or start link leads.
#[derive(Debug, Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Zoom simulator: {{ title }}</title><link rel="stylesheet" href="/simulator.css"></head>
<body><main>
<p class="badge">Zoom simulator: this is not zoom.us</p>
<h1>{{ title }}</h1>
<p>{{ detail }}</p>
</main></body></html>"#
)]
struct RoomPage {
    title: String,
    detail: String,
}

/// Lists meetings and users.
pub(super) async fn home(Extract(shared): Extract<Arc<Shared>>) -> Response {
    let state = shared.open();
    let meetings = state
        .meetings
        .list()
        .map(|meeting| Item {
            id: meeting.id,
            topic: meeting.topic.clone(),
            start: meeting.start.map_or_else(|| "any time".to_owned(), |start| start.to_string()),
            host: state.users.get(&meeting.host).map(|user| user.profile.email.clone()).unwrap_or_default(),
            state: meeting.stage.as_str(),
        })
        .collect();
    page(StatusCode::OK, &HomePage { meetings, users: rows(&state) })
}

/// Where a participant's link leads; asks for the passcode as Zoom would where the link lacks it.
pub(super) async fn join(
    Extract(shared): Extract<Arc<Shared>>,
    Path(id): Path<String>,
    received: Received,
) -> Response {
    let state = shared.open();
    let found = id.parse().ok().and_then(|id| state.meetings.find(id, shared.clock.now()));
    let Some(meeting) = found else { return no_room(&id) };
    let given = received.query();
    let detail = match &meeting.passcode {
        Some(passcode) if given.find("pwd") != Some(passcode.embedded.as_str()) => {
            "Zoom would ask for the passcode first."
        }
        Some(_) | None => "The host would let you in.",
    };
    page(
        StatusCode::OK,
        &RoomPage { title: format!("You would now join: {}", meeting.topic), detail: detail.to_owned() },
    )
}

/// Where a host's link leads; it works for two hours.
pub(super) async fn start(
    Extract(shared): Extract<Arc<Shared>>,
    Path(id): Path<String>,
    received: Received,
) -> Response {
    let now = shared.clock.now();
    let state = shared.open();
    let found = id.parse().ok().and_then(|id| state.meetings.find(id, now));
    let Some(meeting) = found else { return no_room(&id) };
    let query = received.query();
    if !state.meetings.admits_host(meeting.id, query.find("zak").unwrap_or_default(), now) {
        let title = "This host link is not valid any more".to_owned();
        return page(
            StatusCode::FORBIDDEN,
            &RoomPage { title, detail: "Host links work for two hours.".to_owned() },
        );
    }
    page(StatusCode::OK, &room_of_host(meeting))
}

/// The style sheet of all pages.
pub(super) async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

fn room_of_host(meeting: &Meeting) -> RoomPage {
    RoomPage {
        title: format!("You would now host: {}", meeting.topic),
        detail: format!("Meeting {}.", meeting.id),
    }
}

fn no_room(id: &str) -> Response {
    let title = "This meeting link is invalid".to_owned();
    page(StatusCode::NOT_FOUND, &RoomPage { title, detail: format!("There is no meeting {id}.") })
}

fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => {
            let mut response = (status, Html(text)).into_response();
            let no_store = HeaderValue::from_static("no-store");
            response.headers_mut().insert(header::CACHE_CONTROL, no_store);
            response
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
