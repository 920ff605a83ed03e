//! `greenroom doctor`: what is wrong and what to do, on a gateway that runs and on one that does not.

use std::fs;
use std::process::Output;
use std::time::Duration;

use greenroom::domain::reply::Answer;
use predicates::str::contains;
use predicates::str::is_empty;
use reqwest::Method;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::looking::custom;
use crate::gateway::metrics::SECRETS;
use crate::gateway::metrics::parked;
use crate::gateway::stored::damage;
use crate::gateway::stored::dump;
use crate::gateway::world::Backend;
use crate::gateway::world::World;
use crate::support::port;
use crate::support::program::greenroom;
use crate::support::receiver::Receiver;
use crate::support::receiver::Says;
use crate::support::written::LEAST;
use crate::support::written::Written;
use crate::support::written::ring;

/// Checks that find nothing wrong on a gateway without endpoints.
const ALL: [&str; 7] = [
    "ok configuration: it is whole",
    "ok store: it answers",
    "ok keyring: it opens what is stored",
    "ok endpoint: events.endpoints names none: events are read, not sent",
    "ok work: none is left",
    "ok accounts: 1 account works",
    "ok jobs: nothing needs a person",
];

fn code_and_text(ran: &Output) -> (Option<i32>, String) {
    let text = String::from_utf8([&*ran.stdout, &*ran.stderr].concat()).unwrap();
    for secret in SECRETS {
        assert!(!text.contains(secret), "{text}");
    }
    (ran.status.code(), text)
}

/// How the command ended, and the findings in short. Whoever reads JSON is told the same as people.
async fn examined(world: &World) -> (Option<i32>, Vec<String>) {
    let ran = world.command(&["doctor", "--output", "json"]).await;
    let (code, text) = code_and_text(&ran);
    let told = serde_json::from_slice::<Value>(&ran.stdout).unwrap_or_else(|_| panic!("{text}"));
    let rows = told["findings"].as_array().unwrap();
    let is_ok = rows.iter().all(|row| row["level"] != "problem");
    assert_eq!((told["ok"].as_bool(), code), (Some(is_ok), Some(i32::from(!is_ok))), "{text}");
    let (table_code, table) = code_and_text(&world.command(&["doctor"]).await);
    assert_eq!((table_code, table.lines().count()), (code, rows.len() + 1), "{table}");
    (code, rows.iter().zip(table.lines().skip(1)).map(|(row, line)| short(row, line)).collect())
}

/// A finding in short; the line of the table must have all of it.
fn short(row: &Value, line: &str) -> String {
    let field = |name: &str| row[name].as_str().unwrap_or_default();
    assert_eq!(row["what_to_do"].is_null(), row["level"] == "ok", "{row}");
    for name in ["level", "check", "subject", "found", "what_to_do"] {
        assert!(line.contains(field(name)), "{name}: {line}");
    }
    let subject = row["subject"].as_str().map(|subject| format!(" {subject}")).unwrap_or_default();
    format!("{} {}{subject}: {}", field("level"), field("check"), field("found"))
}

#[rstest]
#[tokio::test]
async fn r38_a_gateway_that_is_well_is_told_to_be_while_it_runs_and_while_it_does_not(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let mut world = World::connected(backend).await;
    assert_eq!(examined(&world).await, (Some(0), ALL.map(str::to_owned).to_vec()));
    world.stop().await;
    assert_eq!(examined(&world).await, (Some(0), ALL.map(str::to_owned).to_vec()));
}

#[rstest]
#[tokio::test]
async fn r38_an_endpoint_that_is_parked_is_a_problem_and_shows_its_host_alone(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let (mut world, receiver) = parked(backend).await;
    let host = receiver.url.origin().ascii_serialization();
    for runs in [true, false] {
        if !runs {
            world.stop().await;
        }
        let (code, found) = examined(&world).await;
        assert_eq!(code, Some(1));
        assert_eq!(found[3], format!("ok endpoint {host}: takes events; last answer: 200"));
        let gone = format!("problem endpoint {host} (2): parked since 20");
        assert!(found[4].starts_with(&gone), "{found:?}");
        for part in ["it said that it is gone; tried next at 20", "last answer: 410; an event waits since 20"]
        {
            assert!(found[4].contains(part), "{found:?}");
        }
    }
}

