//! Owns Zoom's limits: calls per second and per day of an account, creates and updates per host and UTC day
//! (zoom/facts.md 4).

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::time::Duration;

use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::demo::simulator::answer::Answer;
use crate::demo::simulator::clock::after;
use crate::demo::simulator::modes::RateLimits;
use crate::demo::simulator::operation::Label;
use crate::demo::simulator::settings::AccountPlan;
use crate::demo::simulator::user::UserId;

/// Creates and updates of one host in a UTC day.
const HOST_CALLS_A_DAY: u32 = 100;

const TOO_MANY_A_SECOND: &str =
    "You have reached the maximum per-second rate limit for this API. Try again later.";
const TOO_MANY_A_DAY: &str = "You have reached the maximum daily rate limit for this API. \
     Refer to the response header for details on when you can make another request.";
const TOO_MANY_OF_HOST: &str = "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests \
     permitted for this particular user. You may resume these requests at GMT 00:00:00.";

/// What was used of the limits.
#[derive(Debug, Default, Clone)]
pub(super) struct Limits {
    recent: BTreeMap<(String, Label), VecDeque<Timestamp>>,
    daily: BTreeMap<(String, Label, Date), u32>,
    hosts: BTreeMap<(UserId, Date), u32>,
}

/// What an account may do with one label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Allowance {
    a_second: u32,
    a_day: Option<u32>,
}

impl Allowance {
    /// The allowance under a mode; `None` is without limit.
    pub(super) fn of(mode: &RateLimits, plan: AccountPlan, label: Label) -> Option<Self> {
        match mode {
            RateLimits::Off => None,
            RateLimits::Documented => Some(Self::documented(plan, label)),
            RateLimits::Custom { light, medium } => {
                let a_second = match label {
                    Label::Light => *light,
                    Label::Medium => *medium,
                };
                Some(Self { a_second, a_day: None })
            }
        }
    }

    const fn documented(plan: AccountPlan, label: Label) -> Self {
        let (a_second, a_day) = match (plan, label) {
            (AccountPlan::Free, Label::Light) => (4, Some(6_000)),
            (AccountPlan::Free, Label::Medium) => (2, Some(2_000)),
            (AccountPlan::Pro, Label::Light) => (30, None),
            (AccountPlan::Pro, Label::Medium) => (20, None),
            (AccountPlan::Business, Label::Light) => (80, None),
            (AccountPlan::Business, Label::Medium) => (60, None),
        };
        Self { a_second, a_day }
    }
}

impl Limits {
    /// Counts a call of an account, or refuses it with 429.
    pub(super) fn admit(
        &mut self,
        account: &str,
        label: Label,
        allowance: Option<Allowance>,
        now: Timestamp,
    ) -> Result<(), Answer> {
        let day = self.daily.entry((account.to_owned(), label, utc_date(now))).or_default();
        let recent = self.recent.entry((account.to_owned(), label)).or_default();
        while recent.front().is_some_and(|first| after(*first, Duration::from_secs(1)) <= now) {
            recent.pop_front();
        }
        if let Some(allowance) = allowance {
            if allowance.a_day.is_some_and(|a_day| *day >= a_day) {
                return Err(too_many(TOO_MANY_A_DAY)
                    .with_header("x-ratelimit-type", "Daily-limit")
                    .with_header("retry-after", &next_midnight(now)));
            }
            if recent.len() >= allowance.a_second as usize {
                let reset = now.as_second() + 1;
                return Err(too_many(TOO_MANY_A_SECOND)
                    .with_header("x-ratelimit-type", "QPS")
                    .with_header("x-ratelimit-reset", &reset.to_string()));
            }
        }
        *day += 1;
        recent.push_back(now);
        Ok(())
    }

    /// What `X-RateLimit-Limit` and `-Remaining` say: of the day where the plan has a daily limit, else of the second.
    pub(super) fn remaining(
        &self,
        account: &str,
        label: Label,
        plan: AccountPlan,
        now: Timestamp,
    ) -> (u32, u32) {
        let allowance = Allowance::documented(plan, label);
        let (limit, used) = match allowance.a_day {
            Some(a_day) => (a_day, self.daily.get(&(account.to_owned(), label, utc_date(now))).copied()),
            None => (
                allowance.a_second,
                self.recent
                    .get(&(account.to_owned(), label))
                    .map(|recent| u32::try_from(recent.len()).unwrap_or(u32::MAX)),
            ),
        };
        (limit, limit.saturating_sub(used.unwrap_or(0)))
    }

    /// Refuses a create or update when the host's hundred of the day are used.
    pub(super) fn refuse_host(&self, host: &UserId, now: Timestamp) -> Result<(), Answer> {
        let used = self.hosts.get(&(host.clone(), utc_date(now))).copied().unwrap_or(0);
        if used >= HOST_CALLS_A_DAY { Err(too_many(TOO_MANY_OF_HOST)) } else { Ok(()) }
    }

    /// Counts one of the host's hundred.
    pub(super) fn count_host(&mut self, host: &UserId, now: Timestamp) {
        *self.hosts.entry((host.clone(), utc_date(now))).or_default() += 1;
    }

    /// What each host used, by day.
    pub(super) fn hosts(&self) -> impl Iterator<Item = (&UserId, Date, u32)> {
        self.hosts.iter().map(|((host, date), count)| (host, *date, *count))
    }
}

fn too_many(message: &str) -> Answer {
    Answer::refusal(StatusCode::TOO_MANY_REQUESTS, 429, message)
}

/// The calendar day in UTC, by which Zoom counts.
fn utc_date(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}

/// The next midnight in UTC as Zoom writes it in `Retry-After`: ISO 8601, not seconds.
fn next_midnight(now: Timestamp) -> String {
    utc_date(now).tomorrow().unwrap_or(Date::MAX).strftime("%Y-%m-%dT00:00:00Z").to_string()
}
