//! Holds the loader of fixtures to what WireMock does with the same files.

use std::time::Duration;

use rstest::rstest;
use serde_json::Value;
use serde_json::json;
use wiremock::MockServer;

use crate::support::fixtures::Fixtures;
use crate::support::fixtures::Hits;

const LICENSED: &str = "zoom/users.me.200.licensed.json";

/// A server that answers with one mapping, a client, and what was hit.
async fn serving(mapping: &Value) -> (MockServer, reqwest::Client, Hits) {
    let server = MockServer::start().await;
    let hits = Fixtures::parse("under test", &mapping.to_string()).mount(&server).await;
    (server, client(), hits)
}

#[expect(clippy::disallowed_methods, reason = "a client of the test's own, held to no proxy")]
fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn mapping(request: &Value) -> Value {
    json!({"request": request, "response": {"status": 200}})
}

#[tokio::test]
async fn a_file_answers_with_its_status_headers_and_json() {
    let server = MockServer::start().await;
    let hits = Fixtures::load(LICENSED).mount(&server).await;

    let request = client().get(format!("{}/v2/users/me", server.uri())).bearer_auth("token");
    let response = request.send().await.unwrap();

    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json;charset=UTF-8");
    assert_eq!(response.json::<Value>().await.unwrap()["type"], 2);
    assert_eq!(hits.of(LICENSED), 1);
    assert_eq!(hits.unmatched(), Vec::<String>::new());
}

#[tokio::test]
async fn an_unmatched_request_answers_500_and_names_itself() {
    let server = MockServer::start().await;
    let hits = Fixtures::load(LICENSED).mount(&server).await;

    let response = client().get(format!("{}/v2/users/me?page=2", server.uri())).send().await.unwrap();

    assert_eq!(response.status(), 500);
    assert_eq!(response.text().await.unwrap(), "no fixture answers GET /v2/users/me?page=2");
    assert_eq!(hits.unmatched(), ["GET /v2/users/me?page=2"]);
    assert_eq!(hits.of(LICENSED), 0);
}

#[rstest]
#[case::url(json!({"url": "/a/b?q=1"}), "/a/b?q=1", "/a/b?q=2")]
#[case::path(json!({"urlPath": "/a/b"}), "/a/b?any=1", "/a/b/c")]
#[case::pattern(json!({"urlPathPattern": "/a/[0-9]+"}), "/a/12", "/x/a/12")]
#[case::template(json!({"urlPathTemplate": "/a/{id}/c"}), "/a/12/c", "/a/1/2/c")]
#[case::query(json!({"urlPath": "/a", "queryParameters": {"q": {"equalTo": "1"}}}), "/a?p=0&q=1", "/a?q=12")]
#[case::query_matches(json!({"urlPath": "/a", "queryParameters": {"q": {"matches": "[0-9]{2}"}}}), "/a?q=12", "/a?q=123")]
#[case::query_absent(json!({"urlPath": "/a", "queryParameters": {"q": {"absent": true}}}), "/a", "/a?q=1")]
#[tokio::test]
async fn a_place_is_matched_and_no_other(#[case] mut request: Value, #[case] good: &str, #[case] bad: &str) {
    request["method"] = "GET".into();
    let (server, client, _hits) = serving(&mapping(&request)).await;

    for (place, status) in [(good, 200), (bad, 500)] {
        let response = client.get(format!("{}{place}", server.uri())).send().await.unwrap();
        assert_eq!(response.status(), status, "{place}");
    }
}

#[rstest]
#[case(json!({"x-a": {"equalTo": "one"}}), "one", "one two")]
#[case(json!({"X-A": {"contains": "two"}}), "one two", "one")]
#[case(json!({"x-a": {"matches": "one.*", "contains": "two"}}), "one two", "one")]
#[case(json!({"x-a": {"doesNotMatch": "one.*"}}), "two", "one")]
#[tokio::test]
async fn a_header_is_matched_and_no_other(#[case] headers: Value, #[case] good: &str, #[case] bad: &str) {
    let request = json!({"method": "ANY", "urlPath": "/", "headers": headers});
    let (server, client, _hits) = serving(&mapping(&request)).await;

    for (value, status) in [(good, 200), (bad, 500)] {
        let response = client.put(server.uri()).header("x-a", value).send().await.unwrap();
        assert_eq!(response.status(), status, "{value}");
    }
}

#[rstest]
#[case(json!({"equalToJson": {"a": 1}}), r#"{"a":1}"#, r#"{"a":1,"b":2}"#)]
#[case(json!({"equalToJson": "{\"a\": 1}"}), r#"{"a":1}"#, r#"{"a":2}"#)]
#[case(json!({"equalToJson": {"a": {"b": 1}}, "ignoreExtraElements": true}), r#"{"a":{"b":1,"c":2}}"#, r#"{"a":{"c":2}}"#)]
#[case(json!({"matchesJsonPath": "$.settings.use_pmi"}), r#"{"settings":{"use_pmi":false}}"#, r#"{"settings":{}}"#)]
#[case(json!({"matchesJsonPath": {"expression": "$.a[1].b", "equalTo": "x"}}), r#"{"a":[0,{"b":"x"}]}"#, r#"{"a":[{"b":"x"}]}"#)]
#[case(json!({"matchesJsonPath": {"expression": "$.agenda", "contains": "gr1-"}}), r#"{"agenda":"Ref gr1-a"}"#, r#"{"agenda":"Ref"}"#)]
#[case(json!({"contains": "code="}), "a=b&code=1", "a=b")]
#[tokio::test]
async fn a_body_is_matched_and_no_other(
    #[case] pattern: Value,
    #[case] good: &'static str,
    #[case] bad: &'static str,
) {
    let request = json!({"method": "POST", "urlPath": "/", "bodyPatterns": [pattern]});
    let (server, client, _hits) = serving(&mapping(&request)).await;

    for (body, status) in [(good, 200), (bad, 500)] {
        let response = client.post(server.uri()).body(body).send().await.unwrap();
        assert_eq!(response.status(), status, "{body}");
    }
}

