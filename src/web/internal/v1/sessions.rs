//! `/v1/sites/{site_id}/sessions/{session_id}`: book, read and cancel a session.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::booking;
use crate::app::booking::Book;
use crate::app::sessions;
use crate::app::sessions::SessionView;
use crate::domain::id::ServiceId;
use crate::domain::id::SessionId;
use crate::domain::id::StaffId;
use crate::domain::session::Booking;
use crate::domain::time_zone::TimeZoneName;
use crate::domain::visibility::Audience;
use crate::web::auth::OnSite;
use crate::web::auth::needs;
use crate::web::extract::IfMatch;
use crate::web::extract::Json;
use crate::web::extract::NoParameters;
use crate::web::extract::PathId;
use crate::web::extract::PreferWait;
use crate::web::extract::Query;
use crate::web::extract::whole;
use crate::web::internal::state::Internal;
use crate::web::internal::v1::answer::Resource;
use crate::web::internal::v1::answer::presupposed;
use crate::web::internal::v1::link_body::LinkBody;
use crate::web::problem::Code;
use crate::web::problem::FieldError;
use crate::web::problem::Problem;
use crate::web::schema::Id;
use crate::web::schema::Moment;
use crate::web::schema::Revision;
use crate::web::schema::TimeZone;
use crate::web::schema::Title;

/// The longest title, in characters.
const TITLE_CHARACTERS: usize = 500;
/// The most staff members of a session.
const MOST_STAFF: usize = 20;
/// The longest session, in minutes.
const MOST_MINUTES: u16 = 1_440;

/// A session as it is put.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "service_id": "yoga", "staff_ids": ["ana"], "title": "Yoga with Ana", "starts_at": "2027-03-01T13:00:00Z",
    "duration_minutes": 60, "time_zone": "America/Sao_Paulo",
})))]
pub(super) struct PutSession {
    /// The service it is an occurrence of; it must be there.
    #[schema(value_type = Id)]
    pub(super) service_id: String,
    /// Who gives it; the first who has an account hosts it.
    #[serde(default)]
    #[schema(value_type = Vec<Id>, max_items = 20)]
    pub(super) staff_ids: Vec<String>,
    /// What participants see it called.
    #[schema(value_type = Title)]
    pub(super) title: String,
    /// When it begins.
    #[schema(value_type = Moment)]
    pub(super) starts_at: Timestamp,
    /// How long it lasts, in minutes.
    #[serde(deserialize_with = "whole")]
    #[schema(minimum = 1, maximum = 1440)]
    pub(super) duration_minutes: u16,
    /// Where it takes place, as clocks go.
    #[schema(value_type = TimeZone)]
    pub(super) time_zone: String,
}

/// A session as it is answered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session, examples(json!({
    "session_id": "s-1", "service_id": "yoga", "staff_ids": ["ana"], "title": "Yoga with Ana",
    "starts_at": "2027-03-01T13:00:00Z", "duration_minutes": 60, "time_zone": "America/Sao_Paulo", "revision": 1,
    "held": {"started_at": null, "ended_at": null},
    "link": {
        "session_id": "s-1", "status": "pending", "reason": "minting", "provider": "zoom", "source": "site_default",
        "staff_id": null, "join_url": "https://meet.studio.example/j/4fK", "provider_url": null, "password": null,
        "description": null, "meeting_id": null, "warnings": [], "retry_at": null, "revision": 1,
        "updated_at": "2027-02-01T10:00:00Z",
    },
})))]
pub(super) struct SessionBody {
    /// Its id.
    #[schema(value_type = Id)]
    session_id: String,
    /// The service it is an occurrence of.
    #[schema(value_type = Id)]
    service_id: String,
    /// Who gives it.
    #[schema(value_type = Vec<Id>)]
    staff_ids: Vec<String>,
    /// What participants see it called.
    title: String,
    /// When it begins.
    #[schema(value_type = Moment)]
    starts_at: Timestamp,
    /// How long it lasts, in minutes.
    duration_minutes: u16,
    /// Where it takes place, as clocks go.
    #[schema(value_type = TimeZone)]
    time_zone: String,
    /// Grows with every change of the session; its link has a revision of its own.
    #[schema(value_type = Revision)]
    revision: u64,
    /// When its meeting was held, as far as the provider told.
    held: Held,
    /// Its link, as staff see it.
    link: LinkBody,
}

/// When a session's meeting was held, as far as the provider told: for showing only.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Held)]
struct Held {
    /// When it was started last; null while that is not known.
    #[schema(value_type = Option<Moment>)]
    started_at: Option<Timestamp>,
    /// When it ended last; null while that is not known.
    #[schema(value_type = Option<Moment>)]
    ended_at: Option<Timestamp>,
}

