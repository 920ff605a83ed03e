//! Owns how a way through the model is told.

use std::fmt;

use crate::model::world::Call;
use crate::model::world::Host;
use crate::model::world::Launch;
use crate::model::world::MeetingNumber;
use crate::model::world::Outcome;
use crate::model::world::Wish;

/// One step, and which worker took it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) by: Option<usize>,
    pub(super) did: Did,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Did {
    Decide(Call),
    DecideToForget,
    Wish(Wish),
    RefuseWish(Wish),
    Commit,
    CommitUnheard,
    LoseCommit,
    Conflict,
    FindDone,
    SendAgain,
    TakeAsDone,
    TakeAsNotDone,
    FindTooLate,
    Post(MeetingNumber),
    PostRefused,
    PostUnheard,
    PostAndCrash,
    List,
    Sweep(usize),
    Update(MeetingNumber),
    UpdateUnheard(MeetingNumber),
    Remove(MeetingNumber),
    RemoveUnheard(MeetingNumber),
    Save(Outcome),
    FindSaved,
    Crash,
    Arrive(MeetingNumber),
    StoreGoesBack,
    TimePasses,
    DayPasses,
}

impl fmt::Display for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decide(call) => write!(f, "reads, and decides to {call}"),
            Self::DecideToForget => f.write_str("reads, and decides to forget the session"),
            Self::Wish(wish) => write!(f, "is asked to {wish}, reads and decides"),
            Self::RefuseWish(wish) => write!(f, "reads again, and cannot {wish}"),
            Self::Commit => f.write_str("commits"),
            Self::CommitUnheard => f.write_str("commits, and the store's answer is lost"),
            Self::LoseCommit => f.write_str("sends a commit that never arrives"),
            Self::Conflict => f.write_str("cannot commit: somebody wrote since it read"),
            Self::FindDone => f.write_str("sends the commit again, and hears that it was done"),
            Self::SendAgain => f.write_str("sends the commit again"),
            Self::TakeAsDone => f.write_str("takes the commit as done"),
            Self::TakeAsNotDone => f.write_str("takes the commit as not done"),
            Self::FindTooLate => f.write_str("finds it too late to send the create"),
            Self::Post(number) => write!(f, "creates meeting {number}, and hears of it"),
            Self::PostRefused => f.write_str("sends a create that is refused"),
            Self::PostUnheard => f.write_str("sends a create, and hears nothing"),
            Self::PostAndCrash => f.write_str("sends a create, and dies"),
            Self::List => f.write_str("lists the host's meetings"),
            Self::Sweep(removed) => write!(f, "lists the host's meetings, and removes {removed} of them"),
            Self::Update(number) => write!(f, "updates meeting {number}"),
            Self::UpdateUnheard(number) => write!(f, "updates meeting {number}, and hears nothing"),
            Self::Remove(number) => write!(f, "removes meeting {number}"),
            Self::RemoveUnheard(number) => write!(f, "removes meeting {number}, and hears nothing"),
            Self::Save(outcome) => write!(f, "reads, to save that {outcome}"),
            Self::FindSaved => f.write_str("reads, and finds nothing to save"),
            Self::Crash => f.write_str("dies"),
            Self::Arrive(number) => write!(f, "the create that was sent arrives: it makes meeting {number}"),
            Self::StoreGoesBack => f.write_str("the store goes back to before its last commit"),
            Self::TimePasses => f.write_str("half a minute passes"),
            Self::DayPasses => f.write_str("a day passes"),
        }
    }
}

impl fmt::Display for MeetingNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "m{}", self.0)
    }
}

impl fmt::Display for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = match self.host {
            Host::Lua => "Lua",
            Host::Ana => "Ana",
        };
        match self.attempt {
            0 => write!(f, "a given-up create of generation {} with {host}", self.generation),
            attempt => write!(f, "attempt {attempt} of generation {} with {host}", self.generation),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(launch) => write!(f, "create {launch}"),
            Self::Look(launch, _) => write!(f, "look for {launch}"),
            Self::Update(number, ..) => write!(f, "update meeting {number}"),
            Self::Remove(number) => write!(f, "remove meeting {number}"),
            Self::Search(launch, _) => write!(f, "search again for {launch}"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Made(launch, number) => write!(f, "{launch} made meeting {number}"),
            Self::Refused(launch) => write!(f, "{launch} was not executed"),
            Self::Unanswered(launch) => write!(f, "{launch} was not answered"),
            Self::Found(launch, number, 0) => write!(f, "{launch} is found as meeting {number}"),
            Self::Found(launch, number, _) => write!(f, "{launch} is found as meeting {number}, with twins"),
            Self::Searched(launch, _, None) => write!(f, "{launch} never came"),
            Self::Searched(launch, _, Some((number, _))) => write!(f, "{launch} may be meeting {number}"),
            Self::NoneFound(launch) => write!(f, "{launch} was not listed"),
            Self::Updated(number, ..) => write!(f, "meeting {number} was updated"),
            Self::Gone(number) => write!(f, "meeting {number} is gone"),
            Self::Removed(_, number) => write!(f, "meeting {number} was removed"),
            Self::Failed(_) => f.write_str("a step was not answered"),
        }
    }
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cancel => "cancel the session",
            Self::ChangeHost => "have it hosted by Ana",
            Self::Reschedule => "have it start later",
            Self::BookAgain => "book it again",
        })
    }
}
