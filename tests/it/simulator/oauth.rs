//! OAuth: consent, codes, rotation, revocation.

use reqwest::Method;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::simulator::world::Answered;
use crate::simulator::world::CLIENT_ID;
use crate::simulator::world::PREVIOUS_SECRET;
use crate::simulator::world::REDIRECT;
use crate::simulator::world::Tokens;
use crate::simulator::world::VERIFIER;
use crate::simulator::world::World;

const LUA: &str = "lua@example.com";

fn dead() -> Value {
    json!({"reason": "Invalid Token!", "error": "invalid_grant"})
}

#[tokio::test]
async fn allowing_leads_back_with_a_code_and_the_state_and_denying_with_an_error() {
    let world = World::start().await;
    let allowed = world.decide(&World::consent_form(LUA, "allow")).await;
    assert!(allowed.as_str().starts_with(REDIRECT), "{allowed}");
    assert!(allowed.as_str().ends_with("&state=st%2Fate"), "{allowed}");
    let denied = world.decide(&World::consent_form(LUA, "deny")).await;
    assert_eq!(denied.as_str(), format!("{REDIRECT}&error=access_denied&state=st%2Fate"));
}

#[rstest]
#[case("client_id", "other", 4702)]
#[case("redirect_uri", "https://gateway.example/oauth/zoom/callback", 4700)]
#[case("response_type", "token", 4700)]
#[case("code_challenge_method", "S512", 4700)]
#[case("code_challenge", "short", 4700)]
#[case("scope", "user:delete:everything", 4700)]
#[tokio::test]
async fn a_wrong_request_is_shown_to_the_person_and_not_sent_back(
    #[case] name: &str,
    #[case] value: &str,
    #[case] code: u64,
) {
    let world = World::start().await;
    let mut query = World::consent_form(LUA, "allow");
    query.retain(|(each, _)| *each != name);
    query.push((Box::leak(name.to_owned().into_boxed_str()), value.to_owned()));
    let asked = world.http.get(world.url("/oauth/authorize")).query(&query).send().await.unwrap();
    let answer = Answered::read(asked).await;
    assert_eq!(answer.body["errorCode"], code, "{answer:?}");
    assert_eq!(answer.body["status"], false);
    let decided = world.http.post(world.url("/oauth/authorize")).form(&query).send().await.unwrap();
    assert_eq!(decided.status(), 400);
}

#[tokio::test]
async fn a_code_gives_tokens_that_name_nobody() {
    let world = World::start().await;
    let tokens = world.connect(LUA).await;
    assert!(tokens.access.starts_with("eyJ") && tokens.access.len() > 400);
    assert_eq!(tokens.whole["token_type"], "bearer");
    assert_eq!(tokens.whole["expires_in"], 3599);
    assert_eq!(tokens.whole["api_url"], world.origin);
    assert!(tokens.whole["scope"].as_str().unwrap().contains("meeting:delete:meeting"));
    assert_eq!(tokens.whole.as_object().unwrap().len(), 6);
    let me = world.find("/v2/users/me", &tokens.access).await;
    assert_eq!((me.status, &me.body["email"], &me.body["type"]), (200, &json!(LUA), &json!(2)));
    assert_eq!(me.body["id"].as_str().unwrap().len(), 22);
}

#[tokio::test]
async fn a_code_works_once_and_for_five_minutes() {
    let world = World::start().await;
    let code = world.code(LUA).await;
    assert_eq!(world.exchange(&code).await.status, 200);
    assert_eq!(world.exchange(&code).await.body["error"], "invalid_request");
    let code = world.code(LUA).await;
    world.advance(300).await;
    assert_eq!(world.exchange(&code).await.status, 400);
}

#[rstest]
#[case("redirect_uri", "https://gateway.example/other", "invalid_request")]
#[case("code_verifier", "a-verifier-nobody-ever-asked-for-0123456789", "invalid_grant")]
#[case("grant_type", "password", "unsupported_grant_type")]
#[tokio::test]
async fn a_code_with_something_else_wrong_is_refused(
    #[case] name: &str,
    #[case] value: &str,
    #[case] error: &str,
) {
    let world = World::start().await;
    let code = world.code(LUA).await;
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    form.retain(|(each, _)| *each != name);
    form.push((name, value));
    let answer = world.token_request(&form).await;
    assert_eq!((answer.status, &answer.body["error"]), (400, &json!(error)));
}

