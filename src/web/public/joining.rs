//! The permanent join address: straight on where that is safe, else a page that says where it leads (R22).

use axum::extract::Path;
use axum::extract::State;
use axum::extract::rejection::PathRejection;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::AppendHeaders;
use axum::response::IntoResponse;
use axum::response::Response;

use crate::app::join;
use crate::app::join::Shown;
use crate::app::join::Waiting;
use crate::app::join::Way;
use crate::app::join::Why as Cause;
use crate::domain::concealed::Concealed;
use crate::domain::concealed::LinkUrl;
use crate::web::public::pages;
use crate::web::public::reader::Reader;
use crate::web::public::refusal::Refusal;
use crate::web::public::refusal::Why;
use crate::web::public::shell::page;
use crate::web::public::state::Public;

/// How soon a page looks again while the meeting is being made.
const SOON: HeaderValue = HeaderValue::from_static("10");
/// How soon a page looks again while somebody must act first.
const LATER: HeaderValue = HeaderValue::from_static("60");

/// Leads a participant to the session's link.
pub(super) async fn join(
    State(public): State<Public>,
    reader: Reader,
    token: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let Path(token) = token.map_err(|_| reader.refuse(Why::NoLink))?;
    let way = join::join(&public.gateway, &token).await.map_err(|error| reader.refuse(error))?;
    match way {
        Way::Straight(url) => Ok(straight(&url)),
        Way::Shown(shown) => Ok(show(&reader, *shown)),
        Way::Waiting(waiting) => Ok(wait(&reader, waiting)),
        Way::Nowhere => Err(reader.refuse(Why::NoLink)),
        Way::Over => Err(reader.refuse(Why::LinkOver)),
    }
}

fn straight(url: &LinkUrl) -> Response {
    let Ok(location) = HeaderValue::from_str(url.expose()) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (header::LOCATION, location),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (StatusCode::FOUND, AppendHeaders(headers)).into_response()
}

fn show(reader: &Reader, shown: Shown) -> Response {
    let shell = reader.shell(Some((shown.business.clone(), shown.locale)));
    let text = |concealed: Option<Concealed>| concealed.map(|concealed| concealed.expose().to_owned());
    let join = pages::Join {
        leads_to: shell.fill("join-leads-to", &[("business", &shown.business)]),
        title: shown.title,
        host: shown.url.host().to_owned(),
        url: shown.url.expose().to_owned(),
        password: text(shown.password),
        description: text(shown.description),
        shell,
    };
    page(StatusCode::OK, &join)
}

fn wait(reader: &Reader, waiting: Waiting) -> Response {
    let (key, fine, again) = match waiting.why {
        Cause::Making => ("waiting-making", "waiting-refresh", SOON),
        Cause::Business => ("waiting-business", "waiting-again", LATER),
    };
    let shell = reader.shell(Some((waiting.business.clone(), waiting.locale)));
    let text = shell.fill(key, &[("business", &waiting.business)]);
    let shown = pages::Waiting { shell, title: waiting.title, text, fine };
    let again = [(HeaderName::from_static("refresh"), again)];
    (AppendHeaders(again), page(StatusCode::OK, &shown)).into_response()
}
