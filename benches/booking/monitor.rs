//! Sees what a Redis is asked, script by script.

use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use greenroom::app::ports::clock::SystemClock;
use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::BufReader;
use tokio::io::Lines;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::time::timeout;

use crate::support::redis::RedisServer;

/// The store rests when it commits nothing for so long: overlaps of a session before are looked for again after two
/// seconds, by a worker that looks every second.
const REST: Duration = Duration::from_secs(4);

/// A script of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    Read,
    Commit,
    Draw,
    Range,
    Hint,
    SettleHint,
}

impl Script {
    pub(crate) const ALL: [Self; 6] =
        [Self::Read, Self::Commit, Self::Draw, Self::Range, Self::Hint, Self::SettleHint];

    const fn text(self) -> &'static str {
        match self {
            Self::Read => include_str!("../../src/store/redis/read.lua"),
            Self::Commit => include_str!("../../src/store/redis/commit.lua"),
            Self::Draw => include_str!("../../src/store/redis/draw.lua"),
            Self::Range => include_str!("../../src/store/redis/range.lua"),
            Self::Hint => include_str!("../../src/store/redis/hint.lua"),
            Self::SettleHint => include_str!("../../src/store/redis/settle_hint.lua"),
        }
    }
}

/// A connection on which the server tells what it is asked.
pub(crate) struct Monitor {
    lines: Lines<BufReader<OwnedReadHalf>>,
    hashes: Vec<(String, Script)>,
    /// A way to ask for something of which the other end is certain to be told.
    marks: redis::aio::MultiplexedConnection,
    marked: u64,
    _writing: OwnedWriteHalf,
}

impl Monitor {
    pub(crate) async fn start(server: &RedisServer) -> Self {
        let (reading, mut writing) = TcpStream::connect(server.address).await.unwrap().into_split();
        writing.write_all(b"MONITOR\r\n").await.unwrap();
        let hashes =
            Script::ALL.map(|script| (redis::Script::new(script.text()).get_hash().to_owned(), script));
        Self {
            lines: BufReader::new(reading).lines(),
            hashes: hashes.to_vec(),
            marks: server.connect().await,
            marked: 0,
            _writing: writing,
        }
    }

    /// Waits until nothing is committed any more, and forgets what was.
    pub(crate) async fn rest(&mut self) {
        let mut quiet_until = SystemClock.now() + REST;
        while let Ok(left) = Duration::try_from(quiet_until.duration_since(SystemClock.now())) {
            match timeout(left.max(Duration::from_millis(1)), self.lines.next_line()).await {
                Ok(line) => {
                    if matches!(self.script(&line.unwrap().unwrap()), Some((Script::Commit, _))) {
                        quiet_until = SystemClock.now() + REST;
                    }
                }
                Err(_) => return,
            }
        }
    }

    /// What was asked since, up to now.
    pub(crate) async fn seen(&mut self) -> Vec<(Script, String)> {
        self.marked += 1;
        let mark = format!("mark-{}", self.marked);
        let () =
            redis::cmd("ECHO").arg(&mark).query_async(&mut self.marks).await.map(|_: String| ()).unwrap();
        let mut seen = Vec::new();
        loop {
            let line = self.lines.next_line().await.unwrap().unwrap();
            if line.contains(&mark) {
                return seen;
            }
            seen.extend(self.script(&line));
        }
    }

    /// Which script a line tells of, and in which place.
    fn script(&self, line: &str) -> Option<(Script, String)> {
        let (_, script) = self.hashes.iter().find(|(hash, _)| line.contains(hash.as_str()))?;
        let place = line.split_once("gr:{").and_then(|(_, rest)| rest.split_once('}'));
        Some((*script, place.map_or_else(String::new, |(place, _)| place.to_owned())))
    }
}
