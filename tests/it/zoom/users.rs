//! Who a token belongs to, asked long after the consent: what each answer means.

use greenroom::app::ports::provider::Users;
use greenroom::domain::account::Plan;
use rstest::rstest;

use crate::support::fixtures::Fixtures;
use crate::zoom::adapter::Zoom;
use crate::zoom::adapter::host;

#[rstest]
#[case("zoom/users.me.200.basic.json", Plan::Basic)]
#[case("zoom/users.me.200.licensed.json", Plan::Licensed)]
#[case("zoom/users.me.200.unassigned.json", Plan::Unassigned)]
#[tokio::test]
async fn a_user_is_read_with_the_plan(#[case] fixture: &str, #[case] plan: Plan) {
    let zoom = Zoom::with(Fixtures::load(fixture)).await;

    let user = zoom.users.find(&host()).await.unwrap();

    assert_eq!((user.email.as_str(), user.plan), ("staff@example.com", plan));
}

#[rstest]
#[case("zoom/users.me.404.1001-no-user.json", "Reauthorize(UserGone)")]
#[case("zoom/users.me.400.1120-invitation.json", "Reauthorize(UserGone)")]
#[case("zoom/users.me.400.4711-missing-scope.json", "Reauthorize(MissingScopes)")]
#[case("zoom/users.me.401.124-invalid.json", "TokenRefused")]
#[case("zoom/users.me.429.per-second.json", "RateLimited { until: None }")]
#[case("zoom/users.me.500.internal.json", "Ambiguous(Status(500))")]
#[tokio::test]
async fn only_what_zoom_says_of_the_user_makes_one_gone(#[case] fixture: &str, #[case] expected: &str) {
    let zoom = Zoom::with(Fixtures::load(fixture)).await;

    let error = zoom.users.find(&host()).await.unwrap_err();

    assert_eq!(format!("{error:?}"), expected);
}
