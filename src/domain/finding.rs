//! Decides what is wrong with a gateway from what was seen of it, how bad that is, and who has something to do (R38).
//! Looks at nothing itself; words are the operator's command's.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::outgoing::Health;
use crate::domain::outgoing::Outgoing;
use crate::domain::outgoing::Parking;

/// Events that wait for longer than this, while nobody was told them, are delivered by nobody: a gateway looks at every
/// endpoint once a minute. Nor does anybody work where work is due for so long.
const LATE: Duration = Duration::from_mins(5);

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The configuration.
    Configuration,
    /// Whether the store answers.
    Store,
    /// Whether the key ring opens what is stored.
    Keyring,
    /// How one of those who are told of events takes them.
    Endpoint,
    /// Whether somebody takes due work.
    Work,
    /// Whether the accounts of all sites work.
    Accounts,
    /// What needs a person.
    Jobs,
}

/// One thing that was seen. No address, no secret and no personal data is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The configuration is whole.
    Configured,
    /// Something is wrong with it: which key, what, and what to write there.
    Misconfigured {
        /// Which key.
        key: String,
        /// What is wrong with it.
        what: String,
        /// What to write.
        remedy: String,
    },
    /// The store answers.
    StoreAnswers,
    /// It does not, or cannot be opened; why.
    StoreAway(String),
    /// A stored record was opened.
    RingOpens,
    /// Nothing is stored that it could open.
    RingUntried,
    /// A stored record cannot be opened; why.
    RingRefuses(String),
    /// Nobody is told of events.
    NoEndpoint,
    /// Somebody is.
    Endpoint(EndpointSeen),
    /// Somebody is to be, and how far cannot be known.
    EndpointUnread(EndpointUnread),
    /// Since when work is left that is long due; `None` where none is.
    Work(Option<Timestamp>),
    /// So many accounts stand like this.
    Accounts {
        /// How.
        standing: Standing,
        /// How many.
        accounts: usize,
        /// Of which sites.
        sites: BTreeSet<String>,
    },
    /// What needs a person; `None` where nothing does.
    Jobs(Option<JobsSeen>),
    /// This could not be looked at; why.
    Unseen(Check, String),
}

/// An endpoint of events, as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointSeen {
    /// Scheme and host of its address, with a number where another has the same.
    pub host: String,
    /// How far it has been told, and how it takes it.
    pub outgoing: Arc<Outgoing>,
    /// When the oldest event came that it has not been told; `None` when it has been told all.
    pub waiting_since: Option<Timestamp>,
    /// The same of sites that it takes events of, or was not told of: nothing is in the way of those.
    pub fresh_since: Option<Timestamp>,
}

/// An endpoint of events whose record cannot be opened: it is told nothing until it can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointUnread {
    /// Scheme and host of its address, with a number where another has the same.
    pub host: String,
    /// Why not.
    pub why: String,
}

/// How an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It works.
    Working,
    /// Its owner must connect it again.
    Lapsed,
    /// Something else is wrong with it.
    Ailing,
}

/// What needs a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobsSeen {
    /// How much.
    pub count: usize,
    /// Since when the longest standing.
    pub since: Timestamp,
}

/// One thing that was seen, and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was seen.
    pub seen: Seen,
    /// What it means.
    pub verdict: Verdict,
}

/// What something means for the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is as it should be.
    Ok,
    /// Something is lacking that heals by itself or by somebody else; this helps.
    Warning(Advice),
    /// It stays wrong until the operator does this.
    Problem(Advice),
}

/// What the operator can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Write into the configuration what is asked for.
    Configure,
    /// Have the store answer.
    SeeToStore,
    /// Bring the keys back that sealed what is stored.
    RestoreKeys,
    /// Have an endpoint begun anew: how far it was told is lost, and nothing else.
    BeginAnew,
    /// Have a gateway run.
    RunGateway,
    /// Have a gateway run, or see why those that run cannot keep up.
    SeeGateways,
    /// Ask the endpoint why it takes nothing, or not everything; it is tried again by itself.
    AskEndpoint,
    /// Have the endpoint take events, or tell it no more.
    MendEndpoint,
    /// The endpoint wants to be told no more: see that it does not.
    RemoveEndpoint,
    /// Have the owners connect their accounts again.
    AskOwners,
    /// See what is wrong with each account.
    SeeAccounts,
    /// See what needs a person.
    SeeJobs,
    /// Look again.
    Repeat,
}

