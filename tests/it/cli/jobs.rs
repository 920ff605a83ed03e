//! `greenroom jobs`: what needs a person, on a gateway that runs and on one that does not.

use std::process::Output;
use std::time::Duration;

use predicates::str::contains;
use predicates::str::is_empty;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::world::Backend;
use crate::gateway::world::World;
use crate::support::program::greenroom;
use crate::support::written::Written;

const COLUMNS: [&str; 7] = ["SITE", "SESSION", "WHY", "SINCE", "HOST", "MEETING", "WHAT TO DO"];

/// A gateway whose sessions Zoom refuses.
async fn refused(backend: Backend, sessions: &[&str]) -> World {
    let world = World::connected(backend).await;
    for session in sessions {
        refuse(&world).await;
        let booked = world.book(session, "yoga", &["ana"]).await;
        assert_eq!(booked.body["link"]["reason"], "provider_rejected", "{}", booked.body);
    }
    world
}

/// Has Zoom refuse the next create for good.
async fn refuse(world: &World) {
    let body = "{\"code\":300,\"message\":\"Validation Failed.\"}";
    let refusal = json!({"kind": "status", "status": 400, "content_type": "application/json", "body": body});
    world.fault("meetings.create", 1, refusal).await;
}

async fn heals(world: &World, session: &str) {
    world.until("the session heals", async || world.link(session, "staff").await["status"] == "ready").await;
}

/// What a command that was done printed as JSON.
async fn json_of(world: &World, arguments: &[&str]) -> Value {
    let ran = world.command(&[arguments, &["--output", "json"]].concat()).await;
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    serde_json::from_slice(&ran.stdout).unwrap()
}

/// The sessions that are listed, and why.
async fn listed(world: &World, arguments: &[&str]) -> Vec<String> {
    let rows = json_of(world, &[&["jobs", "list"], arguments].concat()).await;
    let name = |row: &Value| {
        let [site, session, why] = ["site_id", "session_id", "why"].map(|field| row[field].as_str().unwrap());
        format!("{site}/{session} {why}")
    };
    rows.as_array().unwrap().iter().map(name).collect()
}

fn outcomes(pairs: &[(&str, &str)]) -> Value {
    let session = |(session, outcome): &(&str, &str)| json!({"site_id": "studio", "session_id": session, "outcome": outcome});
    json!({"sessions": pairs.iter().map(session).collect::<Vec<_>>()})
}

fn text(ran: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (ran.status.code(), text(&ran.stdout), text(&ran.stderr))
}

#[rstest]
#[tokio::test]
async fn what_zoom_refused_is_listed_and_tried_again_until_nothing_needs_a_person(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = refused(backend, &["s-1", "s-2"]).await;
    let (code, table, _) = text(&world.command(&["jobs", "list"]).await);
    let lines = table.lines().collect::<Vec<_>>();
    let columns = lines[0].split("  ").map(str::trim).filter(|column| !column.is_empty()).collect::<Vec<_>>();
    assert_eq!((code, &columns[..]), (Some(0), &COLUMNS[..]));
    assert!(lines[1].starts_with("studio  s-1      provider_rejected  20"), "{table}");
    assert!(
        lines[1]
            .ends_with("Z  default  -        correct the booking or the account at the provider, then retry"),
        "{table}"
    );
    assert_eq!(listed(&world, &[]).await, ["studio/s-1 provider_rejected", "studio/s-2 provider_rejected"]);
    assert_eq!(listed(&world, &["--site", "studio"]).await.len(), 2);
    assert_eq!(listed(&world, &["--site", "other"]).await.len(), 0);

    let retried = json_of(&world, &["jobs", "retry", "studio/s-1"]).await;
    assert_eq!(retried, outcomes(&[("s-1", "retried")]));
    heals(&world, "s-1").await;
    assert_eq!(listed(&world, &[]).await, ["studio/s-2 provider_rejected"]);
    assert_eq!(world.link("s-2", "staff").await["reason"], "provider_rejected", "the other was left alone");

    let retried = json_of(&world, &["jobs", "retry", "--site", "other"]).await;
    assert_eq!(retried, outcomes(&[]));
    let retried = json_of(&world, &["jobs", "retry", "--site", "studio"]).await;
    assert_eq!(retried, outcomes(&[("s-2", "retried")]));
    heals(&world, "s-2").await;
    let none = text(&world.command(&["jobs", "list"]).await);
    assert_eq!(none, (Some(0), String::new(), "nothing needs a person\n".to_owned()));
    let none = text(&world.command(&["jobs", "list", "--output", "json"]).await);
    assert_eq!(none, (Some(0), "[]\n".to_owned(), "nothing needs a person\n".to_owned()));
    assert_eq!(world.meetings().await.len(), 2);
}

