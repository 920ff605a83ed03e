//! Many callers book one session at once, on several replicas that share a Redis (R28).

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use greenroom::app::ports::clock::Clock;
use reqwest::Client;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;
use url::Url;

use crate::gateway::world::Backend;
use crate::gateway::world::World;
use crate::support::shift_clock::ShiftClock;

const CALLERS: usize = 10_000;
/// Connections to each replica: a hundred requests run on each at a time, the others wait in front of it.
const CONNECTIONS: usize = 2;

/// Books until it is answered; who is told to come back later does so.
async fn book(clock: &ShiftClock, (client, url, token): (&Client, &Url, &str), booking: &Value) -> Value {
    loop {
        let response = client.put(url.clone()).bearer_auth(token).json(booking).send().await.unwrap();
        let status = response.status();
        let retry_after =
            response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        let body: Value = response.json().await.unwrap();
        if status.is_success() {
            return body;
        }
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{body}");
        let seconds = retry_after.map_or(1, |text| text.parse().unwrap());
        clock.wait(Duration::from_secs(seconds)).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "booking core's own clients")]
fn connection() -> Client {
    Client::builder().no_proxy().http2_prior_knowledge().build().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r28_ten_thousand_bookings_of_a_session_on_three_replicas_make_one_meeting() {
    let mut world = World::connected(Backend::Redis).await;
    let replicas = [world.internal.clone(), world.replicate().await, world.replicate().await];
    let world = world;
    let booking = world.booking("yoga", &["ana"]);
    let token = world.token();
    let connections = (0..CONNECTIONS * replicas.len()).map(|_| connection()).collect::<Vec<_>>();
    let urls = replicas.map(|replica| replica.join("/v1/sites/studio/sessions/s-1").unwrap());

    // Every connection stands before the first booking, so that the first ones meet.
    for (connection, url) in connections.iter().zip(urls.iter().cycle()) {
        let unknown = connection.get(url.clone()).bearer_auth(&token).send().await.unwrap();
        assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    }

    let books = (0..CALLERS).map(|caller| {
        let client = connections[caller % connections.len()].clone();
        let (url, token) = (urls[caller % urls.len()].clone(), token.clone());
        let (clock, booking) = (world.clock.clone(), booking.clone());
        tokio::spawn(async move { book(&clock, (&client, &url, &token), &booking).await })
    });
    let answers = join_all(books.collect::<Vec<_>>()).await;
    let answers = answers.into_iter().map(Result::unwrap).collect::<Vec<_>>();

    let link = world.link("s-1", "staff").await;
    assert_eq!(link["status"], "ready", "{link}");
    let texts = |name: &str| {
        answers.iter().filter_map(|answer| answer["link"][name].as_str()).collect::<BTreeSet<_>>()
    };
    assert_eq!(answers.len(), CALLERS);
    for name in ["join_url", "provider_url", "meeting_id"] {
        assert_eq!(texts(name), BTreeSet::from([link[name].as_str().unwrap()]), "{name}");
    }
    let ledger = world.ledger().await;
    assert_eq!(ledger["counts"]["meetings.create"], json!({"requests": 1, "succeeded": 1}));
    assert_eq!(world.meetings().await.len(), 1);
}
