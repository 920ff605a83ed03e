//! `…/sessions/{session_id}/link`: the link of a session, for an audience.

use std::fmt;

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use url::Url;

use crate::app::choice;
use crate::app::sessions;
use crate::app::sessions::SessionView;
use crate::domain::account::Provider;
use crate::domain::id::SessionId;
use crate::domain::link::Link;
use crate::domain::link::Status;
use crate::domain::link::Warning;
use crate::domain::resolve::Source;
use crate::domain::session::Choice;
use crate::domain::visibility::Audience;
use crate::domain::visibility::Sight;
use crate::domain::visibility::sight;
use crate::web::auth::OnSite;
use crate::web::auth::needs;
use crate::web::extract::IfMatch;
use crate::web::extract::Json;
use crate::web::extract::NoParameters;
use crate::web::extract::PathId;
use crate::web::extract::Query;
use crate::web::internal::state::Internal;
use crate::web::internal::v1::answer::Resource;
use crate::web::internal::v1::answer::presupposed;
use crate::web::internal::v1::custom_link;
use crate::web::internal::v1::custom_link::LinkTexts;
use crate::web::problem::Code;
use crate::web::problem::Problem;
use crate::web::urls;

/// For whom a link is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ForAudience {
    audience: Option<String>,
}

/// A link as it is answered.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum LinkBody {
    /// To an audience that may see it.
    Shown(Box<ShownLink>),
    /// To one that must not: there is no field that could hold anything of it.
    Hidden(HiddenLink),
}

/// A link that may be seen by whom it is answered to, and not in a log.
#[derive(Serialize)]
pub(super) struct ShownLink {
    session_id: String,
    status: &'static str,
    reason: Option<&'static str>,
    provider: Option<&'static str>,
    source: Option<&'static str>,
    staff_id: Option<String>,
    join_url: Option<Url>,
    provider_url: Option<String>,
    password: Option<String>,
    description: Option<String>,
    meeting_id: Option<String>,
    warnings: Vec<WarningBody>,
    retry_at: Option<Timestamp>,
    revision: u64,
    updated_at: Timestamp,
}

impl fmt::Debug for ShownLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShownLink")
            .field("session_id", &self.session_id)
            .field("status", &self.status)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

/// The fields of a link of which nothing may, or can, be told: each is `null`.
#[derive(Debug, Default, Serialize)]
pub(super) struct Untold {
    provider: (),
    source: (),
    staff_id: (),
    join_url: (),
    provider_url: (),
    password: (),
    description: (),
    meeting_id: (),
    warnings: (),
    retry_at: (),
}

/// A link that must not be seen.
#[derive(Debug, Serialize)]
pub(super) struct HiddenLink {
    session_id: String,
    status: &'static str,
    reason: &'static str,
    #[serde(flatten)]
    untold: Untold,
    revision: u64,
    updated_at: Timestamp,
}

#[derive(Debug, Serialize)]
struct WarningBody {
    code: &'static str,
    detail: &'static str,
    session_ids: Vec<String>,
}

pub(super) async fn find(
    on: OnSite<needs::LinksRead>,
    State(state): State<Internal>,
    PathId(id): PathId<SessionId>,
    Query(query): Query<ForAudience>,
) -> Result<Resource<LinkBody>, Problem> {
    let audience = query.audience()?;
    let view = sessions::find(&state.gateway, on.site.id(), &id).await?;
    let body = LinkBody::new(&view, audience, &state);
    Ok(Resource::found(view.session.link_revision(&view.site), body))
}

/// A choice by hand as it is put.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, tag = "mode", rename_all = "snake_case")]
pub(super) enum PutChoice {
    /// None: the rules decide.
    Inherit {},
    /// A link of the account.
    Account {},
    /// This link.
    Custom {
        url: String,
        #[serde(default)]
        password: Option<String>,
        #[serde(default)]
        description: Option<String>,
    },
    /// No link.
    None {},
}

pub(super) async fn put(
    on: OnSite<needs::LinksWrite>,
    State(state): State<Internal>,
    PathId(id): PathId<SessionId>,
    (_, if_match): (Query<NoParameters>, IfMatch),
    Json(body): Json<PutChoice>,
) -> Result<Resource<LinkBody>, Problem> {
    let choice = body.choice()?;
    let wanted = (&choice, &presupposed(if_match));
    let view = choice::put(&state.gateway, on.site.id(), &id, wanted).await?;
    let body = LinkBody::new(&view, Audience::Staff, &state);
    Ok(Resource::found(view.session.link_revision(&view.site), body))
}

