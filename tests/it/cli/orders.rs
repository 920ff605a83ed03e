//! How a command reaches the gateway that runs on an embedded store, and what happens where none does.

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use greenroom::app::ports::clock::SystemClock;
use greenroom::store::embedded::Embedded;
use greenroom::store::keys;
use greenroom::store::keys::Partition;
use greenroom::store::kv::Entry;
use greenroom::store::kv::Kv;
use greenroom::store::kv::Order;
use greenroom::store::kv::Range;
use predicates::str::contains;
use serde_json::Value;
use serde_json::json;
use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::BufReader;
use tokio::net::UnixStream;
use tokio::process::Child;
use tokio::process::Command;

use crate::gateway::world::Backend;
use crate::gateway::world::World;
use crate::support::program::greenroom;
use crate::support::program::started;
use crate::support::written::LEAST;
use crate::support::written::Written;

fn file(world: &World, ending: &str) -> PathBuf {
    world.files.path().join(format!("greenroom.redb{ending}"))
}

/// A gateway with a session that needs a person.
async fn needy() -> World {
    let world = World::connected(Backend::Embedded).await;
    let body = "{\"code\":300,\"message\":\"Validation Failed.\"}";
    let refusal = json!({"kind": "status", "status": 400, "content_type": "application/json", "body": body});
    world.fault("meetings.create", 1, refusal).await;
    let booked = world.book("s-1", "yoga", &["ana"]).await;
    assert_eq!(booked.body["link"]["reason"], "provider_rejected", "{}", booked.body);
    world
}

/// Runs `jobs list`, which must find so many.
async fn finds(world: &World, count: usize) {
    let ran = world.command(&["jobs", "list", "--output", "json"]).await;
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    let rows = serde_json::from_slice::<Value>(&ran.stdout).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), count, "{rows}");
}

/// Says something through the socket, and answers what is said back.
async fn say(world: &World, text: &[u8]) -> String {
    let mut stream = UnixStream::connect(file(world, ".sock")).await.unwrap();
    stream.write_all(text).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn the_socket_is_its_owners_alone_and_goes_with_the_gateway() {
    let mut world = needy().await;
    let socket = fs::metadata(file(&world, ".sock")).unwrap();
    assert!(socket.file_type().is_socket());
    assert_eq!(socket.permissions().mode() & 0o777, 0o600);
    assert_eq!(socket.uid(), fs::metadata(file(&world, "")).unwrap().uid());
    assert!(!file(&world, ".sock.d").exists());
    finds(&world, 1).await;

    world.stop().await;

    assert!(!file(&world, ".sock").exists());
    finds(&world, 1).await;
}

#[tokio::test]
async fn what_is_ordered_while_no_gateway_runs_is_done_by_the_next_one() {
    let mut world = needy().await;
    world.stop().await;
    let ran = world.command(&["jobs", "retry", "studio/s-1"]).await;
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    assert_eq!(world.creates().await, 0);

    world.restart_stopped().await;

    world.until("it heals", async || world.link("s-1", "staff").await["status"] == "ready").await;
    finds(&world, 0).await;
}

#[tokio::test]
async fn a_socket_that_is_left_over_does_no_harm() {
    let mut world = needy().await;
    world.stop().await;
    drop(std::os::unix::net::UnixListener::bind(file(&world, ".sock")).unwrap());
    fs::create_dir(file(&world, ".sock.d")).unwrap();
    fs::write(file(&world, ".sock.d").join("s"), "left over").unwrap();
    finds(&world, 1).await;

    world.restart_stopped().await;

    assert!(!file(&world, ".sock.d").exists());
    finds(&world, 1).await;
}

#[tokio::test]
async fn a_gateway_that_cannot_be_reached_is_not_taken_for_none() {
    let world = needy().await;
    fs::remove_file(file(&world, ".sock")).unwrap();
    let ran = world.command(&["jobs", "list"]).await;
    assert_eq!(ran.status.code(), Some(1), "{ran:?}");
    assert!(ran.stdout.is_empty());
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(said.contains("open but takes no orders"), "{said}");
    assert!(said.contains("repeat the command"), "{said}");
}

#[tokio::test]
async fn a_store_whose_path_is_too_long_for_a_socket_is_opened_here_unless_it_is_in_use() {
    let listen = "[public]\nlisten = \"127.0.0.1:0\"\n[internal]\nlisten = \"127.0.0.1:0\"";
    // With a socket beside it, without one, and too long even to be asked for one.
    for (length, said) in
        [(98, None), (99, Some("use a shorter store.url")), (120, Some("use a shorter store.url"))]
    {
        let file = "f".repeat(length);
        let written = Written::new(&format!("{LEAST}\n{listen}\n[store]\nurl = \"redb:{file}\"\n"));
        let list = || {
            let mut command = greenroom(written.folder());
            command.args(["--config", "greenroom.toml", "jobs", "list"]).assert()
        };
        let mut gateway = serve(written.folder()).await;
        assert_eq!(written.folder().join(format!("{file}.sock")).exists(), said.is_none(), "{length}");
        match said {
            None => list().code(0),
            Some(said) => list().code(1).stderr(contains(said)),
        };
        gateway.kill().await.unwrap();
        list().code(0);
    }
}

#[tokio::test]
async fn a_command_works_beside_a_gateway_after_one_was_killed_and_after_one_was_stopped() {
    let listen = "[public]\nlisten = \"127.0.0.1:0\"\n[internal]\nlisten = \"127.0.0.1:0\"";
    let written = Written::new(&format!("{LEAST}\n{listen}\n[store]\nurl = \"redb:own.redb\"\n"));
    let socket = written.folder().join("own.redb.sock");
    let list = || {
        let mut command = greenroom(written.folder());
        command.args(["--config", "greenroom.toml", "jobs", "list"]).assert().code(0);
    };
    for (signal, code) in [("-KILL", None), ("-TERM", Some(0))] {
        let mut gateway = serve(written.folder()).await;
        list();
        let pid = gateway.id().unwrap().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().await.unwrap().success());
        assert_eq!(gateway.wait().await.unwrap().code(), code);
        assert_eq!(socket.exists(), code.is_none(), "{signal}");
        list();
    }
}

