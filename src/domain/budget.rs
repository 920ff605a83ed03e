//! Decides how much may be asked of a provider, by all replicas together (R30, zoom/facts.md 4): what each call draws,
//! and what it means where there is not enough.
//!
//! The account of an organisation has a bucket a label, refilled at 70 % of what its plan allows; a host has a hundred
//! creates and updates a UTC day. Both are numbers that replicas share.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::account::Plan;
use crate::domain::id::GrantId;
use crate::domain::meeting::after;
use crate::domain::pace::Pace;
use crate::domain::pace::Turn;
use crate::domain::pause::PauseReason;
use crate::domain::request::NEAR;
use crate::domain::request::Request;
use crate::domain::request::is_near;
use crate::domain::tally::Draw;
use crate::domain::tally::MOST;
use crate::domain::tally::Tally;

/// Creates and updates of one host in a UTC day (zoom/facts.md 4).
const HOST_CALLS_A_DAY: i64 = 100;
/// Longer than what a full bucket gives away at once would take in line.
const LONGEST_BURST: Duration = Duration::from_millis(300);
/// A removal is over after this, or its caller died.
const REMOVAL_TIME: Duration = Duration::from_secs(45);
/// So many failures in a row, of whichever caller, and an organisation's calls are left alone for a while.
pub const FAILURES: i64 = 5;
/// Within which they must fall.
const FAILURES_WITHIN_SECONDS: i64 = 600;
/// How long at first, and how long where the one that was tried then failed, too.
const OPEN_FOR: Duration = Duration::from_secs(30);
const OPEN_AGAIN_FOR: Duration = Duration::from_mins(2);
/// While an organisation's calls fail, one a replica that knows is tried in so long.
const PROBE: Duration = Duration::from_secs(15);
const DAY_SECONDS: i64 = 86_400;
/// Room for a day's count below the number of the day.
const DAY_SPAN: i64 = 100_000;

/// Whom a call goes to, and how well it went there last.
#[derive(Debug, Clone, Copy)]
pub struct Callee<'a> {
    /// Whose call it is.
    pub grant: &'a GrantId,
    /// What the host's plan allows.
    pub plan: Plan,
    /// How calls of the organisation went, as far as this replica knows.
    pub health: Health,
}

/// How calls of an organisation go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Well, as far as is known.
    Well,
    /// They failed: one is tried at a time.
    Suspect,
}

/// How a budget is kept.
#[derive(Debug, Clone, Copy)]
pub struct Reserve {
    /// The share of a host's calls of the day that is kept for sessions within 48 h, in percent.
    pub percent: u8,
}

/// What a call draws, one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost(Vec<(Item, Draw)>);

/// What a draw stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    /// The organisation's calls fail.
    Open,
    /// Another call is tried already, to see whether they still do.
    Probe,
    /// The organisation's calls of this kind are spent for the day, as the provider said.
    Shut,
    /// The organisation's calls a second.
    Bucket(Pace),
    /// The organisation's calls a day.
    OrganisationDay,
    /// The host's calls a day, of which so many were allowed.
    HostDay { allowed: i64, starts_at: Timestamp },
    /// The host's one removal at a time.
    Removing,
}

/// Why a call is not made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A place in line may be free then.
    Line(Timestamp),
    /// Another call is tried first: not before then.
    Probed(Timestamp),
    /// Not before then, for this reason.
    Closed {
        /// Why.
        why: PauseReason,
        /// Until when.
        until: Timestamp,
    },
}

