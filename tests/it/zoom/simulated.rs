//! The adapter's two ports against the stateful simulator: one grant and one meeting, from beginning to end.

use std::sync::Arc;
use std::time::Duration;

use greenroom::app::ports::provider::Authorization;
use greenroom::app::ports::provider::AuthorizationError;
use greenroom::app::ports::provider::Authorized;
use greenroom::app::ports::provider::HostAccess;
use greenroom::app::ports::provider::Meetings;
use greenroom::app::ports::provider::ProviderError;
use greenroom::app::ports::provider::Told;
use greenroom::demo::simulator::JoinUrls;
use greenroom::demo::simulator::Settings;
use greenroom::demo::simulator::Simulator;
use greenroom::domain::token::Token;
use greenroom::providers::zoom::meetings::ZoomMeetings;
use greenroom::providers::zoom::oauth::ZoomAuthorization;
use reqwest::redirect::Policy;
use rstest::rstest;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::sync::DropGuard;
use url::Url;

use crate::zoom::adapter::StillClock;
use crate::zoom::adapter::draft;
use crate::zoom::adapter::parts;

const REDIRECT: &str = "https://meet.example.com/oauth/zoom/callback";

/// The adapter, and a simulator that knows only the previous client secret.
struct Simulated {
    origin: String,
    authorization: ZoomAuthorization,
    meetings: ZoomMeetings,
    _stops_at_the_end: DropGuard,
}

impl Simulated {
    async fn start(join_urls: JoinUrls) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let secrets = vec![SecretString::from("client-secret-0")];
        let mut settings = Settings::new("client-id-1".into(), secrets, Url::parse(&origin).unwrap());
        settings.redirect_uris.push(REDIRECT.into());
        settings.join_urls = join_urls;
        let shutdown = CancellationToken::new();
        let simulator = Simulator::new(settings, Arc::new(StillClock::default()), 7);
        tokio::spawn(simulator.serve(listener, shutdown.clone()));
        let (_, parts) = parts(&origin, Duration::from_secs(10));
        Self {
            origin,
            authorization: ZoomAuthorization::new(&parts),
            meetings: ZoomMeetings::new(&parts),
            _stops_at_the_end: shutdown.drop_guard(),
        }
    }

    /// Sends a person through the consent page, and exchanges what they come back with.
    #[expect(clippy::disallowed_methods, reason = "the browser of the test: no redirects, no proxy")]
    async fn connect(&self) -> Authorized {
        let consent = self.authorization.begin(&Token::new([1; 32]));
        let mut form: Vec<(String, String)> = consent.url.query_pairs().into_owned().collect();
        form.push(("user".into(), "ana@example.com".into()));
        form.push(("decision".into(), "allow".into()));
        let browser = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        let page = format!("{}/oauth/authorize", self.origin);
        let response = browser.post(page).form(&form).send().await.unwrap();
        let back = Url::parse(response.headers()["location"].to_str().unwrap()).unwrap();
        let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        self.authorization.exchange(&code.into(), &consent.verifier).await.unwrap()
    }
}

fn access(authorized: &Authorized) -> HostAccess {
    HostAccess {
        access: authorized.tokens.access.clone(),
        api_url: authorized.tokens.api_url.clone(),
        personal_room: authorized.host.personal_room.clone(),
        told: Told::default(),
    }
}

#[rstest]
#[case::as_zoom_does(JoinUrls::Real)]
#[case::to_its_own_pages(JoinUrls::Simulator)]
#[tokio::test]
async fn a_meeting_lives_from_create_to_removal(#[case] join_urls: JoinUrls) {
    let zoom = Simulated::start(join_urls).await;
    let host = access(&zoom.connect().await);
    let mut draft = draft();

    let created = zoom.meetings.create(&host, &draft).await.unwrap();
    let listed = zoom.meetings.list(&host, None).await.unwrap().meetings;
    draft.shown.topic = "Pilates".into();
    zoom.meetings.update(&host, &created.id, &draft).await.unwrap();
    let found = zoom.meetings.find(&host, &created.id).await.unwrap().unwrap();
    zoom.meetings.remove(&host, &created.id).await.unwrap();
    zoom.meetings.remove(&host, &created.id).await.unwrap();

    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0].id, &listed[0].marker), (&created.id, &Some(draft.marker)));
    assert_eq!((found.topic.as_str(), found.duration_minutes), ("Pilates", Some(45)));
    assert_eq!(found.starts_at, Some("2026-12-01T09:00:00Z".parse().unwrap()));
    assert_eq!((&found.meeting.id, &found.meeting.join_url), (&created.id, &created.join_url));
    assert!(found.start_url.is_some());
    assert!(zoom.meetings.find(&host, &created.id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_grant_lives_from_consent_to_its_end() {
    let zoom = Simulated::start(JoinUrls::Real).await;
    let authorized = zoom.connect().await;
    let old = access(&authorized);

    let fresh = zoom.authorization.refresh(&authorized.tokens.refresh).await.unwrap();
    let spent = zoom.authorization.refresh(&authorized.tokens.refresh).await.unwrap_err();
    let refused = zoom.meetings.list(&old, None).await.unwrap_err();
    zoom.authorization.revoke(&fresh.access).await.unwrap();
    let host = HostAccess { access: fresh.access, ..old };
    let ended = zoom.meetings.list(&host, None).await.unwrap_err();

    assert!(matches!(spent, AuthorizationError::Refused), "{spent:?}");
    assert!(matches!(refused, ProviderError::TokenRefused), "{refused:?}");
    assert!(matches!(ended, ProviderError::TokenRefused), "{ended:?}");
}
