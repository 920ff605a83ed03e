//! Disconnecting an account: says first what follows from it, and asks what becomes of upcoming meetings (R21).

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::Redirect;
use axum::response::Response;
use serde::Deserialize;

use crate::app::accounts;
use crate::app::portal;
use crate::app::presupposed::Presupposed;
use crate::domain::account::Owner;
use crate::domain::grant::Reference;
use crate::domain::portal::Act;
use crate::web::public::pages::Choice;
use crate::web::public::pages::Disconnect;
use crate::web::public::refusal::Refusal;
use crate::web::public::refusal::Why;
use crate::web::public::shell::page;
use crate::web::public::state::Public;
use crate::web::public::visiting::About;
use crate::web::public::visiting::Posted;
use crate::web::public::visiting::Visiting;
use crate::web::public::words;
use crate::web::urls;

/// What becomes of upcoming meetings.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    meetings: Meetings,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Meetings {
    #[default]
    Keep,
    Delete,
}

/// Says what follows, and asks.
pub(super) async fn ask(
    State(public): State<Public>,
    Visiting { reader, visitor }: Visiting,
    About(owner): About,
) -> Result<Response, Refusal> {
    let owner = owner.ok_or_else(|| reader.refuse(Why::Malformed))?;
    let permitted = portal::permit(&public.gateway, &visitor.session.visit, Act::Manage, &owner).await;
    let site = permitted.map_err(|error| reader.refuse(error))?;
    let Some(account) = site.accounts.get(&owner) else {
        return Ok(Redirect::to(urls::PORTAL).into_response());
    };
    let shell = reader.shell_of(&site);
    let who = words::connected(&shell, &account.connection).who;
    let whose = words::owner_at(&shell, &owner, &site);
    let consequence = match owner {
        Owner::Default => "disconnect-consequence-default",
        Owner::Staff(_) => "disconnect-consequence-staff",
    };
    let hosted = account.connection.hosted();
    let disconnect = Disconnect {
        form_token: visitor.session.form_token.expose().to_owned(),
        text: shell.fill("disconnect-text", &[("who", &who), ("owner", &whose)]),
        consequence: shell.say(consequence),
        choice: if hosted.is_some() { Choice::Meetings } else { Choice::Nothing },
        target: urls::about(urls::DISCONNECT, &owner),
        back: urls::PORTAL.to_owned(),
        shell,
    };
    Ok((public.forms(), page(StatusCode::OK, &disconnect)).into_response())
}

/// Disconnects.
pub(super) async fn disconnect(
    State(public): State<Public>,
    About(owner): About,
    Posted { reader, visitor, fields }: Posted<Answer>,
) -> Result<Response, Refusal> {
    let owner = owner.ok_or_else(|| reader.refuse(Why::Malformed))?;
    let visit = &visitor.session.visit;
    let permitted = portal::permit(&public.gateway, visit, Act::Manage, &owner).await;
    permitted.map_err(|error| reader.refuse(error))?;
    let place = Reference { site: visit.site.clone(), owner };
    let meetings = match fields.meetings {
        Meetings::Keep => accounts::Meetings::Keep,
        Meetings::Delete => accounts::Meetings::Delete,
    };
    let done = accounts::disconnect(&public.gateway, &place, &Presupposed::Anything, meetings).await;
    done.map_err(|error| reader.refuse(error))?;
    Ok(Redirect::to(&urls::with(urls::PORTAL, "notice", "disconnected")).into_response())
}
