//! Why a session has the link it has: every rule, what it saw, which one decided, in the reader's language (R17, R39).

use reqwest::Method;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::world::Backend;
use crate::gateway::world::Reply;
use crate::gateway::world::World;

const EXPLAIN: &str = "/v1/sites/studio/sessions/s-1/link/explain";
const RULES: [&str; 8] = [
    "entitlement",
    "main_gate",
    "removed_by_hand",
    "service_video",
    "custom_by_hand",
    "course_link",
    "staff_account",
    "site_default",
];

/// Asks why, and checks what every explanation has: eight rules in order, passed, then one that decided, then skipped,
/// and the decision of the link itself.
async fn explained(world: &World) -> (String, Value) {
    let reply = world.get(EXPLAIN).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let steps = reply.body["steps"].as_array().unwrap();
    assert_eq!(steps.iter().map(|step| &step["rule"]).collect::<Vec<_>>(), RULES);
    let place = steps.iter().position(|step| step["outcome"] == "decided").unwrap();
    for (index, step) in steps.iter().enumerate() {
        let outcome = if index < place { "passed" } else { "skipped" };
        assert!(index == place || step["outcome"] == outcome, "{}", reply.body);
        assert!(step["detail"].as_str().unwrap().ends_with('.'), "{step}");
    }
    let link = world.link("s-1", "staff").await;
    for field in ["status", "reason", "source", "provider"] {
        assert_eq!(reply.body["decision"][field], link[field], "{field}");
    }
    (steps[place]["rule"].as_str().unwrap().to_owned(), reply.body)
}

fn detail<'a>(body: &'a Value, rule: &str) -> &'a str {
    let steps = body["steps"].as_array().unwrap();
    steps.iter().find(|step| step["rule"] == rule).unwrap()["detail"].as_str().unwrap()
}

#[rstest]
#[tokio::test]
async fn r17_explain_names_the_rule_that_decided_and_what_each_one_saw(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.book("s-1", "yoga", &["ana", "bob"]).await;
    let (rule, body) = explained(&world).await;
    assert_eq!(rule, "site_default");
    assert_eq!(
        body["decision"],
        json!({"status": "ready", "reason": null, "source": "site_default", "provider": "zoom"})
    );
    assert_eq!(detail(&body, "staff_account"), "No account of their own: ana, bob.");
    assert_eq!(detail(&body, "site_default"), "The default account of Studio Lua is used.");
    assert_eq!(detail(&body, "course_link"), "yoga is not a course, so it has no course link.");

    let custom =
        json!({"provider": "custom_link", "url": "https://bob.example/s3cret-room", "password": "s3cret"});
    world.put("/v1/sites/studio/accounts/staff/bob", &custom).await;
    let (rule, body) = explained(&world).await;
    assert_eq!((&*rule, &body["decision"]["provider"]), ("staff_account", &json!("custom_link")));
    assert_eq!(detail(&body, "staff_account"), "bob has an account of their own, which is used.");
    assert_eq!(detail(&body, "site_default"), "Not looked at: an earlier rule had decided.");
    assert!(!body.to_string().contains("s3cret") && !body.to_string().contains("http"), "{body}");

    let choice = json!({"mode": "custom", "url": "https://own.example/s3cret-room"});
    world.put("/v1/sites/studio/sessions/s-1/link", &choice).await;
    let (rule, body) = explained(&world).await;
    assert_eq!((&*rule, &body["decision"]["source"]), ("custom_by_hand", &json!("session_link")));
    assert!(!body.to_string().contains("s3cret"), "{body}");

    world.delete("/v1/sites/studio/sessions/s-1/link").await;
    assert_eq!(explained(&world).await.0, "removed_by_hand");
    world.put("/v1/sites/studio", &json!({"entitled": false})).await;
    let (rule, body) = explained(&world).await;
    assert_eq!((&*rule, &body["decision"]["reason"]), ("entitlement", &json!("not_entitled")));
    assert_eq!(body["decision"]["source"], Value::Null);
}

#[rstest]
#[tokio::test]
async fn r17_explain_tells_of_the_gate_the_service_and_the_course(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.book("s-1", "series", &["ana"]).await;
    let (rule, body) = explained(&world).await;
    assert_eq!(rule, "site_default");
    assert!(detail(&body, "staff_account").contains("series is a course"), "{body}");
    world.put("/v1/sites/studio/services/series/link", &json!({"url": "https://course.example/"})).await;
    assert_eq!(explained(&world).await.0, "course_link");
    let off = json!({"kind": "course", "name": "Weekend", "video": false});
    world.put("/v1/sites/studio/services/series", &off).await;
    let (rule, body) = explained(&world).await;
    assert_eq!((&*rule, &body["decision"]["reason"]), ("service_video", &json!("service_offline")));
    assert!(detail(&body, "service_video").starts_with("Video is off for Weekend"), "{body}");
    world.delete("/v1/sites/studio/accounts/default").await;
    let (rule, body) = explained(&world).await;
    assert_eq!((&*rule, &body["decision"]["reason"]), ("main_gate", &json!("no_default_account")));
}

#[tokio::test]
async fn r17_explain_says_why_a_link_is_not_there_yet() {
    let world = World::connected(Backend::Embedded).await;
    let refusal = json!({"kind": "status", "status": 503, "body": "{}", "content_type": "application/json"});
    world.fault("meetings.create", 1, refusal).await;
    world.book("s-1", "yoga", &[]).await;
    let decision = world.get(EXPLAIN).await.body["decision"].clone();
    let told = (&decision["status"], &decision["reason"], &decision["source"]);
    assert_eq!(told, (&json!("pending"), &json!("provider_unavailable"), &json!("site_default")));
}

#[tokio::test]
async fn r39_an_explanation_is_read_in_the_language_that_is_asked_for() {
    let world = World::connected(Backend::Embedded).await;
    world.book("s-1", "yoga", &[]).await;
    let ask = async |accept: &str| -> Reply {
        world.send(world.request(Method::GET, EXPLAIN).header("accept-language", accept), None).await
    };
    let cases = [
        ("pt-BR, en;q=0.5", "pt-BR", "A conta padrão de Studio Lua é usada."),
        ("pt", "pt-BR", "A conta padrão de Studio Lua é usada."),
        ("en-GB, pt;q=0.1", "en", "The default account of Studio Lua is used."),
        ("fr", "en", "The default account of Studio Lua is used."),
    ];
    for (accept, language, said) in cases {
        let reply = ask(accept).await;
        assert_eq!(reply.headers["content-language"], language, "{accept}");
        assert_eq!(reply.headers["vary"], "Accept-Language", "{accept}");
        assert_eq!(detail(&reply.body, "site_default"), said, "{accept}");
    }
    world.put("/v1/sites/studio", &json!({"locale": "pt-BR"})).await;
    assert_eq!(world.get(EXPLAIN).await.headers["content-language"], "pt-BR");
}