#[rstest]
#[tokio::test]
async fn two_creates_without_an_answer_need_a_person_and_a_retry_makes_one_meeting(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    world.fault("meetings.create", 2, json!({"kind": "drop_before"})).await;
    world.book_preferring("s-1", "wait=0").await;
    // Two creates, after each two listings and a minute: between two jumps of time they are left to go on.
    let mut looks = 0;
    let failed = async || {
        looks += 1;
        if looks % 20 == 0 {
            world.clock.advance(Duration::from_secs(30));
        }
        world.link("s-1", "staff").await["reason"] == "needs_attention"
    };
    world.until("a person is needed", failed).await;
    assert_eq!(listed(&world, &[]).await, ["studio/s-1 needs_attention"]);

    assert_eq!(json_of(&world, &["jobs", "retry", "--all"]).await, outcomes(&[("s-1", "retried")]));

    heals(&world, "s-1").await;
    assert_eq!(listed(&world, &[]).await.len(), 0);
    assert_eq!(world.meetings().await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn what_is_dropped_stays_as_it_is_and_unlisted_until_something_else_is_wanted(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = refused(backend, &["s-1", "s-2"]).await;
    let dropped = json_of(&world, &["jobs", "drop", "studio/s-1", "studio/s-9"]).await;
    assert_eq!(dropped, outcomes(&[("s-1", "dropped"), ("s-9", "not_listed")]));
    assert_eq!(listed(&world, &[]).await, ["studio/s-2 provider_rejected"]);
    assert_eq!(world.link("s-1", "staff").await["reason"], "provider_rejected");

    refuse(&world).await;
    let mut other = world.booking("yoga", &["ana"]);
    other["title"] = json!("Another title");
    let put = world.put("/v1/sites/studio/sessions/s-1", &other).await;
    assert_eq!(put.body["link"]["reason"], "provider_rejected", "{}", put.body);
    let both = ["studio/s-2 provider_rejected", "studio/s-1 provider_rejected"];
    assert_eq!(listed(&world, &[]).await, both, "the one that stands longer first");
}

#[tokio::test]
async fn a_session_that_needs_nobody_is_left_alone_and_one_that_is_not_there_fails_the_command() {
    let world = refused(Backend::Embedded, &["s-1"]).await;
    let ready = world.book("s-2", "yoga", &["ana"]).await.body["link"].clone();
    let arguments = ["jobs", "retry", "studio/s-2", "studio/s-1", "studio/s-9", "nowhere/s-1", "studio/s-1"];
    let (code, told, _) = text(&world.command(&arguments).await);
    let expected = [
        ["SITE", "SESSION", "OUTCOME"],
        ["nowhere", "s-1", "unknown_session"],
        ["studio", "s-1", "retried"],
        ["studio", "s-2", "not_needed"],
        ["studio", "s-9", "unknown_session"],
    ];
    let rows = told.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).collect::<Vec<_>>();
    assert_eq!((code, rows), (Some(1), expected.map(Vec::from).to_vec()));
    heals(&world, "s-1").await;
    assert_eq!(world.link("s-2", "staff").await["meeting_id"], ready["meeting_id"]);
    assert_eq!(world.meetings().await.len(), 2);
}

#[tokio::test]
async fn what_fails_again_is_tried_once_by_one_command_and_listed_anew() {
    let world = refused(Backend::Embedded, &["s-1"]).await;
    refuse(&world).await;
    let before = world.requests().await;
    assert_eq!(json_of(&world, &["jobs", "retry", "--all"]).await, outcomes(&[("s-1", "retried")]));
    world.until("it was tried again", async || world.requests().await > before).await;
    world
        .until("it is listed again", async || {
            world.link("s-1", "staff").await["reason"] == "provider_rejected"
                && listed(&world, &[]).await.len() == 1
        })
        .await;
}

#[tokio::test]
async fn a_cancelled_session_needs_nobody() {
    let world = refused(Backend::Embedded, &["s-1"]).await;
    let gone = world.delete("/v1/sites/studio/sessions/s-1").await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(listed(&world, &[]).await.len(), 0);
}

#[tokio::test]
async fn no_session_fails_before_it_can_be_found() {
    let world = World::connected(Backend::Redis).await;
    let mut redis = world.redis.as_ref().unwrap().connect().await;
    let index = "gr:{sys}:i:attention";
    redis::cmd("SET").arg(index).arg("in the way").query_async::<()>(&mut redis).await.unwrap();
    refuse(&world).await;
    let before = world.requests().await;
    world.book_preferring("s-1", "wait=0").await;
    world.until("Zoom has refused it", async || world.requests().await > before).await;
    for _ in 0..5 {
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(world.link("s-1", "staff").await["status"], "pending");
    }
    redis::cmd("DEL").arg(index).query_async::<()>(&mut redis).await.unwrap();
    let failed = async || world.link("s-1", "staff").await["status"] == "failed";
    world.until("the failure is saved", failed).await;
    assert_eq!(listed(&world, &[]).await, ["studio/s-1 provider_rejected"]);
}

#[rstest]
#[case(&[])]
#[case(&["list", "--site", "a/b"])]
#[case(&["list", "studio"])]
#[case(&["retry"])]
#[case(&["retry", "s-1"])]
#[case(&["retry", "studio/s 1"])]
#[case(&["retry", "--all", "--site", "studio"])]
#[case(&["retry", "studio/s-1", "--all"])]
#[case(&["drop"])]
#[case(&["drop", "--all"])]
#[case(&["drop", "studio"])]
#[case(&["drop", "a/b/c"])]
fn wrong_usage_is_told_on_stderr_and_exits_2(#[case] arguments: &[&str]) {
    let written = Written::new(crate::support::written::LEAST);
    let mut command = greenroom(written.folder());
    command.args(["--config", "greenroom.toml", "jobs"]).args(arguments);
    command.assert().code(2).stdout(is_empty()).stderr(contains("--help"));
}

#[test]
fn a_configuration_that_cannot_be_used_exits_2_with_every_problem() {
    let written = Written::new("[store]\nurl = 7\n");
    let mut command = greenroom(written.folder());
    let run = command.args(["--config", "greenroom.toml", "jobs", "list"]).assert();
    run.code(2).stdout(is_empty()).stderr(contains("store.url"));
}

#[test]
fn a_store_that_is_not_there_is_not_made() {
    let written =
        Written::new(&format!("{}\n[store]\nurl = \"redb:none.redb\"\n", crate::support::written::LEAST));
    let mut command = greenroom(written.folder());
    let run = command.args(["--config", "greenroom.toml", "jobs", "list"]).assert();
    run.code(1).stdout(is_empty()).stderr(contains("there is no store at none.redb"));
    assert!(!written.folder().join("none.redb").exists());
}
