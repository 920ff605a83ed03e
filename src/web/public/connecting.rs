//! Connecting a Zoom user in a browser: what will happen, there and back, who came back, confirmed (R6).

use axum::extract::RawQuery;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::Redirect;
use axum::response::Response;
use secrecy::SecretString;
use serde::Deserialize;
use url::form_urlencoded;

use crate::app::connect;
use crate::app::connect::Answer;
use crate::app::connect::ConnectError;
use crate::app::connect::Landing;
use crate::app::connect::Return;
use crate::app::portal;
use crate::app::portal::Visitor;
use crate::app::ports::provider::AuthorizationError;
use crate::domain::account::Owner;
use crate::domain::portal::Act;
use crate::domain::portal::Page;
use crate::domain::token::Token;
use crate::web::public::asking;
use crate::web::public::cookies;
use crate::web::public::leaving::Ending;
use crate::web::public::leaving::leave;
use crate::web::public::reader::Reader;
use crate::web::public::refusal::Refusal;
use crate::web::public::refusal::Why;
use crate::web::public::shell::page;
use crate::web::public::state::Public;
use crate::web::public::visiting::About;
use crate::web::public::visiting::NoFields;
use crate::web::public::visiting::Posted;
use crate::web::public::visiting::Visiting;
use crate::web::urls;

/// Says what will happen.
pub(super) async fn explain(
    State(public): State<Public>,
    Visiting { reader, visitor }: Visiting,
    About(owner): About,
) -> Result<Response, Refusal> {
    let owner = owner.or_else(|| linked_owner(&visitor)).ok_or_else(|| reader.refuse(Why::Malformed))?;
    let permitted = portal::permit(&public.gateway, &visitor.session.visit, Act::Connect, &owner).await;
    let site = permitted.map_err(|error| reader.refuse(error))?;
    let was_cancelled = reader.parameter("notice").as_deref() == Some("cancelled");
    let alert = was_cancelled.then_some("news-cancelled");
    let ask = asking::explain(reader.shell_of(&site), &visitor, (&owner, &site), alert);
    Ok((public.forms(), page(StatusCode::OK, &ask)).into_response())
}

/// Sends the browser to Zoom.
pub(super) async fn begin(
    State(public): State<Public>,
    About(owner): About,
    Posted { reader, visitor, .. }: Posted<NoFields>,
) -> Result<Response, Refusal> {
    let owner = owner.or_else(|| linked_owner(&visitor)).ok_or_else(|| reader.refuse(Why::Malformed))?;
    let begun = connect::begin(&public.gateway, &visitor, &owner).await;
    let url = begun.map_err(|error| reader.refuse(error))?;
    Ok(Redirect::to(url.as_str()).into_response())
}

/// Takes a browser back from Zoom. Repeats nothing that the address said.
pub(super) async fn callback(
    State(public): State<Public>,
    reader: Reader,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let reader = reader.without_parameters();
    let said = Said::parse(query.as_deref().unwrap_or_default()).map_err(|why| reader.refuse(why))?;
    let session = cookies::session(public.base_url(), &headers);
    let back = Return { state: said.state, session, answer: said.answer };
    let landing = connect::callback(&public.gateway, back).await.map_err(|error| reader.refuse(error))?;
    land(&public, landing).await.map_err(|why| reader.refuse(why))
}

/// Shows who came back.
pub(super) async fn ask(
    State(public): State<Public>,
    Visiting { reader, visitor }: Visiting,
) -> Result<Response, Refusal> {
    let Some(pending) = &visitor.session.pending else {
        return Ok(Redirect::to(&home(&visitor)).into_response());
    };
    let permitted =
        portal::permit(&public.gateway, &visitor.session.visit, Act::Connect, &pending.owner).await;
    let site = permitted.map_err(|error| reader.refuse(error))?;
    let ask = asking::confirm(reader.shell_of(&site), &visitor, pending, &site);
    Ok((public.forms(), page(StatusCode::OK, &ask)).into_response())
}

/// Whom the page showed when *Confirm* was pressed.
#[derive(Debug, Deserialize)]
pub(super) struct Confirmed {
    #[serde(default)]
    shown: String,
}

/// Connects who came back, if the page showed them; else shows who waits now.
pub(super) async fn confirm(
    State(public): State<Public>,
    Posted { reader, visitor, fields }: Posted<Confirmed>,
) -> Result<Response, Refusal> {
    if visitor.session.pending.is_none() {
        return Ok(Redirect::to(&home(&visitor)).into_response());
    }
    match connect::confirm(&public.gateway, &visitor, &fields.shown).await {
        Ok(_) => {}
        Err(ConnectError::NotShown) => return Ok(Redirect::to(urls::CONFIRM).into_response()),
        Err(error) => return Err(reader.refuse(error)),
    }
    if linked_owner(&visitor).is_some() {
        return leave(&public, &visitor, Ending::Connected).await.map_err(|why| reader.refuse(why));
    }
    Ok(Redirect::to(&urls::with(urls::PORTAL, "notice", "connected")).into_response())
}

