//! Owns what operators watch: what this process counts, and how that and the state of the records are written
//! (`OpenMetrics`). Labels hold no address, no site and no person.

use std::fmt;
use std::sync::atomic::AtomicU64;

use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use prometheus_client::registry::Unit;

use crate::app::vitals::Vitals;
use crate::app::webhooks::Answer;
use crate::app::webhooks::Taken;
use crate::domain::finding::EndpointSeen;
use crate::domain::finding::EndpointUnread;
use crate::domain::outgoing::Health;
use crate::web::problem::Code;
use crate::web::problem::Problem;

/// The states of an endpoint; one of them is 1.
const STATES: [&str; 4] = ["delivering", "failing", "parked", UNREADABLE];
/// The state of one whose record cannot be opened. Nothing else is known of it.
const UNREADABLE: &str = "unreadable";

/// Why a webhook may be refused.
const REFUSALS: [Code; 7] = [
    Code::BadSignature,
    Code::TooLarge,
    Code::RequestTimeout,
    Code::MalformedJson,
    Code::Overloaded,
    Code::StoreUnavailable,
    Code::Internal,
];

/// What this process counts. Clones count together.
#[derive(Debug, Clone)]
pub struct Metrics {
    webhooks: Family<WebhookLabels, Counter>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WebhookLabels {
    /// What came of it.
    outcome: &'static str,
    /// The code of the refusal; empty where it was not refused.
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EndpointLabels {
    endpoint: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    endpoint: String,
    state: &'static str,
}

impl Default for Metrics {
    /// Begins at 0 with all that may come of a webhook, so that the first of a kind shows as an increase.
    fn default() -> Self {
        let webhooks = Family::default();
        let taken = ["stored", "duplicate", "unknown_event", "challenge"].map(|outcome| (outcome, ""));
        let refused = REFUSALS.map(|code| ("refused", code.name()));
        for (outcome, reason) in taken.into_iter().chain(refused) {
            let _at_zero: Counter = webhooks.get_or_create_owned(&WebhookLabels { outcome, reason });
        }
        Self { webhooks }
    }
}

impl Metrics {
    /// Counts what came of a webhook.
    pub(in crate::web) fn count_webhook(&self, taken: &Result<Answer, Problem>) {
        let (outcome, reason) = match taken {
            Ok(Answer::Taken(Taken::Stored)) => ("stored", ""),
            Ok(Answer::Taken(Taken::Duplicate)) => ("duplicate", ""),
            Ok(Answer::Taken(Taken::Unknown)) => ("unknown_event", ""),
            Ok(Answer::Challenge(_)) => ("challenge", ""),
            Err(problem) => ("refused", problem.code().name()),
        };
        self.webhooks.get_or_create(&WebhookLabels { outcome, reason }).inc();
    }

    /// Writes what is counted, and what was read of the records.
    ///
    /// Fails where the formatter does.
    pub(in crate::web) fn render(&self, vitals: &Vitals, now: Timestamp) -> Result<String, fmt::Error> {
        let mut registry = Registry::with_prefix("greenroom");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program that runs", build);
        let help = "Deliveries of Zoom's webhooks to this process, by what came of them";
        registry.register("webhooks", help, self.webhooks.clone());
        let is_up: Gauge = Gauge::default();
        is_up.set(match vitals {
            Vitals::StoreAway => 0,
            Vitals::StoreUp { .. } => 1,
        });
        registry.register("store_up", "Whether the store answers", is_up);
        if let Vitals::StoreUp { endpoints, work_left } = vitals {
            if let Some(left) = work_left {
                let overdue: Gauge<f64, AtomicU64> = Gauge::default();
                overdue.set(left.as_secs_f64());
                let help =
                    "For how long work is due that nobody takes; 0 while everything is taken in five minutes";
                registry.register_with_unit("work_overdue", help, Unit::Seconds, overdue);
            }
            if let Some(endpoints) = endpoints {
                register(&mut registry, endpoints, now);
            }
        }
        let mut written = String::new();
        text::encode(&mut written, &registry)?;
        Ok(written)
    }
}

/// Adds how it stands with who is told of events. It is read of the records that replicas share: each says the same.
fn register(registry: &mut Registry, endpoints: &[Result<EndpointSeen, EndpointUnread>], now: Timestamp) {
    let states = Family::<StateLabels, Gauge>::default();
    let given_up = Family::<EndpointLabels, Counter>::default();
    let lost = Family::<EndpointLabels, Counter>::default();
    let ages = Family::<EndpointLabels, Gauge<f64, AtomicU64>>::default();
    for endpoint in endpoints {
        let (host, stands) = match endpoint {
            Ok(seen) => (&seen.host, name_of(seen.outgoing.health)),
            Err(unread) => (&unread.host, UNREADABLE),
        };
        for state in STATES {
            let labels = StateLabels { endpoint: host.clone(), state };
            states.get_or_create(&labels).set(i64::from(state == stands));
        }
        let Ok(EndpointSeen { outgoing, waiting_since, .. }) = endpoint else { continue };
        let labels = EndpointLabels { endpoint: host.clone() };
        given_up.get_or_create(&labels).inc_by(outgoing.given_up);
        lost.get_or_create(&labels).inc_by(outgoing.lost);
        let age = waiting_since.map_or(0.0, |since| now.duration_since(since).as_secs_f64().max(0.0));
        ages.get_or_create(&labels).set(age);
    }
    let help = "Whether an endpoint of events takes them: 1 for the state that it is in";
    registry.register("event_endpoint_state", help, states);
    let help = "Events given up because an endpoint refused them for a day while it took others";
    registry.register("event_endpoint_given_up_events", help, given_up);
    let help = "Events that an endpoint did not take while they were kept";
    registry.register("event_endpoint_lost_events", help, lost);
    let help = "Age of the oldest event that an endpoint has not been told; 0 where none waits";
    registry.register_with_unit("event_endpoint_oldest_waiting", help, Unit::Seconds, ages);
}

fn name_of(health: Health) -> &'static str {
    match health {
        Health::Delivering => "delivering",
        Health::Failing { .. } => "failing",
        Health::Parked { .. } => "parked",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn work_that_nobody_takes_shows_for_how_long() {
        let vitals = |work_left| Vitals::StoreUp { endpoints: None, work_left };
        let told = |vitals| Metrics::default().render(&vitals, Timestamp::UNIX_EPOCH).unwrap();
        assert!(
            told(vitals(Some(Duration::from_mins(6)))).contains("\ngreenroom_work_overdue_seconds 360.0\n")
        );
        assert!(told(vitals(Some(Duration::ZERO))).contains("\ngreenroom_work_overdue_seconds 0.0\n"));
        assert!(!told(vitals(None)).contains("work_overdue"), "what is not known is not told");
    }
}
