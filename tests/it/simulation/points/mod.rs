//! Fault points: before and after every effect outside of a replica, something goes wrong there, once, whichever operation
//! passes; in the end there is one meeting for each session all the same.

mod complete;
mod matrix;
mod operations;
mod provider;
mod stored;

use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use greenroom::app::gateway::Gateway;
use greenroom::app::ports::clock::Clock;
use greenroom::app::ports::provider::AuthorizationError;
use greenroom::app::ports::provider::CallError;
use greenroom::app::ports::provider::ProviderError;
use greenroom::app::ports::stored::StoreError;

use crate::simulation::points::provider::PointedAuthorization;
use crate::simulation::points::provider::PointedMeetings;
use crate::simulation::points::stored::PointedAttentions;
use crate::simulation::points::stored::PointedDirectory;
use crate::simulation::points::stored::PointedFeed;
use crate::simulation::points::stored::PointedGrants;
use crate::simulation::points::stored::PointedInbox;
use crate::simulation::points::stored::PointedSites;
use crate::simulation::points::stored::PointedTallies;
use crate::simulation::points::stored::PointedTickets;
use crate::simulation::points::stored::PointedTraces;
use crate::simulation::points::stored::PointedWork;
use crate::simulation::timeline::Place;
use crate::simulation::wishes::Wish;
use crate::simulation::wishes::Wishes;

/// How long a delay at a point is: longer than any call may take, shorter than others leave a step to its taker.
const DELAY: Duration = Duration::from_mins(1);

/// On which side of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Before,
    After,
}

/// A point, and which passing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Passing {
    effect: &'static str,
    side: Side,
    /// The first is 0.
    count: usize,
}

impl fmt::Display for Passing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Before => "before",
            Side::After => "after",
        };
        write!(f, "{}.{side} #{}", self.effect, self.count)
    }
}

/// What goes wrong at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The effect fails: it is not done, or it is done and not known.
    Error,
    /// It takes a minute.
    Delay,
    /// The caller hangs up: their request ends where it is.
    HangUp,
    /// The replica ends where it is.
    Crash,
}

impl Fault {
    const ALL: [Self; 4] = [Self::Error, Self::Delay, Self::HangUp, Self::Crash];
}

#[derive(Debug, Default)]
struct Seen {
    armed: Option<(Passing, Fault)>,
    passed: Vec<Passing>,
    is_open: bool,
}

/// The points of all replicas. Clones share them.
#[derive(Debug, Clone, Default)]
struct Points {
    seen: Arc<Mutex<Seen>>,
    wishes: Wishes,
}

impl Points {
    /// From here on passings count, and the fault strikes.
    fn open(&self, armed: Option<(Passing, Fault)>) {
        *self.seen.lock().unwrap() = Seen { armed, passed: Vec::new(), is_open: true };
    }

    /// From here on nothing strikes; answers what was passed.
    fn close(&self) -> Vec<Passing> {
        std::mem::take(&mut *self.seen.lock().unwrap()).passed
    }

    /// Notes a passing; answers the fault that strikes there.
    fn pass(&self, effect: &'static str, side: Side) -> Option<Fault> {
        let mut seen = self.seen.lock().unwrap();
        if !seen.is_open {
            return None;
        }
        let before = seen.passed.iter().filter(|passed| passed.effect == effect && passed.side == side);
        let passing = Passing { effect, side, count: before.count() };
        seen.passed.push(passing);
        seen.armed.filter(|(armed, _)| *armed == passing).map(|(_, fault)| fault)
    }

    /// Lays points around the ports of a gateway.
    fn around(&self, gateway: Gateway, place: Place) -> Gateway {
        let at = Post { points: self.clone(), clock: Arc::clone(&gateway.clock), place };
        Gateway {
            sites: Arc::new(PointedSites(gateway.sites, at.clone())),
            grants: Arc::new(PointedGrants(gateway.grants, at.clone())),
            tickets: Arc::new(PointedTickets(gateway.tickets, at.clone())),
            traces: Arc::new(PointedTraces(gateway.traces, at.clone())),
            feed: Arc::new(PointedFeed(gateway.feed, at.clone())),
            tallies: Arc::new(PointedTallies(gateway.tallies, at.clone())),
            attentions: Arc::new(PointedAttentions(gateway.attentions, at.clone())),
            inbox: Arc::new(PointedInbox(gateway.inbox, at.clone())),
            directory: Arc::new(PointedDirectory(gateway.directory, at.clone())),
            work: Arc::new(PointedWork(gateway.work, at.clone())),
            authorization: Arc::new(PointedAuthorization(gateway.authorization, at.clone())),
            meetings: Arc::new(PointedMeetings(gateway.meetings, at)),
            ..gateway
        }
    }
}

/// The points of one replica.
#[derive(Debug, Clone)]
struct Post {
    points: Points,
    clock: Arc<dyn Clock>,
    place: Place,
}

impl Post {
    /// Has an effect done between its two points.
    async fn at<T, E: Failure>(
        &self,
        effect: &'static str,
        done: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        if self.suffer(self.points.pass(effect, Side::Before)).await == Suffered::Failed {
            return Err(E::not_done());
        }
        let done = done.await;
        if self.suffer(self.points.pass(effect, Side::After)).await == Suffered::Failed {
            return Err(E::unknown());
        }
        done
    }

    async fn suffer(&self, fault: Option<Fault>) -> Suffered {
        match fault {
            None => {}
            Some(Fault::Error) => return Suffered::Failed,
            Some(Fault::Delay) => self.clock.wait(DELAY).await,
            Some(Fault::HangUp) => {
                self.points.wishes.put(Wish::HangUp);
                self.clock.wait(Duration::from_micros(1)).await;
            }
            Some(Fault::Crash) => {
                self.points.wishes.put(Wish::Crash(self.place));
                std::future::pending::<()>().await;
            }
        }
        Suffered::Passed
    }
}

/// What came of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Suffered {
    Failed,
    Passed,
}

/// How a port says that an effect failed.
trait Failure {
    /// It is not done.
    fn not_done() -> Self;

    /// Whether it is done is not known.
    fn unknown() -> Self;
}

impl Failure for StoreError {
    fn not_done() -> Self {
        Self::Unavailable(Arc::new(std::io::Error::other("a fault point")))
    }

    fn unknown() -> Self {
        Self::Uncertain
    }
}

impl Failure for ProviderError {
    fn not_done() -> Self {
        Self::NotExecuted(CallError::Connect)
    }

    fn unknown() -> Self {
        Self::Ambiguous(CallError::Broken)
    }
}

impl Failure for AuthorizationError {
    fn not_done() -> Self {
        Self::Unreachable(CallError::Connect)
    }

    fn unknown() -> Self {
        Self::Ambiguous(CallError::Broken)
    }
}
