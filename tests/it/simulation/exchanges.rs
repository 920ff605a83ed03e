//! Owns what became of the tokens that Zoom gave: which refreshes may have spent a token for an answer nobody got.

use std::sync::Arc;
use std::sync::Mutex;

use http::Request;
use jiff::Timestamp;

use crate::simulation::timeline::Place;
use crate::simulation::timeline::VirtualClock;

/// Refreshes that were asked for, by when the answer came or was lost. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Exchanges(Arc<Mutex<Vec<Exchange>>>);

/// A refresh that was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exchange {
    /// By whom.
    pub(super) place: Place,
    /// When it was over.
    pub(super) at: Timestamp,
    /// Whether the whole answer came back.
    pub(super) end: End,
}

/// How a refresh ended for who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// With new tokens.
    Renewed,
    /// With none, and nothing was carried out.
    Refused,
    /// Zoom may have carried it out, and its answer did not come back.
    Lost,
}

impl Exchanges {
    /// Notes a refresh that goes out; `None` where a request is no refresh.
    pub(super) fn begin(&self, request: &Request<Vec<u8>>, clock: &VirtualClock) -> Option<Passage> {
        let is_refresh = request.uri().path().ends_with("/token")
            && String::from_utf8_lossy(request.body()).contains("grant_type=refresh_token");
        is_refresh.then(|| Passage { of: self.clone(), clock: clock.clone(), end: End::Lost })
    }

    /// Those that were over since a time.
    pub(super) fn since(&self, since: Timestamp) -> Vec<Exchange> {
        self.0.lock().unwrap().iter().filter(|exchange| exchange.at >= since).copied().collect()
    }
}

/// A refresh on its way: over when it is dropped, be it with whoever asked.
#[derive(Debug)]
pub(super) struct Passage {
    of: Exchanges,
    clock: VirtualClock,
    end: End,
}

impl Passage {
    /// How it ended.
    pub(super) fn ended(mut self, end: End) {
        self.end = end;
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        let (place, at, end) = (self.clock.place, self.clock.timeline.now(), self.end);
        self.of.0.lock().unwrap().push(Exchange { place, at, end });
    }
}
