//! Says what was found and what to do about it, to operators. Decides nothing.

use std::collections::BTreeSet;

use crate::domain::finding::Advice;
use crate::domain::finding::EndpointSeen;
use crate::domain::finding::JobsSeen;
use crate::domain::finding::Seen;
use crate::domain::finding::Standing;
use crate::domain::finding::untaken;
use crate::domain::outgoing::Health;
use crate::domain::outgoing::Parking;
use crate::domain::reply::Answer;

/// So many sites are named.
const NAMED: usize = 10;

/// Which of several was looked at.
pub(in crate::server::operator) fn subject(seen: &Seen) -> Option<String> {
    match seen {
        // Whoever writes a key may write anything into it.
        Seen::Misconfigured { key, .. } => Some(key.escape_debug().to_string()),
        Seen::Endpoint(endpoint) => Some(endpoint.host.clone()),
        Seen::EndpointUnread(endpoint) => Some(endpoint.host.clone()),
        Seen::Configured
        | Seen::StoreAnswers
        | Seen::StoreAway(_)
        | Seen::RingOpens
        | Seen::RingUntried
        | Seen::RingRefuses(_)
        | Seen::NoEndpoint
        | Seen::Work(_)
        | Seen::Accounts { .. }
        | Seen::Jobs(_)
        | Seen::Unseen(..) => None,
    }
}

/// What was found.
pub(in crate::server::operator) fn found(seen: &Seen) -> String {
    match seen {
        Seen::Configured => "it is whole".to_owned(),
        Seen::Misconfigured { what, .. } => what.clone(),
        Seen::StoreAnswers => "it answers".to_owned(),
        Seen::StoreAway(why) => format!("it cannot be looked into: {why}"),
        Seen::RingOpens => "it opens what is stored".to_owned(),
        Seen::RingUntried => "nothing is stored yet that it could open".to_owned(),
        Seen::RingRefuses(why) => format!("it does not open what is stored: {why}"),
        Seen::NoEndpoint => "events.endpoints names none: events are read, not sent".to_owned(),
        Seen::Endpoint(endpoint) => of_endpoint(endpoint),
        Seen::EndpointUnread(endpoint) => {
            format!("how far it has been told cannot be read: {}", endpoint.why)
        }
        Seen::Work(None) => "none is left".to_owned(),
        Seen::Work(Some(since)) => format!("some is due since {since:.0}, and nobody took it"),
        Seen::Accounts { standing, accounts, sites } => of_accounts(*standing, *accounts, sites),
        Seen::Jobs(None) => "nothing needs a person".to_owned(),
        Seen::Jobs(Some(JobsSeen { count, since })) => {
            let jobs = counted(*count, ("thing needs", "things need"));
            format!("{jobs} a person, the longest since {since:.0}")
        }
        Seen::Unseen(_, why) => format!("it could not be looked at: {why}"),
    }
}

