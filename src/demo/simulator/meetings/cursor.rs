//! Owns what a list asked for, and where it goes on. Reads no meetings (zoom/facts.md 2.8).

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::demo::simulator::answer::Answer;
use crate::demo::simulator::answer::FieldError;
use crate::demo::simulator::clock::after;
use crate::demo::simulator::meetings::record::Meeting;
use crate::demo::simulator::meetings::record::Stage;
use crate::demo::simulator::received::Parameters;
use crate::demo::simulator::user::UserId;

const TOKEN_LIFETIME: Duration = Duration::from_mins(15);
/// How far `upcoming` and `previous_meetings` reach.
const HALF_A_YEAR: Duration = Duration::from_hours(183 * 24);

/// The pages people may still ask for.
#[derive(Debug, Default)]
pub(in crate::demo::simulator) struct Cursors {
    open: BTreeMap<String, Cursor>,
    begun: u64,
}

/// Where a list goes on.
#[derive(Debug, Clone)]
pub(super) struct Cursor {
    /// Which list, counted from the first.
    pub(super) list: u64,
    pub(super) caller: UserId,
    pub(super) query: Query,
    /// The ids of the first request, when pages are stable.
    pub(super) snapshot: Option<Vec<u64>>,
    pub(super) offset: usize,
    pub(super) expires_at: Timestamp,
}

/// Which meetings are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Scheduled,
    Live,
    Upcoming,
    Previous,
}

/// A list request.
#[derive(Debug, Clone)]
pub(super) struct Query {
    kind: Kind,
    pub(super) page_size: usize,
    pub(super) from: Option<Date>,
    pub(super) to: Option<Date>,
    time_zone: TimeZone,
}

impl Query {
    /// Reads the query; every wrong parameter is named.
    pub(super) fn parse(parameters: &Parameters) -> Result<Self, Answer> {
        let mut errors = Vec::new();
        let mut wrong = |name: &str| errors.push(FieldError::invalid(name));
        let kind = match parameters.find("type").unwrap_or("scheduled") {
            "scheduled" => Kind::Scheduled,
            "live" => Kind::Live,
            "upcoming" | "upcoming_meetings" => Kind::Upcoming,
            "previous_meetings" => Kind::Previous,
            _ => {
                wrong("type");
                Kind::Scheduled
            }
        };
        let page_size = parameters.find("page_size").map_or(Some(30), |size| size.parse().ok());
        let page_size = page_size.filter(|size| (1..=300).contains(size)).unwrap_or_else(|| {
            wrong("page_size");
            30
        });
        let mut date = |name: &str| {
            let text = parameters.find(name)?;
            let date = Some(text).filter(|text| text.len() == 10).and_then(|text| text.parse::<Date>().ok());
            if date.is_none() {
                wrong(name);
            }
            date
        };
        let (from, to) = (date("from"), date("to"));
        let zone = parameters.find("timezone").map_or(Some(TimeZone::UTC), |name| TimeZone::get(name).ok());
        let time_zone = zone.unwrap_or_else(|| {
            wrong("timezone");
            TimeZone::UTC
        });
        if errors.is_empty() {
            Ok(Self { kind, page_size, from, to, time_zone })
        } else {
            Err(Answer::invalid(&errors))
        }
    }

    /// Whether a meeting belongs into the list; instant ones never do.
    pub(super) fn takes(&self, meeting: &Meeting, now: Timestamp) -> bool {
        let over = meeting.stage == Stage::Ended || meeting.planned_end().is_some_and(|end| end < now);
        let live = meeting.stage == Stage::Started;
        let near = |start: Timestamp| start <= after(now, HALF_A_YEAR) && now <= after(start, HALF_A_YEAR);
        let of_kind = match self.kind {
            Kind::Scheduled => true,
            Kind::Live => live,
            Kind::Upcoming => live || (!over && meeting.start.is_none_or(near)),
            Kind::Previous => !live && over && meeting.start.is_none_or(near),
        };
        of_kind && meeting.kind != 1 && self.dates_take(meeting)
    }

    fn dates_take(&self, meeting: &Meeting) -> bool {
        let Some(start) = meeting.start else { return self.from.is_none() && self.to.is_none() };
        let date = start.to_zoned(self.time_zone.clone()).date();
        self.from.is_none_or(|from| from <= date) && self.to.is_none_or(|to| date <= to)
    }
}

impl Cursors {
    /// Where a list goes on, for the one who began it.
    pub(super) fn find(&self, token: &str, caller: &UserId, now: Timestamp) -> Result<Cursor, Answer> {
        self.open
            .get(token)
            .filter(|cursor| cursor.caller == *caller && now < cursor.expires_at)
            .cloned()
            .ok_or_else(|| {
                Answer::refusal(StatusCode::BAD_REQUEST, 300, "The next page token is invalid or expired.")
            })
    }

    /// Counts another list; answers which it is.
    pub(super) fn begin(&mut self) -> u64 {
        self.begun += 1;
        self.begun
    }

    /// Lets every token expire.
    pub(in crate::demo::simulator) fn clear(&mut self) {
        self.open.clear();
    }

    /// Keeps where a list goes on under a token, for a quarter of an hour.
    pub(super) fn put(&mut self, token: String, mut cursor: Cursor, now: Timestamp) {
        self.open.retain(|_, cursor| now < cursor.expires_at);
        cursor.expires_at = after(now, TOKEN_LIFETIME);
        self.open.insert(token, cursor);
    }
}
