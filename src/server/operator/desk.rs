//! Owns where a command's orders go: to the gateway that runs on an embedded store, or to a store opened here.

use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UnixStream;

use crate::app::gateway::Gateway;
use crate::app::ports::clock::Clock;
use crate::config::Config;
use crate::server::Outside;
use crate::server::StartError;
use crate::server::operator::carry_out::carry_out;
use crate::server::operator::orders::Answer;
use crate::server::operator::orders::Order;
use crate::server::operator::socket::LONGEST_STORE;
use crate::server::operator::socket::beside;
use crate::server::operator::wire;
use crate::server::operator::wire::ANSWER_BYTES;
use crate::server::operator::wire::Received;
use crate::server::wiring;
use crate::store::embedded;
use crate::store::settings::StoreUrl;

/// How long a gateway may take over one order.
const ANSWERED_WITHIN: Duration = Duration::from_mins(1);

/// Where orders go.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a command has one")]
pub enum Desk {
    /// To a store that is opened here: Redis, or an embedded store on which no gateway runs.
    Here(Gateway),
    /// To the gateway that runs on an embedded store.
    There {
        /// Its socket.
        socket: PathBuf,
        /// What its answer is waited for by.
        clock: Arc<dyn Clock>,
    },
}

/// Why an order is not answered, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] StartError),
    /// There is no store.
    #[error("there is no store at {}: correct store.url, or start the gateway once", .0.display())]
    NoStore(PathBuf),
    /// The store is in use, and nobody takes orders beside it.
    #[error(
        "a process has {} open but takes no orders: if it is a gateway that is starting or stopping, repeat the \
         command; else its log says why it takes none",
        .0.display()
    )]
    Untaken(PathBuf),
    /// The store is in use, and its path is too long for a socket beside it.
    #[error(
        "a process has {} open but can take no orders, the path is too long for a socket beside it: use a shorter \
         store.url ({LONGEST_STORE} bytes at most behind redb:), or stop the gateway first",
        .0.display()
    )]
    TooLong(PathBuf),
    /// The gateway's socket cannot be used.
    #[error(
        "{} does not take orders: run the command as the user that the gateway runs as, or repeat it",
        socket.display()
    )]
    Socket {
        /// Which.
        socket: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The gateway does not answer in time.
    #[error(
        "the gateway did not answer: whether it did what was asked is not known, see and repeat the command"
    )]
    Silent,
    /// What the gateway answers cannot be read.
    #[error("the gateway's answer cannot be read ({0}): use the command of its own version")]
    Unreadable(String),
}

impl Desk {
    /// Finds where orders go. An embedded store is opened only where no gateway answers beside it.
    pub async fn open(config: &Config, outside: Outside) -> Result<Self, AskError> {
        let StoreUrl::Embedded(file) = &config.store.url else {
            return Ok(Self::Here(wiring::open_gateway(config, outside).await?));
        };
        if let Some(there) = there(file, &outside.clock).await? {
            return Ok(there);
        }
        if !file.exists() {
            return Err(AskError::NoStore(file.clone()));
        }
        let clock = Arc::clone(&outside.clock);
        match wiring::open_gateway(config, outside).await {
            Ok(gateway) => Ok(Self::Here(gateway)),
            Err(StartError::Embedded(embedded::OpenError::InUse(_))) => started(file, &clock).await,
            Err(error) => Err(error.into()),
        }
    }

    /// Waits until what was begun here is over: what the provider gave is saved, what was let go is revoked. A gateway sees
    /// to that by itself.
    pub async fn finish(self) {
        match self {
            Self::Here(gateway) => {
                gateway.tasks.close();
                gateway.tasks.wait().await;
            }
            Self::There { .. } => {}
        }
    }

    /// Has an order carried out.
    pub async fn ask(&self, order: Order) -> Result<Answer, AskError> {
        match self {
            Self::Here(gateway) => Ok(carry_out(gateway, order).await),
            Self::There { socket, clock } => tokio::select! {
                () = clock.wait(ANSWERED_WITHIN) => Err(AskError::Silent),
                answer = ask(socket, &order) => answer,
            },
        }
    }
}

/// The gateway that was started on a store since its socket was looked for.
async fn started(file: &Path, clock: &Arc<dyn Clock>) -> Result<Desk, AskError> {
    let untaken =
        || if fits(file) { AskError::Untaken(file.to_owned()) } else { AskError::TooLong(file.to_owned()) };
    there(file, clock).await?.ok_or_else(untaken)
}

/// Whether a socket can be bound beside a store's file.
fn fits(file: &Path) -> bool {
    file.as_os_str().len() <= LONGEST_STORE
}

/// The gateway that answers beside a store's file, if one does. A socket that is left over refuses; where the path is
/// too long for one there is none.
async fn there(file: &Path, clock: &Arc<dyn Clock>) -> Result<Option<Desk>, AskError> {
    let socket = beside(file);
    match UnixStream::connect(&socket).await {
        Ok(_) => Ok(Some(Desk::There { socket, clock: Arc::clone(clock) })),
        Err(error) if is_none(error.kind()) => Ok(None),
        Err(source) => Err(AskError::Socket { socket, source }),
    }
}

/// Whether what the system says of a socket means that there is none, or nobody behind it.
fn is_none(said: io::ErrorKind) -> bool {
    matches!(said, io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused | io::ErrorKind::InvalidInput)
}

async fn ask(socket: &Path, order: &Order) -> Result<Answer, AskError> {
    let failed = |source| AskError::Socket { socket: socket.to_owned(), source };
    let mut stream = UnixStream::connect(socket).await.map_err(failed)?;
    wire::send(&mut stream, order).await.map_err(failed)?;
    match wire::receive(&mut stream, ANSWER_BYTES).await {
        Ok(Received::Text(answer)) => Ok(answer),
        Ok(Received::Unreadable(why)) => Err(AskError::Unreadable(why)),
        Ok(Received::Nothing) | Err(_) => Err(AskError::Silent),
    }
}
