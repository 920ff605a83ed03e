//! Owns the socket beside an embedded store, through which an operator's commands reach the gateway that runs on it.
//!
//! Whoever can connect may order anything: so the socket is its owner's alone before it stands where it is looked for.

use std::fs;
use std::fs::DirBuilder;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use tokio::net::UnixListener;
use tokio::net::UnixStream;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::app::gateway::Gateway;
use crate::server::operator::carry_out::carry_out;
use crate::server::operator::orders::Answer;
use crate::server::operator::orders::Order;
use crate::server::operator::wire;
use crate::server::operator::wire::ORDER_BYTES;
use crate::server::operator::wire::Received;

/// So many orders are carried out at once; the next waits.
const AT_ONCE: usize = 8;
/// How long one side waits for the other to say what it has to say.
const SAID_WITHIN: Duration = Duration::from_secs(5);
/// How long before the next try when a connection cannot be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// The most bytes of the path of a store's file beside which a socket can be bound: Linux takes 107 for the path of a
/// socket, and it is bound in a folder of its own, at `.sock.d/s` behind the name of the file.
pub(in crate::server) const LONGEST_STORE: usize = 107 - ".sock.d/s".len();

/// Where the socket of a store's file stands.
pub(in crate::server) fn beside(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".sock");
    name.into()
}

/// A socket that is bound. Gone from the file system when dropped.
#[derive(Debug)]
pub(in crate::server) struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Binds the socket of a store's file, which this process has open: so one that stands there is left over.
    ///
    /// It is bound in a folder that nobody else can enter and moved from there, so that it is never open to others.
    pub(in crate::server) fn bind(store: &Path) -> io::Result<Self> {
        let path = beside(store);
        let mut folder = path.clone().into_os_string();
        folder.push(".d");
        let folder = PathBuf::from(folder);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        DirBuilder::new().mode(0o700).create(&folder)?;
        let bound = bind_in(&folder, &path);
        fs::remove_dir_all(&folder)?;
        Ok(Self { listener: bound?, path })
    }

    /// Carries orders out until it is told to stop; one that has begun is finished and answered.
    pub(in crate::server) async fn serve(self, gateway: Gateway, stop: CancellationToken) {
        let mut open = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.listener.accept(), if open.len() < AT_ONCE => accepted,
                Some(_) = open.join_next() => continue,
            };
            match accepted {
                Ok((stream, _)) => {
                    open.spawn(answer(stream, gateway.clone(), stop.clone()));
                }
                Err(error) => {
                    warn!(error = %error, "an operator's command cannot be accepted");
                    gateway.clock.wait(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(self);
        while open.join_next().await.is_some() {}
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            warn!(error = %error, "the socket for commands is left over");
        }
    }
}

fn bind_in(folder: &Path, path: &Path) -> io::Result<UnixListener> {
    let first = folder.join("s");
    let listener = UnixListener::bind(&first)?;
    fs::set_permissions(&first, Permissions::from_mode(0o600))?;
    fs::rename(&first, path)?;
    Ok(listener)
}

/// Reads one order, carries it out and answers. Who says nothing in time, or leaves, is not answered.
async fn answer(mut stream: UnixStream, gateway: Gateway, stop: CancellationToken) {
    let received = tokio::select! {
        () = stop.cancelled() => return,
        () = gateway.clock.wait(SAID_WITHIN) => return,
        received = wire::receive::<Order>(&mut stream, ORDER_BYTES) => received,
    };
    let answer = match received {
        Ok(Received::Text(order)) => carry_out(&gateway, order).await,
        Ok(Received::Unreadable(why)) => Answer::Failed {
            reason: format!("the gateway cannot read the order ({why}): use the command of its own version"),
        },
        Ok(Received::Nothing) | Err(_) => return,
    };
    tokio::select! {
        () = gateway.clock.wait(SAID_WITHIN) => {}
        sent = wire::send(&mut stream, &answer) => {
            if let Err(error) = sent {
                warn!(error = %error, "an operator's command did not take its answer");
            }
        }
    }
}
