//! Owns the record of every request, in the order they were carried out: what tests count.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::demo::simulator::answer::ListPage;
use crate::demo::simulator::operation::Operation;

/// One request.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Entry {
    pub(super) operation: Operation,
    pub(super) at: Timestamp,
    /// What carrying it out came to; `None` when a fault kept it from being carried out.
    pub(super) status: Option<u16>,
    /// What the caller was told; `None` when the connection was cut.
    pub(super) sent: Option<u16>,
    /// The e-mail address of the Zoom user.
    pub(super) user: Option<String>,
    pub(super) meeting_id: Option<u64>,
    /// The page of a list that was answered.
    pub(super) page: Option<ListPage>,
    /// The fault that struck it.
    pub(super) fault: Option<&'static str>,
}

/// How often an operation came.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Count {
    pub(super) requests: u32,
    /// Those carried out with success, whatever the caller was told.
    pub(super) succeeded: u32,
}

/// Every request since the start or the last reset.
#[derive(Debug, Default, Clone)]
pub(super) struct Ledger(Vec<Entry>);

impl Ledger {
    /// Writes one down.
    pub(super) fn put(&mut self, entry: Entry) {
        self.0.push(entry);
    }

    /// All, oldest first.
    pub(super) fn list(&self) -> &[Entry] {
        &self.0
    }

    /// How often each operation came.
    pub(super) fn counts(&self) -> BTreeMap<Operation, Count> {
        let mut counts = BTreeMap::<Operation, Count>::new();
        for entry in &self.0 {
            let count = counts.entry(entry.operation).or_default();
            count.requests += 1;
            count.succeeded += u32::from(entry.status.is_some_and(|status| (200..300).contains(&status)));
        }
        counts
    }
}
