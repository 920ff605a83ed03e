//! Owns `GET /v2/users/{me}/meetings`: filters, pages and their tokens (zoom/facts.md 2.8).

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;
use serde_json::json;

use crate::demo::simulator::answer::Answer;
use crate::demo::simulator::answer::FieldError;
use crate::demo::simulator::clock::after;
use crate::demo::simulator::meetings::record::Meeting;
use crate::demo::simulator::meetings::record::Stage;
use crate::demo::simulator::meetings::render;
use crate::demo::simulator::modes::ListDates;
use crate::demo::simulator::modes::ListPaging;
use crate::demo::simulator::operation::Operation;
use crate::demo::simulator::received::Parameters;
use crate::demo::simulator::received::Received;
use crate::demo::simulator::state::State;
use crate::demo::simulator::users::UserId;
use crate::demo::simulator::users::refuse_foreign;

const TOKEN_LIFETIME: Duration = Duration::from_mins(15);
/// How far `upcoming` and `previous_meetings` reach.
const HALF_A_YEAR: Duration = Duration::from_hours(183 * 24);

/// The pages people may still ask for.
#[derive(Debug, Default)]
pub(in crate::demo::simulator) struct Cursors(BTreeMap<String, Cursor>);

/// Where a list goes on.
#[derive(Debug, Clone)]
struct Cursor {
    caller: UserId,
    query: Query,
    /// The ids of the first request, when pages are stable.
    snapshot: Option<Vec<u64>>,
    offset: usize,
    expires_at: Timestamp,
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
struct Query {
    kind: Kind,
    page_size: usize,
    from: Option<Date>,
    to: Option<Date>,
    time_zone: TimeZone,
}

impl Query {
    fn parse(parameters: &Parameters) -> Result<Self, Answer> {
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
    fn takes(&self, meeting: &Meeting, now: Timestamp) -> bool {
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

/// Answers a list.
pub(in crate::demo::simulator) fn list(
    state: &mut State,
    now: Timestamp,
    received: &Received,
) -> Result<Answer, Answer> {
    let caller = state.admit(now, received, Operation::ListMeetings)?;
    refuse_foreign(state, &caller, received, Operation::ListMeetings)?;
    let parameters = received.query();
    if let Some(name) = parameters.repeated() {
        return Err(Answer::invalid(&[FieldError::invalid(name)]));
    }
    let mut cursor = match parameters.find("next_page_token") {
        Some(token) => state.cursors.find(token, &caller.id, now)?,
        None => state.first_page(&parameters, &caller.id, now)?,
    };
    let ids = match &cursor.snapshot {
        Some(ids) => ids.clone(),
        None => state.listed(&cursor, now),
    };
    let size = cursor.query.page_size;
    let items: Vec<Value> = ids
        .iter()
        .skip(cursor.offset)
        .take(size)
        .filter_map(|id| state.meetings.find(*id, now))
        .map(|meeting| render::short(state, meeting))
        .collect();
    let page_number = cursor.offset / size + 1;
    cursor.offset += size;
    let next = if cursor.offset < ids.len() { state.put_cursor(cursor, now) } else { String::new() };
    Ok(Answer::json(
        StatusCode::OK,
        json!({
            "page_count": ids.len().div_ceil(size).max(1),
            "page_number": page_number,
            "page_size": size,
            "total_records": ids.len(),
            "next_page_token": next,
            "meetings": items,
        }),
    ))
}

impl Cursors {
    fn find(&self, token: &str, caller: &UserId, now: Timestamp) -> Result<Cursor, Answer> {
        self.0
            .get(token)
            .filter(|cursor| cursor.caller == *caller && now < cursor.expires_at)
            .cloned()
            .ok_or_else(|| {
                Answer::refusal(StatusCode::BAD_REQUEST, 300, "The next page token is invalid or expired.")
            })
    }
}

impl State {
    fn first_page(&self, parameters: &Parameters, caller: &UserId, now: Timestamp) -> Result<Cursor, Answer> {
        let mut query = Query::parse(parameters)?;
        if self.modes.list_dates == ListDates::Ignored {
            (query.from, query.to) = (None, None);
        }
        let page = parameters.find("page_number").and_then(|page| page.parse::<usize>().ok()).unwrap_or(1);
        let offset = page.saturating_sub(1) * query.page_size;
        let mut cursor = Cursor { caller: caller.clone(), query, snapshot: None, offset, expires_at: now };
        if self.modes.list_paging == ListPaging::Stable {
            cursor.snapshot = Some(self.listed(&cursor, now));
        }
        Ok(cursor)
    }

    /// The ids of the meetings in a list, by start; the newest may be missing for a while.
    fn listed(&self, cursor: &Cursor, now: Timestamp) -> Vec<u64> {
        let lag = Duration::from_secs(self.modes.list_lag_seconds.into());
        let mut meetings: Vec<&Meeting> = self
            .meetings
            .existing(now)
            .filter(|meeting| meeting.host == cursor.caller && cursor.query.takes(meeting, now))
            .filter(|meeting| after(meeting.created_at, lag) <= now)
            .collect();
        meetings.sort_by_key(|meeting| (meeting.start, meeting.id));
        meetings.into_iter().map(|meeting| meeting.id).collect()
    }

    fn put_cursor(&mut self, mut cursor: Cursor, now: Timestamp) -> String {
        self.cursors.0.retain(|_, cursor| now < cursor.expires_at);
        cursor.expires_at = after(now, TOKEN_LIFETIME);
        let token = self.entropy.letters(35);
        self.cursors.0.insert(token.clone(), cursor);
        token
    }
}
