//! What surrounds every request: its id, headers, panics, and the bound on how many run.

use std::io;
use std::sync::Arc;
use std::sync::Mutex;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use axum::routing::get;
use greenroom::web::frame::Frame;
use greenroom::web::headers::Audience;
use greenroom::web::problem;
use greenroom::web::problem_pages;
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::sync::Barrier;
use tower::ServiceExt;

async fn ask(router: Router, uri: &str) -> Response {
    let request = Request::get(uri).header("x-request-id", "caller-1").body(Body::empty()).unwrap();
    router.oneshot(request).await.unwrap()
}

async fn body(response: Response) -> Value {
    serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

async fn broken() -> String {
    panic!("s3cret")
}

fn framed(audience: Audience) -> Router {
    let routes = Router::new().route("/broken", get(broken)).merge(Router::from(problem_pages::pages()));
    Frame::new(audience, 1).around_all(routes)
}

#[tokio::test]
async fn a_panic_is_an_internal_problem_that_names_the_request_and_nothing_else() {
    let response = ask(framed(Audience::Internal), "/broken").await;
    assert_eq!(response.status(), 500);
    let problem = body(response).await;
    assert_eq!(
        (problem["code"].as_str(), problem["request_id"].as_str()),
        (Some("internal"), Some("caller-1"))
    );
    assert!(!problem.to_string().contains("s3cret"));
}

#[tokio::test]
async fn what_is_not_there_and_wrong_methods_are_problems() {
    assert_eq!(body(ask(framed(Audience::Internal), "/nowhere").await).await["code"], "not_found");
    let request = Request::delete("/broken").body(Body::empty()).unwrap();
    let response = framed(Audience::Internal).oneshot(request).await.unwrap();
    assert_eq!(response.headers()["allow"], "GET,HEAD");
    assert_eq!(body(response).await["code"], "method_not_allowed");
}

#[tokio::test]
async fn every_problem_has_a_page() {
    for code in problem::Code::ALL {
        let response = ask(framed(Audience::Internal), &format!("/problems/{}", code.name())).await;
        assert_eq!(response.status(), 200, "{}", code.name());
    }
    assert_eq!(ask(framed(Audience::Internal), "/problems/other").await.status(), 404);
}

#[tokio::test]
async fn every_public_answer_carries_the_security_headers() {
    let response = ask(framed(Audience::PublicHttps), "/nowhere").await;
    let names = [
        "content-security-policy",
        "x-content-type-options",
        "cache-control",
        "referrer-policy",
        "strict-transport-security",
        "x-request-id",
    ];
    for name in names {
        assert!(response.headers().contains_key(name), "{name}");
    }
    assert_eq!(response.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn beyond_the_bound_requests_are_shed_with_a_time_to_try_again() {
    let (entered, left) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let barriers = (Arc::clone(&entered), Arc::clone(&left));
    let slow = get(move || async move {
        barriers.0.wait().await;
        barriers.1.wait().await;
        "done"
    });
    let router = Frame::new(Audience::Internal, 1).around_all(Router::new().route("/slow", slow));
    let running = tokio::spawn(ask(router.clone(), "/slow"));
    entered.wait().await;
    let shed = ask(router.clone(), "/slow").await;
    assert_eq!((shed.status().as_u16(), shed.headers()["retry-after"].to_str().unwrap()), (503, "1"));
    assert_eq!(body(shed).await["code"], "overloaded");
    left.wait().await;
    assert_eq!(running.await.unwrap().status(), 200);
}

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_knows_the_route_and_never_the_path() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_ansi(false);
    let subscriber = subscriber.with_writer(move || writer.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    ask(framed(Audience::Internal), "/problems/s3cret?token=s3cret").await;
    ask(framed(Audience::Internal), "/elsewhere/s3cret").await;
    drop(guard);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("/problems/{code}") && text.contains("status=404"), "{text}");
    assert!(text.contains("caller-1") && !text.contains("s3cret"), "{text}");
}
