//! Owns a moment of the model: what the store, two workers, the provider and the people hold, small enough to be kept
//! by the hundred thousand.

use crate::model::variant::Versions;

/// How many meetings a provider of the model can hold, removed ones included.
pub(super) const MEETINGS: usize = 4;
/// Generations of the one session, from 1.
pub(super) const GENERATIONS: usize = 8;
/// So many creates may be on their way while nobody waits for them.
const ADRIFT: usize = 2;

/// One of the records that the store may hold, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RecordId(pub(super) u16);

/// One of the meetings at the provider, in the order in which they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MeetingNumber(pub(super) u8);

/// On whose account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Host {
    Lua,
    Ana,
}

/// Everything at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct State {
    /// In ticks.
    pub(super) now: u8,
    /// What the store holds.
    pub(super) record: RecordId,
    /// What it would hold if its last commit were lost; `None` where that cannot be lost.
    pub(super) before: Option<RecordId>,
    /// The workers, in no order: they are alike.
    pub(super) workers: [Worker; 2],
    /// What the provider holds.
    pub(super) made: [Option<Made>; MEETINGS],
    /// Creates that were sent, and that nobody waits for.
    pub(super) adrift: [Option<Launch>; ADRIFT],
    /// What people may still do.
    pub(super) wishes: Wishes,
    /// What may still go wrong.
    pub(super) faults: Faults,
    /// Which meeting was handed out first, by generation.
    pub(super) handed: [Option<MeetingNumber>; GENERATIONS],
    /// Which wishes people heard to be fulfilled.
    pub(super) heard: Wishes,
}

/// A meeting at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Made {
    pub(super) host: Host,
    pub(super) generation: u8,
    pub(super) attempt: u8,
    /// Which start it shows.
    pub(super) shows: u8,
    /// Lists do not show it before this tick.
    pub(super) hidden_until: u8,
    pub(super) presence: Presence,
    pub(super) given: Given,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Presence {
    There,
    Removed,
}

/// By what a link was handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Given {
    Never,
    FromMemory,
    FromARecord,
}

/// What people do, once each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wish {
    Cancel,
    ChangeHost,
    Reschedule,
    BookAgain,
}

/// What people may still do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wishes(u8);

impl Wishes {
    /// None.
    pub(super) const NONE: Self = Self(0);

    /// These, once each.
    pub(super) fn of(wishes: &[Wish]) -> Self {
        Self(wishes.iter().fold(0, |bits, wish| bits | Self::bit(*wish)))
    }

    /// Every one that is left.
    pub(super) fn left(self) -> impl Iterator<Item = Wish> {
        let all = [Wish::Cancel, Wish::ChangeHost, Wish::Reschedule, Wish::BookAgain];
        all.into_iter().filter(move |wish| self.0 & Self::bit(*wish) != 0)
    }

    /// These and this one; a new booking makes up for whatever was wished before.
    pub(super) fn and(self, wish: Wish) -> Self {
        if wish == Wish::BookAgain { Self::NONE } else { Self(self.0 | Self::bit(wish)) }
    }

    /// All but this one.
    pub(super) fn without(self, wish: Wish) -> Self {
        Self(self.0 & !Self::bit(wish))
    }

    const fn bit(wish: Wish) -> u8 {
        match wish {
            Wish::Cancel => 1,
            Wish::ChangeHost => 2,
            Wish::Reschedule => 4,
            Wish::BookAgain => 8,
        }
    }
}

/// How often what may go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Faults {
    /// A worker dies, and forgets everything.
    pub(super) crashes: u8,
    /// A tick passes while a worker is in the middle of something.
    pub(super) stalls: u8,
    /// The provider's answer is lost, or its request is late.
    pub(super) lost_replies: u8,
    /// The store's answer to a commit is lost, whether it was done or not.
    pub(super) unsure_commits: u8,
    /// The provider refuses a create, and says so.
    pub(super) refusals: u8,
    /// The store goes back to the state before its last commit.
    pub(super) returns: u8,
}

/// Somebody who reads, decides, commits and calls the provider: a request's task, or a round of due work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Worker {
    Idle,
    /// A person's wish is to be decided again: somebody wrote in between.
    Asked(Wish),
    /// It read, and decided.
    Committing(Reading, Commit),
    /// It sent a commit, and heard nothing.
    Unsure(Sent, Commit),
    /// It may call the provider.
    Calling(Call),
    /// It knows what became of a call, and is about to read and save it.
    Knowing(Outcome),
}

/// How what was read compares with what stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reading {
    /// Older, for good.
    Stale,
    /// One commit older: a store that goes back makes it current again.
    Before,
    Current,
    /// One commit newer: the store went back, and the next version has the same number.
    Ahead,
}

