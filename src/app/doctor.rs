//! Use case: look at a gateway's records for what is wrong (R38). Repairs nothing.

use std::time::Duration;

use crate::app::causes::WithCauses;
use crate::app::gateway::Gateway;
use crate::app::outgoing;
use crate::app::ports::stored::StoreError;
use crate::app::worker;
use crate::domain::event::FeedPlace;
use crate::domain::finding::Check;
use crate::domain::finding::Finding;
use crate::domain::finding::Seen;
use crate::domain::finding::findings;

/// How long one look may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// So many sites are tried to find a record that can be opened: they may be being off-boarded.
const TRIED: usize = 10;

/// Looks at the store, the key ring, who is told of events and what is due, and says what it means. Where the store does not
/// answer, that is all.
pub async fn examine(gateway: &Gateway) -> Vec<Finding> {
    let seen = look(gateway).await;
    findings(seen, gateway.clock.now())
}

async fn look(gateway: &Gateway) -> Vec<Seen> {
    if let Err(why) = within(gateway, gateway.work.ping()).await {
        return vec![Seen::StoreAway(why.reason())];
    }
    let mut seen = vec![Seen::StoreAnswers, ring(gateway).await];
    seen.extend(endpoints(gateway).await);
    seen.push(work(gateway).await);
    seen
}

/// Why something could not be looked at.
enum Why {
    Slow,
    Store(StoreError),
}

impl Why {
    /// It and its causes, in one line.
    fn reason(&self) -> String {
        match self {
            Self::Slow => format!("no answer in {} s", PATIENCE.as_secs()),
            Self::Store(error) => WithCauses(error).to_string(),
        }
    }
}

async fn within<T>(
    gateway: &Gateway,
    looking: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, Why> {
    tokio::select! {
        biased;
        seen = looking => seen.map_err(Why::Store),
        () = gateway.clock.wait(PATIENCE) => Err(Why::Slow),
    }
}

async fn ring(gateway: &Gateway) -> Seen {
    match within(gateway, opened(gateway)).await {
        Ok(seen) => seen,
        Err(why @ Why::Store(StoreError::Corrupt(_))) => Seen::RingRefuses(why.reason()),
        Err(why) => Seen::Unseen(Check::Keyring, why.reason()),
    }
}

/// Opens a record: the end of the feed, or where nothing was announced yet, a site.
async fn opened(gateway: &Gateway) -> Result<Seen, StoreError> {
    if gateway.feed.end().await? > FeedPlace::default() {
        return Ok(Seen::RingOpens);
    }
    for site in gateway.register.sites(None).await?.sites.iter().take(TRIED) {
        match gateway.sites.read(site, &[]).await {
            Ok(snapshot) if snapshot.site.value.is_some() => return Ok(Seen::RingOpens),
            Ok(_) | Err(StoreError::Destroyed) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Seen::RingUntried)
}

async fn endpoints(gateway: &Gateway) -> Vec<Seen> {
    match within(gateway, outgoing::states(gateway)).await {
        Ok(states) if states.is_empty() => vec![Seen::NoEndpoint],
        Ok(states) => {
            let seen = |state: Result<_, _>| state.map_or_else(Seen::EndpointUnread, Seen::Endpoint);
            states.into_iter().map(seen).collect()
        }
        Err(why) => vec![Seen::Unseen(Check::Endpoint, why.reason())],
    }
}

async fn work(gateway: &Gateway) -> Seen {
    match within(gateway, worker::left_since(gateway)).await {
        Ok(since) => Seen::Work(since),
        Err(why) => Seen::Unseen(Check::Work, why.reason()),
    }
}