#[tokio::test]
async fn r38_an_endpoint_that_refuses_is_a_warning_and_no_failure() {
    let receiver = Receiver::start(&[1]).await;
    let setting = Receiver::setting(&[&receiver]);
    let world = World::start_with(Backend::Embedded, &[("EVENTS__ENDPOINTS", &setting)]).await;
    receiver.says(|_| Says::Status(500));
    world.taken("/v1/sites/studio", &json!({})).await;
    world.taken("/v1/sites/studio/accounts/default", &custom("room")).await;
    let refused = async || world.endpoints().await[0].outgoing.last == Some(Answer::Status(500));
    world.until("it has refused", refused).await;
    let (code, found) = examined(&world).await;
    let host = receiver.url.origin().ascii_serialization();
    assert!(found[3].starts_with(&format!("warning endpoint {host}: takes nothing since 20")), "{found:?}");
    assert!(found[3].contains("last answer: 500; an event waits since 20"), "{found:?}");
    assert_eq!(code, Some(0));
}

#[tokio::test]
async fn r38_an_endpoint_that_fails_for_one_site_alone_is_a_warning() {
    let receiver = Receiver::start(&[1]).await;
    let setting = Receiver::setting(&[&receiver]);
    let world = World::start_with(Backend::Embedded, &[("EVENTS__ENDPOINTS", &setting)]).await;
    receiver.says(|event| Says::Status(if event["site_id"] == "studio" { 502 } else { 200 }));
    for (site, number) in [("studio", 0), ("clinic", 1)] {
        world.taken(&format!("/v1/sites/{site}"), &json!({})).await;
        world.taken(&format!("/v1/sites/{site}/accounts/default"), &custom("room")).await;
        let heard = |site| receiver.heard().iter().filter(|heard| heard.event["site_id"] == site).count();
        world.until("it is told", async || heard(site) > number).await;
    }
    world.clock.advance(Duration::from_hours(2));
    world.taken("/v1/sites/clinic/accounts/default", &custom("other")).await;
    world.until("it is told", async || receiver.taken_of("clinic").len() == 3).await;
    let is_written = async || {
        let outgoing = world.endpoints().await.remove(0).outgoing;
        outgoing.claimed_until.is_none() && outgoing.silent_since.is_none()
    };
    world.until("it is written", is_written).await;
    let (code, found) = examined(&world).await;
    let host = receiver.url.origin().ascii_serialization();
    let said = format!("warning endpoint {host}: takes events, but not all of 1 site; last answer: ");
    assert!(found[3].starts_with(&said), "{found:?}");
    assert_eq!(code, Some(0));
}

#[tokio::test]
async fn r38_an_endpoint_whose_record_cannot_be_opened_is_a_problem_and_hides_no_other() {
    let (mut world, receiver) = parked(Backend::Redis).await;
    let host = receiver.url.origin().ascii_serialization();
    world.stop().await;
    damage(world.redis.as_ref().unwrap(), "*outgoing*").await;
    let (code, found) = examined(&world).await;
    let endpoints = &found[3..5];
    let unreadable = |name: &str| {
        let said = format!("problem endpoint {name}: how far it has been told cannot be read: ");
        endpoints.iter().filter(|found| found.starts_with(&said)).count()
    };
    assert_eq!((code, unreadable(&host) + unreadable(&format!("{host} (2)"))), (Some(1), 1), "{found:?}");
    let others = ["takes events; last answer: 200", "it said that it is gone"];
    let seen = endpoints.iter().filter(|found| others.iter().any(|other| found.contains(other)));
    assert_eq!(seen.count(), 1, "{found:?}");
}

#[rstest]
#[tokio::test]
async fn r38_accounts_and_sessions_that_need_somebody_are_found(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.taken("/v1/sites/clinic", &json!({})).await;
    world.taken("/v1/sites/clinic/accounts/default", &custom("room")).await;
    let body = "{\"code\":300,\"message\":\"Validation Failed.\"}";
    let refusal = json!({"kind": "status", "status": 400, "content_type": "application/json", "body": body});
    world.fault("meetings.create", 1, refusal).await;
    world.book("s-1", "yoga", &["ana"]).await;
    world.control(Method::POST, "users/lua@example.com/remove-app", Some(&json!({}))).await;
    world.command(&["accounts", "refresh", "--all"]).await;
    let (code, found) = examined(&world).await;
    let expected =
        ["ok accounts: 1 account works", "warning accounts: 1 account must be connected again: studio"];
    assert_eq!((code, &found[5..7]), (Some(1), &expected.map(str::to_owned)[..]), "{found:?}");
    assert!(found[7].starts_with("problem jobs: 1 thing needs a person, the longest since 20"), "{found:?}");
    world.command(&["jobs", "drop", "studio/s-1"]).await;
    let (code, found) = examined(&world).await;
    assert_eq!((code, &*found[7]), (Some(0), ALL[6]), "a warning is no failure");
}