#[tokio::test]
async fn any_living_secret_works_and_no_other() {
    let world = World::start().await;
    let tokens = world.connect(LUA).await;
    let refresh = |secret: &'static str, token: String| {
        let request = world.http.post(world.url("/oauth/token")).basic_auth(CLIENT_ID, Some(secret));
        let form = [("grant_type", "refresh_token".to_owned()), ("refresh_token", token)];
        async move { Answered::read(request.form(&form).send().await.unwrap()).await }
    };
    let tokens = Tokens::from(refresh(PREVIOUS_SECRET, tokens.refresh).await);
    let refused = refresh("wrong", tokens.refresh.clone()).await;
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.body,
        json!({"reason": "Invalid client_id or client_secret", "error": "invalid_client"})
    );
    world.tell("client-secrets", json!({"client_secrets": ["newest"]})).await;
    assert_eq!(refresh(PREVIOUS_SECRET, tokens.refresh.clone()).await.body["error"], "invalid_client");
    assert_eq!(refresh("newest", tokens.refresh).await.status, 200);
}

#[tokio::test]
async fn tokens_in_the_address_are_refused() {
    let world = World::start().await;
    let tokens = world.connect(LUA).await;
    let path = format!("/oauth/token?grant_type=refresh_token&refresh_token={}", tokens.refresh);
    let request = world.http.post(world.url(&path)).basic_auth(CLIENT_ID, Some("current-secret"));
    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str())];
    assert_eq!(request.form(&form).send().await.unwrap().status(), 400);
    let answer = world.find(&format!("/v2/users/me?access_token={}", tokens.access), &tokens.access).await;
    assert_eq!(answer.refusal(), (401, 124));
    assert_eq!(
        answer.body["message"],
        "Invalid access token, this access token is not supported as query parameter string."
    );
}

#[tokio::test]
async fn a_refresh_kills_both_old_tokens_at_once() {
    let world = World::start().await;
    let old = world.connect(LUA).await;
    let new = Tokens::from(world.refresh(&old.refresh).await);
    let again = world.refresh(&old.refresh).await;
    assert_eq!((again.status, again.body), (400, dead()));
    assert_eq!(world.find("/v2/users/me", &old.access).await.refusal(), (401, 124));
    assert_eq!(world.find("/v2/users/me", &new.access).await.status, 200);
    assert_eq!(world.refresh(&new.refresh).await.status, 200);
}

#[tokio::test]
async fn a_second_authorisation_of_the_user_kills_the_first() {
    let world = World::start().await;
    let (first, other) = (world.connect(LUA).await, world.connect("ana@example.com").await);
    let second = world.connect(LUA).await;
    assert_eq!(world.find("/v2/users/me", &first.access).await.refusal(), (401, 124));
    assert_eq!(world.refresh(&first.refresh).await.body, dead());
    assert_eq!(world.find("/v2/users/me", &second.access).await.status, 200);
    assert_eq!(world.find("/v2/users/me", &other.access).await.status, 200);
    world.tell("modes", json!({"second_authorization": "coexists"})).await;
    world.connect(LUA).await;
    assert_eq!(world.find("/v2/users/me", &second.access).await.status, 200);
}

#[tokio::test]
async fn an_access_token_lives_an_hour_and_a_grant_ninety_days() {
    let world = World::start().await;
    let tokens = world.connect(LUA).await;
    world.advance(3600).await;
    let expired = world.find("/v2/users/me", &tokens.access).await;
    assert_eq!(
        (expired.refusal(), &expired.body["message"]),
        ((401, 124), &json!("Access token is expired."))
    );
    world.advance(60 * 86_400).await;
    let tokens = Tokens::from(world.refresh(&tokens.refresh).await);
    world.advance(30 * 86_400).await;
    assert_eq!(world.refresh(&tokens.refresh).await.body, dead());
}

#[tokio::test]
async fn with_sliding_lifetimes_each_refresh_starts_ninety_days() {
    let world = World::start().await;
    world.tell("modes", json!({"refresh_lifetime": "sliding"})).await;
    let mut tokens = world.connect(LUA).await;
    for _ in 0..3 {
        world.advance(60 * 86_400).await;
        tokens = Tokens::from(world.refresh(&tokens.refresh).await);
    }
}

