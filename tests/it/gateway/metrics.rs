//! `/metrics`: what operators watch, written as `OpenMetrics` say, for whoever reaches the internal listener.

use std::collections::BTreeMap;
use std::time::Duration;

use greenroom::domain::outgoing::Health;
use reqwest::Method;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::json;

use crate::gateway::looking::custom;
use crate::gateway::stored::damage;
use crate::gateway::world::Backend;
use crate::gateway::world::World;
use crate::support::receiver::Receiver;
use crate::support::receiver::Says;
use crate::support::receiver::secret;

const STATE: &str = "greenroom_event_endpoint_state";
const WAITING: &str = "greenroom_event_endpoint_oldest_waiting_seconds";
/// What stands in the addresses of endpoints, or is held for them, and may show nowhere.
pub(crate) const SECRETS: [&str; 3] = ["5ecret", "k3y", "whsec_"];

/// What was scraped: every sample by its name and labels.
#[derive(Debug)]
pub(crate) struct Scraped {
    samples: BTreeMap<String, f64>,
}

impl Scraped {
    /// Reads `OpenMetrics` text, and fails where it is none.
    fn parse(text: &str) -> Self {
        let body = text.strip_suffix("# EOF\n").expect("it ends with # EOF");
        let (mut samples, mut families) = (BTreeMap::new(), BTreeMap::new());
        for line in body.lines() {
            if let Some(said) = line.strip_prefix("# ") {
                let words = said.splitn(3, ' ').collect::<Vec<_>>();
                assert!(["HELP", "TYPE", "UNIT"].contains(&words[0]) && words.len() == 3, "{line}");
                assert!(words[1].starts_with("greenroom_"), "{line}");
                if words[0] == "TYPE" {
                    let before = families.insert(words[1].to_owned(), words[2].to_owned());
                    assert_eq!(before, None, "{line}");
                }
                continue;
            }
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            let suffixes = [("counter", "_total"), ("gauge", ""), ("info", "_info")];
            let is_declared = suffixes.iter().any(|(kind, suffix)| {
                let family = name.strip_suffix(suffix).and_then(|family| families.get(family));
                family.is_some_and(|declared| declared == kind)
            });
            assert!(is_declared, "{line}");
            let before = samples.insert(series.to_owned(), value.parse::<f64>().unwrap());
            assert_eq!(before, None, "{line}");
        }
        Self { samples }
    }

    pub(crate) fn of(&self, series: &str) -> Option<f64> {
        self.samples.get(series).copied()
    }

    /// The values of an endpoint in each of its states.
    fn states(&self, endpoint: &str) -> [Option<f64>; 3] {
        let of = |state| self.of(&format!("{STATE}{{endpoint=\"{endpoint}\",state=\"{state}\"}}"));
        ["delivering", "failing", "parked"].map(of)
    }
}

impl World {
    /// Reads the metrics, which nothing secret of endpoints may be in.
    pub(crate) async fn scrape(&self) -> Scraped {
        let answer = self.anonymous(Method::GET, "/metrics").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        assert_eq!(answer.headers()["content-type"], kind);
        let text = answer.text().await.unwrap();
        for secret in SECRETS {
            assert!(!text.contains(secret), "{text}");
        }
        Scraped::parse(&text)
    }
}

/// A gateway that tells one host twice, at two addresses with secrets in them; something has happened, and the second
/// said that it is gone.
pub(crate) async fn parked(backend: Backend) -> (World, Receiver) {
    let receiver = Receiver::start(&[1]).await;
    let mut gone = receiver.url.clone();
    gone.set_path("/gone-5ecret/k3y");
    let entry = |url: &str, number| format!("{{ url = \"{url}\", secrets = [\"{}\"] }}", secret(number));
    let both = format!("[{}, {}]", entry(receiver.url.as_str(), 1), entry(gone.as_str(), 2));
    // Who signs with the second secret is at the second address.
    let world = World::start_with(backend, &[("EVENTS__ENDPOINTS", &both)]).await;
    receiver.answers(
        |heard| if heard.signed_with(&[2]).is_empty() { Says::Status(200) } else { Says::Status(410) },
    );
    for site in ["studio", "clinic", "school"] {
        world.taken(&format!("/v1/sites/{site}"), &json!({})).await;
        world.taken(&format!("/v1/sites/{site}/accounts/default"), &custom("room")).await;
    }
    world
        .until("one is told all, the other is parked", async || {
            let states = world.endpoints().await;
            states[0].outgoing.taken_at.is_some()
                && states[0].waiting_since.is_none()
                && matches!(states[1].outgoing.health, Health::Parked { .. })
        })
        .await;
    (world, receiver)
}

