//! The list of points is complete: every method of every port either has its points, or only reads.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What only reads: it leaves nothing behind, and the seeds make it fail.
const READS: [&str; 24] = [
    "attentions.noted",
    "directory.sessions_with",
    "directory.sites_of",
    "register.sites",
    "feed.after",
    "feed.count",
    "feed.end",
    "grants.id_of",
    "grants.read",
    "inbox.find",
    "sites.has_session_of",
    "sites.read",
    "sites.sessions",
    "tickets.find",
    "traces.at_venue",
    "traces.deliveries",
    "traces.delivery",
    "traces.overlaps",
    "traces.session_past",
    "traces.site_past",
    "users.find",
    "work.due",
    "work.ping",
    "work.places",
];

/// What goes on only where somebody is told of events, which nobody is here: `gateway/outgoing` tries it.
const OUTGOING: [&str; 7] = [
    "endpoints.call_at",
    "endpoints.commit",
    "endpoints.id_of",
    "endpoints.put_off",
    "endpoints.read",
    "endpoints.remove",
    "push.push",
];

/// What is done only where a record cannot be opened, which all can here: `gateway/health` tries it.
const SPOILT: [&str; 1] = ["grants.replace"];

/// Where the ports are.
const PORTS: &str = "src/app/ports";

/// What is no port to the outside: every wait in the simulation goes by it.
const CLOCK: &str = "clock.rs";

const POINTED: [&str; 2] = [include_str!("provider.rs"), include_str!("stored.rs")];

/// Every file of ports, so that no new one can be forgotten.
fn ports() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(PORTS);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = files.filter(|file| !file.ends_with(CLOCK)).map(|file| fs::read_to_string(file).unwrap());
    texts.filter(|text| text.contains("#[async_trait")).collect()
}

/// Every method of a port that waits for something outside: `sites.commit`.
fn methods() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for text in ports() {
        for port in text.split("pub trait ").skip(1) {
            let name = port.split(':').next().unwrap().to_ascii_lowercase();
            let body = port.split("\n}").next().unwrap();
            let methods = body.split("async fn ").skip(1).map(|rest| rest.split(['(', '<']).next().unwrap());
            all.extend(methods.map(|method| format!("{name}.{method}")));
        }
    }
    all
}

/// Every effect that has its points.
pub(super) fn effects() -> BTreeSet<String> {
    let points = POINTED.iter().flat_map(|text| text.split(".at(\"").skip(1));
    points.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[test]
fn every_effect_has_its_points() {
    let reads =
        READS.iter().chain(&OUTGOING).chain(&SPOILT).map(|&read| read.to_owned()).collect::<BTreeSet<_>>();
    let effects = effects();
    assert!(reads.is_disjoint(&effects), "what only reads has no points");
    assert_eq!(methods(), reads.union(&effects).cloned().collect::<BTreeSet<_>>());
}
