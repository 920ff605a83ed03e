//! Makes Zoom's adapter for a server of the test's own, with time and randomness that stand still.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use arc_swap::ArcSwap;
use greenroom::app::ports::clock::Clock;
use greenroom::app::ports::provider::Draft;
use greenroom::app::ports::provider::HostAccess;
use greenroom::app::ports::provider::Told;
use greenroom::domain::entropy::Entropy;
use greenroom::domain::hash::HashKey;
use greenroom::domain::id::SessionId;
use greenroom::domain::meeting::Marker;
use greenroom::domain::meeting::MeetingId;
use greenroom::domain::meeting::Shown;
use greenroom::domain::time_zone::TimeZoneName;
use greenroom::providers::http::HttpClient;
use greenroom::providers::zoom::meetings::ZoomMeetings;
use greenroom::providers::zoom::oauth::ZoomAuthorization;
use greenroom::providers::zoom::parts::Parts;
use greenroom::providers::zoom::parts::Timeouts;
use greenroom::providers::zoom::settings::InsecureUrls;
use greenroom::providers::zoom::settings::Secrets;
use greenroom::providers::zoom::settings::Settings;
use greenroom::providers::zoom::users::ZoomUsers;
use jiff::Timestamp;
use url::Url;
use wiremock::MockServer;

use crate::support::fixtures::Fixtures;
use crate::support::fixtures::Hits;

/// The adapter, and the server it speaks to.
pub(super) struct Zoom {
    pub(super) authorization: ZoomAuthorization,
    pub(super) meetings: ZoomMeetings,
    pub(super) users: ZoomUsers,
    pub(super) server: MockServer,
    pub(super) hits: Hits,
    pub(super) clock: Arc<StillClock>,
}

impl Zoom {
    /// The adapter against these fixtures.
    pub(super) async fn with(fixtures: Fixtures) -> Self {
        let server = MockServer::start().await;
        let hits = fixtures.mount(&server).await;
        let (clock, parts) = parts(&server.uri(), Duration::from_secs(10));
        let (authorization, meetings) = (ZoomAuthorization::new(&parts), ZoomMeetings::new(&parts));
        Self { authorization, meetings, users: ZoomUsers::new(&parts), server, hits, clock }
    }
}

/// What the adapter is made of, for Zoom at this origin.
pub(super) fn parts(origin: &str, timeout: Duration) -> (Arc<StillClock>, Parts) {
    let url = |path: &str| Url::parse(&format!("{origin}{path}")).unwrap();
    let clock = Arc::new(StillClock::default());
    let settings = Settings {
        client_id: "client-id-1".into(),
        authorize_url: url("/oauth/authorize"),
        token_url: url("/oauth/token"),
        revoke_url: url("/oauth/revoke"),
        api_url: url(""),
        insecure_urls: InsecureUrls::LoopbackOnly,
        refresh_takeover: Duration::from_mins(2),
        keep_alive: Duration::from_hours(168),
    };
    let secrets =
        Secrets { client: vec!["client-secret-1".into(), "client-secret-0".into()], webhook: vec![] };
    let parts = Parts {
        settings: Arc::new(settings),
        secrets: Arc::new(ArcSwap::from_pointee(secrets)),
        redirect_uri: Url::parse("https://meet.example.com/oauth/zoom/callback").unwrap(),
        http: HttpClient::open().unwrap(),
        clock: clock.clone(),
        entropy: Arc::new(Sevens),
        timeouts: Timeouts { api: timeout, tokens: timeout },
    };
    (clock, parts)
}

/// Noon of 22 November 2026, whatever happens; notes how long was waited.
#[derive(Debug, Default)]
pub(super) struct StillClock {
    pub(super) waited: Mutex<Vec<Duration>>,
}

pub(super) fn now() -> Timestamp {
    "2026-11-22T12:00:00.25Z".parse().unwrap()
}

#[async_trait::async_trait]
impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        now()
    }

    async fn wait(&self, duration: Duration) {
        self.waited.lock().unwrap().push(duration);
    }
}

#[derive(Debug)]
struct Sevens;

impl Entropy for Sevens {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// A host whose calls go where the settings say.
pub(super) fn host() -> HostAccess {
    HostAccess {
        access: "access-token-1".into(),
        api_url: None,
        personal_room: Some("3542471135".into()),
        told: Told::default(),
    }
}

/// A consultation on 1 December.
pub(super) fn draft() -> Draft {
    let shown = Shown {
        topic: "Consultation".into(),
        starts_at: "2026-12-01T09:00:00.75Z".parse().unwrap(),
        duration_minutes: 45,
        time_zone: TimeZoneName::parse("Europe/Paris").unwrap(),
    };
    let marker = Marker::new(&HashKey::new([3; 32]), &SessionId::parse("s-1").unwrap(), 1, 1);
    Draft { shown, marker }
}

/// The meeting of the fixtures.
pub(super) fn meeting_id() -> MeetingId {
    MeetingId::new("92674392836")
}