/// So many of something.
fn counted(count: usize, (one, many): (&str, &str)) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn of_endpoint(endpoint: &EndpointSeen) -> String {
    let outgoing = &endpoint.outgoing;
    let untaken = untaken(outgoing);
    let stands = match (outgoing.health, outgoing.silent_since) {
        (Health::Parked { since, why: Parking::Silent, next_at }, _) => {
            format!("parked since {since:.0}, it took nothing for a day; tried next at {next_at:.0}")
        }
        (Health::Parked { since, why: Parking::Gone, next_at }, _) => {
            format!("parked since {since:.0}, it said that it is gone; tried next at {next_at:.0}")
        }
        (Health::Failing { next_at, .. }, Some(since)) => {
            format!("takes nothing since {since:.0}; tried next at {next_at:.0}")
        }
        (Health::Failing { next_at, .. }, None) => {
            format!("asked to be left alone until {next_at:.0}")
        }
        (Health::Delivering, Some(since)) => format!("takes nothing since {since:.0}; it is tried again"),
        (Health::Delivering, None) if untaken > 0 => {
            format!("takes events, but not all of {}", counted(untaken, ("site", "sites")))
        }
        (Health::Delivering, None) if outgoing.last.is_none() => "told nothing yet".to_owned(),
        (Health::Delivering, None) => "takes events".to_owned(),
    };
    let answered = outgoing.last.map(|answer| format!("last answer: {}", of_answer(answer)));
    let waiting = endpoint.waiting_since.map(|since| format!("an event waits since {since:.0}"));
    let ever = |count: u64, what: &str| (count > 0).then(|| format!("{what} so far: {count}"));
    let given_up = ever(outgoing.given_up, "events given up");
    let lost = ever(outgoing.lost, "events lost");
    let parts = [Some(stands), answered, waiting, given_up, lost];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn of_answer(answer: Answer) -> String {
    match answer {
        Answer::Status(status) => status.to_string(),
        Answer::Unreachable => "no connection".to_owned(),
        Answer::TimedOut => "none in time".to_owned(),
        Answer::Broken => "a connection that broke".to_owned(),
    }
}

fn of_accounts(standing: Standing, accounts: usize, sites: &BTreeSet<String>) -> String {
    let what = match standing {
        Standing::Working => ("account works", "accounts work"),
        Standing::Lapsed => ("account must be connected again", "accounts must be connected again"),
        Standing::Ailing => ("account has something else wrong", "accounts have something else wrong"),
    };
    let counted = counted(accounts, what);
    match standing {
        Standing::Working => counted,
        Standing::Lapsed | Standing::Ailing => format!("{counted}: {}", named(sites)),
    }
}

fn named(sites: &BTreeSet<String>) -> String {
    let names = sites.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match sites.len().saturating_sub(NAMED) {
        0 => names,
        more => format!("{names} and {}", counted(more, ("more site", "more sites"))),
    }
}

/// What the operator can do.
pub(in crate::server::operator) fn what_to_do(seen: &Seen, advice: Advice) -> String {
    if let Seen::Misconfigured { remedy, .. } = seen {
        return remedy.clone();
    }
    let advice = match advice {
        Advice::Configure => "see greenroom config check",
        Advice::SeeToStore => {
            "see that what store.url names is there and answers, then repeat greenroom doctor"
        }
        Advice::RestoreKeys => {
            "have crypto.keyring_file name the ring that sealed it, from its backup; where the ring is right, restore the store"
        }
        Advice::BeginAnew => {
            "where the key ring is right, leave the store as it is: only how far this endpoint has been told is damaged, and a restored store brings back tokens that are spent; change its url in events.endpoints (another query will do) and restart, then it is told what comes from there on, and what it missed is read at /v1/events"
        }
        Advice::RunGateway => {
            "nobody delivers: see that a gateway runs (greenroom serve) whose events.endpoints names it"
        }
        Advice::SeeGateways => {
            "see that a gateway runs (greenroom serve); where one does, it has more to do than it can, or its log says what is in its way"
        }
        Advice::AskEndpoint => {
            "see in the endpoint's own log why it does not take them; it is tried again by itself, and parked after a day in which it takes nothing"
        }
        Advice::MendEndpoint => {
            "have it answer 2xx within 15 s, it is found again by trying; or take it out of events.endpoints and restart"
        }
        Advice::RemoveEndpoint => {
            "take it out of events.endpoints and restart; or have it answer 2xx, it is tried once a day"
        }
        Advice::AskOwners => {
            "ask the owners to reconnect in the portal; greenroom accounts list --state reauthorization_required says why"
        }
        Advice::SeeAccounts => "see greenroom accounts list, which says what to do for each",
        Advice::SeeJobs => {
            "see greenroom jobs list, which says what to do for each; then greenroom jobs retry"
        }
        Advice::Repeat => "repeat greenroom doctor; where it stays so, see the gateway's log",
    };
    advice.to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::*;
    use crate::domain::event::FeedPlace;
    use crate::domain::id::SiteId;
    use crate::domain::lane::Lane;
    use crate::domain::outgoing::Outgoing;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn endpoint(change: impl FnOnce(&mut Outgoing)) -> String {
        let mut outgoing = Outgoing::new(FeedPlace(10), at(0));
        change(&mut outgoing);
        let (host, waiting_since) = ("https://a.example".to_owned(), None);
        let (outgoing, fresh_since) = (Arc::new(outgoing), waiting_since);
        found(&Seen::Endpoint(EndpointSeen { host, outgoing, waiting_since, fresh_since }))
    }

    #[test]
    fn an_endpoint_is_told_as_it_stands() {
        let failing = Health::Failing { since: at(1), tries: 3, next_at: at(9) };
        let silent = Health::Parked { since: at(5), why: Parking::Silent, next_at: at(9) };
        let lane = Lane { untaken_since: Some(at(1)), ..Lane::waiting(FeedPlace(5), at(0)) };
        let refuses = |outgoing: &mut Outgoing| _ = outgoing.lanes.insert(SiteId::parse("a").unwrap(), lane);
        let cases = [
            (endpoint(|_| ()), "told nothing yet"),
            (
                endpoint(|outgoing| outgoing.last = Some(Answer::Status(204))),
                "takes events; last answer: 204",
            ),
            (endpoint(refuses), "takes events, but not all of 1 site"),
            (
                endpoint(|outgoing| {
                    (outgoing.health, outgoing.silent_since) = (failing, Some(at(1)));
                    outgoing.last = Some(Answer::TimedOut);
                }),
                "takes nothing since 1970-01-01T00:00:01Z; tried next at 1970-01-01T00:00:09Z; last answer: none in time",
            ),
            (
                endpoint(|outgoing| outgoing.health = failing),
                "asked to be left alone until 1970-01-01T00:00:09Z",
            ),
            (
                endpoint(|outgoing| (outgoing.health, outgoing.given_up, outgoing.lost) = (silent, 1, 2)),
                "parked since 1970-01-01T00:00:05Z, it took nothing for a day; tried next at 1970-01-01T00:00:09Z; \
                 events given up so far: 1; events lost so far: 2",
            ),
        ];
        for (said, expected) in cases {
            assert_eq!(said, expected);
        }
    }

    #[test]
    fn ten_sites_are_named_and_the_others_counted() {
        let said = |count| {
            let sites = (0..count).map(|number| format!("s-{number:02}")).collect();
            found(&Seen::Accounts { standing: Standing::Lapsed, accounts: count, sites })
        };
        let ten = "s-00, s-01, s-02, s-03, s-04, s-05, s-06, s-07, s-08, s-09";
        assert_eq!(said(1), "1 account must be connected again: s-00");
        assert_eq!(said(10), format!("10 accounts must be connected again: {ten}"));
        assert_eq!(said(11), format!("11 accounts must be connected again: {ten} and 1 more site"));
        assert_eq!(said(12), format!("12 accounts must be connected again: {ten} and 2 more sites"));
    }
}
