//! Owns where the demo listens: the usual ports where they are free, else any that are.

use std::io;
use std::net::Ipv4Addr;

use tokio::net::TcpListener;
use url::Url;

/// The usual port of pages, join addresses and the OAuth callback.
const PUBLIC: u16 = 8080;
/// The usual port of the API.
const INTERNAL: u16 = 8081;
/// The usual port of the Zoom simulator and the start page.
const SIMULATOR: u16 = 9080;

/// The demo's sockets, held until their owners take them.
#[derive(Debug)]
pub(super) struct Ports {
    /// For the gateway's public listener.
    pub(super) public: Port,
    /// For the gateway's internal listener.
    pub(super) internal: Port,
    /// For the Zoom simulator and the start page.
    pub(super) simulator: Port,
}

impl Ports {
    /// Takes three ports. Fails where the machine has none.
    pub(super) async fn open() -> io::Result<Self> {
        Ok(Self {
            public: Port::open(PUBLIC).await?,
            internal: Port::open(INTERNAL).await?,
            simulator: Port::open(SIMULATOR).await?,
        })
    }
}

/// A socket on loopback.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) listener: TcpListener,
    number: u16,
    /// The usual number, where somebody else has it.
    taken: Option<u16>,
}

impl Port {
    async fn open(usual: u16) -> io::Result<Self> {
        let (listener, taken) = match TcpListener::bind((Ipv4Addr::LOCALHOST, usual)).await {
            Ok(listener) => (listener, None),
            Err(_) => (TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?, Some(usual)),
        };
        let number = listener.local_addr()?.port();
        Ok(Self { listener, number, taken })
    }

    /// Its address, without a path.
    pub(super) fn url(&self) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}", self.number)).expect("a host and a port")
    }

    /// As `listen` wants it.
    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.number)
    }

    /// "8080 is taken: 41234 is used", where it is.
    pub(super) fn notice(&self) -> Option<String> {
        self.taken.map(|usual| format!("Port {usual} is taken: {} is used.", self.number))
    }
}
