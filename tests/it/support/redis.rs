//! A Redis server of one's own: a free port, a temporary directory, gone when dropped.

use std::net::SocketAddr;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use greenroom::app::ports::clock::SystemClock;
use tempfile::TempDir;

use crate::support::port;

/// A running `redis-server`. A machine without one fails the test: install it with `apt-get install redis-server`.
#[derive(Debug)]
pub(crate) struct RedisServer {
    pub(crate) address: SocketAddr,
    process: Child,
    _directory: TempDir,
}

impl RedisServer {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts with further arguments, such as `--requirepass`.
    pub(crate) async fn start_with(arguments: &[&str]) -> Self {
        for _ in 0..20 {
            if let Some(server) = Self::try_start(arguments).await {
                return server;
            }
        }
        panic!("redis-server found no free port, or did not start");
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// A connection of the test's own, to look or meddle behind the store's back.
    pub(crate) async fn connect(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.url()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }

    /// Freezes the server: connections stay, answers do not come.
    pub(crate) fn pause(&self) {
        self.signal("-STOP");
    }

    /// Lets a frozen server go on.
    pub(crate) fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    async fn try_start(arguments: &[&str]) -> Option<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], port::free()));
        let directory = tempfile::tempdir().unwrap();
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &address.port().to_string()])
            .args(["--save", "", "--appendonly", "no", "--dir"])
            .arg(directory.path())
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server is installed: apt-get install redis-server");
        let mut server = Self { address, process, _directory: directory };
        for _ in 0..500 {
            if server.process.try_wait().unwrap().is_some() {
                return None;
            }
            if tokio::net::TcpStream::connect(address).await.is_ok() {
                return Some(server);
            }
            SystemClock.wait(Duration::from_millis(10)).await;
        }
        None
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
