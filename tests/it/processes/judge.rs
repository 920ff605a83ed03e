//! Compares what lives at Zoom with what the sessions say, and what was ever seen of them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Value;

/// What was last asked for a session, and answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expected {
    /// It is not there.
    Nothing,
    /// A meeting of this host, of this name, at this time.
    Meeting { host: String, topic: String, start: String },
}

/// Which meetings each session was seen with.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeMap<String, BTreeMap<String, BTreeSet<String>>>);

impl Seen {
    /// Notes where a link leads.
    pub(super) fn note(&mut self, link: &Value) {
        let (Some(session), Some(id)) = (link["session_id"].as_str(), link["meeting_id"].as_str()) else {
            return;
        };
        let address = link["provider_url"].as_str().unwrap();
        let meetings = self.0.entry(session.to_owned()).or_default();
        meetings.entry(id.to_owned()).or_default().insert(address.to_owned());
    }

    /// How many meetings were seen.
    pub(super) fn len(&self) -> usize {
        self.0.values().map(BTreeMap::len).sum()
    }

    /// No generation of a session was seen with two meetings, and no meeting under two addresses.
    pub(super) fn check(&self, ledger: &Value) {
        let generations = ledger["meetings"].as_array().unwrap().iter();
        let generations = generations.map(|meeting| (meeting["id"].to_string(), generation(meeting)));
        let generations = generations.collect::<BTreeMap<_, _>>();
        for (session, meetings) in &self.0 {
            let distinct = meetings.keys().map(|id| &generations[id]).collect::<BTreeSet<_>>();
            assert_eq!(distinct.len(), meetings.len(), "{session}: one generation, two links: {meetings:?}");
            assert!(meetings.values().all(|addresses| addresses.len() == 1), "{session}: {meetings:?}");
        }
    }
}

/// What is not as it should be yet: every session has what was asked for, and nothing else lives at Zoom.
pub(super) fn differences(
    ledger: &Value,
    links: &[Value],
    expected: &BTreeMap<String, Expected>,
) -> Vec<String> {
    let meetings = ledger["meetings"].as_array().unwrap().iter().filter(|meeting| meeting["state"] == "live");
    let mut live = meetings.map(|meeting| (meeting["id"].to_string(), meeting)).collect::<BTreeMap<_, _>>();
    let mut differences = Vec::new();
    for link in links {
        let session = link["session_id"].as_str().unwrap();
        let meeting = link["meeting_id"].as_str().and_then(|id| live.remove(id));
        let found = match meeting {
            None => Expected::Nothing,
            Some(meeting) => shown(meeting),
        };
        let is_settled = matches!(link["status"].as_str(), Some("ready" | "none"));
        if found != expected[session] || !is_settled {
            differences.push(format!("{link}\n  wants {:?}\n  has {found:?}", expected[session]));
        }
    }
    differences.extend(live.values().map(|meeting| format!("lives beside all sessions: {meeting}")));
    differences
}

fn shown(meeting: &Value) -> Expected {
    let text = |name: &str| meeting[name].as_str().unwrap().to_owned();
    Expected::Meeting { host: text("host"), topic: text("topic"), start: text("start_time") }
}

/// No generation was made more than twice.
pub(super) fn check_attempts(ledger: &Value) {
    let mut made = BTreeMap::<String, u32>::new();
    for meeting in ledger["meetings"].as_array().unwrap() {
        *made.entry(generation(meeting)).or_default() += 1;
    }
    made.retain(|_, count| *count > 2);
    assert_eq!(made, BTreeMap::new(), "generations made more than twice");
}

/// Which generation of which session a meeting was made for, as its marker says.
fn generation(meeting: &Value) -> String {
    let line = meeting["agenda"].as_str().unwrap().lines().next().unwrap();
    let (generation, _attempt) = line.strip_prefix("Ref gr1-").unwrap().rsplit_once('-').unwrap();
    generation.to_owned()
}
