//! The manage page: the accounts that a visitor may see, and what can be done about each (R4, R7).

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::Redirect;
use axum::response::Response;

use crate::app::portal;
use crate::domain::account::Account;
use crate::domain::account::AccountState;
use crate::domain::account::Connection;
use crate::domain::account::Owner;
use crate::domain::portal::Act;
use crate::domain::portal::Actor;
use crate::domain::portal::may;
use crate::domain::site::Site;
use crate::web::public::pages::Card;
use crate::web::public::pages::Control;
use crate::web::public::pages::Manage;
use crate::web::public::pages::Method;
use crate::web::public::pages::Staff;
use crate::web::public::pages::Tone;
use crate::web::public::reader::Reader;
use crate::web::public::refusal::Refusal;
use crate::web::public::shell::Shell;
use crate::web::public::shell::page;
use crate::web::public::state::Public;
use crate::web::public::visiting::Visiting;
use crate::web::public::words;
use crate::web::urls;

/// What has just happened, from a fixed list.
fn news(reader: &Reader) -> Option<&'static str> {
    match reader.parameter("notice")?.as_str() {
        "connected" => Some("news-connected"),
        "saved" => Some("news-saved"),
        "disconnected" => Some("news-disconnected"),
        "cancelled" => Some("news-cancelled"),
        _ => None,
    }
}

/// Shows the accounts.
pub(super) async fn manage(
    State(public): State<Public>,
    Visiting { reader, visitor }: Visiting,
) -> Result<Response, Refusal> {
    let visit = &visitor.session.visit;
    let first = match &visit.actor {
        Actor::Owner => Owner::Default,
        Actor::Staff(member) => Owner::Staff(member.clone()),
    };
    let permitted = portal::permit(&public.gateway, visit, Act::Manage, &first).await;
    let site = permitted.map_err(|error| reader.refuse(error))?;
    let shell = reader.shell_of(&site);
    let (intro, add_staff) = match (&visit.actor, site.default_account()) {
        (Actor::Staff(_), _) => ("manage-intro-staff", None),
        (Actor::Owner, None) => ("manage-intro-none", None),
        (Actor::Owner, Some(_)) => ("manage-intro-owner", Some(urls::STAFF)),
    };
    let manage = Manage {
        form_token: visitor.session.form_token.expose().to_owned(),
        notice: news(&reader).map(|key| shell.say(key)),
        intro: shell.say(intro),
        cards: cards(&shell, &visit.actor, first, &site),
        add_staff,
        done: urls::DONE,
        shell,
    };
    Ok((public.forms(), page(StatusCode::OK, &manage)).into_response())
}

/// Asks an owner for a staff member.
pub(super) async fn staff(
    State(public): State<Public>,
    Visiting { reader, visitor }: Visiting,
) -> Result<Response, Refusal> {
    let visit = &visitor.session.visit;
    let permitted = portal::permit(&public.gateway, visit, Act::Manage, &Owner::Default).await;
    let site = permitted.map_err(|error| reader.refuse(error))?;
    let staff = Staff {
        shell: reader.shell_of(&site),
        connect: urls::CONNECT,
        custom_link: urls::CUSTOM_LINK,
        back: urls::PORTAL,
    };
    Ok((public.forms(), page(StatusCode::OK, &staff)).into_response())
}

/// Leads somebody who opens the address of a form to the portal's first page.
pub(super) async fn home() -> Redirect {
    Redirect::to(urls::PORTAL)
}

/// The visitor's own card first, then, for an owner, those of the staff.
fn cards(shell: &Shell, actor: &Actor, first: Owner, site: &Site) -> Vec<Card> {
    let mut owners = vec![first];
    if *actor == Actor::Owner {
        owners.extend(site.accounts.keys().filter(|owner| owner.staff().is_some()).cloned());
    }
    owners.iter().map(|owner| card(shell, actor, owner, site)).collect()
}

fn card(shell: &Shell, actor: &Actor, owner: &Owner, site: &Site) -> Card {
    let account = site.accounts.get(owner);
    let refused = may(actor, Act::Connect, owner, site).is_err();
    let hint = match (account, owner) {
        (None, Owner::Default) => Some("card-none-default"),
        (None, Owner::Staff(_)) if refused => Some("card-default-first"),
        (None, Owner::Staff(_)) => Some("card-none-staff"),
        (Some(account), _) if is_broken(account) => Some("card-broken"),
        (Some(_), Owner::Staff(_)) if refused => Some("card-default-first"),
        (Some(_), _) => None,
    };
    let state = account.and_then(|account| account.connection.hosted()).map(|hosted| hosted.state);
    let lapse = state.map(|state| words::lapse(shell, state)).unwrap_or_default();
    Card {
        owner: owner.to_string(),
        title: words::owner(shell, owner),
        hints: lapse.into_iter().chain(hint.map(|key| shell.say(key))).collect(),
        connected: account.map(|account| words::connected(shell, &account.connection)),
        controls: controls(shell, owner, account, refused.then_some(())),
    }
}

fn is_broken(account: &Account) -> bool {
    account.connection.hosted().is_some_and(|hosted| hosted.state != AccountState::Active)
}

/// What can be done about an account; nothing can be connected where `refused` says so.
fn controls(shell: &Shell, owner: &Owner, account: Option<&Account>, refused: Option<()>) -> Vec<Control> {
    let control = |action, key, path, method, tone| Control {
        action,
        label: shell.say(key),
        target: urls::about(path, owner),
        method,
        shown: None,
        tone,
    };
    let zoom = |action, key, tone| control(action, key, urls::CONNECT, Method::Post, tone);
    let custom = |action, key, tone| control(action, key, urls::CUSTOM_LINK, Method::Get, tone);
    let broken = account.is_some_and(is_broken);
    let mut controls = match account.map(|account| &account.connection) {
        _ if refused.is_some() => Vec::new(),
        None => vec![
            zoom("connect_zoom", "connect-zoom", Tone::Primary),
            custom("connect_custom_link", "connect-custom", Tone::Quiet),
        ],
        Some(Connection::Hosted(_)) => vec![
            zoom("reconnect", "reconnect", if broken { Tone::Primary } else { Tone::Quiet }),
            custom("connect_custom_link", "replace-custom", Tone::Quiet),
        ],
        Some(Connection::Custom(_)) => {
            vec![custom("edit", "edit", Tone::Quiet), zoom("connect_zoom", "replace-zoom", Tone::Quiet)]
        }
    };
    if account.is_some() {
        controls.push(control("disconnect", "disconnect", urls::DISCONNECT, Method::Get, Tone::Danger));
    }
    controls
}
