//! Use case: let people into the portal through one-time links, and know what they may do there (R4,
//! correctness.md section 5). Knows no cookies and no pages.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use crate::app::gateway::Gateway;
use crate::app::ports::store::Life;
use crate::app::ports::store::Ticket;
use crate::app::ports::stored::Committed;
use crate::app::ports::stored::StoreError;
use crate::domain::account::Owner;
use crate::domain::id::SiteId;
use crate::domain::meeting::after;
use crate::domain::portal::Act;
use crate::domain::portal::PortalLink;
use crate::domain::portal::PortalSession;
use crate::domain::portal::Refused;
use crate::domain::portal::Visit;
use crate::domain::portal::may;
use crate::domain::portal::may_visit;
use crate::domain::site::Site;
use crate::domain::token::Token;

/// How long a link that is over can still be told from one that never was.
const REMEMBERED: Duration = Duration::from_hours(24);
/// How often a change of a session is tried when others change it, too.
const ATTEMPTS: usize = 16;

/// Why somebody is not let in, or may not do something.
#[derive(Debug, thiserror::Error)]
pub enum PortalError {
    /// There is no such site.
    #[error("there is no such site")]
    UnknownSite,
    /// The rules of the site forbid it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The browser may not be sent back there.
    #[error("return_to does not start with an origin of portal.return_origins")]
    ForeignReturn,
    /// There is no such link, or it was used.
    #[error("the link does not exist or was used")]
    UnknownLink,
    /// The link is over.
    #[error("the link has expired")]
    ExpiredLink,
    /// The browser's session is over.
    #[error("the portal session is over")]
    Ended,
    /// The store gave no answer.
    #[error("the portal's records cannot be read or saved")]
    Store(#[from] StoreError),
}

/// A link that was made.
#[derive(Debug)]
pub struct NewLink {
    /// Names it in logs; opens nothing.
    pub id: String,
    /// Opens the portal, once.
    pub token: Token,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// A browser that was let in just now.
#[derive(Debug)]
pub struct Opened {
    /// For its cookie.
    pub token: Token,
    /// What it was let in for.
    pub session: PortalSession,
}

/// A browser in the portal.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Its cookie.
    pub token: Token,
    /// What it was let in for.
    pub session: PortalSession,
}

/// Makes a one-time link.
///
/// Refuses with [`PortalError::ForeignReturn`], [`PortalError::UnknownSite`], [`PortalError::Refused`],
/// [`PortalError::Store`].
#[tracing::instrument(name = "portal.create_link", skip_all, fields(site.id = %visit.site))]
pub async fn create_link(gateway: &Gateway, visit: Visit) -> Result<NewLink, PortalError> {
    if visit.return_to.as_ref().is_some_and(|url| !is_listed(gateway, url)) {
        return Err(PortalError::ForeignReturn);
    }
    let site = read(gateway, &visit.site).await?;
    may_visit(&visit.actor, &visit.page, &site)?;
    let token = gateway.token();
    let life = gateway.settings.portal.link_ttl;
    let expires_at = after(gateway.clock.now(), life);
    let link = Ticket::PortalLink(PortalLink { visit, expires_at });
    let hash = token.hash();
    gateway.tickets.put_if_absent(&hash, link, Life::For(life.saturating_add(REMEMBERED))).await?;
    tracing::info!("portal link made");
    Ok(NewLink { id: format!("pl_{}", hash.as_str()), token, expires_at })
}

/// Looks at a link without using it up. Refuses with [`PortalError::UnknownLink`], [`PortalError::ExpiredLink`],
/// [`PortalError::Store`].
pub async fn look_at(gateway: &Gateway, token: &Token) -> Result<PortalLink, PortalError> {
    let found = gateway.tickets.find(&token.hash()).await?.map(|(_, ticket)| ticket);
    live(found, gateway.clock.now())
}

/// Uses a link up, and starts a session. Of many who try, one gets in.
///
/// Refuses with [`PortalError::UnknownLink`], [`PortalError::ExpiredLink`], [`PortalError::Store`].
#[tracing::instrument(name = "portal.open", skip_all)]
pub async fn open(gateway: &Gateway, token: &Token) -> Result<Opened, PortalError> {
    let now = gateway.clock.now();
    let link = live(gateway.tickets.take(&token.hash()).await?, now)?;
    let life = gateway.settings.portal.session_ttl;
    let session = PortalSession {
        visit: link.visit,
        form_token: gateway.token(),
        expires_at: after(now, life),
        pending: None,
    };
    let token = gateway.token();
    let ticket = Ticket::PortalSession(session.clone());
    gateway.tickets.put_if_absent(&token.hash(), ticket, Life::For(life)).await?;
    tracing::info!(site.id = %session.visit.site, "portal opened");
    Ok(Opened { token, session })
}

/// Finds the session of a browser. Refuses with [`PortalError::Ended`], [`PortalError::Store`].
pub async fn session(gateway: &Gateway, token: &Token) -> Result<PortalSession, PortalError> {
    match gateway.tickets.find(&token.hash()).await? {
        Some((_, Ticket::PortalSession(session))) if session.expires_at > gateway.clock.now() => Ok(session),
        Some(_) | None => Err(PortalError::Ended),
    }
}

/// Changes the session of a browser. Refuses with [`PortalError::Ended`], [`PortalError::Store`].
pub async fn change_session(
    gateway: &Gateway,
    token: &Token,
    change: impl Fn(&mut PortalSession) + Send,
) -> Result<PortalSession, PortalError> {
    let hash = token.hash();
    for _ in 0..ATTEMPTS {
        let Some((basis, Ticket::PortalSession(mut session))) = gateway.tickets.find(&hash).await? else {
            return Err(PortalError::Ended);
        };
        let left = session.expires_at.duration_since(gateway.clock.now());
        let Ok(left) = Duration::try_from(left) else { return Err(PortalError::Ended) };
        change(&mut session);
        let ticket = Ticket::PortalSession(session.clone());
        if gateway.tickets.replace(&hash, basis, ticket, Life::For(left)).await? == Committed::Yes {
            return Ok(session);
        }
    }
    Err(PortalError::Ended)
}

/// Ends the session of a browser; one that is over stays over. Refuses with [`PortalError::Store`].
pub async fn leave(gateway: &Gateway, token: &Token) -> Result<(), PortalError> {
    Ok(gateway.tickets.remove(&token.hash()).await?)
}

/// Reads the site of a visit, and checks that the visitor may do this with an account (R4).
///
/// Refuses with [`PortalError::UnknownSite`], [`PortalError::Refused`], [`PortalError::Store`].
pub async fn permit(
    gateway: &Gateway,
    visit: &Visit,
    act: Act,
    owner: &Owner,
) -> Result<Arc<Site>, PortalError> {
    let site = read(gateway, &visit.site).await?;
    may(&visit.actor, act, owner, &site)?;
    Ok(site)
}

/// Reads a site for showing it to a visitor. Refuses with [`PortalError::UnknownSite`], [`PortalError::Store`].
pub async fn read(gateway: &Gateway, site: &SiteId) -> Result<Arc<Site>, PortalError> {
    gateway.sites.read(site, &[]).await?.site.value.ok_or(PortalError::UnknownSite)
}

fn live(ticket: Option<Ticket>, now: Timestamp) -> Result<PortalLink, PortalError> {
    match ticket {
        Some(Ticket::PortalLink(link)) if link.expires_at > now => Ok(link),
        Some(Ticket::PortalLink(_)) => Err(PortalError::ExpiredLink),
        Some(Ticket::PortalSession(_) | Ticket::ConnectFlow(_) | Ticket::Join(_)) | None => {
            Err(PortalError::UnknownLink)
        }
    }
}

fn is_listed(gateway: &Gateway, url: &Url) -> bool {
    let has_user = !url.username().is_empty() || url.password().is_some();
    !has_user && gateway.settings.portal.return_origins.iter().any(|listed| listed.origin() == url.origin())
}
