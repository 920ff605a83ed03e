//! What each answer of Zoom to a call for a host means: the class, and so what is done about it.

use greenroom::app::ports::provider::Meetings;
use rstest::rstest;

use crate::support::fixtures::Fixtures;
use crate::zoom::adapter::Zoom;
use crate::zoom::adapter::draft;
use crate::zoom::adapter::host;
use crate::zoom::adapter::meeting_id;

const MIDNIGHT: &str = "DailyLimit { until: 2026-11-23T00:00:00Z, of: Organisation }";
const HOSTS_MIDNIGHT: &str = "DailyLimit { until: 2026-11-23T00:00:00Z, of: Host }";
const UNREADABLE: &str = "Ambiguous(Unreadable)";

/// Makes a meeting, and says what came of it.
async fn create(fixture: &str) -> String {
    let zoom = Zoom::with(Fixtures::load(fixture)).await;
    let error = zoom.meetings.create(&host(), &draft()).await.unwrap_err();
    assert_eq!(zoom.hits.of(fixture), 1, "a create is sent once");
    assert_eq!(zoom.hits.unmatched(), Vec::<String>::new());
    format!("{error:?}")
}

#[rstest]
#[case("zoom/meetings.create.400.300-validation.json", "Rejected { status: 400, code: Some(300) }")]
#[case("zoom/meetings.create.400.200-paid-only.json", "Rejected { status: 400, code: Some(200) }")]
#[case("zoom/meetings.create.400.3000-blocked.json", "Rejected { status: 400, code: Some(3000) }")]
#[case("zoom/meetings.create.400.3161-no-licence.json", "MayNotHost")]
#[case("zoom/meetings.create.403.denied.json", "Rejected { status: 403, code: None }")]
#[case("zoom/meetings.create.409.conflict.json", "Rejected { status: 409, code: Some(409) }")]
#[case("zoom/meetings.create.400.124-expired.json", "TokenRefused")]
#[case("zoom/meetings.create.401.124-expired.json", "TokenRefused")]
#[case("zoom/meetings.create.400.4700-missing-scope.json", "Reauthorize(MissingScopes)")]
#[case("zoom/meetings.create.400.4711-missing-scope.json", "Reauthorize(MissingScopes)")]
#[case("zoom/meetings.create.401.201-missing-scope.json", "Reauthorize(MissingScopes)")]
#[case("zoom/meetings.create.400.4735-no-owner.json", "Reauthorize(UserGone)")]
#[case("zoom/meetings.create.400.1010-other-account.json", "Reauthorize(UserGone)")]
#[case("zoom/meetings.create.404.1001-no-user.json", "Reauthorize(UserGone)")]
#[case("zoom/meetings.create.429.per-second.json", "RateLimited { until: None }")]
#[case("zoom/meetings.create.429.html.json", "RateLimited { until: None }")]
#[case(
    "zoom/meetings.create.429.retry-after-seconds.json",
    "RateLimited { until: Some(2026-11-22T12:00:03.25Z) }"
)]
#[case("zoom/meetings.create.429.daily.json", MIDNIGHT)]
#[case("zoom/meetings.create.429.daily-http-date.json", MIDNIGHT)]
#[case("zoom/meetings.create.429.host-day.json", HOSTS_MIDNIGHT)]
#[tokio::test]
async fn a_create_that_zoom_refused_was_not_executed(#[case] fixture: &str, #[case] expected: &str) {
    assert_eq!(create(fixture).await, expected);
}

#[rstest]
#[case("zoom/meetings.create.201.foreign-join-url.json", UNREADABLE)]
#[case("zoom/meetings.create.201.plain-join-url.json", UNREADABLE)]
#[case("zoom/meetings.create.201.no-join-url.json", UNREADABLE)]
#[case("zoom/meetings.create.201.no-id.json", UNREADABLE)]
#[case("zoom/meetings.create.201.truncated.json", UNREADABLE)]
#[case("zoom/meetings.create.201.empty.json", UNREADABLE)]
#[case("zoom/meetings.create.200.html.json", UNREADABLE)]
#[case("zoom/meetings.create.302.elsewhere.json", "Ambiguous(Status(302))")]
#[case("zoom/meetings.create.400.html.json", "Ambiguous(Status(400))")]
#[case("zoom/meetings.create.403.html.json", "Ambiguous(Status(403))")]
#[case("zoom/meetings.create.500.internal.json", "Ambiguous(Status(500))")]
#[case("zoom/meetings.create.502.html.json", "Ambiguous(Status(502))")]
#[case("zoom/meetings.create.503.empty.json", "Ambiguous(Status(503))")]
#[case("zoom/meetings.create.504.xml.json", "Ambiguous(Status(504))")]
#[case("zoom/meetings.create.fault.reset.json", "Ambiguous(Broken)")]
#[case("zoom/meetings.create.fault.empty.json", "Ambiguous(Broken)")]
#[tokio::test]
async fn a_create_without_a_clear_answer_may_have_been_executed(
    #[case] fixture: &str,
    #[case] expected: &str,
) {
    assert_eq!(create(fixture).await, expected);
}