/// Sends the browser to Zoom once more, for another user.
pub(super) async fn use_another(
    State(public): State<Public>,
    Posted { reader, visitor, .. }: Posted<NoFields>,
) -> Result<Response, Refusal> {
    let pending = visitor.session.pending.as_ref().map(|pending| pending.owner.clone());
    let owner = pending.or_else(|| linked_owner(&visitor)).ok_or_else(|| reader.refuse(Why::FlowUsed))?;
    connect::forget_pending(&public.gateway, &visitor).await.map_err(|error| reader.refuse(error))?;
    let begun = connect::begin(&public.gateway, &visitor, &owner).await;
    Ok(Redirect::to(begun.map_err(|error| reader.refuse(error))?.as_str()).into_response())
}

/// Gives the flow up: a straight one goes back to the platform, another to the accounts.
pub(super) async fn cancel(
    State(public): State<Public>,
    Posted { reader, visitor, .. }: Posted<NoFields>,
) -> Result<Response, Refusal> {
    connect::forget_pending(&public.gateway, &visitor).await.map_err(|error| reader.refuse(error))?;
    if linked_owner(&visitor).is_some() {
        return leave(&public, &visitor, Ending::Cancelled).await.map_err(|why| reader.refuse(why));
    }
    Ok(Redirect::to(&urls::with(urls::PORTAL, "notice", "cancelled")).into_response())
}

/// Says why a flow came to nothing, and offers another try.
pub(super) async fn failed(
    State(public): State<Public>,
    Visiting { reader, visitor }: Visiting,
    About(owner): About,
) -> Result<Response, Refusal> {
    let owner = owner.or_else(|| linked_owner(&visitor)).ok_or_else(|| reader.refuse(Why::Malformed))?;
    let read = portal::read(&public.gateway, &visitor.session.visit.site).await;
    let site = read.map_err(|error| reader.refuse(error))?;
    let name = reader.parameter("error").unwrap_or_default();
    let mut ask = asking::failed(reader.shell_of(&site), &visitor, &owner, Why::parse(&name));
    if let Some(scopes) = reader.parameter(MISSING).filter(|scopes| are_scopes(scopes)) {
        ask.facts.push((ask.shell.say("failed-scopes"), scopes));
    }
    Ok((public.forms(), page(StatusCode::OK, &ask)).into_response())
}

/// The parameter that names permissions that were not given.
const MISSING: &str = "missing";

/// Whether a text can only be names of permissions: an address is not trusted to put words on a page.
fn are_scopes(text: &str) -> bool {
    let is_scope =
        |word: &str| word.contains(':') && word.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_' | b':'));
    text.len() <= 400 && text.split(' ').all(is_scope)
}

/// What a browser brought back, read strictly.
struct Said {
    state: Token,
    answer: Answer,
}

impl Said {
    /// Refuses repeated parameters, an answer that is two or none, and a state that is none of ours.
    fn parse(query: &str) -> Result<Self, Why> {
        let (mut state, mut code, mut error) = (None, None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let slot = match &*name {
                "state" => &mut state,
                "code" => &mut code,
                "error" => &mut error,
                _ => continue,
            };
            if slot.replace(value.into_owned()).is_some() {
                return Err(Why::Malformed);
            }
        }
        let state = state.ok_or(Why::Install)?;
        let state = Token::parse(&state).ok_or(Why::FlowUsed)?;
        let answer = match (code, error.as_deref()) {
            (Some(code), None) => Answer::Code(SecretString::from(code)),
            (None, Some("access_denied")) => Answer::Denied,
            (None, Some(_)) => Answer::Failed,
            (None, None) | (Some(_), Some(_)) => return Err(Why::Malformed),
        };
        Ok(Self { state, answer })
    }
}

/// Leads a browser on that came back in a flow of its own.
async fn land(public: &Public, landing: Landing) -> Result<Response, Why> {
    let Landing { owner, visitor, outcome } = landing;
    let is_straight = linked_owner(&visitor).is_some();
    let error = match outcome {
        Ok(_) => return Ok(Redirect::to(urls::CONFIRM).into_response()),
        Err(ConnectError::Denied) if is_straight && visitor.session.visit.return_to.is_some() => {
            return leave(public, &visitor, Ending::Cancelled).await;
        }
        Err(ConnectError::Denied) => {
            return Ok(Redirect::to(&urls::with(&home(&visitor), "notice", "cancelled")).into_response());
        }
        Err(error) => error,
    };
    let mut failed = urls::about(urls::FAILED, &owner);
    if let ConnectError::Exchange(AuthorizationError::MissingScopes(scopes)) = &error {
        failed = urls::with(&failed, MISSING, &scopes.join(" "));
    }
    let why = Why::from(error);
    if is_straight && visitor.session.visit.return_to.is_some() {
        return leave(public, &visitor, Ending::Failed(why)).await;
    }
    Ok(Redirect::to(&urls::with(&failed, "error", why.name())).into_response())
}

/// Whose account the visit is for, where the link led straight into connecting it.
fn linked_owner(visitor: &Visitor) -> Option<Owner> {
    match &visitor.session.visit.page {
        Page::Connect(owner) => Some(owner.clone()),
        Page::Manage => None,
    }
}

/// The first page of the visit.
fn home(visitor: &Visitor) -> String {
    match linked_owner(visitor) {
        Some(owner) => urls::about(urls::CONNECT, &owner),
        None => urls::PORTAL.to_owned(),
    }
}
