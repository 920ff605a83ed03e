//! Owns how a gateway runs and stops: nothing that was begun is lost (correctness.md section 8).

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::app::gateway::Gateway;
use crate::app::worker;
use crate::server::Server;
use crate::server::live::Live;

/// How long before a gateway that is told to stop accepts no more: whoever sends it work sees that it is not ready.
const GOODBYE: Duration = Duration::from_secs(5);

/// How a gateway stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Farewell {
    /// It stays reachable for five seconds, so that balancers see that it is not ready.
    Announced,
    /// At once: nobody else sends it work.
    Immediate,
}

impl Server {
    /// Where browsers and participants are answered.
    pub fn public_address(&self) -> io::Result<SocketAddr> {
        self.public.0.address()
    }

    /// Where services and operators are answered.
    pub fn internal_address(&self) -> io::Result<SocketAddr> {
        self.internal.0.address()
    }

    /// The use cases' ports: for a process that is more than a gateway, such as the demo.
    pub fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// What is swapped while the gateway runs.
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// Answers and works until `stop` is cancelled; then ends in order: not ready, no more connections, running
    /// requests answered, refreshes and creates in flight saved.
    pub async fn run(self, stop: CancellationToken, farewell: Farewell) {
        let Self { gateway, live: _, readiness, public, internal, orders } = self;
        let no_more = CancellationToken::new();
        let work_stops = CancellationToken::new();
        let worker = tokio::spawn(worker::run(gateway.clone(), work_stops.clone()));
        let listeners = tokio::spawn(async_join(
            public.0.serve(public.1, no_more.clone()),
            internal.0.serve(internal.1, no_more.clone()),
        ));
        let orders = orders.map(|socket| tokio::spawn(socket.serve(gateway.clone(), no_more.clone())));
        stop.cancelled().await;
        readiness.end();
        info!("stopping");
        work_stops.cancel();
        if farewell == Farewell::Announced {
            gateway.clock.wait(GOODBYE).await;
        }
        no_more.cancel();
        let _listeners_over = listeners.await;
        if let Some(orders) = orders {
            let _orders_over = orders.await;
        }
        let _worker_over = worker.await;
        gateway.tasks.close();
        gateway.tasks.wait().await;
        info!("stopped");
    }
}

async fn async_join(one: impl Future<Output = ()>, two: impl Future<Output = ()>) {
    tokio::join!(one, two);
}