#[rstest]
#[case("zoom/meetings.find.200.other-id.json", UNREADABLE)]
#[case("zoom/meetings.find.200.truncated.json", UNREADABLE)]
#[case("zoom/meetings.find.400.3000-webinar.json", "Rejected { status: 400, code: Some(3000) }")]
#[case("zoom/meetings.find.401.124-expired.json", "TokenRefused")]
#[case("zoom/meetings.find.404.1001-no-user.json", "Reauthorize(UserGone)")]
#[case("zoom/meetings.find.404.html.json", "Ambiguous(Status(404))")]
#[case("zoom/meetings.find.500.internal.json", "Ambiguous(Status(500))")]
#[tokio::test]
async fn a_meeting_that_cannot_be_read_is_not_taken_for_gone(#[case] fixture: &str, #[case] expected: &str) {
    let zoom = Zoom::with(Fixtures::load(fixture)).await;

    let error = zoom.meetings.find(&host(), &meeting_id()).await.unwrap_err();

    assert_eq!(format!("{error:?}"), expected);
}

#[rstest]
#[case("zoom/meetings.update.200.html.json", UNREADABLE)]
#[case("zoom/meetings.update.400.300-validation.json", "Rejected { status: 400, code: Some(300) }")]
#[case("zoom/meetings.update.400.3007-ended.json", "Rejected { status: 400, code: Some(3007) }")]
#[case("zoom/meetings.update.404.3001-gone.json", "Gone")]
#[case("zoom/meetings.update.429.host-day.json", HOSTS_MIDNIGHT)]
#[case("zoom/meetings.update.503.html.json", "Ambiguous(Status(503))")]
#[tokio::test]
async fn an_update_that_fails_says_how(#[case] fixture: &str, #[case] expected: &str) {
    let zoom = Zoom::with(Fixtures::load(fixture)).await;

    let error = zoom.meetings.update(&host(), &meeting_id(), &draft()).await.unwrap_err();

    assert_eq!(format!("{error:?}"), expected);
}

#[rstest]
#[case("zoom/meetings.delete.400.3002-in-progress.json", "Rejected { status: 400, code: Some(3002) }")]
#[case("zoom/meetings.delete.400.3003-not-host.json", "Rejected { status: 400, code: Some(3003) }")]
#[case("zoom/meetings.delete.400.3018-personal-room.json", "Rejected { status: 400, code: Some(3018) }")]
#[case("zoom/meetings.delete.400.3037-personal-audio.json", "Rejected { status: 400, code: Some(3037) }")]
#[case("zoom/meetings.delete.404.html.json", "Ambiguous(Status(404))")]
#[case("zoom/meetings.delete.429.concurrent.json", "RateLimited { until: None }")]
#[case("zoom/meetings.delete.500.internal.json", "Ambiguous(Status(500))")]
#[tokio::test]
async fn a_removal_that_fails_says_how(#[case] fixture: &str, #[case] expected: &str) {
    let zoom = Zoom::with(Fixtures::load(fixture)).await;

    let error = zoom.meetings.remove(&host(), &meeting_id()).await.unwrap_err();

    assert_eq!(format!("{error:?}"), expected);
}

#[rstest]
#[case("zoom/meetings.list.200.no-meetings.json", UNREADABLE)]
#[case("zoom/meetings.list.200.html.json", UNREADABLE)]
#[case("zoom/meetings.list.400.4711-missing-scope.json", "Reauthorize(MissingScopes)")]
#[case("zoom/meetings.list.429.per-second.json", "RateLimited { until: None }")]
#[tokio::test]
async fn a_list_that_cannot_be_read_is_not_taken_for_empty(#[case] fixture: &str, #[case] expected: &str) {
    let zoom = Zoom::with(Fixtures::load(fixture)).await;

    let error = zoom.meetings.list(&host(), None).await.unwrap_err();

    assert_eq!(format!("{error:?}"), expected);
}