/// Says what everything that was seen means, in the order in which it was seen.
pub fn findings(seen: Vec<Seen>, now: Timestamp) -> Vec<Finding> {
    seen.into_iter().map(|seen| Finding { verdict: verdict(&seen, now), seen }).collect()
}

fn verdict(seen: &Seen, now: Timestamp) -> Verdict {
    match seen {
        Seen::Configured
        | Seen::StoreAnswers
        | Seen::RingOpens
        | Seen::RingUntried
        | Seen::NoEndpoint
        | Seen::Work(None)
        | Seen::Jobs(None)
        | Seen::Accounts { standing: Standing::Working, .. } => Verdict::Ok,
        Seen::Misconfigured { .. } => Verdict::Problem(Advice::Configure),
        Seen::StoreAway(_) => Verdict::Problem(Advice::SeeToStore),
        Seen::RingRefuses(_) => Verdict::Problem(Advice::RestoreKeys),
        Seen::EndpointUnread(_) => Verdict::Problem(Advice::BeginAnew),
        Seen::Endpoint(endpoint) => of_endpoint(endpoint, now),
        Seen::Work(Some(_)) => Verdict::Problem(Advice::SeeGateways),
        // Only their owners can mend them: of many sites some always have to.
        Seen::Accounts { standing: Standing::Lapsed, .. } => Verdict::Warning(Advice::AskOwners),
        Seen::Accounts { standing: Standing::Ailing, .. } => Verdict::Warning(Advice::SeeAccounts),
        Seen::Jobs(Some(_)) => Verdict::Problem(Advice::SeeJobs),
        Seen::Unseen(..) => Verdict::Problem(Advice::Repeat),
    }
}

/// What was given up or lost is told, but is no fault for ever: what counts is how it takes events at present.
fn of_endpoint(endpoint: &EndpointSeen, now: Timestamp) -> Verdict {
    let outgoing = &endpoint.outgoing;
    if is_left(endpoint, now) {
        return Verdict::Problem(Advice::RunGateway);
    }
    match outgoing.health {
        Health::Parked { why: Parking::Silent, .. } => Verdict::Problem(Advice::MendEndpoint),
        Health::Parked { why: Parking::Gone, .. } => Verdict::Problem(Advice::RemoveEndpoint),
        Health::Failing { .. } => Verdict::Warning(Advice::AskEndpoint),
        Health::Delivering if outgoing.silent_since.is_some() || untaken(outgoing) > 0 => {
            Verdict::Warning(Advice::AskEndpoint)
        }
        Health::Delivering => Verdict::Ok,
    }
}

/// Whether events wait and nobody tells them, however it took those before. Whoever tells it writes down that it is known.
fn is_left(endpoint: &EndpointSeen, now: Timestamp) -> bool {
    let is_long_ago = |at: Timestamp| at <= long_before(now);
    let outgoing = &endpoint.outgoing;
    let waits = match outgoing.health {
        Health::Delivering => {
            outgoing.lanes.values().any(|lane| is_long_ago(lane.next_at))
                || (!outgoing.is_full() && endpoint.fresh_since.is_some_and(is_long_ago))
        }
        Health::Failing { next_at, .. } | Health::Parked { next_at, .. } => {
            endpoint.waiting_since.is_some() && is_long_ago(next_at)
        }
    };
    waits && is_long_ago(outgoing.known_at)
}

/// What was due then, or waited, and still is, is done by nobody.
pub fn long_before(now: Timestamp) -> Timestamp {
    now.checked_sub(LATE).unwrap_or(Timestamp::MIN)
}

/// How many sites have an event that the endpoint was told and does not take, whether it refuses it or fails at it.
pub fn untaken(outgoing: &Outgoing) -> usize {
    outgoing.lanes.values().filter(|lane| lane.untaken_since.is_some()).count()
}