impl Cost {
    /// What a request draws.
    pub fn of(
        request: Request,
        turn: Turn,
        callee: Callee<'_>,
        (reserve, now): (Reserve, Timestamp),
    ) -> Self {
        let label = request.label();
        let pace = label.pace(callee.plan);
        // While an organisation's calls fail, one at a time is tried by whoever knows.
        let held = match callee.health {
            Health::Well => 0,
            Health::Suspect => milliseconds(PROBE),
        };
        let mut draws = vec![
            (Item::Open, at_rest(open(), now, 0)),
            (Item::Probe, at_rest(probe(), now, held)),
            (Item::Shut, at_rest(label.shut(), now, 0)),
            (Item::Bucket(pace), pace.draw(label.bucket(), (request.calls(), turn), now)),
        ];
        draws.extend(
            label
                .day(callee.plan)
                .map(|(tally, most)| (Item::OrganisationDay, of_day(tally, (request.calls(), most), now))),
        );
        if let Some(starts_at) = request.starts_at() {
            let allowed = allowed(starts_at, reserve, now);
            let item = Item::HostDay { allowed, starts_at };
            draws.push((item, of_day(calls_of(callee.grant), (1, allowed), now)));
        }
        if request == Request::Remove {
            let (tally, by) = (removing(callee.grant), milliseconds(REMOVAL_TIME));
            draws
                .push((Item::Removing, Draw { limit: now.as_millisecond() + by, ..at_rest(tally, now, by) }));
        }
        Self(draws)
    }

    /// The draws, in their order.
    pub fn draws(&self) -> Vec<Draw> {
        self.0.iter().map(|(_, draw)| draw.clone()).collect()
    }

    /// How long to wait in line before the call, once all was drawn.
    pub fn line(&self, became: &[i64], now: Timestamp) -> Duration {
        let mut drawn = self.0.iter().zip(became);
        let line = drawn.find_map(|((item, _), became)| match item {
            Item::Bucket(pace) => Some(pace.line(*became, now)),
            Item::Open
            | Item::Probe
            | Item::Shut
            | Item::OrganisationDay
            | Item::HostDay { .. }
            | Item::Removing => None,
        });
        line.unwrap_or_default()
    }

    /// What it means that draw `at` exceeded its limit, where its number counts as `stands`.
    pub fn refusal(&self, (at, stands): (usize, i64), now: Timestamp) -> Refusal {
        let Some((item, draw)) = self.0.get(at) else { return Refusal::Line(after(now, SOON)) };
        let closed = |why, until| Refusal::Closed { why, until };
        match item {
            Item::Open => closed(PauseReason::Unavailable, at_millisecond(stands)),
            Item::Probe => Refusal::Probed(at_millisecond(stands)),
            Item::Shut => closed(PauseReason::RateLimited, at_millisecond(stands)),
            Item::Bucket(_) => {
                let free = stands.saturating_add(draw.by).saturating_sub(draw.limit).max(1);
                Refusal::Line(after(now, Duration::from_micros(free.unsigned_abs())))
            }
            Item::Removing => Refusal::Line(after(now, SOON)),
            Item::OrganisationDay => closed(PauseReason::RateLimited, next_midnight(now)),
            Item::HostDay { allowed, starts_at } => {
                let spent = stands - day(now) * DAY_SPAN;
                if *allowed < HOST_CALLS_A_DAY && spent < HOST_CALLS_A_DAY {
                    closed(PauseReason::Scheduled, scheduled(*starts_at, now))
                } else {
                    closed(PauseReason::DailyLimit, next_midnight(now))
                }
            }
        }
    }
}

/// How soon a line that says nothing of itself is looked at again.
const SOON: Duration = Duration::from_millis(200);

/// Until when a session that is not near waits for a call of its host: until a new day, or until it is near.
pub fn scheduled(starts_at: Timestamp, now: Timestamp) -> Timestamp {
    let near_at = starts_at.checked_sub(NEAR).unwrap_or(Timestamp::MIN);
    if near_at > now { near_at.min(next_midnight(now)) } else { next_midnight(now) }
}

fn allowed(starts_at: Timestamp, reserve: Reserve, now: Timestamp) -> i64 {
    if is_near(starts_at, now) {
        return HOST_CALLS_A_DAY;
    }
    HOST_CALLS_A_DAY - HOST_CALLS_A_DAY * i64::from(reserve.percent.min(100)) / 100
}

