//! Owns the stored shapes of what is found by a token: portal links and sessions, connect flows, join addresses.

use std::collections::BTreeSet;

use secrecy::ExposeSecret;
use secrecy::SecretString;
use serde::Deserialize;
use serde::Serialize;

use crate::app::ports::store::JoinTarget;
use crate::app::ports::store::Ticket;
use crate::domain::account::Owner;
use crate::domain::id::GrantId;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;
use crate::domain::id::StaffId;
use crate::domain::id::TokenHash;
use crate::domain::locale::Locale;
use crate::domain::portal::Actor;
use crate::domain::portal::ConnectFlow;
use crate::domain::portal::Page;
use crate::domain::portal::PendingConnect;
use crate::domain::portal::PortalLink;
use crate::domain::portal::PortalSession;
use crate::domain::portal::Visit;
use crate::domain::token::Token;
use crate::store::records::account::HostV1;
use crate::store::records::field::Time;
use crate::store::records::field::Unreadable;
use crate::store::records::field::field;
use crate::store::records::field::url;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "a shape lives for one read or write")]
pub(super) enum TicketV1 {
    PortalLink { visit: VisitV1, expires_at: Time },
    PortalSession { visit: VisitV1, form_token: String, expires_at: Time, pending: Option<PendingV1> },
    ConnectFlow { session: String, site: String, owner: String, verifier: String, expires_at: Time },
    Join { site: String, session: String },
}

#[derive(Serialize, Deserialize)]
pub(super) struct VisitV1 {
    site: String,
    staff: Option<String>,
    connect: Option<String>,
    return_to: Option<String>,
    locale: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct PendingV1 {
    owner: String,
    grant: String,
    host: HostV1,
    scopes: BTreeSet<String>,
}

impl From<&Ticket> for TicketV1 {
    fn from(ticket: &Ticket) -> Self {
        match ticket {
            Ticket::PortalLink(link) => {
                Self::PortalLink { visit: (&link.visit).into(), expires_at: link.expires_at }
            }
            Ticket::PortalSession(session) => Self::PortalSession {
                visit: (&session.visit).into(),
                form_token: session.form_token.expose().into(),
                expires_at: session.expires_at,
                pending: session.pending.as_ref().map(PendingV1::from),
            },
            Ticket::ConnectFlow(flow) => Self::ConnectFlow {
                session: flow.session.as_str().into(),
                site: flow.site.as_str().into(),
                owner: flow.owner.to_string(),
                verifier: flow.verifier.expose_secret().into(),
                expires_at: flow.expires_at,
            },
            Ticket::Join(target) => {
                Self::Join { site: target.site.as_str().into(), session: target.session.as_str().into() }
            }
        }
    }
}

impl TryFrom<TicketV1> for Ticket {
    type Error = Unreadable;

    fn try_from(shape: TicketV1) -> Result<Self, Unreadable> {
        Ok(match shape {
            TicketV1::PortalLink { visit, expires_at } => {
                Self::PortalLink(PortalLink { visit: visit.try_into()?, expires_at })
            }
            TicketV1::PortalSession { visit, form_token, expires_at, pending } => {
                Self::PortalSession(PortalSession {
                    visit: visit.try_into()?,
                    form_token: Token::parse(&form_token).ok_or(Unreadable::Field("form token"))?,
                    expires_at,
                    pending: pending.map(PendingConnect::try_from).transpose()?,
                })
            }
            TicketV1::ConnectFlow { session, site, owner: of, verifier, expires_at } => {
                Self::ConnectFlow(ConnectFlow {
                    session: field("portal session", TokenHash::parse(&session))?,
                    site: field("site id", SiteId::parse(&site))?,
                    owner: owner(&of)?,
                    verifier: SecretString::from(verifier),
                    expires_at,
                })
            }
            TicketV1::Join { site, session } => Self::Join(JoinTarget {
                site: field("site id", SiteId::parse(&site))?,
                session: field("session id", SessionId::parse(&session))?,
            }),
        })
    }
}

impl From<&Visit> for VisitV1 {
    fn from(visit: &Visit) -> Self {
        Self {
            site: visit.site.as_str().into(),
            staff: match &visit.actor {
                Actor::Owner => None,
                Actor::Staff(member) => Some(member.as_str().into()),
            },
            connect: match &visit.page {
                Page::Manage => None,
                Page::Connect(owner) => Some(owner.to_string()),
            },
            return_to: visit.return_to.as_ref().map(|url| url.as_str().into()),
            locale: visit.locale.map(|locale| locale.tag().into()),
        }
    }
}

impl TryFrom<VisitV1> for Visit {
    type Error = Unreadable;

    fn try_from(shape: VisitV1) -> Result<Self, Unreadable> {
        Ok(Self {
            site: field("site id", SiteId::parse(&shape.site))?,
            actor: match shape.staff {
                None => Actor::Owner,
                Some(member) => Actor::Staff(field("staff id", StaffId::parse(&member))?),
            },
            page: match shape.connect {
                None => Page::Manage,
                Some(of) => Page::Connect(owner(&of)?),
            },
            return_to: shape.return_to.map(|text| url("return address", &text)).transpose()?,
            locale: shape.locale.map(|tag| field("locale", Locale::parse(&tag))).transpose()?,
        })
    }
}

impl From<&PendingConnect> for PendingV1 {
    fn from(pending: &PendingConnect) -> Self {
        Self {
            owner: pending.owner.to_string(),
            grant: pending.grant.as_str().into(),
            host: (&pending.host).into(),
            scopes: pending.scopes.clone(),
        }
    }
}

impl TryFrom<PendingV1> for PendingConnect {
    type Error = Unreadable;

    fn try_from(shape: PendingV1) -> Result<Self, Unreadable> {
        Ok(Self {
            owner: owner(&shape.owner)?,
            grant: field("grant id", GrantId::parse(&shape.grant))?,
            host: shape.host.try_into()?,
            scopes: shape.scopes,
        })
    }
}

fn owner(text: &str) -> Result<Owner, Unreadable> {
    Owner::parse(text).ok_or(Unreadable::Field("owner"))
}