#[rstest]
#[tokio::test]
async fn r38_a_ring_that_opens_nothing_of_what_is_stored_is_a_problem(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let mut world = World::start(backend).await;
    let found = examined(&world).await.1;
    assert_eq!(found[2], "ok keyring: nothing is stored yet that it could open");
    world.taken("/v1/sites/studio", &json!({})).await;
    assert_eq!(examined(&world).await.1[2], ALL[2], "a site is enough");
    world.stop().await;
    fs::write(world.files.path().join("keyring.json"), ring().render().as_bytes()).unwrap();
    let (code, found) = examined(&world).await;
    assert_eq!((code, &*found[1]), (Some(1), ALL[1]));
    assert!(found[2].starts_with("problem keyring: it does not open what is stored: "), "{found:?}");
    assert!(found[5].starts_with("problem accounts: it could not be looked at: "), "{found:?}");
}

#[tokio::test]
async fn r38_a_store_that_is_away_is_the_one_problem() {
    let redis = format!("redis://:p4ssword@127.0.0.1:{}", port::free());
    for (url, said) in [("redb:none.redb", "there is no store at none.redb"), (&*redis, "does not answer")] {
        let written = Written::new(&format!("{LEAST}\n[store]\nurl = \"{url}\"\n"));
        let mut command = greenroom(written.folder());
        let ran =
            command.args(["--config", "greenroom.toml", "doctor", "--output", "json"]).output().unwrap();
        let (code, text) = code_and_text(&ran);
        assert!(!text.contains("p4ssword"), "{text}");
        let told = serde_json::from_slice::<Value>(&ran.stdout).unwrap();
        let rows = told["findings"].as_array().unwrap();
        assert_eq!((code, rows.len(), &told["ok"]), (Some(1), 2, &json!(false)), "{text}");
        assert_eq!((&rows[1]["check"], &rows[1]["level"]), (&json!("store"), &json!("problem")));
        assert!(rows[1]["found"].as_str().unwrap().contains(said), "{text}");
        assert!(rows[1]["what_to_do"].as_str().unwrap().contains("store.url"), "{text}");
        assert!(!written.folder().join("none.redb").exists());
    }
}

#[tokio::test]
async fn r38_a_store_that_goes_away_beside_the_gateway_is_the_one_problem() {
    let world = World::connected(Backend::Redis).await;
    let server = world.redis.as_ref().unwrap();
    server.pause();
    let (code, found) = examined(&world).await;
    server.resume();
    assert_eq!((code, found.len()), (Some(1), 2), "{found:?}");
    assert!(found[1].starts_with("problem store: it cannot be looked into: "), "{found:?}");
}

#[tokio::test]
async fn r38_looking_writes_nothing_and_begins_no_endpoint() {
    let mut world = World::connected(Backend::Redis).await;
    world.quiet().await;
    world.stop().await;
    let receiver = Receiver::start(&[1]).await;
    world.set("EVENTS__ENDPOINTS", &Receiver::setting(&[&receiver]));
    let server = world.redis.as_ref().unwrap();
    let before = dump(server).await;
    let (code, found) = examined(&world).await;
    let host = receiver.url.origin().ascii_serialization();
    assert_eq!((code, &*found[3]), (Some(0), &*format!("ok endpoint {host}: told nothing yet")));
    let after = dump(server).await;
    let changed = after.iter().filter(|(key, value)| before.get(*key) != Some(*value)).map(|(key, _)| key);
    assert_eq!(changed.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn r38_every_problem_of_the_configuration_is_told_and_none_repeats_a_value() {
    let written = Written::new("[store]\nurl = 7\n[zoom]\nclient_secrets = [\"s3cret\"]\nfly = \"s3cret\"\n");
    let run = |output: &str| {
        let mut command = greenroom(written.folder());
        command.args(["--config", "greenroom.toml", "doctor", "--output", output]).output().unwrap()
    };
    let ran = run("json");
    let told = serde_json::from_slice::<Value>(&ran.stdout).unwrap();
    let rows = told["findings"].as_array().unwrap();
    let keys = rows.iter().map(|row| row["subject"].as_str().unwrap()).collect::<Vec<_>>();
    for key in ["store.url", "zoom.client_id", "zoom.fly", "auth.issuers"] {
        assert!(keys.contains(&key), "{keys:?}");
    }
    assert!(rows.iter().all(|row| row["level"] == "problem" && row["check"] == "configuration"));
    assert!(rows.iter().all(|row| !row["what_to_do"].as_str().unwrap().is_empty()));
    let table = run("table");
    assert_eq!((ran.status.code(), table.status.code()), (Some(2), Some(2)), "as every command");
    let (_, lines) = code_and_text(&table);
    assert_eq!(lines.lines().count(), rows.len() + 1, "{lines}");
    assert!(![told.to_string(), lines].concat().contains("s3cret"));
}

#[test]
fn wrong_usage_of_doctor_is_told_on_stderr_and_exits_2() {
    let written = Written::new(LEAST);
    let run = greenroom(written.folder()).args(["doctor", "now"]).assert();
    run.code(2).stdout(is_empty()).stderr(contains("--help"));
}
