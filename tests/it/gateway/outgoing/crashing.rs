//! A gateway that dies between an endpoint's answer and writing it down.

use std::time::Duration;

use tokio::runtime::Builder;

use crate::gateway::outgoing::SOON;
use crate::gateway::outgoing::happen;
use crate::gateway::outgoing::telling;
use crate::gateway::outgoing::told_by_feed;
use crate::gateway::outgoing::until;
use crate::gateway::world::Backend;
use crate::support::receiver::Receiver;
use crate::support::receiver::Says;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r24_what_was_told_and_not_written_is_told_again_when_the_claim_is_over() {
    let receiver = Receiver::start(&[1]).await;
    let mut world = telling(Backend::Redis, &[&receiver]).await;
    world.stop().await;
    let doomed = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    world.serve_in(&doomed).await;
    receiver.says(|_| Says::Nothing);
    happen(&world, "a", 0).await;
    for _ in 0..2_000 {
        if !receiver.heard().is_empty() {
            break;
        }
        world.get("/livez").await;
        world.clock.advance(Duration::from_millis(1));
    }
    let told = receiver.heard();
    assert_eq!(told.len(), 1);
    doomed.shutdown_background();

    receiver.says(|_| Says::Status(200));
    world.restart_stopped().await;
    for _ in 0..30 {
        world.clock.advance(Duration::from_secs(1));
        world.get("/v1/events?limit=1").await;
    }
    assert_eq!(receiver.heard().len(), 1, "the claim stands: another may be at it");
    until(&world, ("it is told again", SOON), async || receiver.taken_of("a").len() == 2).await;
    assert_eq!(receiver.taken(), told_by_feed(&world, "a").await);
    assert_eq!(receiver.taken()[0], told[0].id);
}
