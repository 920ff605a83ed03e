//! Owns which public address leads to which page.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::extract::FromRequestParts;
use axum::extract::State;
use axum::http::request::Parts;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use axum::routing::post;
use url::Url;

use crate::app::gateway::Gateway;
use crate::web::public::assets;
use crate::web::public::connecting;
use crate::web::public::custom_link;
use crate::web::public::disconnecting;
use crate::web::public::joining;
use crate::web::public::leaving;
use crate::web::public::manage;
use crate::web::public::opening;
use crate::web::public::reader;
use crate::web::public::reader::Reader;
use crate::web::public::refusal::Refusal;
use crate::web::public::refusal::Why;
use crate::web::public::state::Public;
use crate::web::public::visiting::FORM_LIMIT;
use crate::web::urls;

/// The pages of the public listener, and a page for whatever else is asked for. `consent_url` is where the provider
/// asks for consent: forms may lead there.
///
/// Put it into a [`Frame`](crate::web::frame::Frame), which adds the headers and names the request.
pub fn router(gateway: Gateway, consent_url: &Url) -> Router {
    let public = Public::new(gateway, consent_url);
    Router::new()
        .route("/portal/open/{token}", get(opening::look).post(opening::open))
        .route(urls::PORTAL, get(manage::manage))
        .route(urls::STAFF, get(manage::staff))
        .route(urls::CONNECT, get(connecting::explain).post(connecting::begin))
        .route(urls::ZOOM_CALLBACK, get(connecting::callback))
        .route(urls::CONFIRM, get(connecting::ask).post(connecting::confirm))
        .route(urls::USE_ANOTHER, post(connecting::use_another).get(manage::home))
        .route(urls::CANCEL, post(connecting::cancel).get(manage::home))
        .route(urls::FAILED, get(connecting::failed))
        .route(urls::CUSTOM_LINK, get(custom_link::form).post(custom_link::save))
        .route(urls::DISCONNECT, get(disconnecting::ask).post(disconnecting::disconnect))
        .route(urls::DONE, post(leaving::done).get(manage::home))
        .route(urls::FINISHED, get(leaving::finished))
        .route("/portal/assets/{name}", get(assets::asset))
        .route("/j/{token}", get(joining::join))
        .fallback(no_page)
        .method_not_allowed_fallback(no_page)
        .layer(DefaultBodyLimit::max(FORM_LIMIT))
        .layer(from_fn_with_state(public.clone(), reader::remember))
        .with_state(public)
}

async fn no_page(State(public): State<Public>, mut parts: Parts) -> Refusal {
    let Ok(reader) = Reader::from_request_parts(&mut parts, &public).await;
    reader.refuse(Why::NoPage)
}
