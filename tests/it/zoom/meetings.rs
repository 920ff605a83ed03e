//! Meetings at Zoom when all goes well: what is asked, and what is read from the answer.

use greenroom::app::ports::provider::HostAccess;
use greenroom::app::ports::provider::Meetings;
use greenroom::app::ports::provider::PageToken;
use greenroom::app::ports::provider::ProviderError;
use greenroom::domain::meeting::Marker;
use greenroom::domain::meeting::MeetingId;
use rstest::rstest;
use serde_json::Value;

use crate::support::fixtures::Fixtures;
use crate::zoom::adapter::Zoom;
use crate::zoom::adapter::draft;
use crate::zoom::adapter::host;
use crate::zoom::adapter::meeting_id;
use crate::zoom::adapter::now;

#[tokio::test]
async fn a_created_meeting_has_an_id_an_address_and_a_passcode() {
    let zoom = Zoom::with(Fixtures::load("zoom/meetings.create.201.scheduled.json")).await;

    let created = zoom.meetings.create(&host(), &draft()).await.unwrap();

    assert_eq!(created.id, meeting_id());
    assert_eq!(created.join_url.expose(), "https://us02web.zoom.us/j/92674392836?pwd=passcode-1.1");
    assert_eq!(created.passcode.unwrap().expose(), "k3J9aQ");
}

