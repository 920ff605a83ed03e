//! A TCP proxy that loses an answer when it is told to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// Stands between a client and a server. Stops when dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    replies_to_lose: Arc<AtomicU32>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let replies_to_lose = Arc::new(AtomicU32::new(0));
        let losing = Arc::clone(&replies_to_lose);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(server).await else { continue };
                tokio::spawn(forward(client, server, Arc::clone(&losing)));
            }
        });
        Self { address, replies_to_lose, accepting }
    }

    /// The next answer of the server is dropped, and the connection with it: what was asked has run.
    pub(crate) fn lose_next_reply(&self) {
        self.replies_to_lose.store(1, Ordering::SeqCst);
    }

    pub(crate) fn has_lost_it(&self) -> bool {
        self.replies_to_lose.load(Ordering::SeqCst) == 0
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn forward(client: TcpStream, server: TcpStream, losing: Arc<AtomicU32>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let questions = tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
    let mut buffer = vec![0; 64 << 10];
    while let Ok(length @ 1..) = from_server.read(&mut buffer).await {
        let loses =
            losing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if loses || to_client.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    questions.abort();
}