#[tokio::test]
async fn within_grace_the_old_refresh_token_answers_with_the_living_pair() {
    let world = World::start().await;
    world.tell("modes", json!({"refresh": {"grace": {"seconds": 60}}})).await;
    let old = world.connect(LUA).await;
    let new = Tokens::from(world.refresh(&old.refresh).await);
    world.advance(59).await;
    assert_eq!(Tokens::from(world.refresh(&old.refresh).await).refresh, new.refresh);
    world.advance(1).await;
    assert_eq!(world.refresh(&old.refresh).await.body, dead());
}

#[tokio::test]
async fn reuse_can_revoke_the_whole_grant() {
    let world = World::start().await;
    world.tell("modes", json!({"refresh": "reuse_revokes_family"})).await;
    let old = world.connect(LUA).await;
    let new = Tokens::from(world.refresh(&old.refresh).await);
    assert_eq!(world.refresh(&old.refresh).await.body, dead());
    assert_eq!(world.refresh(&new.refresh).await.body, dead());
    assert_eq!(world.find("/v2/users/me", &new.access).await.status, 401);
}

#[tokio::test]
async fn a_dead_token_can_be_refused_in_the_older_words() {
    let world = World::start().await;
    world.tell("modes", json!({"dead_refresh_token": "unauthorized", "api_url": "absent"})).await;
    let refused = world.refresh("never issued").await;
    assert_eq!((refused.status, &refused.body["error"]), (401, &json!("invalid_request")));
    assert!(world.connect(LUA).await.whole.get("api_url").is_none());
}

#[tokio::test]
async fn revoking_an_access_token_ends_the_grant() {
    let world = World::start().await;
    let tokens = world.connect(LUA).await;
    let revoke = |token: String| {
        let request =
            world.http.post(world.url("/oauth/revoke")).basic_auth(CLIENT_ID, Some("current-secret"));
        async move { Answered::read(request.form(&[("token", token)]).send().await.unwrap()).await }
    };
    assert_eq!(revoke(tokens.refresh.clone()).await.status, 400, "refresh tokens are not taken");
    assert_eq!(revoke(tokens.access.clone()).await.body, json!({"status": "success"}));
    assert_eq!(world.refresh(&tokens.refresh).await.body, dead());
    let tokens = world.connect(LUA).await;
    world.tell("modes", json!({"revoke_takes": "both_tokens"})).await;
    assert_eq!(revoke(tokens.refresh).await.status, 200);
}

#[tokio::test]
async fn a_scope_the_user_may_not_grant_is_missing_and_its_call_refused() {
    let world = World::start().await;
    world.tell("users", json!({"email": LUA, "scopes": ["user:read:user", "meeting:read"]})).await;
    let tokens = world.connect(LUA).await;
    assert_eq!(tokens.whole["scope"], "user:read:user meeting:read");
    let refused = world.create(&tokens.access, json!({})).await;
    assert_eq!(refused.refusal(), (400, 4711));
    assert_eq!(
        refused.body["message"],
        "Invalid access token, does not contain scopes:[meeting:write:meeting, meeting:write:meeting:admin]."
    );
    assert_eq!(world.find("/v2/users/me/meetings", &tokens.access).await.status, 200, "a classic scope does");
}

#[tokio::test]
async fn another_user_in_the_path_is_refused_and_ones_own_id_is_not() {
    let world = World::start().await;
    let tokens = world.connect(LUA).await;
    let me = world.find("/v2/users/me", &tokens.access).await;
    let own = format!("/v2/users/{}/meetings", me.body["id"].as_str().unwrap());
    assert_eq!(world.find(&own, &tokens.access).await.status, 200);
    assert_eq!(world.find("/v2/users/ana@example.com", &tokens.access).await.refusal(), (404, 1001));
    world.tell("modes", json!({"foreign_user": "missing_scope"})).await;
    assert_eq!(world.find("/v2/users/ana@example.com", &tokens.access).await.refusal(), (400, 4711));
}

#[tokio::test]
async fn removing_the_app_and_deactivating_the_user_are_noticed_by_the_next_call() {
    let world = World::start().await;
    let tokens = world.connect(LUA).await;
    let answer = world.control(Method::POST, "users/lua@example.com/remove-app", None).await;
    assert_eq!(answer.status, 204);
    assert_eq!(world.find("/v2/users/me", &tokens.access).await.status, 401);
    let tokens = world.connect(LUA).await;
    world.tell("users", json!({"email": LUA, "standing": "deactivated"})).await;
    assert_eq!(world.find("/v2/users/me", &tokens.access).await.refusal(), (404, 1001));
    assert_eq!(world.refresh(&tokens.refresh).await.body, dead());
}