/// Book or change a session
///
/// Makes the meeting, or changes it, and waits for that as long as the caller prefers. Not there by then: the link's
/// `status` is `pending`, and it comes by itself.
#[utoipa::path(
    put,
    path = "/v1/sites/{site_id}/sessions/{session_id}",
    operation_id = "putSession",
    tag = "Sessions",
    params(OnSite<needs::LinksWrite>, PathId<SessionId>, IfMatch, PreferWait),
    request_body = PutSession,
    responses(
        (status = 200, description = "The session was there; this is what it is now.", body = SessionBody),
        (status = 201, description = "The session was booked.", body = SessionBody),
    ),
    extensions(("x-problems" = json!([Code::UnknownService]))),
)]
pub(super) async fn put(
    on: OnSite<needs::LinksWrite>,
    State(state): State<Internal>,
    (id, _query): (PathId<SessionId>, Query<NoParameters>),
    (if_match, prefer): (IfMatch, PreferWait),
    Json(body): Json<PutSession>,
) -> Result<Resource<SessionBody>, Problem> {
    let booking = body.booking().map_err(Problem::invalid_body)?;
    let book = Book { session: id.0, booking, presupposed: presupposed(if_match) };
    let wait = prefer.0.unwrap_or(state.gateway.settings.minting.default_wait);
    let (put, view) = booking::put(&state.gateway, on.site.id(), book, wait).await?;
    Ok(Resource::put(put, view.session.revision, SessionBody::new(&view, &state)?))
}

/// Read a session
///
/// With its link as staff see it. Asks no provider.
#[utoipa::path(
    get,
    path = "/v1/sites/{site_id}/sessions/{session_id}",
    operation_id = "findSession",
    tag = "Sessions",
    params(OnSite<needs::LinksRead>, PathId<SessionId>),
    responses((status = 200, description = "The session.", body = SessionBody)),
    extensions(("x-problems" = json!([Code::UnknownSession]))),
)]
pub(super) async fn find(
    on: OnSite<needs::LinksRead>,
    State(state): State<Internal>,
    PathId(id): PathId<SessionId>,
    _: Query<NoParameters>,
) -> Result<Resource<SessionBody>, Problem> {
    let view = sessions::find(&state.gateway, on.site.id(), &id).await?;
    Ok(Resource::found(view.session.revision, SessionBody::new(&view, &state)?))
}

/// Cancel a session
///
/// Its meeting is deleted at the provider, and its join addresses lead nowhere. Booked again, it gets a new meeting.
#[utoipa::path(
    delete,
    path = "/v1/sites/{site_id}/sessions/{session_id}",
    operation_id = "cancelSession",
    tag = "Sessions",
    params(OnSite<needs::LinksWrite>, PathId<SessionId>, IfMatch),
    responses((status = 204, description = "The session is not there any more.")),
)]
pub(super) async fn cancel(
    on: OnSite<needs::LinksWrite>,
    State(state): State<Internal>,
    PathId(id): PathId<SessionId>,
    _: Query<NoParameters>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    sessions::cancel(&state.gateway, on.site.id(), &id, &presupposed(if_match)).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl PutSession {
    /// What is booked; or every place in the body that is wrong.
    pub(super) fn booking(self) -> Result<Booking, Vec<FieldError>> {
        let mut errors = Vec::new();
        let service_id = ServiceId::parse(&self.service_id)
            .map_err(|error| errors.push(FieldError::new("/service_id", error.to_string())));
        let staff_ids = self.staff_ids.iter().enumerate().filter_map(|(index, member)| {
            let pointer = format!("/staff_ids/{index}");
            StaffId::parse(member)
                .map_err(|error| errors.push(FieldError::new(pointer, error.to_string())))
                .ok()
        });
        let staff_ids = staff_ids.collect::<Vec<_>>();
        if self.staff_ids.len() > MOST_STAFF {
            errors.push(FieldError::new("/staff_ids", "must be at most 20"));
        }
        let length = self.title.chars().count();
        if !(1..=TITLE_CHARACTERS).contains(&length) || self.title.chars().any(char::is_control) {
            errors.push(FieldError::new("/title", "must be 1 to 500 characters, without control characters"));
        }
        if !(1..=MOST_MINUTES).contains(&self.duration_minutes) {
            errors.push(FieldError::new("/duration_minutes", "must be 1 to 1440"));
        }
        let time_zone = TimeZoneName::parse(&self.time_zone)
            .map_err(|error| errors.push(FieldError::new("/time_zone", error.to_string())));
        match (service_id, time_zone) {
            (Ok(service_id), Ok(time_zone)) if errors.is_empty() => Ok(Booking {
                service_id,
                staff_ids,
                title: self.title,
                starts_at: self.starts_at,
                duration_minutes: self.duration_minutes,
                time_zone,
            }),
            _ => Err(errors),
        }
    }
}

impl SessionBody {
    /// A session with its link, as for staff.
    pub(super) fn new(view: &SessionView, state: &Internal) -> Result<Self, Problem> {
        let booking = view.session.booking.as_ref().ok_or_else(Problem::internal)?;
        let held = view.session.minting.handed_out().map(|meeting| meeting.held).unwrap_or_default();
        Ok(Self {
            session_id: view.session.id.as_str().into(),
            service_id: booking.service_id.as_str().into(),
            staff_ids: booking.staff_ids.iter().map(|member| member.as_str().into()).collect(),
            title: booking.title.clone(),
            starts_at: booking.starts_at,
            duration_minutes: booking.duration_minutes,
            time_zone: booking.time_zone.as_str().into(),
            revision: view.session.revision.0,
            held: Held { started_at: held.started_at, ended_at: held.ended_at },
            link: LinkBody::new(view, Audience::Staff, state),
        })
    }
}
