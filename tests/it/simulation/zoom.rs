//! Owns Zoom: the product's own simulator of it, in this process, without sockets, on virtual time.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use greenroom::app::ports::provider::CallError;
use greenroom::demo::simulator::Settings;
use greenroom::demo::simulator::Simulator;
use greenroom::providers::http::Answer;
use greenroom::providers::http::Unanswered;
use http::Method;
use http::Request;
use http::header::CONTENT_TYPE;
use http::header::LOCATION;
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use url::Url;
use url::form_urlencoded;
use zeroize::Zeroizing;

use crate::simulation::guard::Guard;
use crate::simulation::runtime;
use crate::simulation::timeline::Place;
use crate::simulation::timeline::Timeline;
use crate::simulation::timeline::VirtualClock;

/// Where Zoom is. Nothing listens there: whoever sends requests there is this process.
pub(super) const ORIGIN: &str = "https://zoom.example.com";
/// Where Zoom sends browsers back to.
pub(super) const REDIRECT: &str = "https://meet.example.com/oauth/zoom/callback";
/// The client id of the app.
pub(super) const CLIENT: &str = "client-of-simulations";
/// What proves that a request comes from the app.
pub(super) const CLIENT_SECRET: &str = "secret-of-simulations";

/// Zoom, in a runtime of its own: what has reached it goes on there, whichever replica dies.
pub(super) struct Zoom {
    runtime: Runtime,
    router: Router,
    timeline: Timeline,
}

impl fmt::Debug for Zoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Zoom")
    }
}

/// What comes back from Zoom.
pub(super) type Reply = Result<Answer, Unanswered>;

/// A way to Zoom, for those who are elsewhere.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    handle: tokio::runtime::Handle,
    router: Router,
    timeline: Timeline,
    guard: Guard,
}

impl Zoom {
    pub(super) fn new(timeline: &Timeline, seed: u64) -> Self {
        let origin = Url::parse(ORIGIN).unwrap();
        let mut settings = Settings::new(CLIENT.into(), vec![CLIENT_SECRET.into()], origin);
        settings.redirect_uris.push(REDIRECT.into());
        let clock = Arc::new(VirtualClock { timeline: timeline.clone(), place: Place::Zoom });
        let router = Simulator::new(settings, clock, seed).router();
        Self { runtime: runtime::new(), router, timeline: timeline.clone() }
    }

    pub(super) fn gate(&self, guard: Guard) -> Gate {
        let (handle, router) = (self.runtime.handle().clone(), self.router.clone());
        Gate { handle, router, timeline: self.timeline.clone(), guard }
    }

    /// Carries on until nothing is left to do at this time.
    pub(super) fn run(&self) {
        runtime::run(&self.runtime);
    }

    /// What its control address says.
    pub(super) fn control(&self, method: Method, path: &str, body: &Value) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(format!("{ORIGIN}/simulator/{path}"))
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let router = self.router.clone();
        let (status, body) = self.runtime.block_on(async move {
            let response = router.oneshot(request).await.unwrap();
            (response.status(), response.into_body().collect().await.unwrap().to_bytes())
        });
        assert!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&body));
        if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() }
    }
}

impl Gate {
    /// Has a request carried out after a while; `told` hears what came of it.
    pub(super) fn deliver(
        &self,
        request: Request<Vec<u8>>,
        after: Duration,
        told: impl FnOnce(Reply) + Send + 'static,
    ) {
        let own = self.clone();
        self.timeline.act_after(after, move || {
            let router = own.router;
            if let (&Method::DELETE, Some((_, meeting))) =
                (request.method(), request.uri().path().rsplit_once('/'))
            {
                own.guard.deleting(meeting);
            }
            own.handle.spawn(async move { told(carry_out(router, request).await) });
            own.timeline.rouse(Place::Zoom);
        });
    }

    /// A person consents; answers where their browser is sent back to.
    pub(super) async fn consent(&self, asked: &Url, email: &str) -> Url {
        let request = Request::post(format!("{ORIGIN}/oauth/authorize"))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(consent_form(asked, email).into_bytes())
            .unwrap();
        let answer = carry_out(self.router.clone(), request).await.unwrap();
        Url::parse(answer.headers[LOCATION].to_str().unwrap()).unwrap()
    }
}

fn consent_form(asked: &Url, email: &str) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(asked.query_pairs()).append_pair("user", email).append_pair("decision", "allow");
    form.finish()
}

async fn carry_out(router: Router, request: Request<Vec<u8>>) -> Reply {
    let response = router.oneshot(request.map(Body::from)).await.unwrap_or_else(|never| match never {});
    let (parts, body) = response.into_parts();
    // A connection that was cut is a body that breaks off.
    let body = body.collect().await.map_err(|_| Unanswered::Lost(CallError::Broken))?;
    let body = Zeroizing::new(body.to_bytes().to_vec());
    Ok(Answer { status: parts.status, headers: parts.headers, body })
}