/// What a provider's answer corrects, or what ends with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction<'a> {
    /// The provider wants no request of this kind before then.
    Slower(Request, Timestamp),
    /// The organisation's calls of this kind are spent until then.
    Shut(Request, Timestamp),
    /// The host's calls of the day are spent.
    HostSpent(&'a GrantId),
    /// The host's removal is over.
    Removed(&'a GrantId),
    /// A call was not answered with sense.
    Failed,
    /// Too many were not: leave the organisation alone, if nobody does already.
    Open(Health),
    /// A call was answered.
    Recovered,
}

impl Correction<'_> {
    /// The draws that write it down.
    pub fn draws(self, now: Timestamp) -> Vec<Draw> {
        let at_least = |tally, floor| Draw { tally, floor, ceiling: MOST, by: 0, limit: MOST };
        match self {
            Self::Slower(request, until) => {
                vec![at_least(request.label().bucket(), after(until, LONGEST_BURST).as_microsecond())]
            }
            Self::Shut(request, until) => vec![at_least(request.label().shut(), until.as_millisecond())],
            Self::HostSpent(grant) => {
                vec![at_least(calls_of(grant), day(now) * DAY_SPAN + HOST_CALLS_A_DAY)]
            }
            Self::Removed(grant) => vec![Draw::set(removing(grant), 0)],
            Self::Failed => vec![Draw { by: 1, ..at_least(failures(), counted_from(now)) }],
            Self::Open(health) => vec![at_rest(open(), now, milliseconds(open_for(health)))],
            Self::Recovered => vec![Draw::set(failures(), 0), Draw::set(open(), 0), Draw::set(probe(), 0)],
        }
    }
}

const fn open_for(health: Health) -> Duration {
    match health {
        Health::Well => OPEN_FOR,
        Health::Suspect => OPEN_AGAIN_FOR,
    }
}

/// How many calls failed lately, by what the number of failures became.
pub fn failures_in(became: i64, now: Timestamp) -> i64 {
    became - counted_from(now)
}

/// Failures of another while ago are forgotten: the number begins anew with each.
fn counted_from(now: Timestamp) -> i64 {
    now.as_second().div_euclid(FAILURES_WITHIN_SECONDS) * DAY_SPAN
}

/// Refused while the number is a time to come; raised by `by`.
fn at_rest(tally: Tally, now: Timestamp, by: i64) -> Draw {
    let now = now.as_millisecond();
    Draw { tally, floor: now, ceiling: MOST, by, limit: now + by }
}

/// More of a day's calls. The number begins anew with the day.
fn of_day(tally: Tally, (calls, most): (i64, i64), now: Timestamp) -> Draw {
    let floor = day(now) * DAY_SPAN;
    Draw { tally, floor, ceiling: MOST, by: calls, limit: floor + most }
}

fn open() -> Tally {
    Tally::new("open")
}

fn probe() -> Tally {
    Tally::new("probe")
}

fn failures() -> Tally {
    Tally::new("failures")
}

fn calls_of(grant: &GrantId) -> Tally {
    Tally::new(format!("calls/{grant}"))
}

fn removing(grant: &GrantId) -> Tally {
    Tally::new(format!("removing/{grant}"))
}

/// The number of the UTC day.
fn day(now: Timestamp) -> i64 {
    now.as_second().div_euclid(DAY_SECONDS)
}

/// The next 00:00 UTC, when the calls of a day begin anew.
pub fn next_midnight(now: Timestamp) -> Timestamp {
    Timestamp::from_second((day(now) + 1) * DAY_SECONDS).unwrap_or(Timestamp::MAX)
}

/// How long the day is that began last.
pub fn since_midnight(now: Timestamp) -> Duration {
    Duration::from_secs(now.as_second().rem_euclid(DAY_SECONDS).unsigned_abs())
}