#[rstest]
#[tokio::test]
async fn r38_an_endpoint_that_is_parked_shows_beside_another_of_its_host(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let (world, receiver) = parked(backend).await;
    let host = receiver.url.origin().ascii_serialization();
    let scraped = world.scrape().await;
    assert_eq!(scraped.of("greenroom_store_up"), Some(1.0));
    assert_eq!(scraped.states(&host), [Some(1.0), Some(0.0), Some(0.0)], "{scraped:?}");
    assert_eq!(scraped.states(&format!("{host} (2)")), [Some(0.0), Some(0.0), Some(1.0)], "{scraped:?}");
    for counter in ["given_up", "lost"] {
        let series = format!("greenroom_event_endpoint_{counter}_events_total{{endpoint=\"{host} (2)\"}}");
        assert_eq!(scraped.of(&series), Some(0.0), "{scraped:?}");
    }
    let age =
        |scraped: &Scraped, name: &str| scraped.of(&format!("{WAITING}{{endpoint=\"{name}\"}}")).unwrap();
    let (none, before) = (age(&scraped, &host), age(&scraped, &format!("{host} (2)")));
    assert!(none == 0.0 && before > 0.0, "{scraped:?}");
    world.clock.advance(Duration::from_hours(1));
    let grown = age(&world.scrape().await, &format!("{host} (2)")) - before;
    assert!((3_600.0..3_660.0).contains(&grown), "{grown}");
}

#[tokio::test]
async fn r38_events_that_an_endpoint_refused_for_a_day_are_counted() {
    let receiver = Receiver::start(&[1]).await;
    let setting = Receiver::setting(&[&receiver]);
    let world = World::start_with(Backend::Embedded, &[("EVENTS__ENDPOINTS", &setting)]).await;
    receiver.says(|event| Says::Status(if event["site_id"] == "studio" { 400 } else { 200 }));
    world.taken("/v1/sites/studio", &json!({})).await;
    world.taken("/v1/sites/studio/accounts/default", &custom("room")).await;
    let host = receiver.url.origin().ascii_serialization();
    let series = format!("greenroom_event_endpoint_given_up_events_total{{endpoint=\"{host}\"}}");
    world.taken("/v1/sites/other", &json!({})).await;
    let mut number = 0;
    world
        .until("one is given up", async || {
            number += 1;
            if number % 10 == 0 {
                world.clock.advance(Duration::from_hours(1));
                world.taken("/v1/sites/other/accounts/default", &custom(&format!("{number}"))).await;
            }
            world.scrape().await.of(&series) > Some(0.0)
        })
        .await;
    assert_eq!(world.scrape().await.states(&host), [Some(1.0), Some(0.0), Some(0.0)]);
}

#[tokio::test]
async fn r38_an_endpoint_whose_record_cannot_be_read_shows_and_hides_no_other() {
    let (mut world, receiver) = parked(Backend::Redis).await;
    let host = receiver.url.origin().ascii_serialization();
    world.stop().await;
    damage(world.redis.as_ref().unwrap(), "*outgoing*").await;
    world.restart_stopped().await;
    let scraped = world.scrape().await;
    let names = [host.clone(), format!("{host} (2)")];
    let unreadable =
        |name: &String| scraped.of(&format!("{STATE}{{endpoint=\"{name}\",state=\"unreadable\"}}")).unwrap();
    let mut sums = names
        .iter()
        .map(|name| {
            let known = scraped.states(name).into_iter().flatten().sum::<f64>();
            (known, unreadable(name), scraped.of(&format!("{WAITING}{{endpoint=\"{name}\"}}")).is_some())
        })
        .collect::<Vec<_>>();
    sums.sort_by(|one, other| one.partial_cmp(other).unwrap());
    assert_eq!(sums, [(0.0, 1.0, false), (1.0, 0.0, true)], "{scraped:?}");
}

#[tokio::test]
async fn r38_metrics_are_answered_without_a_token_and_on_the_internal_listener_alone() {
    let world = World::start(Backend::Embedded).await;
    let scraped = world.scrape().await;
    let build = format!("greenroom_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    assert_eq!((scraped.of(&build), scraped.of("greenroom_store_up")), (Some(1.0), Some(1.0)));
    let outside = world.outside(Method::GET, "/metrics").send().await.unwrap();
    assert_eq!(outside.status(), StatusCode::NOT_FOUND);
    let posted = world.send(world.anonymous(Method::POST, "/metrics"), None).await;
    assert_eq!(
        (posted.status, &posted.body["code"]),
        (StatusCode::METHOD_NOT_ALLOWED, &json!("method_not_allowed"))
    );
}

#[tokio::test]
async fn r38_a_store_that_is_away_shows_and_the_rest_comes_back_with_it() {
    let (world, receiver) = parked(Backend::Redis).await;
    let host = receiver.url.origin().ascii_serialization();
    let server = world.redis.as_ref().unwrap();
    server.pause();
    let scraped = world.scrape().await;
    assert_eq!((scraped.of("greenroom_store_up"), scraped.states(&host)), (Some(0.0), [None; 3]));
    assert!(scraped.samples.keys().any(|series| series.starts_with("greenroom_webhooks_total")));
    server.resume();
    let is_back = async || world.scrape().await.states(&host)[0] == Some(1.0);
    world.until("the endpoints show again", is_back).await;
}