#[tokio::test]
async fn a_token_request_is_matched_by_its_form_and_its_client() {
    let form = json!({"grant_type": {"equalTo": "refresh_token"}, "refresh_token": {"matches": ".+"}});
    let basic = json!({"username": "client", "password": "secret"});
    let request = json!({"method": "POST", "urlPath": "/oauth/token", "formParameters": form, "basicAuthCredentials": basic});
    let (server, client, _hits) = serving(&mapping(&request)).await;

    for (password, grant, status) in [
        ("secret", "refresh_token", 200),
        ("other", "refresh_token", 500),
        ("secret", "authorization_code", 500),
    ] {
        let request =
            client.post(format!("{}/oauth/token", server.uri())).basic_auth("client", Some(password));
        let response = request.form(&[("grant_type", grant), ("refresh_token", "r")]).send().await.unwrap();
        assert_eq!(response.status(), status, "{password} {grant}");
    }
}

#[rstest]
#[case("EMPTY_RESPONSE")]
#[case("CONNECTION_RESET_BY_PEER")]
#[tokio::test]
async fn a_fault_breaks_the_connection_after_the_request_was_sent(#[case] fault: &str) {
    let request = json!({"method": "POST", "urlPath": "/"});
    let (server, client, hits) = serving(&json!({"request": request, "response": {"fault": fault}})).await;

    let error = client.post(server.uri()).body("a").send().await.unwrap_err();

    assert!(error.is_request() && !error.is_connect(), "{error:?}");
    assert_eq!(hits.of("under test"), 1);
}

#[tokio::test]
async fn a_delay_outlasts_a_shorter_patience() {
    let request = json!({"method": "GET", "urlPath": "/"});
    let slow = json!({"request": request, "response": {"status": 200, "fixedDelayMilliseconds": 60_000}});
    let (server, client, hits) = serving(&slow).await;

    let error = client.get(server.uri()).timeout(Duration::from_millis(300)).send().await.unwrap_err();

    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(hits.of("under test"), 1);
}

#[tokio::test]
async fn the_lower_priority_number_answers_and_then_the_one_loaded_first() {
    let of = |status: u16, priority: u8| {
        json!({"priority": priority, "request": {"method": "GET", "urlPath": "/"}, "response": {"status": status}})
            .to_string()
    };
    let server = MockServer::start().await;
    let fixtures = Fixtures::parse("a", &of(201, 5)).and_parse("b", &of(202, 1)).and_parse("c", &of(203, 1));
    let hits = fixtures.mount(&server).await;

    assert_eq!(client().get(server.uri()).send().await.unwrap().status(), 202);
    assert_eq!([hits.of("a"), hits.of("b"), hits.of("c")], [0, 1, 0]);
}

#[rstest]
#[case::key(json!({"request": {"method": "GET", "urlPth": "/"}, "response": {"status": 200}}), "`urlPth`")]
#[case::state(json!({"scenarioName": "x", "request": {}, "response": {}}), "`scenarioName`")]
#[case::value(json!({"request": {"method": "GET", "urlPath": "/", "headers": {"a": {"before": "1"}}}, "response": {"status": 200}}), "`before`")]
#[case::body(json!({"request": {"method": "GET", "urlPath": "/", "bodyPatterns": [{"equalToXml": "<a/>"}]}, "response": {"status": 200}}), "`equalToXml`")]
#[case::filter(json!({"request": {"method": "GET", "urlPath": "/", "bodyPatterns": [{"matchesJsonPath": "$.a[?(@.b)]"}]}, "response": {"status": 200}}), "$.a[?(@.b)]")]
#[case::nowhere(json!({"request": {"method": "GET"}, "response": {"status": 200}}), "urlPathTemplate")]
#[case::regex(json!({"request": {"method": "GET", "urlPathPattern": "(", "headers": {}}, "response": {"status": 200}}), "unclosed group")]
#[case::template(json!({"request": {"method": "GET", "urlPath": "/"}, "response": {"status": 200, "transformers": []}}), "`transformers`")]
#[case::fault(json!({"request": {"method": "GET", "urlPath": "/"}, "response": {"fault": "RANDOM_DATA_THEN_CLOSE"}}), "`RANDOM_DATA_THEN_CLOSE`")]
#[case::silent(json!({"request": {"method": "GET", "urlPath": "/"}, "response": {}}), "status and fault")]
fn what_cannot_be_served_is_refused_by_file_and_key(#[case] mapping: Value, #[case] named: &str) {
    let refused =
        std::panic::catch_unwind(|| Fixtures::parse("zoom/a.json", &mapping.to_string())).unwrap_err();
    let message = refused.downcast_ref::<String>().unwrap();

    assert!(message.contains("zoom/a.json") && message.contains(named), "{message}");
}