#[tokio::test]
async fn a_create_says_this_and_no_more() {
    let zoom = Zoom::with(Fixtures::load("zoom/meetings.create.201.scheduled.json")).await;

    zoom.meetings.create(&host(), &draft()).await.unwrap();

    let requests = zoom.server.received_requests().await.unwrap();
    let body: Value = requests[0].body_json().unwrap();
    insta::with_settings!({sort_maps => true}, {
        insta::assert_json_snapshot!(body, @r#"
        {
          "agenda": "Ref gr1-v6nllnpxwmdidjwl7ot6opsnu4-1\nMade for a booking. Please leave the line above as it is.",
          "default_password": true,
          "duration": 45,
          "settings": {
            "alternative_hosts_email_notification": false,
            "approval_type": 2,
            "auto_recording": "none",
            "email_notification": false,
            "join_before_host": false,
            "use_pmi": false,
            "waiting_room": true
          },
          "start_time": "2026-12-01T09:00:00Z",
          "timezone": "Europe/Paris",
          "topic": "Consultation",
          "type": 2
        }
        "#);
    });
    let agent = requests[0].headers["user-agent"].to_str().unwrap();
    assert_eq!(agent, concat!("greenroom/", env!("CARGO_PKG_VERSION")));
    let marker = body["agenda"].as_str().and_then(Marker::find_in);
    assert_eq!(marker, Some(draft().marker));
}

#[rstest]
#[case("zoom/meetings.create.201.no-password.json")]
#[case("zoom/meetings.create.201.minimal.json")]
#[tokio::test]
async fn a_meeting_may_come_without_a_passcode(#[case] fixture: &str) {
    let zoom = Zoom::with(Fixtures::load(fixture)).await;

    let created = zoom.meetings.create(&host(), &draft()).await.unwrap();

    assert_eq!((created.id, created.passcode), (meeting_id(), None));
}

#[rstest]
#[case("zoom/meetings.create.201.personal-room.json")]
#[case("zoom/meetings.create.201.personal-room-by-pmi.json")]
#[tokio::test]
async fn the_personal_room_of_the_host_is_never_handed_out(#[case] fixture: &str) {
    let zoom = Zoom::with(Fixtures::load(fixture)).await;

    let error = zoom.meetings.create(&host(), &draft()).await.unwrap_err();

    assert!(matches!(error, ProviderError::PersonalRoom), "{error:?}");
}

#[tokio::test]
async fn the_personal_room_of_the_host_is_never_touched() {
    let zoom = Zoom::with(Fixtures::load("zoom/meetings.delete.204.done.json")).await;
    let room = MeetingId::new("3542471135");

    let removed = zoom.meetings.remove(&host(), &room).await.unwrap_err();
    let updated = zoom.meetings.update(&host(), &room, &draft()).await.unwrap_err();
    let found = zoom.meetings.find(&host(), &room).await.unwrap_err();

    for error in [removed, updated, found] {
        assert!(matches!(error, ProviderError::PersonalRoom), "{error:?}");
    }
    assert_eq!(zoom.hits.unmatched(), Vec::<String>::new());
}

#[tokio::test]
async fn a_meeting_is_found_with_its_start_link() {
    let zoom = Zoom::with(Fixtures::load("zoom/meetings.find.200.scheduled.json")).await;

    let found = zoom.meetings.find(&host(), &meeting_id()).await.unwrap().unwrap();

    assert_eq!(found.meeting.id, meeting_id());
    assert_eq!((found.topic.as_str(), found.duration_minutes), ("Consultation", Some(45)));
    assert_eq!(found.starts_at, Some("2026-12-01T09:00:00Z".parse().unwrap()));
    let start_url = found.start_url.unwrap();
    assert_eq!(start_url.expose(), "https://us02web.zoom.us/s/92674392836?zak=zak-1");
}

#[tokio::test]
async fn a_start_link_that_leads_elsewhere_is_left_out() {
    let zoom = Zoom::with(Fixtures::load("zoom/meetings.find.200.minimal.json")).await;

    let found = zoom.meetings.find(&host(), &meeting_id()).await.unwrap().unwrap();

    assert!(found.start_url.is_none());
    assert_eq!((found.topic.as_str(), found.duration_minutes, found.starts_at), ("", None, None));
}

#[tokio::test]
async fn a_meeting_that_is_gone_is_not_found_and_counts_as_removed() {
    let gone = Fixtures::load("zoom/meetings.find.404.3001-gone.json");
    let zoom = Zoom::with(gone.and("zoom/meetings.delete.404.3001-gone.json")).await;

    assert!(zoom.meetings.find(&host(), &meeting_id()).await.unwrap().is_none());
    zoom.meetings.remove(&host(), &meeting_id()).await.unwrap();
}

#[tokio::test]
async fn a_removal_mails_nobody() {
    let zoom = Zoom::with(Fixtures::load("zoom/meetings.delete.204.done.json")).await;

    zoom.meetings.remove(&host(), &meeting_id()).await.unwrap();

    assert_eq!(zoom.hits.of("zoom/meetings.delete.204.done.json"), 1);
}

#[tokio::test]
async fn an_update_says_what_is_shown_and_nothing_else() {
    let zoom = Zoom::with(Fixtures::load("zoom/meetings.update.204.done.json")).await;

    zoom.meetings.update(&host(), &meeting_id(), &draft()).await.unwrap();

    assert_eq!(zoom.hits.of("zoom/meetings.update.204.done.json"), 1);
}

#[tokio::test]
async fn an_update_leaves_a_start_out_that_has_passed() {
    let zoom = Zoom::with(Fixtures::load("zoom/meetings.update.204.without-start.json")).await;
    let mut draft = draft();
    draft.shown.starts_at = now();

    zoom.meetings.update(&host(), &meeting_id(), &draft).await.unwrap();

    assert_eq!(zoom.hits.of("zoom/meetings.update.204.without-start.json"), 1);
}

#[tokio::test]
async fn every_page_of_a_list_can_be_read() {
    let first = Fixtures::load("zoom/meetings.list.200.first-page.json");
    let zoom = Zoom::with(first.and("zoom/meetings.list.200.last-page.json")).await;

    let first = zoom.meetings.list(&host(), None).await.unwrap();
    let last = zoom.meetings.list(&host(), first.next.as_ref()).await.unwrap();

    let marked: Vec<bool> = first.meetings.iter().map(|meeting| meeting.marker.is_some()).collect();
    assert_eq!(marked, [true, false]);
    assert_eq!(first.meetings[0].created_at, Some("2026-11-22T13:00:00Z".parse().unwrap()));
    assert_eq!(first.next, Some(PageToken("page-2".into())));
    assert_eq!((last.meetings.len(), last.next), (1, None));
    assert_eq!(last.meetings[0].id, MeetingId::new("92674392838"));
}

#[tokio::test]
async fn a_host_without_meetings_has_an_empty_list() {
    let zoom = Zoom::with(Fixtures::load("zoom/meetings.list.200.empty.json")).await;

    let page = zoom.meetings.list(&host(), None).await.unwrap();

    assert_eq!((page.meetings.len(), page.next), (0, None));
}

#[tokio::test]
async fn calls_go_where_zoom_wants_them_only_within_zoom_or_the_settings() {
    let zoom = Zoom::with(Fixtures::load("zoom/meetings.find.200.scheduled.json")).await;
    let own = format!("{}/", zoom.server.uri());

    for api_url in [own.as_str(), "https://zoom.us.example.com/", "http://127.0.0.1:1/"] {
        let host = HostAccess { api_url: Some(api_url.parse().unwrap()), ..host() };
        assert!(zoom.meetings.find(&host, &meeting_id()).await.unwrap().is_some(), "{api_url}");
    }

    assert_eq!(zoom.hits.of("zoom/meetings.find.200.scheduled.json"), 3);
}

#[tokio::test]
async fn a_token_that_is_no_header_is_refused_before_it_goes_out() {
    let zoom = Zoom::with(Fixtures::load("zoom/meetings.find.200.scheduled.json")).await;
    let host = HostAccess { access: "access\ntoken".into(), ..host() };

    let error = zoom.meetings.find(&host, &meeting_id()).await.unwrap_err();

    assert!(matches!(error, ProviderError::TokenRefused), "{error:?}");
}
