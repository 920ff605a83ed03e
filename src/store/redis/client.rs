//! The connection to Redis: one server, one shared connection, scripts by their hash. Knows no records; shows no
//! password.

use std::fmt;
use std::time::Duration;

use redis::Client;
use redis::Cmd;
use redis::ErrorKind;
use redis::FromRedisValue;
use redis::Pipeline;
use redis::RedisError;
use redis::ScriptInvocation;
use redis::Value;
use redis::aio::ConnectionManager;
use redis::aio::ConnectionManagerConfig;
use secrecy::ExposeSecret;
use secrecy::SecretString;

use crate::store::kv::KvError;

/// Which Redis, and what it has to promise.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `redis://` or `rediss://`; a secret, because it may hold a password.
    pub url: SecretString,
    /// When a commit counts as done.
    pub durability: Durability,
}

/// When a commit counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// When the server has it in memory.
    Relaxed,
    /// When replicas and disks have it.
    Strict,
}

/// Why Redis cannot be used, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address is wrong. It is not shown: it may hold a password.
    #[error(
        "the store's address is no redis:// or rediss:// URL: write redis://[user:password@]host:port[/database]"
    )]
    Address,
    /// This backend does not wait for replicas.
    #[error("strict durability is not offered for this store: set durability = \"relaxed\"")]
    Strict,
    /// Nobody answers there.
    #[error("Redis at {server} does not answer ({reason}): start it, or correct the store's address")]
    Unreachable {
        /// Host and port.
        server: String,
        /// What failed, without what was sent.
        reason: String,
    },
}

/// After this long a command counts as lost. Below the deadline of a request, above a slow disk's pause.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(3);

/// After this long a server counts as away.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(2);

/// Reconnects when the connection breaks; commands share it, so that they pipeline.
#[derive(Clone)]
pub(super) struct Connection {
    shared: ConnectionManager,
    server: String,
}

impl Connection {
    /// Connects and asks for a sign of life.
    pub(super) async fn open(settings: &Settings) -> Result<Self, OpenError> {
        if settings.durability == Durability::Strict {
            return Err(OpenError::Strict);
        }
        let client = Client::open(settings.url.expose_secret()).map_err(|_| OpenError::Address)?;
        let server = client.get_connection_info().addr().to_string();
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_min_delay(Duration::from_millis(50))
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_connection_timeout(Some(CONNECTION_TIMEOUT));
        let unreachable =
            |error: RedisError| OpenError::Unreachable { server: server.clone(), reason: reason(&error) };
        let mut shared = ConnectionManager::new_with_config(client, config).await.map_err(unreachable)?;
        redis::cmd("PING").query_async::<()>(&mut shared).await.map_err(unreachable)?;
        Ok(Self { shared, server })
    }

    /// Runs what only reads; once more, when the connection turns out to be broken.
    pub(super) async fn read<T: FromRedisValue>(&self, question: &Question<'_>) -> Result<T, KvError> {
        let mut answer = self.ask(question).await;
        if answer.as_ref().is_err_and(RedisError::is_connection_dropped) {
            answer = self.ask(question).await;
        }
        answer.and_then(|value| Ok(T::from_redis_value(value)?)).map_err(|error| failure(&error))
    }

    /// Runs what writes, once.
    pub(super) async fn write<T: FromRedisValue>(&self, question: &Question<'_>) -> Result<T, Lost> {
        let answer = self.ask(question).await.and_then(|value| Ok(T::from_redis_value(value)?));
        answer.map_err(
            |error| if may_have_run(&error) { Lost::Unknown } else { Lost::NotWritten(failure(&error)) },
        )
    }

    async fn ask(&self, question: &Question<'_>) -> Result<Value, RedisError> {
        let mut shared = self.shared.clone();
        match question {
            Question::Command(command) => command.query_async(&mut shared).await,
            Question::Commands(commands) => commands.query_async(&mut shared).await,
            Question::Script(invocation) => invocation.invoke_async(&mut shared).await,
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("server", &self.server).finish_non_exhaustive()
    }
}

/// What is sent to the server.
pub(super) enum Question<'a> {
    /// A command.
    Command(&'a Cmd),
    /// Several commands in one round trip, not atomic.
    Commands(&'a Pipeline),
    /// A script, by its hash; its text follows when the server does not know it.
    Script(&'a ScriptInvocation<'a>),
}

/// Why a write has no answer.
pub(super) enum Lost {
    /// It did not happen.
    NotWritten(KvError),
    /// It may have happened.
    Unknown,
}

/// Whether the command may have run although its answer is an error.
///
/// Errors of the server come before it writes, because the scripts check first. Everything else that is not a
/// refused connection may have come after.
fn may_have_run(error: &RedisError) -> bool {
    let is_refusal = matches!(
        error.kind(),
        ErrorKind::Server(_)
            | ErrorKind::Extension
            | ErrorKind::AuthenticationFailed
            | ErrorKind::InvalidClientConfig
    );
    !is_refusal && !error.is_connection_refusal()
}

fn failure(error: &RedisError) -> KvError {
    // Of several commands in one round trip, the first that failed.
    let errors = error.clone().into_server_errors().unwrap_or_default();
    let Some((_, first)) = errors.first() else { return KvError::Unavailable(reason(error)) };
    let key = || first.details().unwrap_or("a key").to_owned();
    match first.code() {
        "GRWRONGTYPE" => KvError::WrongType(key()),
        "GRCORRUPT" => KvError::Corrupt(key()),
        "WRONGTYPE" => KvError::WrongType("an index or a scanned key".to_owned()),
        _ => KvError::Unavailable(reason(error)),
    }
}

/// What failed, in words that cannot hold what was sent: details may repeat a command's arguments.
fn reason(error: &RedisError) -> String {
    match error.code() {
        Some(code) => format!("{}, {code}", error.category()),
        None if error.is_timeout() => "timed out".to_owned(),
        None if error.is_connection_refusal() => "connection refused".to_owned(),
        None => error.category().to_owned(),
    }
}
