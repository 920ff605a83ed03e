//! Consent at Zoom: the address, the exchange, the refresh, the end, and what each error means.

use std::collections::BTreeMap;
use std::time::Duration;

use greenroom::app::ports::provider::Authorization;
use greenroom::app::ports::provider::AuthorizationError;
use greenroom::app::ports::provider::Authorized;
use greenroom::domain::account::Plan;
use greenroom::domain::token::Token;
use rstest::rstest;
use secrecy::ExposeSecret;
use secrecy::SecretString;

use crate::support::fixtures::Fixtures;
use crate::zoom::adapter::Zoom;

const CODE: &str = "zoom/oauth.token.200.code.json";
const LICENSED: &str = "zoom/users.me.200.licensed.json";

/// A fresh consent, exchanged.
async fn exchange(zoom: &Zoom) -> Result<Authorized, AuthorizationError> {
    let verifier = zoom.authorization.begin(&Token::new([1; 32])).verifier;
    zoom.authorization.exchange(&SecretString::from("code-1"), &verifier).await
}

async fn exchange_with(fixtures: Fixtures) -> Result<Authorized, AuthorizationError> {
    exchange(&Zoom::with(fixtures).await).await
}

#[tokio::test]
async fn the_browser_is_sent_with_state_and_challenge_and_without_scope() {
    let zoom = Zoom::with(Fixtures::load(CODE)).await;

    let consent = zoom.authorization.begin(&Token::new([1; 32]));

    let query: BTreeMap<_, _> = consent.url.query_pairs().into_owned().collect();
    assert_eq!(consent.url.path(), "/oauth/authorize");
    insta::assert_json_snapshot!(query, @r#"
    {
      "client_id": "client-id-1",
      "code_challenge": "3Ev4DHdHPRMPoN6GukAY_pi7IUAF5qWJHRK6kURvnoE",
      "code_challenge_method": "S256",
      "redirect_uri": "https://meet.example.com/oauth/zoom/callback",
      "response_type": "code",
      "state": "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
    }
    "#);
    assert_eq!(consent.verifier.expose_secret().len(), 43);
}

#[tokio::test]
async fn a_code_gives_tokens_and_their_user() {
    let zoom = Zoom::with(Fixtures::load(CODE).and(LICENSED)).await;

    let Authorized { host, tokens, lacking } = exchange(&zoom).await.unwrap();

    assert_eq!(host.user_id, "zJKyaiAyTNC-MWjiWC18KQ");
    assert_eq!(host.account_id, "q6gBJVO5TzexKYTb_I2rpg");
    assert_eq!((host.email.as_str(), host.plan), ("staff@example.com", Plan::Licensed));
    assert_eq!(lacking, Vec::<String>::new());
    assert_eq!(host.personal_room.as_deref(), Some("3542471135"));
    assert_eq!(tokens.access.expose_secret(), "access-token-1");
    assert_eq!(tokens.refresh.expose_secret(), "refresh-token-1");
    assert_eq!((tokens.expires_in, tokens.scopes.len()), (Duration::from_secs(3599), 6));
    assert_eq!(tokens.api_url, None);
    assert_eq!(zoom.hits.of(CODE), 1);
}

#[rstest]
#[case("zoom/users.me.200.basic.json", Plan::Basic)]
#[case("zoom/users.me.200.unassigned.json", Plan::Unassigned)]
#[case("zoom/users.me.200.minimal.json", Plan::Licensed)]
#[tokio::test]
async fn the_plan_of_the_user_is_read(#[case] user: &str, #[case] expected: Plan) {
    let authorized = exchange_with(Fixtures::load(CODE).and(user)).await.unwrap();

    assert_eq!(authorized.host.plan, expected);
}

#[tokio::test]
async fn classic_scopes_suffice() {
    let fixtures = Fixtures::load("zoom/oauth.token.200.code-classic-scopes.json").and(LICENSED);

    assert!(exchange_with(fixtures).await.is_ok());
}

#[tokio::test]
async fn missing_scopes_are_named_with_the_user_whose_they_are() {
    let fixtures = Fixtures::load("zoom/oauth.token.200.code-missing-scopes.json").and(LICENSED);

    let authorized = exchange_with(fixtures).await.unwrap();

    assert_eq!(authorized.lacking, ["meeting:update:meeting", "meeting:delete:meeting"]);
    assert_eq!(authorized.host.email, "staff@example.com");
}

#[tokio::test]
async fn a_consent_that_does_not_let_us_see_whose_it_is_names_that_before_anything_is_asked() {
    let zoom = Zoom::with(Fixtures::load("zoom/oauth.token.200.code-missing-user-scope.json")).await;

    let error = exchange(&zoom).await.unwrap_err();

    assert_eq!(error.to_string(), "the consent lacks permissions: user:read:user meeting:delete:meeting");
    assert_eq!(zoom.hits.unmatched(), Vec::<String>::new());
}

#[tokio::test]
async fn an_api_url_outside_zoom_is_ignored() {
    let foreign = Fixtures::load("zoom/oauth.token.200.code-foreign-api-url.json");

    let authorized = exchange_with(foreign.and(LICENSED)).await.unwrap();

    assert_eq!(authorized.tokens.api_url, None);
}

#[tokio::test]
async fn a_refresh_gives_a_new_pair_and_where_calls_go() {
    let zoom = Zoom::with(Fixtures::load("zoom/oauth.token.200.refresh.json")).await;

    let tokens = zoom.authorization.refresh(&"refresh-token-1".into()).await.unwrap();

    assert_eq!(tokens.access.expose_secret(), "access-token-2");
    assert_eq!(tokens.refresh.expose_secret(), "refresh-token-2");
    assert_eq!(tokens.api_url, Some("https://api-eu.zoom.us/".parse().unwrap()));
}

#[tokio::test]
async fn tokens_that_came_are_not_lost_over_oddities_beside_them() {
    let zoom = Zoom::with(Fixtures::load("zoom/oauth.token.200.refresh-odd.json")).await;

    let tokens = zoom.authorization.refresh(&"refresh-token-1".into()).await.unwrap();

    assert_eq!(tokens.refresh.expose_secret(), "refresh-token-2");
    assert_eq!((tokens.expires_in, tokens.scopes.len()), (Duration::from_hours(1), 0));
}

#[tokio::test]
async fn the_previous_client_secret_is_tried_once_when_the_current_one_is_refused() {
    let (current, previous) = (
        "zoom/oauth.token.400.invalid-client-current-secret.json",
        "zoom/oauth.token.200.refresh-previous-secret.json",
    );
    let zoom = Zoom::with(Fixtures::load(current).and(previous)).await;

    zoom.authorization.refresh(&"refresh-token-1".into()).await.unwrap();

    assert_eq!((zoom.hits.of(current), zoom.hits.of(previous)), (1, 1));
}

#[tokio::test]
async fn credentials_that_are_refused_are_ours_to_mend() {
    let fixture = "zoom/oauth.token.400.invalid-client.json";
    let zoom = Zoom::with(Fixtures::load(fixture)).await;

    let error = zoom.authorization.refresh(&"refresh-token-1".into()).await.unwrap_err();

    assert!(matches!(error, AuthorizationError::OurCredentials), "{error:?}");
    assert_eq!(zoom.hits.of(fixture), 2);
}

#[rstest]
#[case("zoom/oauth.token.400.invalid-grant.json", "Refused")]
#[case("zoom/oauth.token.400.invalid-token-old.json", "Refused")]
#[case("zoom/oauth.token.401.invalid-token-old.json", "Refused")]
#[case("zoom/oauth.token.400.user-gone.json", "UserGone")]
#[case("zoom/oauth.token.400.invalid-code.json", "Ambiguous(Status(400))")]
#[case("zoom/oauth.token.400.unsupported-grant-type.json", "OurCredentials")]
#[case("zoom/oauth.token.400.xml.json", "Ambiguous(Status(400))")]
#[case("zoom/oauth.token.403.html.json", "Ambiguous(Status(403))")]
#[case("zoom/oauth.token.429.per-second.json", "Unreachable(Status(429))")]
#[case("zoom/oauth.token.500.invalid-grant.json", "Ambiguous(Status(500))")]
#[case("zoom/oauth.token.503.html.json", "Ambiguous(Status(503))")]
#[case("zoom/oauth.token.200.no-refresh-token.json", "Ambiguous(Unreadable)")]
#[case("zoom/oauth.token.200.truncated.json", "Ambiguous(Unreadable)")]
#[case("zoom/oauth.token.200.html.json", "Ambiguous(Unreadable)")]
#[case("zoom/oauth.token.fault.reset.json", "Ambiguous(Broken)")]
#[case("zoom/oauth.token.fault.empty.json", "Ambiguous(Broken)")]
#[tokio::test]
async fn a_refresh_is_refused_only_when_zoom_says_just_that(#[case] fixture: &str, #[case] expected: &str) {
    let zoom = Zoom::with(Fixtures::load(fixture)).await;

    let error = zoom.authorization.refresh(&"refresh-token-1".into()).await.unwrap_err();

    assert_eq!(format!("{error:?}"), expected);
}

#[rstest]
#[case("zoom/oauth.token.400.invalid-code.json", "Refused")]
#[case("zoom/oauth.token.400.invalid-grant.json", "Refused")]
#[case("zoom/oauth.token.400.invalid-client.json", "OurCredentials")]
#[case("zoom/oauth.token.503.html.json", "Ambiguous(Status(503))")]
#[case("zoom/oauth.token.200.truncated.json", "Ambiguous(Unreadable)")]
#[tokio::test]
async fn an_exchange_that_fails_says_how(#[case] fixture: &str, #[case] expected: &str) {
    let error = exchange_with(Fixtures::load(fixture)).await.unwrap_err();

    assert_eq!(format!("{error:?}"), expected);
}

#[rstest]
#[case("zoom/users.me.404.1001-no-user.json", "UserGone", 1)]
#[case("zoom/users.me.400.1120-invitation.json", "UserGone", 1)]
#[case("zoom/users.me.400.4711-missing-scope.json", "MissingScopes([\"user:read:user\"])", 1)]
#[case("zoom/users.me.401.124-invalid.json", "Refused", 1)]
#[case("zoom/users.me.200.no-account.json", "Ambiguous(Unreadable)", 3)]
#[case("zoom/users.me.429.per-second.json", "Ambiguous(Status(429))", 3)]
#[case("zoom/users.me.500.internal.json", "Ambiguous(Status(500))", 3)]
#[tokio::test]
async fn an_exchange_whose_user_cannot_be_read_fails(
    #[case] user: &str,
    #[case] expected: &str,
    #[case] attempts: usize,
) {
    let zoom = Zoom::with(Fixtures::load(CODE).and(user)).await;

    let error = exchange(&zoom).await.unwrap_err();

    assert_eq!(format!("{error:?}"), expected);
    assert_eq!((zoom.hits.of(user), zoom.hits.of(CODE)), (attempts, 1));
    assert_eq!(zoom.clock.waited.lock().unwrap().len(), attempts - 1);
}

#[tokio::test]
async fn a_grant_is_ended() {
    let zoom = Zoom::with(Fixtures::load("zoom/oauth.revoke.200.success.json")).await;

    zoom.authorization.revoke(&"access-token-1".into()).await.unwrap();

    assert_eq!(zoom.hits.of("zoom/oauth.revoke.200.success.json"), 1);
}

#[rstest]
#[case("zoom/oauth.revoke.400.invalid-token.json", "Refused")]
#[case("zoom/oauth.revoke.400.invalid-client.json", "OurCredentials")]
#[case("zoom/oauth.revoke.503.html.json", "Ambiguous(Status(503))")]
#[case("zoom/oauth.revoke.200.html.json", "Ambiguous(Unreadable)")]
#[tokio::test]
async fn a_grant_that_was_not_ended_says_how(#[case] fixture: &str, #[case] expected: &str) {
    let zoom = Zoom::with(Fixtures::load(fixture)).await;

    let error = zoom.authorization.revoke(&"access-token-1".into()).await.unwrap_err();

    assert_eq!(format!("{error:?}"), expected);
}
