//! Anybody may begin a webhook: who does not end it keeps nobody out.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::json;
use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::BufReader;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::gateway::webhooks::HOOK;
use crate::gateway::webhooks::counted::counted;
use crate::gateway::webhooks::meeting_event;
use crate::gateway::world::Backend;
use crate::gateway::world::World;

/// Begins a webhook that looks as if it were signed, and sends so much of its body, but not all.
async fn begin(world: &World, bytes: usize) -> TcpStream {
    let mut connection = TcpStream::connect(&*world.public.socket_addrs(|| None).unwrap()).await.unwrap();
    let (host, seconds) = (world.public.authority(), world.seconds());
    let (signature, length) = ("0".repeat(64), bytes + 10);
    let head = format!(
        "POST {HOOK} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n\
         x-zm-request-timestamp: {seconds}\r\nx-zm-signature: v0={signature}\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    // Who gives way early does not take it all.
    let _ = connection.write_all(&vec![b'a'; bytes]).await;
    connection
}

async fn status(connection: TcpStream) -> String {
    let mut line = String::new();
    BufReader::new(connection).read_line(&mut line).await.unwrap();
    line.trim().to_owned()
}

/// How often each was answered.
fn tally(answers: Vec<String>) -> BTreeMap<String, f64> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        *tally.entry(answer).or_default() += 1.0;
    }
    tally
}

#[tokio::test]
async fn r32_two_hundred_who_send_no_bodies_keep_no_webhook_out() {
    let world = World::start(Backend::Embedded).await;
    let begun = join_all((0..200).map(|_| begin(&world, 0))).await;
    let real = meeting_event("meeting.deleted", "organisation", (&json!("123"), 1_700_000_000_000));
    let asked_at = Instant::now();
    for _ in 0..3 {
        assert_eq!(world.tell(&real).await.status, StatusCode::OK);
    }
    assert!(asked_at.elapsed() < Duration::from_secs(2), "none of the others is waited for");
    let answers = tally(join_all(begun.into_iter().map(status)).await);
    assert_eq!(answers, BTreeMap::from([("HTTP/1.1 408 Request Timeout".to_owned(), 200.0)]));
    assert_eq!(counted(&world, "refused", "request_timeout").await, Some(200.0));
    assert_eq!(counted(&world, "stored", "").await, Some(1.0));
}

#[tokio::test]
async fn r38_a_webhook_that_gives_way_to_others_is_counted() {
    let world = World::start(Backend::Embedded).await;
    let mut answers = BTreeMap::new();
    // On a slow machine the first are over before the last have come.
    for _ in 0..5 {
        if answers.contains_key("HTTP/1.1 503 Service Unavailable") {
            break;
        }
        let begun = join_all((0..70).map(|_| begin(&world, (1 << 20) - 10))).await;
        for (answer, count) in tally(join_all(begun.into_iter().map(status)).await) {
            *answers.entry(answer).or_default() += count;
        }
    }
    let of = |answer: &str| answers.get(answer).copied().or(Some(0.0));
    let overloaded = counted(&world, "refused", "overloaded").await;
    assert!(overloaded > Some(0.0), "{answers:?}");
    assert_eq!(overloaded, of("HTTP/1.1 503 Service Unavailable"));
    assert_eq!(counted(&world, "refused", "request_timeout").await, of("HTTP/1.1 408 Request Timeout"));
    assert_eq!(answers.len(), 2, "{answers:?}");
    let real = meeting_event("meeting.deleted", "organisation", (&json!("123"), 1_700_000_000_000));
    assert_eq!(world.tell(&real).await.status, StatusCode::OK);
}
