//! The end of a visit: back to where the platform wants the browser, or to a last page.

use std::borrow::Cow;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::AppendHeaders;
use axum::response::IntoResponse;
use axum::response::Redirect;
use axum::response::Response;
use url::Url;

use crate::app::portal;
use crate::app::portal::Visitor;
use crate::web::public::cookies;
use crate::web::public::pages::Notice;
use crate::web::public::reader::Reader;
use crate::web::public::refusal::Refusal;
use crate::web::public::refusal::Why;
use crate::web::public::shell::page;
use crate::web::public::state::Public;
use crate::web::public::visiting::NoFields;
use crate::web::public::visiting::Posted;
use crate::web::urls;

/// How a visit ended (contract.md section 3, Portal links).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// An account was connected.
    Connected,
    /// The person said that they are done.
    Done,
    /// The person, or their consent, said no.
    Cancelled,
    /// It did not work.
    Failed(Why),
}

impl Ending {
    const fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed(_) => "failed",
        }
    }
}

/// The person is done.
pub(super) async fn done(
    State(public): State<Public>,
    Posted { reader, visitor, .. }: Posted<NoFields>,
) -> Result<Response, Refusal> {
    leave(&public, &visitor, Ending::Done).await.map_err(|error| reader.refuse(error))
}

/// The last page, where there is nowhere to go back to. What it says is from a fixed list.
pub(super) async fn finished(reader: Reader) -> Response {
    let (title, text) = match reader.parameter("status").as_deref() {
        Some("connected") => ("finished-connected-title", "finished-connected-text"),
        Some("cancelled") => ("finished-cancelled-title", "finished-cancelled-text"),
        Some(_) | None => ("finished-done-title", "finished-done-text"),
    };
    let shell = reader.shell(None);
    let notice = Notice {
        title: shell.say(title),
        text: shell.say(text),
        request: None,
        kind: Cow::Borrowed("finished"),
        shell,
    };
    page(StatusCode::OK, &notice)
}

/// Ends a visit: its session is over, and the browser goes back.
pub(super) async fn leave(public: &Public, visitor: &Visitor, ending: Ending) -> Result<Response, Why> {
    portal::leave(&public.gateway, &visitor.token).await?;
    let to = match back(visitor, ending) {
        Some(url) => url.into(),
        None => urls::with(urls::FINISHED, "status", ending.name()),
    };
    let cookie = cookies::clear_session(public.base_url());
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to(&to)).into_response())
}

/// Where the platform wants the browser, told how it ended.
fn back(visitor: &Visitor, ending: Ending) -> Option<Url> {
    let mut url = visitor.session.visit.return_to.clone()?;
    url.query_pairs_mut().append_pair("greenroom_status", ending.name());
    if let Ending::Failed(why) = ending {
        url.query_pairs_mut().append_pair("greenroom_error", why.name());
    }
    Some(url)
}
