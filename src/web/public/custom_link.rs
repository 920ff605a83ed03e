//! The form of a custom link: errors beside each field, and what was typed is kept (R5).

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::Redirect;
use axum::response::Response;
use serde::Deserialize;

use crate::app::accounts;
use crate::app::portal;
use crate::app::portal::Visitor;
use crate::app::presupposed::Presupposed;
use crate::domain::account::Connection;
use crate::domain::account::Owner;
use crate::domain::concealed::Concealed;
use crate::domain::custom_link;
use crate::domain::custom_link::CustomLink;
use crate::domain::custom_link::InvalidLink;
use crate::domain::grant::Reference;
use crate::domain::portal::Act;
use crate::domain::site::Site;
use crate::web::public::pages::CustomLinkForm;
use crate::web::public::pages::Field;
use crate::web::public::reader::Reader;
use crate::web::public::refusal::Refusal;
use crate::web::public::refusal::Why;
use crate::web::public::shell::page;
use crate::web::public::state::Public;
use crate::web::public::visiting::About;
use crate::web::public::visiting::Posted;
use crate::web::public::visiting::Visiting;
use crate::web::public::words;
use crate::web::urls;

/// What was typed. Never shown in a log.
#[derive(Default, Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    url: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    description: String,
}

impl std::fmt::Debug for Typed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Typed(…)")
    }
}

/// Shows the form, with the link that is there.
pub(super) async fn form(
    State(public): State<Public>,
    Visiting { reader, visitor }: Visiting,
    About(owner): About,
) -> Result<Response, Refusal> {
    let owner = owner.ok_or_else(|| reader.refuse(Why::Malformed))?;
    let permitted = portal::permit(&public.gateway, &visitor.session.visit, Act::Connect, &owner).await;
    let site = permitted.map_err(|error| reader.refuse(error))?;
    let typed = match site.accounts.get(&owner).map(|account| &account.connection) {
        Some(Connection::Custom(link)) => as_typed(link),
        Some(Connection::Hosted(_)) | None => Typed::default(),
    };
    let form = filled(&reader, &visitor, (&owner, &site), (typed, &[]));
    Ok((public.forms(), page(StatusCode::OK, &form)).into_response())
}

/// Saves what was typed, or says what is wrong with it.
pub(super) async fn save(
    State(public): State<Public>,
    About(owner): About,
    Posted { reader, visitor, fields }: Posted<Typed>,
) -> Result<Response, Refusal> {
    let owner = owner.ok_or_else(|| reader.refuse(Why::Malformed))?;
    let visit = &visitor.session.visit;
    let permitted = portal::permit(&public.gateway, visit, Act::Connect, &owner).await;
    let site = permitted.map_err(|error| reader.refuse(error))?;
    let link = match CustomLink::parse(&fields.url, Some(&fields.password), Some(&fields.description)) {
        Ok(link) => link,
        Err(errors) => {
            let form = filled(&reader, &visitor, (&owner, &site), (fields, &errors));
            return Ok((public.forms(), page(StatusCode::UNPROCESSABLE_ENTITY, &form)).into_response());
        }
    };
    let place = Reference { site: visit.site.clone(), owner };
    let put = accounts::put_custom(&public.gateway, &place, link, &Presupposed::Anything).await;
    put.map_err(|error| reader.refuse(error))?;
    Ok(Redirect::to(&urls::with(urls::PORTAL, "notice", "saved")).into_response())
}

fn as_typed(link: &CustomLink) -> Typed {
    let text = |concealed: &Option<Concealed>| {
        concealed.as_ref().map(Concealed::expose).unwrap_or_default().to_owned()
    };
    Typed {
        url: link.url.expose().to_owned(),
        password: text(&link.password),
        description: text(&link.description),
    }
}

fn filled(
    reader: &Reader,
    visitor: &Visitor,
    (owner, site): (&Owner, &Site),
    (typed, errors): (Typed, &[InvalidLink]),
) -> CustomLinkForm {
    let shell = reader.shell_of(site);
    let field = |which: custom_link::Field, value: String| {
        let error = errors.iter().find(|error| error.field() == which);
        Field { value, error: error.map(|error| words::invalid(&shell, *error)) }
    };
    let replaced = site.accounts.get(owner).and_then(|account| account.connection.hosted());
    CustomLinkForm {
        form_token: visitor.session.form_token.expose().to_owned(),
        whose: shell.fill("custom-whose", &[("owner", &words::owner_at(&shell, owner, site))]),
        replaces: replaced.map(|account| shell.fill("custom-replaces", &[("email", &account.host.email)])),
        target: urls::about(urls::CUSTOM_LINK, owner),
        back: urls::PORTAL.to_owned(),
        url: field(custom_link::Field::Url, typed.url),
        password: field(custom_link::Field::Password, typed.password),
        description: field(custom_link::Field::Description, typed.description),
        shell,
    }
}
