//! Bounds what is held for bodies that are not there yet, from senders who have proven nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use axum::body::Body;
use axum::body::Bytes;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::web::extract::read_body_within;
use crate::web::frame::SHED_RETRY;
use crate::web::problem::Problem;

/// What a body costs of which nothing is there yet: its connection, its headers.
const COST_OF_ONE: usize = 32 * 1024;

/// The bodies that are waited for, bounded by the bytes that they hold together. Where they hold more, the one that has
/// waited longest gives way: who sends slowly makes room for others, and to crowd out who sends at once takes more than
/// the bound in the time that a body is on its way.
#[derive(Debug, Clone)]
pub(super) struct WaitingBodies {
    most_bytes: usize,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    bytes: usize,
    /// By when they came: the first has waited longest.
    bodies: BTreeMap<u64, Held>,
}

#[derive(Debug)]
struct Held {
    bytes: usize,
    gives_way: CancellationToken,
}

impl WaitingBodies {
    /// Holds at most so many bytes.
    pub(super) fn new(most_bytes: usize) -> Self {
        Self { most_bytes, waiting: Arc::default() }
    }

    /// Reads a body of at most so many bytes, within a time.
    ///
    /// Refuses with 503 `overloaded` where it gives way to others; else as [`read_body_within`].
    pub(super) async fn read(
        &self,
        body: Body,
        (limit, deadline): (usize, Duration),
    ) -> Result<Bytes, Problem> {
        let (place, gives_way) = self.enter();
        tokio::select! {
            biased;
            read = read_body_within(body, (limit, deadline), |bytes| place.grow(bytes)) => read,
            () = gives_way.cancelled() => {
                warn!("request refused: too many bodies are waited for");
                Err(Problem::overloaded(SHED_RETRY))
            }
        }
    }

    fn enter(&self) -> (Place<'_>, CancellationToken) {
        let gives_way = CancellationToken::new();
        let mut waiting = self.lock();
        let number = waiting.next;
        waiting.next += 1;
        waiting.bodies.insert(number, Held { bytes: 0, gives_way: gives_way.clone() });
        drop(waiting);
        let place = Place { all: self, number };
        place.grow(COST_OF_ONE);
        (place, gives_way)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a body among those that are waited for; free when this is dropped.
struct Place<'a> {
    all: &'a WaitingBodies,
    number: u64,
}

impl Place<'_> {
    /// Notes that the body holds so many bytes more.
    fn grow(&self, bytes: usize) {
        let mut guard = self.all.lock();
        let waiting = &mut *guard;
        let Some(held) = waiting.bodies.get_mut(&self.number) else { return };
        held.bytes += bytes;
        waiting.bytes += bytes;
        while waiting.bytes > self.all.most_bytes
            && let Some((_, oldest)) = waiting.bodies.pop_first()
        {
            waiting.bytes -= oldest.bytes;
            oldest.gives_way.cancel();
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut waiting = self.all.lock();
        if let Some(held) = waiting.bodies.remove(&self.number) {
            waiting.bytes -= held.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use futures_util::FutureExt;
    use futures_util::StreamExt;
    use futures_util::stream;

    use super::*;
    use crate::web::problem::Code;

    const BOUNDS: (usize, Duration) = (1 << 20, Duration::from_secs(3));

    /// A body of which so many bytes come at once, and the rest never.
    fn cut(bytes: usize) -> Body {
        let begun = stream::once(async move { Ok::<_, io::Error>("a".repeat(bytes)) });
        Body::from_stream(begun.chain(stream::pending()))
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_waited_longest_gives_way() {
        let bodies = WaitingBodies::new(3 * COST_OF_ONE + 100);
        let (mut first, mut second, mut third) = (
            Box::pin(bodies.read(cut(100), BOUNDS)),
            Box::pin(bodies.read(cut(0), BOUNDS)),
            Box::pin(bodies.read(cut(0), BOUNDS)),
        );
        for read in [&mut first, &mut second, &mut third] {
            assert!(read.now_or_never().is_none(), "there is room for all");
        }
        let whole = bodies.read(Body::from("whole"), BOUNDS).await.unwrap();
        assert_eq!((&*whole, bodies.lock().bodies.len()), (&b"whole"[..], 2));
        let refused = first.now_or_never().expect("it gives way").unwrap_err();
        assert_eq!(refused.code(), Code::Overloaded);
        assert!((&mut second).now_or_never().is_none() && (&mut third).now_or_never().is_none());
        let mut large = Box::pin(bodies.read(cut(COST_OF_ONE + 1), BOUNDS));
        assert!((&mut large).now_or_never().is_none());
        assert_eq!(second.now_or_never().expect("what came counts").unwrap_err().code(), Code::Overloaded);
        assert_eq!(third.await.unwrap_err().code(), Code::RequestTimeout);
        assert_eq!(large.await.unwrap_err().code(), Code::RequestTimeout);
        let left = bodies.lock();
        assert_eq!((left.bytes, left.bodies.len()), (0, 0));
    }
}
