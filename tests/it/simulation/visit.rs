//! Owns a person who connects an account: through a link into the portal, to Zoom and back, and confirms.

use greenroom::app::connect;
use greenroom::app::connect::Answer;
use greenroom::app::connect::Return;
use greenroom::app::gateway::Gateway;
use greenroom::app::portal;
use greenroom::app::portal::Visitor;
use greenroom::domain::grant::Reference;
use greenroom::domain::portal::Actor;
use greenroom::domain::portal::Page;
use greenroom::domain::portal::Visit;
use greenroom::domain::token::Token;
use url::Url;

use crate::simulation::deeds::told;
use crate::simulation::zoom::Gate;

/// Connects a user of Zoom as an account.
pub(super) async fn connect(
    gateway: &Gateway,
    gate: &Gate,
    account: Reference,
    email: &str,
) -> Result<(), String> {
    let Reference { site, owner } = account;
    let page = Page::Connect(owner.clone());
    let visit = Visit { site, actor: Actor::Owner, page, return_to: None, locale: None };
    let link = portal::create_link(gateway, visit).await.map_err(told)?;
    let opened = portal::open(gateway, &link.token).await.map_err(told)?;
    let visitor = Visitor { token: opened.token, session: opened.session };
    let asked = connect::begin(gateway, &visitor, &owner).await.map_err(told)?;
    let back = gate.consent(&asked, email).await;
    let state = Token::parse(&brought(&back, "state")).expect("the state that was sent");
    let answer = Answer::Code(brought(&back, "code").into());
    let returned = Return { state, session: Some(visitor.token.clone()), answer };
    let landing = connect::callback(gateway, returned).await.map_err(told)?;
    let pending = landing.outcome.map_err(told)?;
    let session = portal::session(gateway, &visitor.token).await.map_err(told)?;
    let visitor = Visitor { session, ..visitor };
    connect::confirm(gateway, &visitor, &connect::mark(&pending)).await.map_err(told)?;
    portal::leave(gateway, &visitor.token).await.map_err(told)
}

/// What an address brings along under a name.
fn brought(back: &Url, wanted: &str) -> String {
    back.query_pairs()
        .find(|(name, _)| name == wanted)
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}