impl Seen {
    /// What was looked at.
    pub fn check(&self) -> Check {
        match self {
            Self::Configured | Self::Misconfigured { .. } => Check::Configuration,
            Self::StoreAnswers | Self::StoreAway(_) => Check::Store,
            Self::RingOpens | Self::RingUntried | Self::RingRefuses(_) => Check::Keyring,
            Self::NoEndpoint | Self::Endpoint(_) | Self::EndpointUnread(_) => Check::Endpoint,
            Self::Work(_) => Check::Work,
            Self::Accounts { .. } => Check::Accounts,
            Self::Jobs(_) => Check::Jobs,
            Self::Unseen(check, _) => *check,
        }
    }
}

impl Check {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Store => "store",
            Self::Keyring => "keyring",
            Self::Endpoint => "endpoint",
            Self::Work => "work",
            Self::Accounts => "accounts",
            Self::Jobs => "jobs",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::FeedPlace;
    use crate::domain::fixture::at;
    use crate::domain::id::SiteId;
    use crate::domain::lane::Lane;

    const NOW: i64 = 100_000;
    const LONG_AGO: i64 = NOW - 300;
    const RECENTLY: i64 = NOW - 299;

    fn endpoint(change: impl FnOnce(&mut Outgoing), waiting_since: Option<i64>) -> Seen {
        let mut outgoing = Outgoing::new(FeedPlace(10), at(NOW));
        change(&mut outgoing);
        let (host, waiting_since) = ("https://a.example".to_owned(), waiting_since.map(at));
        let (outgoing, fresh_since) = (Arc::new(outgoing), waiting_since);
        Seen::Endpoint(EndpointSeen { host, outgoing, waiting_since, fresh_since })
    }

    fn parked(why: Parking) -> Seen {
        let health = Health::Parked { since: at(0), why, next_at: at(NOW + 60) };
        endpoint(|outgoing| outgoing.health = health, Some(0))
    }

    fn lane(since: Option<i64>, untaken_since: Option<i64>) -> impl FnOnce(&mut Outgoing) {
        let (since, untaken_since) = (since.map(at), untaken_since.map(at));
        let lane = Lane { since, untaken_since, ..Lane::waiting(FeedPlace(5), at(0)) };
        move |outgoing| _ = outgoing.lanes.insert(SiteId::parse("a").unwrap(), lane)
    }

    fn accounts(standing: Standing) -> Seen {
        Seen::Accounts { standing, accounts: 1, sites: ["studio".to_owned()].into() }
    }

    #[test]
    fn what_the_operator_must_do_is_a_problem_and_what_heals_otherwise_a_warning() {
        let failing = Health::Failing { since: at(0), tries: 3, next_at: at(NOW) };
        let jobs = JobsSeen { count: 1, since: at(0) };
        let text = String::new;
        let misconfigured = Seen::Misconfigured { key: text(), what: text(), remedy: text() };
        let lost = |outgoing: &mut Outgoing| (outgoing.lost, outgoing.given_up) = (7, 7);
        let cases = [
            (Seen::Configured, Verdict::Ok),
            (misconfigured, Verdict::Problem(Advice::Configure)),
            (Seen::StoreAnswers, Verdict::Ok),
            (Seen::StoreAway(text()), Verdict::Problem(Advice::SeeToStore)),
            (Seen::RingOpens, Verdict::Ok),
            (Seen::RingUntried, Verdict::Ok),
            (Seen::RingRefuses(text()), Verdict::Problem(Advice::RestoreKeys)),
            (Seen::NoEndpoint, Verdict::Ok),
            (
                Seen::EndpointUnread(EndpointUnread { host: text(), why: text() }),
                Verdict::Problem(Advice::BeginAnew),
            ),
            (endpoint(|_| (), None), Verdict::Ok),
            (endpoint(lost, None), Verdict::Ok),
            (endpoint(|outgoing| outgoing.health = failing, None), Verdict::Warning(Advice::AskEndpoint)),
            (parked(Parking::Silent), Verdict::Problem(Advice::MendEndpoint)),
            (parked(Parking::Gone), Verdict::Problem(Advice::RemoveEndpoint)),
            (
                endpoint(|outgoing| outgoing.silent_since = Some(at(NOW)), None),
                Verdict::Warning(Advice::AskEndpoint),
            ),
            (endpoint(lane(Some(0), Some(0)), Some(0)), Verdict::Warning(Advice::AskEndpoint)),
            (endpoint(lane(None, Some(0)), Some(0)), Verdict::Warning(Advice::AskEndpoint)),
            (Seen::Work(None), Verdict::Ok),
            (Seen::Work(Some(at(LONG_AGO))), Verdict::Problem(Advice::SeeGateways)),
            (accounts(Standing::Working), Verdict::Ok),
            (accounts(Standing::Lapsed), Verdict::Warning(Advice::AskOwners)),
            (accounts(Standing::Ailing), Verdict::Warning(Advice::SeeAccounts)),
            (Seen::Jobs(None), Verdict::Ok),
            (Seen::Jobs(Some(jobs)), Verdict::Problem(Advice::SeeJobs)),
            (Seen::Unseen(Check::Jobs, text()), Verdict::Problem(Advice::Repeat)),
        ];
        let (seen, expected) = cases.into_iter().unzip::<_, _, Vec<_>, Vec<_>>();
        let found = findings(seen.clone(), at(NOW));
        let verdicts = found.iter().map(|finding| finding.verdict).collect::<Vec<_>>();
        assert_eq!(verdicts, expected);
        assert!(found.into_iter().map(|finding| finding.seen).eq(seen), "in their order");
    }