/// The program itself, serving.
async fn serve(folder: &Path) -> Child {
    let mut command = Command::from(started(folder));
    command.args(["--config", "greenroom.toml", "serve"]).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    while !lines.next_line().await.unwrap().unwrap().contains("\"serving\"") {}
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    child
}

#[tokio::test]
async fn what_is_no_order_is_answered_so_and_nothing_is_done() {
    let world = needy().await;
    for text in [
        "nonsense".to_owned(),
        json!({"order": "burn_everything"}).to_string(),
        json!({"order": "list_jobs", "site_id": null, "after": null, "more": 1}).to_string(),
        " ".repeat((64 << 10) + 1),
    ] {
        let answer = say(&world, text.as_bytes()).await;
        let answer = serde_json::from_str::<Value>(&answer).unwrap();
        assert_eq!(answer["answer"], "failed", "{answer}");
        assert!(answer["reason"].as_str().unwrap().contains("cannot read the order"), "{answer}");
    }
    let id = json!({"order": "list_jobs", "site_id": "a b", "after": null}).to_string();
    assert!(say(&world, id.as_bytes()).await.contains("an id is 1 to 64 characters"));
    assert_eq!(say(&world, b"").await, "");
    finds(&world, 1).await;
}

#[tokio::test]
async fn whoever_connects_and_says_nothing_is_let_go_and_holds_nobody_up_for_good() {
    let world = needy().await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(UnixStream::connect(file(&world, ".sock")).await.unwrap());
    }
    for mut stream in silent {
        let mut said = [0; 8];
        tokio::select! {
            read = stream.read(&mut said) => assert_eq!(read.unwrap(), 0),
            () = time_flies(&world) => {}
        }
    }
    finds(&world, 1).await;
}

/// Moves time on, a second whenever everybody else had a turn.
async fn time_flies(world: &World) {
    loop {
        tokio::task::yield_now().await;
        world.clock.advance(Duration::from_secs(1));
    }
}

#[tokio::test]
async fn notes_that_are_left_over_are_swept_once_no_commit_can_bear_them_out() {
    let mut world = needy().await;
    world.command(&["jobs", "retry", "studio/s-1"]).await;
    world.until("it heals", async || world.link("s-1", "staff").await["status"] == "ready").await;
    finds(&world, 0).await;
    let early = notes(&mut world).await;
    world.clock.advance(Duration::from_mins(2));
    finds(&world, 0).await;
    let late = notes(&mut world).await;
    assert_eq!((early.len(), late.len()), (1, 0), "{early:?} {late:?}");
}

/// What the store's file has noted. The gateway is stopped meanwhile.
async fn notes(world: &mut World) -> Vec<Entry> {
    world.stop().await;
    let store = Embedded::open(&file(world, ""), Arc::new(SystemClock)).unwrap();
    let range = Range { min: 0, max: 1 << 52, after: None, limit: 9, order: Order::Ascending };
    let found = store.range(&Partition::System, &keys::ATTENTION, &range).await.unwrap();
    drop(store);
    world.restart_stopped().await;
    found
}
