//! What the start page's buttons do: each is one request to the gateway's API. Refusals are shown in its own words.

use axum::extract::Form;
use axum::extract::Path;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::Redirect;
use axum::response::Response;
use jiff::SignedDuration;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::demo::platform::Reply;
use crate::demo::sample;
use crate::demo::sample::SITE;
use crate::demo::sample::session_path;
use crate::demo::start_page::page;
use crate::demo::start_page::start::StartPage;
use crate::providers::http::Unanswered;

/// A fresh token, for `curl`.
pub(super) async fn token(State(start): State<StartPage>) -> String {
    start.platform.token().expose_secret().to_owned()
}

/// Makes a one-time link into the portal for somebody, and leads the browser there.
pub(super) async fn portal(State(start): State<StartPage>, Path(who): Path<String>) -> Response {
    let back = start.addresses.simulator.join("demo").map(String::from).unwrap_or_default();
    let (actor, page, owner) = match who.as_str() {
        "default" => (owner(), "connect_zoom", json!({"kind": "default"})),
        "ana" => (staff("ana"), "connect_zoom", json!({"kind": "staff", "staff_id": "ana"})),
        "carla" => (staff("carla"), "manage", Value::Null),
        _ => (owner(), "manage", Value::Null),
    };
    let mut wanted = json!({"actor": actor, "page": page, "return_to": back});
    if let (Some(wanted), false) = (wanted.as_object_mut(), owner.is_null()) {
        wanted.insert("owner".to_owned(), owner);
    }
    let made = start.platform.post(&format!("{SITE}/portal-links"), &wanted).await;
    match made {
        Ok(link) if link.status.is_success() => Redirect::to(link.text("/url")).into_response(),
        refused => refuse(&start, refused).await,
    }
}

fn owner() -> Value {
    json!({"role": "owner"})
}

fn staff(id: &str) -> Value {
    json!({"role": "staff", "staff_id": id})
}

/// What somebody wants to book.
#[derive(Debug, Deserialize)]
pub(super) struct Booking {
    service: String,
    staff: String,
}

/// Books a session on one of the next days.
pub(super) async fn book(State(start): State<StartPage>, Form(booking): Form<Booking>) -> Response {
    let Booking { service, staff } = booking;
    let service_name = sample::SERVICES.iter().find(|(id, ..)| *id == service).map(|(.., name)| *name);
    let staff_name = sample::STAFF.iter().find(|(id, _)| *id == staff).map(|(_, name)| *name);
    let (Some(service_name), Some(staff_name)) = (service_name, staff_name) else {
        return page::home().await.into_response();
    };
    let (id, before) = start.name_session();
    let hours = i64::try_from(before).unwrap_or(1).saturating_mul(24);
    let now = start.clock.now();
    let starts_at = now.checked_add(SignedDuration::from_hours(hours)).unwrap_or(now);
    let title = format!("{service_name} with {staff_name}");
    let body = sample::session((&service, &staff), &title, starts_at);
    done(&start, start.platform.put(&session_path(&id), &body).await).await
}

/// Cancels a session.
pub(super) async fn cancel(State(start): State<StartPage>, Path(id): Path<String>) -> Response {
    if !start.booked().contains(&id) {
        return page::home().await.into_response();
    }
    done(&start, start.platform.delete(&session_path(&id)).await).await
}

async fn done(start: &StartPage, reply: Result<Reply, Unanswered>) -> Response {
    match reply {
        Ok(reply) if reply.status.is_success() => page::home().await.into_response(),
        refused => refuse(start, refused).await,
    }
}

/// The page, with what the gateway said.
async fn refuse(start: &StartPage, reply: Result<Reply, Unanswered>) -> Response {
    let alert = match reply {
        Ok(reply) => format!("{} ({})", reply.text("/detail"), reply.summary()),
        Err(_) => "The gateway does not answer.".to_owned(),
    };
    page::render(start, None, Some(alert)).await
}
