//! Owns a link on the wire: as whom it is for may see it, and hidden from whom may not.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;
use utoipa::openapi::ObjectBuilder;

use crate::app::sessions::SessionView;
use crate::domain::account::Provider;
use crate::domain::link::Link;
use crate::domain::link::Status;
use crate::domain::resolve::Source;
use crate::domain::visibility::Audience;
use crate::domain::visibility::Sight;
use crate::domain::visibility::sight;
use crate::web::internal::state::Internal;
use crate::web::internal::v1::warning_body::WarningBody;
use crate::web::schema;
use crate::web::schema::Id;
use crate::web::schema::LinkReason;
use crate::web::schema::LinkSource;
use crate::web::schema::LinkStatusName;
use crate::web::schema::Moment;
use crate::web::schema::ProviderName;
use crate::web::schema::Revision;
use crate::web::urls;

/// A link as it is answered.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Link, examples(json!({
    "session_id": "s-1", "status": "ready", "reason": null, "provider": "zoom", "source": "staff_account",
    "staff_id": "ana", "join_url": "https://meet.studio.example/j/4fK",
    "provider_url": "https://us02web.zoom.us/j/92674392836?pwd=x", "password": "k3J9aQ", "description": null,
    "meeting_id": "92674392836", "warnings": [], "retry_at": null, "revision": 3,
    "updated_at": "2027-02-01T10:00:00Z",
})))]
pub(super) enum LinkBody {
    /// To an audience that may see it.
    Shown(Box<ShownLink>),
    /// To one that must not: there is no field that could hold anything of it.
    Hidden(HiddenLink),
}

/// A link that may be seen by whom it is answered to, and not in a log.
#[derive(Serialize, ToSchema)]
pub(super) struct ShownLink {
    /// The session.
    #[schema(value_type = Id)]
    session_id: String,
    /// Whether there is a link.
    #[schema(value_type = LinkStatusName)]
    status: &'static str,
    /// Why the link is not ready; `null` where it is.
    #[schema(required, value_type = Option<LinkReason>)]
    reason: Option<&'static str>,
    /// Who serves it; `null` where there is none.
    #[schema(required, value_type = Option<ProviderName>)]
    provider: Option<&'static str>,
    /// Where it comes from; `null` where there is none.
    #[schema(required, value_type = Option<LinkSource>)]
    source: Option<&'static str>,
    /// Whose account serves it, where it is a staff member's.
    #[schema(required, value_type = Option<Id>)]
    staff_id: Option<String>,
    /// The permanent address of this audience: give participants this one. `null` where there is no link.
    #[schema(required)]
    join_url: Option<Url>,
    /// The address at the provider that the join address leads to.
    #[schema(required, format = "uri")]
    provider_url: Option<String>,
    /// What participants type to get in.
    #[schema(required)]
    password: Option<String>,
    /// What participants read beside it.
    #[schema(required)]
    description: Option<String>,
    /// The provider's id of the meeting.
    #[schema(required)]
    meeting_id: Option<String>,
    /// What somebody should know about it.
    warnings: Vec<WarningBody>,
    /// When the next try is made, or shortly after; `null` where nothing has failed and nothing waits for its turn.
    #[schema(required, value_type = Option<Moment>)]
    retry_at: Option<Timestamp>,
    /// Grows with every change of the link.
    #[schema(value_type = Revision)]
    revision: u64,
    /// When it changed last.
    #[schema(value_type = Moment)]
    updated_at: Timestamp,
}

fn hidden() -> ObjectBuilder {
    schema::names(["hidden"]).description(Some("The link is hidden from this audience."))
}

fn hidden_for_audience() -> ObjectBuilder {
    schema::names(["hidden_for_audience"]).description(Some("The visibility of the site or service says so."))
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
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = UntoldFields)]
pub(super) struct Untold {
    /// Not told.
    #[schema(value_type = schema::Untold)]
    provider: (),
    /// Not told.
    #[schema(value_type = schema::Untold)]
    source: (),
    /// Not told.
    #[schema(value_type = schema::Untold)]
    staff_id: (),
    /// Not told.
    #[schema(value_type = schema::Untold)]
    join_url: (),
    /// Not told.
    #[schema(value_type = schema::Untold)]
    provider_url: (),
    /// Not told.
    #[schema(value_type = schema::Untold)]
    password: (),
    /// Not told.
    #[schema(value_type = schema::Untold)]
    description: (),
    /// Not told.
    #[schema(value_type = schema::Untold)]
    meeting_id: (),
    /// Not told.
    #[schema(value_type = schema::Untold)]
    warnings: (),
    /// Not told.
    #[schema(value_type = schema::Untold)]
    retry_at: (),
}

/// A link that must not be seen.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HiddenLink {
    /// The session.
    #[schema(value_type = Id)]
    session_id: String,
    /// There is a link, and this audience must not see it.
    #[schema(schema_with = hidden)]
    status: &'static str,
    /// Why it is hidden.
    #[schema(schema_with = hidden_for_audience)]
    reason: &'static str,
    #[serde(flatten)]
    untold: Untold,
    /// Grows with every change of the link.
    #[schema(value_type = Revision)]
    revision: u64,
    /// When it changed last.
    #[schema(value_type = Moment)]
    updated_at: Timestamp,
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
