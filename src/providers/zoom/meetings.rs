//! Owns meetings at Zoom: made, changed, read, listed, removed, always as `me`. Repeats nothing, decides nothing.

use http::Method;
use jiff::Timestamp;
use tracing::instrument;

use crate::app::ports::provider::Created;
use crate::app::ports::provider::Draft;
use crate::app::ports::provider::Found;
use crate::app::ports::provider::HostAccess;
use crate::app::ports::provider::Listed;
use crate::app::ports::provider::Meetings;
use crate::app::ports::provider::Page;
use crate::app::ports::provider::PageToken;
use crate::app::ports::provider::ProviderError;
use crate::app::ports::provider::Standing;
use crate::domain::concealed::Concealed;
use crate::domain::concealed::LinkUrl;
use crate::domain::meeting::Marker;
use crate::domain::meeting::MeetingId;
use crate::providers::http::Answer;
use crate::providers::zoom::address::parse_link;
use crate::providers::zoom::error::Failure;
use crate::providers::zoom::parts::Parts;
use crate::providers::zoom::rest::Call;
use crate::providers::zoom::rest::Rest;
use crate::providers::zoom::rest::read;
use crate::providers::zoom::rest::read_empty;
use crate::providers::zoom::rest::unreadable;
use crate::providers::zoom::rest::write;
use crate::providers::zoom::wire;

/// A meeting at a set time (zoom/facts.md 2.2).
const SCHEDULED: u8 = 2;

/// No registration: the join address is all that participants need.
const NO_REGISTRATION: u8 = 2;

/// The most meetings of one page.
const PAGE_SIZE: &str = "300";

/// The second line of an agenda, for the host who reads it at Zoom.
const AGENDA: &str = "Made for a booking. Please leave the line above as it is.";

const MY_MEETINGS: [&str; 3] = ["users", "me", "meetings"];

/// Meetings at Zoom.
#[derive(Debug, Clone)]
pub struct ZoomMeetings {
    rest: Rest,
}

impl ZoomMeetings {
    /// Makes the adapter: nothing is sent.
    pub fn new(parts: &Parts) -> Self {
        Self { rest: Rest::new(parts) }
    }

    async fn call(
        &self,
        host: &HostAccess,
        (method, path): (Method, &[&str]),
        query: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer, Failure> {
        let (access, api_url, told) = (&host.access, host.api_url.as_ref(), Some(&host.told));
        self.rest.call(Call { method, access, api_url, told, path, query, body }).await
    }

    /// Reads a meeting's id and addresses. An address that leads elsewhere counts as unreadable.
    fn created(
        &self,
        host: &HostAccess,
        answer: &Answer,
        meeting: &wire::Meeting,
    ) -> Result<Created, ProviderError> {
        let id = MeetingId::new(&meeting.id.0);
        refuse_personal_room(host, &id)?;
        if meeting.pmi.as_ref() == Some(&meeting.id) {
            return Err(ProviderError::PersonalRoom);
        }
        let join_url =
            parse_link(&meeting.join_url, &self.rest.settings).ok_or_else(|| unreadable(answer))?;
        let passcode = meeting.password.as_deref().filter(|passcode| !passcode.is_empty());
        Ok(Created { id, join_url: LinkUrl::new(join_url), passcode: passcode.map(Concealed::new) })
    }

    fn start_url(&self, meeting: &wire::Meeting) -> Option<Concealed> {
        let text = meeting.start_url.as_deref()?;
        parse_link(text, &self.rest.settings).map(|url| Concealed::new(String::from(url)))
    }
}

#[async_trait::async_trait]
impl Meetings for ZoomMeetings {
    #[instrument(name = "zoom.meetings.create", skip_all)]
    async fn create(&self, host: &HostAccess, draft: &Draft) -> Result<Created, ProviderError> {
        let body = write(&create_meeting(draft));
        let answer = self.call(host, (Method::POST, &MY_MEETINGS), &[], body).await?;
        self.created(host, &answer, &read(&answer)?)
    }

    #[instrument(name = "zoom.meetings.update", skip_all, fields(meeting.id = %id))]
    async fn update(&self, host: &HostAccess, id: &MeetingId, draft: &Draft) -> Result<(), ProviderError> {
        refuse_personal_room(host, id)?;
        let body = write(&update_meeting(draft, self.rest.clock.now()));
        let answer = self.call(host, (Method::PATCH, &["meetings", id.as_str()]), &[], body).await?;
        Ok(read_empty(&answer)?)
    }