/// What became of a commit whose answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sent {
    NotDone(Reading),
    /// Done, and nothing was committed since.
    Last,
    Done,
}

/// What is to be committed, and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Commit {
    pub(super) to: RecordId,
    pub(super) then: Then,
}

/// What follows a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Then {
    Call(Call),
    /// A person's wish is fulfilled, and its first step may be taken.
    Fulfilled(Wish, Option<Call>),
    Saved(Outcome),
    Forgotten,
}

/// A create as it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Launch {
    pub(super) generation: u8,
    pub(super) attempt: u8,
    pub(super) host: Host,
    /// Which start it is to show.
    pub(super) shows: u8,
    /// When its intent was decided.
    pub(super) begun: u8,
}

/// A step at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Call {
    Create(Launch),
    /// For its meeting, but for these, as bits, that are to be removed.
    Look(Launch, u8),
    /// To show this start, sent in this tick.
    Update(MeetingNumber, u8, u8),
    Remove(MeetingNumber),
    /// For a create that was given up, looked for so often before.
    Search(Launch, u8),
}

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    Made(Launch, MeetingNumber),
    Refused(Launch),
    Unanswered(Launch),
    /// The oldest, and the others as bits.
    Found(Launch, MeetingNumber, u8),
    NoneFound(Launch),
    /// Looked so often before, and what was found: the oldest, and the others as bits.
    Searched(Launch, u8, Option<(MeetingNumber, u8)>),
    /// It shows this start, by an update sent in this tick.
    Updated(MeetingNumber, u8, u8),
    Gone(MeetingNumber),
    Removed(Host, MeetingNumber),
    Failed(Host),
}

impl Faults {
    /// None.
    pub(super) const NONE: Self =
        Self { crashes: 0, stalls: 0, lost_replies: 0, unsure_commits: 0, refusals: 0, returns: 0 };
}

impl Reading {
    /// After somebody else's commit.
    pub(super) fn overtaken(self, versions: Versions) -> Self {
        match self {
            Self::Ahead if versions == Versions::Counted => Self::Current,
            Self::Current => Self::Before,
            Self::Ahead | Self::Before | Self::Stale => Self::Stale,
        }
    }

    /// After the store went back.
    pub(super) fn returned(self) -> Self {
        match self {
            Self::Before => Self::Current,
            Self::Current | Self::Ahead => Self::Ahead,
            Self::Stale => Self::Stale,
        }
    }
}

impl Sent {
    /// After somebody else's commit.
    pub(super) fn overtaken(self, versions: Versions) -> Self {
        match self {
            Self::NotDone(reading) => Self::NotDone(reading.overtaken(versions)),
            Self::Last | Self::Done => Self::Done,
        }
    }

    /// After the store went back.
    pub(super) fn returned(self) -> Self {
        match self {
            Self::NotDone(reading) => Self::NotDone(reading.returned()),
            Self::Last => Self::NotDone(Reading::Current),
            Self::Done => Self::Done,
        }
    }
}

impl State {
    /// Every meeting at the provider, with its number.
    pub(super) fn meetings(&self) -> impl Iterator<Item = (MeetingNumber, Made)> + '_ {
        (0..).zip(&self.made).filter_map(|(number, made)| made.map(|made| (MeetingNumber(number), made)))
    }

    /// A meeting that was made.
    pub(super) fn meeting(&self, number: MeetingNumber) -> Made {
        self.made[usize::from(number.0)].expect("only meetings that were made are numbered")
    }

    /// A meeting that was made, to be changed.
    pub(super) fn meeting_mut(&mut self, number: MeetingNumber) -> &mut Made {
        self.made[usize::from(number.0)].as_mut().expect("only meetings that were made are numbered")
    }

    /// The provider makes a meeting.
    pub(super) fn make(&mut self, launch: Launch, hidden_until: u8) -> MeetingNumber {
        let free = self.made.iter().position(Option::is_none).expect("the model has room for every meeting");
        let (presence, given) = (Presence::There, Given::Never);
        let Launch { generation, attempt, host, shows, begun: _ } = launch;
        self.made[free] = Some(Made { host, generation, attempt, shows, hidden_until, presence, given });
        MeetingNumber(u8::try_from(free).expect("few meetings"))
    }

    /// A create goes on its way without anybody who waits for it; `false` where too many are.
    pub(super) fn set_adrift(&mut self, launch: Launch) -> bool {
        let Some(free) = self.adrift.iter_mut().find(|place| place.is_none()) else { return false };
        *free = Some(launch);
        true
    }

    /// The same moment under one spelling: who is alike stands in one order.
    pub(super) fn sorted(mut self) -> Self {
        self.workers.sort_unstable();
        self.adrift.sort_unstable();
        self
    }
}
