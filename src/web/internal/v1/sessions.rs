//! `/v1/sites/{site_id}/sessions/{session_id}`: book, read and cancel a session.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

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
use crate::web::internal::state::Internal;
use crate::web::internal::v1::answer::Resource;
use crate::web::internal::v1::answer::presupposed;
use crate::web::internal::v1::link::LinkBody;
use crate::web::problem::FieldError;
use crate::web::problem::Problem;

/// The longest title, in characters.
const TITLE_CHARACTERS: usize = 500;
/// The most staff members of a session.
const MOST_STAFF: usize = 20;
/// The longest session, in minutes.
const MOST_MINUTES: u16 = 1_440;

/// A session as it is put.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PutSession {
    pub(super) service_id: String,
    #[serde(default)]
    pub(super) staff_ids: Vec<String>,
    pub(super) title: String,
    pub(super) starts_at: Timestamp,
    pub(super) duration_minutes: u16,
    pub(super) time_zone: String,
}

/// A session as it is answered.
#[derive(Debug, Serialize)]
pub(super) struct SessionBody {
    session_id: String,
    service_id: String,
    staff_ids: Vec<String>,
    title: String,
    starts_at: Timestamp,
    duration_minutes: u16,
    time_zone: String,
    revision: u64,
    link: LinkBody,
}

pub(super) async fn put(
    on: OnSite<needs::LinksWrite>,
    State(state): State<Internal>,
    (PathId(id), _): (PathId<SessionId>, Query<NoParameters>),
    (if_match, PreferWait(wait)): (IfMatch, PreferWait),
    Json(body): Json<PutSession>,
) -> Result<Resource<SessionBody>, Problem> {
    let booking = body.booking().map_err(Problem::invalid_body)?;
    let book = Book { session: id, booking, presupposed: presupposed(if_match) };
    let wait = wait.unwrap_or(state.gateway.settings.minting.default_wait);
    let (put, view) = booking::put(&state.gateway, on.site.id(), book, wait).await?;
    Ok(Resource::put(put, view.session.revision, SessionBody::new(&view, &state)?))
}

pub(super) async fn find(
    on: OnSite<needs::LinksRead>,
    State(state): State<Internal>,
    PathId(id): PathId<SessionId>,
    _: Query<NoParameters>,
) -> Result<Resource<SessionBody>, Problem> {
    let view = sessions::find(&state.gateway, on.site.id(), &id).await?;
    Ok(Resource::found(view.session.revision, SessionBody::new(&view, &state)?))
}

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
        Ok(Self {
            session_id: view.session.id.as_str().into(),
            service_id: booking.service_id.as_str().into(),
            staff_ids: booking.staff_ids.iter().map(|member| member.as_str().into()).collect(),
            title: booking.title.clone(),
            starts_at: booking.starts_at,
            duration_minutes: booking.duration_minutes,
            time_zone: booking.time_zone.as_str().into(),
            revision: view.session.revision.0,
            link: LinkBody::new(view, Audience::Staff, state),
        })
    }
}
