//! Owns what the start page remembers: whom it speaks to, and which sessions it booked.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::app::ports::clock::Clock;
use crate::demo::addresses::Addresses;
use crate::demo::platform::Platform;

/// The session that the `curl` line books: the page shows it as soon as it is there.
pub(in crate::demo) const FROM_CURL: &str = "from-curl";

/// The start page, before it is served.
#[derive(Debug, Clone)]
pub(in crate::demo) struct StartPage {
    pub(super) platform: Arc<Platform>,
    pub(super) addresses: Addresses,
    pub(super) clock: Arc<dyn Clock>,
    /// The sessions booked here, oldest first: a platform knows its own.
    booked: Arc<Mutex<Vec<String>>>,
}

impl StartPage {
    /// A page on which nothing was booked yet.
    pub(in crate::demo) fn new(platform: Arc<Platform>, addresses: Addresses, clock: Arc<dyn Clock>) -> Self {
        let booked = Arc::new(Mutex::new(vec![FROM_CURL.to_owned()]));
        Self { platform, addresses, clock, booked }
    }

    /// The sessions booked so far, the newest first.
    pub(super) fn booked(&self) -> Vec<String> {
        self.booked.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }

    /// Names a session that is about to be booked, and how many there were before.
    pub(super) fn name_session(&self) -> (String, usize) {
        let mut booked = self.booked.lock().unwrap_or_else(PoisonError::into_inner);
        let before = booked.len();
        let name = format!("session-{before}");
        booked.push(name.clone());
        (name, before)
    }
}
