//! `…/sessions/{session_id}/deliveries` and `/v1/sites/{site_id}/stale-deliveries`: who was handed which provider
//! address, and who holds an old one (R23).

use std::fmt;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::app::deliveries;
use crate::app::deliveries::Handed;
use crate::app::deliveries::Stale;
use crate::app::ports::traces::DeliveryPlace;
use crate::app::ports::traces::DeliveryRange;
use crate::domain::account::Revision;
use crate::domain::concealed::Concealed;
use crate::domain::delivery::DeliveryName;
use crate::domain::id::SessionId;
use crate::domain::visibility::Audience;
use crate::web::auth::OnSite;
use crate::web::auth::needs;
use crate::web::extract::Json;
use crate::web::extract::NoParameters;
use crate::web::extract::PathId;
use crate::web::extract::Query;
use crate::web::internal::state::Internal;
use crate::web::internal::v1::paging::Paging;
use crate::web::internal::v1::paging::cursor;
use crate::web::problem::Code;
use crate::web::problem::FieldError;
use crate::web::problem::Problem;

/// The longest name of a recipient, in characters.
const RECIPIENT_CHARACTERS: usize = 200;

/// A delivery as it is reported. Not shown in a log: a recipient may be a person.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PostDelivery {
    recipient: String,
    channel: String,
    revision: u64,
}

impl fmt::Debug for PostDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostDelivery").field("revision", &self.revision).finish_non_exhaustive()
    }
}

/// Which stale deliveries are asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    session_id: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Some of those who hold an old address.
#[derive(Debug, Serialize)]
pub(super) struct StaleDeliveries {
    items: Vec<StaleDelivery>,
    next_cursor: Option<String>,
}

/// Somebody who holds an old address.
#[derive(Serialize)]
struct StaleDelivery {
    session_id: String,
    recipient: String,
    channel: &'static str,
    revision: u64,
    current_revision: u64,
    delivered_at: Timestamp,
}

impl fmt::Debug for StaleDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaleDelivery").field("session_id", &self.session_id).finish_non_exhaustive()
    }
}

pub(super) async fn record(
    on: OnSite<needs::LinksWrite>,
    State(state): State<Internal>,
    PathId(id): PathId<SessionId>,
    _: Query<NoParameters>,
    Json(body): Json<PostDelivery>,
) -> Result<StatusCode, Problem> {
    let handed = body.handed()?;
    deliveries::record(&state.gateway, on.site.id(), &id, &handed).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn stale(
    on: OnSite<needs::LinksRead>,
    State(state): State<Internal>,
    Query(wanted): Query<Wanted>,
) -> Result<Answer<StaleDeliveries>, Problem> {
    let page = deliveries::stale(&state.gateway, on.site.id(), &wanted.range()?).await?;
    Ok(Answer(StaleDeliveries {
        items: page.stale.iter().map(StaleDelivery::from).collect(),
        next_cursor: page.next.map(|place| cursor(&cursor_name(&place))),
    }))
}

impl PostDelivery {
    fn handed(self) -> Result<Handed, Problem> {
        let mut errors = Vec::new();
        let length = self.recipient.chars().count();
        if !(1..=RECIPIENT_CHARACTERS).contains(&length) || self.recipient.chars().any(char::is_control) {
            errors.push(FieldError::new(
                "/recipient",
                "must be 1 to 200 characters, without control characters",
            ));
        }
        let channel = Audience::parse(&self.channel);
        if channel.is_none() {
            let names = Audience::ALL.map(Audience::name).join(", ");
            errors.push(FieldError::new("/channel", format!("must be one of {names}")));
        }
        match channel {
            Some(channel) if errors.is_empty() => Ok(Handed {
                recipient: Concealed::new(self.recipient),
                channel,
                revision: Revision(self.revision),
            }),
            _ => Err(Problem::invalid_body(errors)),
        }
    }
}

impl Wanted {
    fn range(self) -> Result<DeliveryRange, Problem> {
        let session = self.session_id.as_deref().map(SessionId::parse).transpose();
        let session = session
            .map_err(|error| Problem::new(Code::InvalidQuery, format!("Correct session_id: {error}.")))?;
        let paging = Paging::new(self.limit, self.cursor);
        Ok(DeliveryRange { session, after: paging.after(parse_cursor)?, limit: paging.limit()? })
    }
}

impl From<&Stale> for StaleDelivery {
    fn from(stale: &Stale) -> Self {
        let delivery = &stale.delivery;
        Self {
            session_id: delivery.session.as_str().into(),
            recipient: delivery.recipient.expose().into(),
            channel: delivery.channel.name(),
            revision: delivery.revision.0,
            current_revision: stale.current.0,
            delivered_at: delivery.delivered_at,
        }
    }
}

/// `<milliseconds>/<session>/<name>`.
fn cursor_name(place: &DeliveryPlace) -> String {
    format!("{}/{}/{}", place.at_ms, place.session, place.name.as_str())
}

fn parse_cursor(name: &str) -> Option<DeliveryPlace> {
    let mut parts = name.splitn(3, '/');
    let at_ms = parts.next()?.parse().ok()?;
    let session = SessionId::parse(parts.next()?).ok()?;
    Some(DeliveryPlace { at_ms, session, name: DeliveryName::parse(parts.next()?)? })
}