fn at_millisecond(at: i64) -> Timestamp {
    Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX)
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::fixture::NOW;
    use crate::domain::fixture::at;
    use crate::domain::fixture::grant;
    use crate::domain::pace::Urgency;
    use crate::domain::tally::Drawn;

    const RESERVE: Reserve = Reserve { percent: 20 };
    /// The day of the fixtures began at 00:00, eight hours before them.
    const DAY_LEFT: i64 = 16 * 3_600;

    /// Numbers as a store keeps them.
    #[derive(Default)]
    struct Numbers(BTreeMap<Tally, i64>);

    impl Numbers {
        fn draw(&mut self, draws: &[Draw]) -> Drawn {
            let (mut next, mut became) = (self.0.clone(), Vec::new());
            for (at, draw) in draws.iter().enumerate() {
                let stands = next.get(&draw.tally).copied();
                let Some(number) = draw.outcome(stands) else {
                    let stands = stands.unwrap_or(0).clamp(draw.floor, draw.ceiling);
                    return Drawn::Short { at, stands };
                };
                next.insert(draw.tally.clone(), number);
                became.push(number);
            }
            self.0 = next;
            Drawn::All(became)
        }

        fn ask(&mut self, request: Request, urgency: Urgency, now: Timestamp) -> Result<Duration, Refusal> {
            self.ask_of((Plan::Licensed, Health::Well), (request, urgency), now)
        }

        fn ask_of(
            &mut self,
            (plan, health): (Plan, Health),
            (request, urgency): (Request, Urgency),
            now: Timestamp,
        ) -> Result<Duration, Refusal> {
            let turn = Turn { urgency, patience: Duration::from_secs(10) };
            let host = grant("lua");
            let callee = Callee { grant: &host, plan, health };
            let cost = Cost::of(request, turn, callee, (RESERVE, now));
            match self.draw(&cost.draws()) {
                Drawn::All(became) => Ok(cost.line(&became, now)),
                Drawn::Short { at, stands } => Err(cost.refusal((at, stands), now)),
            }
        }

        fn correct(&mut self, correction: Correction<'_>, now: Timestamp) -> Vec<i64> {
            match self.draw(&correction.draws(now)) {
                Drawn::All(became) => became,
                Drawn::Short { .. } => panic!("a correction is never refused"),
            }
        }
    }

    /// The calls a second that come of asking without end.
    fn most_in_a_second(plan: Plan, request: Request) -> usize {
        let mut numbers = Numbers::default();
        let mut sent = Vec::new();
        for ms in 0..5_000 {
            let now = at(0) + Duration::from_millis(ms);
            for _ in 0..3 {
                let asked = (request, Urgency::Background);
                if let Ok(line) = numbers.ask_of((plan, Health::Well), asked, now) {
                    sent.push(now + line);
                }
            }
        }
        sent.sort_unstable();
        let within = |first: &Timestamp| {
            sent.iter().filter(|at| *at >= first && **at < *first + Duration::from_secs(1)).count()
        };
        sent.iter().map(within).max().unwrap_or(0)
    }

    #[test]
    fn no_second_has_more_calls_than_the_plan_allows_and_few_are_given_away() {
        let cases = [
            (Plan::Licensed, Request::Find, 26..=30),
            (Plan::Licensed, Request::List, 16..=20),
            (Plan::Basic, Request::Find, 3..=4),
            (Plan::Basic, Request::List, 2..=2),
        ];
        for (plan, request, expected) in cases {
            let most = most_in_a_second(plan, request);
            assert!(expected.contains(&most), "{plan:?} {request:?}: {most}");
        }
    }

    #[test]
    fn who_is_waited_for_stands_behind_a_few_of_the_background_only() {
        let mut numbers = Numbers::default();
        let mut refused = None;
        for _ in 0..50 {
            refused = refused.or(numbers.ask(Request::Find, Urgency::Background, at(0)).err());
        }
        assert!(matches!(refused, Some(Refusal::Line(_))), "{refused:?}");
        let line = numbers.ask(Request::Find, Urgency::Awaited, at(0)).unwrap();
        assert!(line < Duration::from_millis(250), "{line:?}");
    }

    #[test]
    fn the_reserve_is_for_the_near_and_the_day_ends_at_midnight() {
        let mut numbers = Numbers::default();
        let (near, far) = (at(3_600), at(30 * DAY_SECONDS));
        let mut book = |starts_at, seconds| {
            let now = at(seconds);
            numbers.ask(Request::Create(starts_at), Urgency::Awaited, now).map(drop)
        };
        let far_ones = (0..100).filter(|second| book(far, *second).is_ok()).count();
        assert_eq!(far_ones, 80);
        let midnight = at(DAY_LEFT);
        let scheduled = |until| Err(Refusal::Closed { why: PauseReason::Scheduled, until });
        assert_eq!(book(far, 200), scheduled(midnight));
        assert_eq!(book(at(48 * 3_600 + 500), 200), scheduled(at(500)), "it is near sooner");
        let near_ones = (0..100).filter(|second| book(near, 300 + second).is_ok()).count();
        assert_eq!(near_ones, 20);
        let spent = Err(Refusal::Closed { why: PauseReason::DailyLimit, until: midnight });
        assert_eq!((book(near, 500), book(far, 500)), (spent, spent));
        assert_eq!(book(far, DAY_LEFT), Ok(()));
    }

    #[test]
    fn what_the_provider_says_corrects_the_numbers() {
        let mut numbers = Numbers::default();
        let far = Request::Create(at(DAY_SECONDS * 9));
        let slower = Correction::Slower(far, at(3));
        numbers.correct(slower, at(0));
        assert!(matches!(numbers.ask(far, Urgency::Background, at(0)), Err(Refusal::Line(_))));
        assert!(numbers.ask(far, Urgency::Awaited, at(0)).unwrap() >= Duration::from_secs(3));
        numbers.correct(Correction::HostSpent(&grant("lua")), at(10));
        let spent = Err(Refusal::Closed { why: PauseReason::DailyLimit, until: at(DAY_LEFT) });
        assert_eq!(numbers.ask(far, Urgency::Awaited, at(20)), spent);
        assert!(numbers.ask(Request::Find, Urgency::Awaited, at(20)).is_ok());
        numbers.correct(Correction::Shut(far, at(99)), at(20));
        assert!(numbers.ask(Request::List, Urgency::Awaited, at(20)).is_ok(), "of another kind");
        let shut = Err(Refusal::Closed { why: PauseReason::RateLimited, until: at(99) });
        assert_eq!(numbers.ask(Request::Find, Urgency::Awaited, at(30)), shut);
        assert!(numbers.ask(Request::Find, Urgency::Awaited, at(99)).is_ok());
    }

    #[test]
    fn calls_that_keep_failing_are_left_alone_and_then_tried_one_at_a_time() {
        let mut numbers = Numbers::default();
        for expected in 1..=FAILURES {
            let became = numbers.correct(Correction::Failed, at(0))[0];
            assert_eq!(failures_in(became, at(0)), expected);
        }
        numbers.correct(Correction::Open(Health::Well), at(0));
        let mut ask = |health, seconds| {
            numbers.ask_of((Plan::Licensed, health), (Request::Find, Urgency::Awaited), at(seconds))
        };
        let closed = |until| Err(Refusal::Closed { why: PauseReason::Unavailable, until: at(until) });
        assert_eq!(ask(Health::Well, 29), closed(30));
        assert!(ask(Health::Suspect, 30).is_ok());
        assert_eq!(ask(Health::Suspect, 31), Err(Refusal::Probed(at(45))));
        assert!(ask(Health::Suspect, 45).is_ok(), "whoever tried it died");
        numbers.correct(Correction::Open(Health::Suspect), at(46));
        let again = numbers.draw(&Correction::Open(Health::Suspect).draws(at(50)));
        assert!(matches!(again, Drawn::Short { .. }), "what failed together opens it once");
        let mut ask = |health, seconds| {
            numbers.ask_of((Plan::Licensed, health), (Request::Find, Urgency::Awaited), at(seconds))
        };
        assert_eq!(ask(Health::Well, 165), closed(166));
        numbers.correct(Correction::Recovered, at(166));
        assert!(numbers.ask(Request::Find, Urgency::Awaited, at(166)).is_ok());
        let became = numbers.correct(Correction::Failed, at(3_600))[0];
        assert_eq!(failures_in(became, at(3_600)), 1);
        let later = numbers.correct(Correction::Failed, at(4_600))[0];
        assert_eq!(failures_in(later, at(4_600)), 1, "it was long ago");
    }

    #[test]
    fn a_host_removes_one_meeting_at_a_time_and_a_dead_remover_holds_it_up_for_a_while_only() {
        let mut numbers = Numbers::default();
        let mut remove = |seconds| numbers.ask(Request::Remove, Urgency::Background, at(seconds));
        assert!(remove(0).is_ok());
        assert!(matches!(remove(44), Err(Refusal::Line(_))));
        assert!(remove(45).is_ok());
        numbers.correct(Correction::Removed(&grant("lua")), at(46));
        assert!(numbers.ask(Request::Remove, Urgency::Background, at(47)).is_ok());
        assert_eq!(NOW % DAY_SECONDS, 8 * 3_600);
    }
}
