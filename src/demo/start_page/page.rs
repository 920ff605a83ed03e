//! Owns how the start page looks: one page for people at a desk or with a telephone, without a script.

use askama::Template;
use axum::extract::RawQuery;
use axum::extract::State;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::Html;
use axum::response::IntoResponse;
use axum::response::Redirect;
use axum::response::Response;
use url::form_urlencoded;

use crate::demo::sample;
use crate::demo::start_page::shown;
use crate::demo::start_page::shown::Account;
use crate::demo::start_page::shown::Session;
use crate::demo::start_page::start::FROM_CURL;
use crate::demo::start_page::start::StartPage;

const STYLE: &str = include_str!("style.css");
/// How soon the page looks again while a meeting is being made.
const SOON: HeaderValue = HeaderValue::from_static("3; url=/demo");

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{ studio }} · greenroom demo</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/demo/style.css"></head>
<body>
<header><p class="badge">greenroom demo</p><h1>{{ studio }}</h1>
<p>This page plays the bookings platform. Every button is a request to greenroom's API; Zoom is a simulator.</p></header>
<main>
{% if let Some(alert) = alert %}<p class="alert" role="alert">{{ alert }}</p>{% endif %}
{% if let Some(notice) = notice %}<p class="notice" role="status">{{ notice }}</p>{% endif %}
<section aria-labelledby="accounts"><h2 id="accounts">1. Accounts</h2>
<p>Nothing has a link before the studio has a default account. Staff may then bring their own.
In the simulated Zoom you say who you are: Lua for the studio, say, and Ana for herself.</p>
<ul class="cards">{% for account in accounts %}
<li><p class="who">{{ account.whose }}</p>
<p class="fine">{% if let Some(connected) = account.connected %}<span class="ready">{{ connected }}</span>{% else %}not connected{% endif %}</p>
<form method="post" action="/demo/portal/{{ account.button }}"><button data-action="portal_{{ account.button }}"{% if account.connected.is_some() %} class="quiet"{% endif %}>{% if account.connected.is_some() %}Connect again{% else %}{{ account.label }}{% endif %}</button></form></li>
{% endfor %}</ul>
<form method="post" action="/demo/portal/manage"><button class="quiet" data-action="portal_manage">Manage all accounts as the owner</button></form>
</section>
<section aria-labelledby="book"><h2 id="book">2. Book a session</h2>
<form method="post" action="/demo/sessions" class="row">
<label>Service <select name="service">{% for (id, kind, name) in services %}<option value="{{ id }}">{{ name }} ({{ kind }})</option>{% endfor %}</select></label>
<label>With <select name="staff">{% for (id, name) in staff %}<option value="{{ id }}"{% if *id == "bob" %} selected{% endif %}>{{ name }}</option>{% endfor %}</select></label>
<button data-action="book">Book a session</button></form>
</section>
<section aria-labelledby="sessions"><h2 id="sessions">3. Sessions</h2>
{% if sessions.is_empty() %}<p>None yet.</p>{% else %}
<table><thead><tr><th scope="col">Session</th><th scope="col">Link</th><th scope="col"><span class="unseen">Act</span></th></tr></thead><tbody>
{% for session in sessions %}<tr data-session="{{ session.id }}">
<td><strong>{{ session.title }}</strong><br><span class="fine">{{ session.when }}</span></td>
<td><span class="{{ session.status }}">{{ session.status }}</span> <span class="fine">{{ session.detail }}</span>
{% if let Some(url) = session.join_url %}<br><a href="{{ url }}" rel="noreferrer" data-action="join">{{ url }}</a>{% endif %}
{% for warning in session.warnings %}<br><span class="warning">{{ warning }}</span>{% endfor %}</td>
<td><form method="post" action="/demo/sessions/{{ session.id }}/cancel"><button class="quiet" data-action="cancel">Cancel</button></form></td></tr>
{% endfor %}</tbody></table>{% endif %}
<p><a href="/demo">Look again</a></p>
</section>
<section aria-labelledby="behind"><h2 id="behind">Behind the scenes</h2>
<ul><li><a href="/">What Zoom would show</a>: its meetings and users</li>
<li><a href="/simulator/ledger">The ledger</a>: every request Zoom got</li></ul>
<p>The same as another service would do it. The link of the session "{{ from_curl }}":</p>
<pre>curl -s '{{ api }}v1/sites/studio-lua/sessions/{{ from_curl }}/link' \
  -H "Authorization: Bearer $(curl -s {{ here }}demo/token)"</pre>
</section>
</main></body></html>"##
)]
struct Start {
    studio: &'static str,
    alert: Option<String>,
    notice: Option<&'static str>,
    accounts: Vec<Account>,
    services: &'static [(&'static str, &'static str, &'static str)],
    staff: &'static [(&'static str, &'static str)],
    sessions: Vec<Session>,
    from_curl: &'static str,
    api: String,
    here: String,
}

/// Shows the page, and how a visit to the portal ended, if one just did.
pub(super) async fn show(State(start): State<StartPage>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let mut parameters = form_urlencoded::parse(query.as_bytes());
    let status = parameters.find(|(name, _)| name == "greenroom_status").map(|(_, status)| status);
    let notice = match status.as_deref() {
        Some("connected") => Some("The account is connected: greenroom said so when it sent you back."),
        Some("done") => Some("Back from the portal."),
        Some("cancelled") => Some("Nothing was connected: it was cancelled."),
        Some("failed") => Some("Nothing was connected: it failed."),
        Some(_) | None => None,
    };
    render(&start, notice, None).await
}

/// Leads back to the page.
pub(super) async fn home() -> Redirect {
    Redirect::to("/demo")
}

/// The style sheet.
pub(super) async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

/// Writes the page. While a meeting is being made it looks again by itself.
pub(super) async fn render(
    start: &StartPage,
    notice: Option<&'static str>,
    alert: Option<String>,
) -> Response {
    let accounts = shown::accounts(&start.platform).await;
    let sessions = shown::sessions(&start.platform, &start.booked()).await;
    let is_waiting = alert.is_none() && sessions.iter().any(|session| session.status == "pending");
    let page = Start {
        studio: sample::STUDIO,
        alert,
        notice,
        accounts,
        services: &sample::SERVICES,
        staff: &sample::STAFF,
        sessions,
        from_curl: FROM_CURL,
        api: start.addresses.internal.to_string(),
        here: start.addresses.simulator.to_string(),
    };
    let Ok(text) = page.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let mut response = Html(text).into_response();
    if is_waiting {
        response.headers_mut().insert(HeaderName::from_static("refresh"), SOON);
    }
    response
}
