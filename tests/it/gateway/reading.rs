//! Reading a link costs one round trip to the store and no call to a provider (R22, architecture.md).

use std::time::Duration;

use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::BufReader;
use tokio::net::TcpStream;

use crate::gateway::world::Backend;
use crate::gateway::world::World;

const LINK: &str = "/v1/sites/studio/sessions/s-1/link";

/// Sees every command that reaches a Redis server, in order.
pub(crate) struct Commands {
    seen: BufReader<TcpStream>,
    fences: ::redis::aio::MultiplexedConnection,
    count: u32,
}

impl Commands {
    pub(crate) async fn watch(world: &World) -> Self {
        let server = world.redis.as_ref().unwrap();
        let mut seen = TcpStream::connect(server.address).await.unwrap();
        seen.write_all(b"MONITOR\r\n").await.unwrap();
        let mut commands = Self { seen: BufReader::new(seen), fences: server.connect().await, count: 0 };
        commands.since().await;
        commands
    }

    /// What the gateway sent since the last look; neither what scripts do inside the server nor the worker's
    /// regular look for due work.
    pub(crate) async fn since(&mut self) -> Vec<String> {
        self.count += 1;
        let fence = format!("\"fence-{}\"", self.count);
        let text = fence.trim_matches('"');
        let _: String = ::redis::cmd("ECHO").arg(text).query_async(&mut self.fences).await.unwrap();
        let mut sent = Vec::new();
        loop {
            let mut line = String::new();
            assert_ne!(self.seen.read_line(&mut line).await.unwrap(), 0, "the server went away");
            if line.contains(&fence) {
                return sent;
            }
            let is_own = line.contains("\"CLIENT\"") || line.contains("\"HELLO\"") || line.starts_with("+OK");
            let is_look = line.contains("\"ZRANGEBYSCORE\" \"gr:{hints}\"");
            if !(is_own || is_look || line.contains(" lua] ")) {
                sent.push(line);
            }
        }
    }

    /// Waits until the worker has done what a booking left it.
    async fn settle(&mut self, world: &World) {
        let mut quiet = 0;
        while quiet < 5 {
            world.clock.advance(Duration::from_secs(1));
            world.ledger().await;
            quiet = if self.since().await.is_empty() { quiet + 1 } else { 0 };
        }
    }
}

/// A gateway on Redis with one session, and nothing left to do.
async fn booked() -> (World, Commands) {
    let world = World::connected(Backend::Redis).await;
    assert_eq!(world.book("s-1", "yoga", &["ana"]).await.body["link"]["status"], "ready");
    let mut commands = Commands::watch(&world).await;
    commands.settle(&world).await;
    (world, commands)
}

/// Asserts that these are reads of these partitions, one script call each.
#[track_caller]
fn assert_reads(commands: &[String], partitions: &[&str]) {
    assert_eq!(commands.len(), partitions.len(), "{commands:#?}");
    for (command, partition) in commands.iter().zip(partitions) {
        assert!(command.contains("] \"EVALSHA\" "), "{command}");
        assert!(command.contains(&format!("\"gr:{{{partition}")), "{partition}: {command}");
    }
}

mod redis {
    use reqwest::StatusCode;

    use crate::gateway::reading::LINK;
    use crate::gateway::reading::assert_reads;
    use crate::gateway::reading::booked;

    #[tokio::test]
    async fn a_link_is_read_in_one_round_trip_and_without_a_provider() {
        let (world, mut commands) = booked().await;
        let calls = world.requests().await;

        for _ in 0..50 {
            let read = world.get(LINK).await;
            assert_eq!((read.status, &read.body["status"]), (StatusCode::OK, &"ready".into()));
            assert_reads(&commands.since().await, &["s:studio}"]);
        }
        assert_eq!(world.requests().await, calls);
    }

    #[tokio::test]
    async fn the_first_read_of_a_process_is_no_dearer() {
        let (mut world, mut commands) = booked().await;
        let calls = world.requests().await;
        world.restart().await;
        commands.since().await;

        assert_eq!(world.get(LINK).await.status, StatusCode::OK);

        // The data keys are asked for together with the records that they open.
        assert_reads(&commands.since().await, &["s:studio}"]);
        assert_eq!(world.requests().await, calls);
    }

    #[tokio::test]
    async fn an_address_is_followed_by_two_reads_and_without_a_provider() {
        let (world, mut commands) = booked().await;
        let link = world.link("s-1", "confirmation_email").await;
        let calls = world.requests().await;
        commands.since().await;

        for _ in 0..10 {
            assert_eq!(world.join(&link).await.0, StatusCode::FOUND);
            assert_reads(&commands.since().await, &["t:", "s:studio}"]);
        }
        assert_eq!(world.requests().await, calls);
    }

    #[tokio::test]
    async fn an_address_that_can_be_none_of_ours_costs_nothing() {
        let (world, mut commands) = booked().await;
        let link = serde_json::json!({"join_url": world.public.join("/j/guess").unwrap()});

        assert_eq!(world.join(&link).await.0, StatusCode::NOT_FOUND);

        assert_reads(&commands.since().await, &[]);
    }
}

#[tokio::test]
async fn five_hundred_links_are_one_round_trip_in_the_order_asked() {
    let (world, mut commands) = booked().await;
    let mut ids = (0..499).map(|n| format!("none-{n}")).collect::<Vec<_>>();
    ids.insert(250, "s-1".into());
    let asked = serde_json::json!({"session_ids": ids, "audience": "members_area"});
    commands.since().await;
    let answer = world.post("/v1/sites/studio/links:batch", &asked).await;
    assert_reads(&commands.since().await, &["s:studio"]);
    assert_eq!(answer.status, reqwest::StatusCode::OK, "{}", answer.body);
    let links = answer.body["links"].as_array().unwrap();
    let told = links.iter().map(|link| link["session_id"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(told, ids);
    assert_eq!(links[250], world.link("s-1", "members_area").await);
    assert_eq!((&links[0]["status"], &links[0]["reason"]), (&"none".into(), &"unknown_session".into()));

    let one_more = (0..501).map(|n| format!("none-{n}")).collect::<Vec<_>>();
    for refused in [
        serde_json::json!({"session_ids": one_more}),
        serde_json::json!({"session_ids": ["a b"]}),
        serde_json::json!({"session_ids": [], "audience": "everybody"}),
        serde_json::json!({}),
    ] {
        let answer = world.post("/v1/sites/studio/links:batch", &refused).await;
        assert_eq!((answer.status.as_u16(), &answer.body["code"]), (422, &"invalid_body".into()));
        assert!(answer.body["errors"][0]["pointer"].as_str().unwrap().starts_with('/'));
    }
}
