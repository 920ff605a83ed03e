//! Owns which protocol a model follows, and how far it goes.

use crate::model::house::DAYS;
use crate::model::promises::Promise;
use crate::model::world::Faults;
use crate::model::world::Wish;
use crate::model::world::Wishes;

/// The protocol, or one of the simpler ones that do not work (correctness.md section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variant {
    /// As it is.
    AsBuilt,
    /// The meeting is saved after the request; nothing is committed before it.
    NoIntent,
    /// A create that was not answered is sent again, without looking.
    BlindSecondPost,
    /// A claim with a time limit decides who writes; versions do not.
    LockWithTimeLimit,
    /// A create counts as not made as soon as lists do not show it.
    NoSettleTime,
    /// One list that does not show it is enough.
    OneScan,
    /// A commit whose answer was lost counts as not done.
    UnsureIsFailure,
    /// A commit whose answer was lost counts as done.
    UnsureIsSuccess,
    /// Whoever made a meeting hands it out before it is committed.
    LinkFromMemory,
    /// What is found beside the meeting that is handed out goes at once, whichever generation it is of.
    JanitorIgnoresGeneration,
    /// Whatever bears the marker of a create that was given up goes at once.
    JanitorRemovesBound,
    /// Of a move, the old meeting is removed before the new one is committed.
    RemovesFirst,
}

/// Which commits a store may lose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// Those that it did not acknowledge.
    Strict,
    /// Any.
    Relaxed,
}

/// How the next version of a record is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Versions {
    /// The one after the last: a store that goes back gives the same one twice.
    Counted,
    /// One that no other commit gets.
    Drawn,
}

/// How far a search goes, and what it asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// So many half minutes.
    pub(super) ticks: u8,
    /// And so many days after them.
    pub(super) days: u8,
    /// A create that nobody waits for is executed at most so many ticks late.
    pub(super) late: u8,
    /// Lists do not show a new meeting for at most so many ticks.
    pub(super) lag: u8,
    pub(super) faults: Faults,
    pub(super) wishes: Wishes,
    pub(super) durability: Durability,
    pub(super) versions: Versions,
    /// What is not asked.
    pub(super) except: &'static [Promise],
}

impl Bounds {
    /// Nothing goes wrong, and nobody wishes anything. Two and a half minutes are enough for two creates, both of which
    /// are looked for, and a day for looking again. A create and its meeting show within the settle time together.
    pub(super) const CALM: Self = Self {
        ticks: 5,
        days: 1,
        late: 1,
        lag: 1,
        faults: Faults::NONE,
        wishes: Wishes::NONE,
        durability: Durability::Strict,
        versions: Versions::Drawn,
        except: &[],
    };

    /// When nothing happens any more.
    pub(super) const fn last_tick(self) -> u8 {
        DAYS + self.days - 1
    }

    /// The same with these wishes, once each.
    pub(super) fn wishing(self, wishes: &[Wish]) -> Self {
        Self { wishes: Wishes::of(wishes), ..self }
    }
}