    #[instrument(name = "zoom.meetings.find", skip_all, fields(meeting.id = %id))]
    async fn find(&self, host: &HostAccess, id: &MeetingId) -> Result<Option<Found>, ProviderError> {
        refuse_personal_room(host, id)?;
        let answer = match self.call(host, (Method::GET, &["meetings", id.as_str()]), &[], Vec::new()).await {
            Err(Failure::Gone) => return Ok(None),
            answer => answer?,
        };
        let meeting: wire::Meeting = read(&answer)?;
        if meeting.id.0 != id.as_str() {
            return Err(unreadable(&answer).into());
        }
        Ok(Some(Found {
            start_url: self.start_url(&meeting),
            standing: standing(&meeting),
            starts_at: parse_time(meeting.start_time.as_deref()),
            duration_minutes: meeting.duration,
            meeting: self.created(host, &answer, &meeting)?,
            topic: meeting.topic.unwrap_or_default(),
        }))
    }

    #[instrument(name = "zoom.meetings.list", skip_all)]
    async fn list(&self, host: &HostAccess, page: Option<&PageToken>) -> Result<Page, ProviderError> {
        let mut query = vec![("type", "scheduled"), ("page_size", PAGE_SIZE)];
        query.extend(page.map(|PageToken(token)| ("next_page_token", token.as_str())));
        let answer = self.call(host, (Method::GET, &MY_MEETINGS), &query, Vec::new()).await?;
        let page: wire::MeetingPage = read(&answer)?;
        let next = page.next_page_token.filter(|token| !token.is_empty()).map(PageToken);
        Ok(Page { meetings: page.meetings.iter().map(listed).collect(), next })
    }

    #[instrument(name = "zoom.meetings.remove", skip_all, fields(meeting.id = %id))]
    async fn remove(&self, host: &HostAccess, id: &MeetingId) -> Result<(), ProviderError> {
        refuse_personal_room(host, id)?;
        let query = [("schedule_for_reminder", "false")];
        let target = (Method::DELETE, ["meetings", id.as_str()]);
        match self.call(host, (target.0, &target.1), &query, Vec::new()).await {
            Err(Failure::Gone) => Ok(()),
            answer => Ok(read_empty(&answer?)?),
        }
    }
}

/// Refuses the host's personal room: one address for every session, and Zoom removes it never (R11).
fn refuse_personal_room(host: &HostAccess, id: &MeetingId) -> Result<(), ProviderError> {
    if host.personal_room.as_deref() == Some(id.as_str()) { Err(ProviderError::PersonalRoom) } else { Ok(()) }
}

fn create_meeting(draft: &Draft) -> wire::CreateMeeting<'_> {
    let shown = &draft.shown;
    wire::CreateMeeting {
        topic: &shown.topic,
        kind: SCHEDULED,
        start_time: start_time(shown.starts_at),
        timezone: shown.time_zone.as_str(),
        duration: shown.duration_minutes,
        agenda: format!("{}\n{AGENDA}", draft.marker),
        default_password: true,
        settings: wire::CreateSettings {
            use_pmi: false,
            approval_type: NO_REGISTRATION,
            join_before_host: false,
            waiting_room: true,
            auto_recording: "none",
            email_notification: false,
            alternative_hosts_email_notification: false,
        },
    }
}

/// What an update says. A start that has passed is left out: Zoom ignores it, or takes it as "now".
fn update_meeting(draft: &Draft, now: Timestamp) -> wire::UpdateMeeting<'_> {
    let shown = &draft.shown;
    wire::UpdateMeeting {
        topic: &shown.topic,
        start_time: (shown.starts_at > now).then(|| start_time(shown.starts_at)),
        timezone: shown.time_zone.as_str(),
        duration: shown.duration_minutes,
    }
}

/// UTC without a fraction: the one form that reads the same everywhere (zoom/facts.md 7, pitfall 16).
fn start_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn listed(meeting: &wire::ListedMeeting) -> Listed {
    Listed {
        id: MeetingId::new(&meeting.id.0),
        marker: meeting.agenda.as_deref().and_then(Marker::find_in),
        created_at: parse_time(meeting.created_at.as_deref()),
    }
}

fn standing(meeting: &wire::Meeting) -> Standing {
    if meeting.status.as_deref() == Some("started") { Standing::Running } else { Standing::Waiting }
}

fn parse_time(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok()
}
