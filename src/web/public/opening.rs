//! The one-time link's page: looking at it burns nothing, its form does.

use axum::extract::Path;
use axum::extract::State;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::AppendHeaders;
use axum::response::IntoResponse;
use axum::response::Redirect;
use axum::response::Response;

use crate::app::portal;
use crate::app::portal::Opened;
use crate::domain::portal::Page;
use crate::domain::portal::PortalSession;
use crate::domain::token::Token;
use crate::web::public::cookies;
use crate::web::public::pages::Open;
use crate::web::public::reader::Reader;
use crate::web::public::refusal::Refusal;
use crate::web::public::refusal::Why;
use crate::web::public::shell::page;
use crate::web::public::state::Public;
use crate::web::public::visiting::OurForm;
use crate::web::urls;

/// Shows a link to a person, or to the preview of a mail program.
pub(super) async fn look(
    State(public): State<Public>,
    reader: Reader,
    token: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let Path(token) = token.map_err(|_| reader.refuse(Why::LinkUsed))?;
    let token = Token::parse(&token).ok_or_else(|| reader.refuse(Why::LinkUsed))?;
    let link = portal::look_at(&public.gateway, &token).await.map_err(|error| reader.refuse(error))?;
    let reader = reader.linked(link.visit.locale);
    let site = portal::read(&public.gateway, &link.visit.site).await.map_err(|error| reader.refuse(error))?;
    let address = urls::portal_link(public.base_url(), &token);
    let target = match reader.chosen() {
        Some(locale) => urls::with(address.path(), "lang", locale.tag()),
        None => address.path().to_owned(),
    };
    let open = Open { shell: reader.shell_of(&site), target };
    Ok((public.forms(), page(StatusCode::OK, &open)).into_response())
}

/// Burns a link, and lets the browser in.
pub(super) async fn open(
    State(public): State<Public>,
    reader: Reader,
    token: Result<Path<String>, PathRejection>,
    _ours: OurForm,
) -> Result<Response, Refusal> {
    let Path(token) = token.map_err(|_| reader.refuse(Why::LinkUsed))?;
    let token = Token::parse(&token).ok_or_else(|| reader.refuse(Why::LinkUsed))?;
    let opened = portal::open(&public.gateway, &token).await.map_err(|error| reader.refuse(error))?;
    let Opened { token, session } = opened;
    let cookie =
        cookies::set_session(public.base_url(), &token, public.gateway.settings.portal.session_ttl.as_secs());
    let first = first_page(&reader, &session);
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to(&first)).into_response())
}

/// Where the link leads, in the language chosen on its page.
fn first_page(reader: &Reader, session: &PortalSession) -> String {
    let path = match &session.visit.page {
        Page::Manage => urls::PORTAL.to_owned(),
        Page::Connect(owner) => urls::about(urls::CONNECT, owner),
    };
    match reader.chosen() {
        Some(locale) => urls::with(&path, "lang", locale.tag()),
        None => path,
    }
}
