//! `…/sessions/{session_id}/deliveries` and `/v1/sites/{site_id}/stale-deliveries`: who was handed which provider
//! address, and who holds an old one (R23).

use std::fmt;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::deliveries;
use crate::app::deliveries::Handed;
use crate::app::deliveries::Stale;
use crate::app::ports::traces::DeliveryPlace;
use crate::app::ports::traces::DeliveryRange;
use crate::domain::account;
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
use crate::web::extract::whole;
use crate::web::internal::state::Internal;
use crate::web::internal::v1::paging::Paging;
use crate::web::internal::v1::paging::cursor;
use crate::web::problem::Code;
use crate::web::problem::FieldError;
use crate::web::problem::Problem;
use crate::web::schema::AudienceName;
use crate::web::schema::Cursor;
use crate::web::schema::Id;
use crate::web::schema::Moment;
use crate::web::schema::Recipient;
use crate::web::schema::Revision;

/// The longest name of a recipient, in characters.
const RECIPIENT_CHARACTERS: usize = 200;

/// A delivery as it is reported. Not shown in a log: a recipient may be a person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"recipient": "customer-17", "channel": "confirmation_email", "revision": 3})))]
pub(super) struct PostDelivery {
    /// To whom, in the platform's own words.
    #[schema(value_type = Recipient)]
    recipient: String,
    /// By which way: the audience whose link it was.
    #[schema(value_type = AudienceName)]
    channel: String,
    /// Which revision of the link; the link must have had it.
    #[serde(deserialize_with = "whole")]
    #[schema(value_type = Revision)]
    revision: u64,
}

impl fmt::Debug for PostDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostDelivery").field("revision", &self.revision).finish_non_exhaustive()
    }
}

/// Which stale deliveries are asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Of which session; of all, where it is left out.
    #[param(value_type = Id, required = false, inline)]
    session_id: Option<String>,
    /// The most items of the page.
    #[param(value_type = usize, required = false, minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// Where the page begins: the `next_cursor` of the page before.
    #[param(value_type = Cursor, required = false, inline)]
    cursor: Option<String>,
}

/// Some of those who hold an old address.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "items": [{
        "session_id": "s-1", "recipient": "customer-17", "channel": "confirmation_email", "revision": 3,
        "current_revision": 5, "delivered_at": "2027-02-01T10:00:00Z",
    }],
    "next_cursor": null,
})))]
pub(super) struct StaleDeliveries {
    /// They, who have held it the longest first. Few of them, or none, are not yet the end.
    items: Vec<StaleDelivery>,
    /// Where the next page begins; `null` on the last one.
    #[schema(required, value_type = Option<Cursor>)]
    next_cursor: Option<String>,
}

/// Somebody who holds an old address.
#[derive(Serialize, ToSchema)]
struct StaleDelivery {
    /// The session.
    #[schema(value_type = Id)]
    session_id: String,
    /// To whom, in the platform's own words.
    #[schema(value_type = Recipient)]
    recipient: String,
    /// By which way.
    #[schema(value_type = AudienceName)]
    channel: &'static str,
    /// Which revision of the link they hold.
    #[schema(value_type = Revision)]
    revision: u64,
    /// Which one the link has now.
    #[schema(value_type = Revision)]
    current_revision: u64,
    /// When it was reported.
    #[schema(value_type = Moment)]
    delivered_at: Timestamp,
}

impl fmt::Debug for StaleDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaleDelivery").field("session_id", &self.session_id).finish_non_exhaustive()
    }
}

/// Report a delivery
///
/// Who was handed which provider address, so that an old one can be told of. A newer one takes its place; an older one
/// that is reported late changes nothing. Join addresses never get old: they need no report.
#[utoipa::path(
    post,
    path = "/v1/sites/{site_id}/sessions/{session_id}/deliveries",
    operation_id = "recordDelivery",
    tag = "Links",
    params(OnSite<needs::LinksWrite>, PathId<SessionId>),
    request_body = PostDelivery,
    responses((status = 204, description = "It is recorded.")),
    extensions(("x-problems" = json!([Code::UnknownSession]))),
)]
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

/// List who holds an old address
///
/// Deliveries whose provider address the link does not lead to any more.
#[utoipa::path(
    get,
    path = "/v1/sites/{site_id}/stale-deliveries",
    operation_id = "listStaleDeliveries",
    tag = "Links",
    params(OnSite<needs::LinksRead>),
    responses((status = 200, description = "A page of deliveries.", body = StaleDeliveries)),
    extensions(("x-problems" = json!([Code::UnknownSession]))),
)]
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
                revision: account::Revision(self.revision),
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
