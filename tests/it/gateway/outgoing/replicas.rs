//! Several gateways on one store: of each endpoint, one tells at a time.

use crate::gateway::outgoing::SOON;
use crate::gateway::outgoing::happen;
use crate::gateway::outgoing::telling;
use crate::gateway::outgoing::told_by_feed;
use crate::gateway::outgoing::until;
use crate::gateway::world::Backend;
use crate::support::receiver::Receiver;

#[tokio::test]
async fn r24_several_replicas_tell_each_event_once() {
    let receiver = Receiver::start(&[1]).await;
    let mut world = telling(Backend::Redis, &[&receiver]).await;
    world.replicate().await;
    world.replicate().await;
    let sites = ["a", "b", "c", "d", "e"];
    for number in 0..6 {
        for site in sites {
            happen(&world, site, number).await;
        }
    }
    for site in sites {
        until(&world, ("all is taken", SOON), async || receiver.taken_of(site).len() == 7).await;
        assert_eq!(receiver.taken_of(site), told_by_feed(&world, site).await);
    }
    let counts = receiver.counts();
    assert_eq!((counts.len(), counts.values().max()), (35, Some(&1)), "each once: {counts:?}");
}