    /// What is said of an endpoint at which somebody was last at this time.
    fn verdict_of(change: impl FnOnce(&mut Outgoing), (waiting, known): (Option<i64>, i64)) -> Verdict {
        let known = |outgoing: &mut Outgoing| {
            outgoing.known_at = at(known);
            change(outgoing);
        };
        verdict(&endpoint(known, waiting), at(NOW))
    }

    #[test]
    fn what_waits_long_while_nobody_is_at_it_is_left_to_nobody_whatever_was_taken_before() {
        let (left, asked) = (Verdict::Problem(Advice::RunGateway), Verdict::Warning(Advice::AskEndpoint));
        let next = |at_second, untaken| {
            move |outgoing: &mut Outgoing| {
                lane(untaken, untaken)(outgoing);
                outgoing.lanes.values_mut().for_each(|lane| lane.next_at = at(at_second));
            }
        };
        let silent = |outgoing: &mut Outgoing| outgoing.silent_since = Some(at(0));
        for (waiting, known, expected) in [
            (Some(LONG_AGO), LONG_AGO, left),
            (Some(LONG_AGO), RECENTLY, Verdict::Ok),
            (Some(RECENTLY), LONG_AGO, Verdict::Ok),
            (None, LONG_AGO, Verdict::Ok),
        ] {
            assert_eq!(verdict_of(|_| (), (waiting, known)), expected, "{waiting:?} {known}");
        }
        assert_eq!(verdict_of(silent, (Some(LONG_AGO), LONG_AGO)), left);
        assert_eq!(verdict_of(next(NOW, Some(0)), (Some(LONG_AGO), LONG_AGO)), left, "others wait, too");
        for (next_at, known, untaken, expected) in [
            (LONG_AGO, LONG_AGO, Some(0), left),
            (LONG_AGO, LONG_AGO, None, left),
            (LONG_AGO, RECENTLY, Some(0), asked),
            (RECENTLY, LONG_AGO, Some(0), asked),
        ] {
            let found = verdict_of(next(next_at, untaken), (None, known));
            assert_eq!(found, expected, "{next_at} {known} {untaken:?}");
        }
    }

    #[test]
    fn an_endpoint_that_should_have_been_tried_again_long_ago_is_left_to_nobody() {
        let failing = |next_at| Health::Failing { since: at(0), tries: 3, next_at: at(next_at) };
        let parked = |next_at| Health::Parked { since: at(0), why: Parking::Silent, next_at: at(next_at) };
        let left = Verdict::Problem(Advice::RunGateway);
        for (health, waiting, expected) in [
            (failing(LONG_AGO), Some(0), left),
            (failing(RECENTLY), Some(0), Verdict::Warning(Advice::AskEndpoint)),
            (failing(LONG_AGO), None, Verdict::Warning(Advice::AskEndpoint)),
            (parked(LONG_AGO), Some(0), left),
            (parked(RECENTLY), Some(0), Verdict::Problem(Advice::MendEndpoint)),
        ] {
            let found = verdict_of(|outgoing| outgoing.health = health, (waiting, LONG_AGO));
            assert_eq!(found, expected, "{health:?} {waiting:?}");
        }
    }
}