pub(super) async fn remove(
    on: OnSite<needs::LinksWrite>,
    State(state): State<Internal>,
    PathId(id): PathId<SessionId>,
    _: Query<NoParameters>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    let wanted = (&Choice::None, &presupposed(if_match));
    choice::put(&state.gateway, on.site.id(), &id, wanted).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl PutChoice {
    fn choice(&self) -> Result<Choice, Problem> {
        Ok(match self {
            Self::Inherit {} => Choice::Inherit,
            Self::Account {} => Choice::Account,
            Self::None {} => Choice::None,
            Self::Custom { url, password, description } => Choice::Custom(custom_link::parse(&LinkTexts {
                url,
                password: password.as_deref(),
                description: description.as_deref(),
            })?),
        })
    }
}

impl ForAudience {
    fn audience(&self) -> Result<Audience, Problem> {
        let Some(name) = &self.audience else { return Ok(Audience::Staff) };
        Audience::parse(name).ok_or_else(|| {
            let names = Audience::ALL.map(Audience::name).join(", ");
            Problem::new(Code::InvalidQuery, format!("Set audience to one of {names}."))
        })
    }
}

impl LinkBody {
    /// The link of a session as an audience gets it now.
    pub(super) fn new(view: &SessionView, audience: Audience, state: &Internal) -> Self {
        let link = view.link(state.gateway.clock.now());
        let service =
            view.session.booking.as_ref().and_then(|booking| view.site.services.get(&booking.service_id));
        let service = service.map(|service| service.visibility).unwrap_or_default();
        let hidden = sight(&view.site.settings.visibility, &service, audience) == Sight::Hidden;
        if hidden && !matches!(link.status, Status::None(_)) {
            return Self::Hidden(HiddenLink::of(view, &link));
        }
        let base_url = &state.gateway.settings.base_url;
        let join_url = match link.status {
            Status::None(_) => None,
            Status::Ready | Status::Pending(_) | Status::Failed(_) => {
                Some(urls::join(base_url, &view.session.join.token(audience)))
            }
        };
        Self::Shown(Box::new(ShownLink::of(view, &link, join_url)))
    }
}

impl ShownLink {
    fn of(view: &SessionView, link: &Link<'_>, join_url: Option<Url>) -> Self {
        Self {
            session_id: view.session.id.as_str().into(),
            status: link.status.name(),
            reason: link.status.reason(),
            provider: link.provider.map(Provider::name),
            source: link.source.map(Source::name),
            staff_id: link.staff().map(|member| member.as_str().into()),
            join_url,
            provider_url: link.provider_url.map(|url| url.expose().into()),
            password: link.password.map(|password| password.expose().into()),
            description: link.description.map(|description| description.expose().into()),
            meeting_id: link.meeting_id.map(|id| id.as_str().into()),
            warnings: link.warnings.iter().map(WarningBody::from).collect(),
            retry_at: link.retry_at,
            revision: link.revision.0,
            updated_at: link.updated_at,
        }
    }
}

impl HiddenLink {
    fn of(view: &SessionView, link: &Link<'_>) -> Self {
        Self {
            session_id: view.session.id.as_str().into(),
            status: "hidden",
            reason: "hidden_for_audience",
            untold: Untold::default(),
            revision: link.revision.0,
            updated_at: link.updated_at,
        }
    }
}

impl From<&Warning> for WarningBody {
    fn from(warning: &Warning) -> Self {
        let (detail, others): (_, &[SessionId]) = match warning {
            Warning::HostDoubleBooked(others) => (
                "The host has another session at the same time and can run one meeting only. Move one of them, or let somebody else host it.",
                others,
            ),
            Warning::SharedLinkOverlap(others) => (
                "Another session has the same link at the same time: its people would meet these. Move one of them, or give one a link of its own.",
                others,
            ),
            Warning::StaffAccountUnavailable => (
                "The staff member's account cannot make the meeting. Reconnect it in the portal, or give it a plan with meetings.",
                &[],
            ),
            Warning::BasicPlanTimeLimit => (
                "The host has a Basic plan: the meeting ends after 40 minutes. Shorten the session or upgrade the host.",
                &[],
            ),
            Warning::AccountNeedsReauthorization => (
                "The account no longer lets us in: changes do not reach its meetings. Reconnect it in the portal.",
                &[],
            ),
        };
        let session_ids = others.iter().map(|other| other.as_str().into()).collect();
        Self { code: warning.code(), detail, session_ids }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn showing_a_link_shows_no_way_into_the_meeting() {
        let secret = || Some("https://s3cret.example".to_owned());
        let link = ShownLink {
            session_id: "class-1".into(),
            status: "ready",
            reason: None,
            provider: None,
            source: None,
            staff_id: None,
            join_url: Url::parse("https://s3cret.example").ok(),
            provider_url: secret(),
            password: secret(),
            description: secret(),
            meeting_id: secret(),
            warnings: Vec::new(),
            retry_at: None,
            revision: 1,
            updated_at: Timestamp::UNIX_EPOCH,
        };
        let shown = format!("{:?}", LinkBody::Shown(Box::new(link)));
        assert!(shown.contains("class-1") && !shown.contains("s3cret"), "{shown}");
    }
}
