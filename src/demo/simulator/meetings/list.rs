//! Answers `GET /v2/users/{me}/meetings`, page by page (zoom/facts.md 2.8).

use std::time::Duration;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use crate::demo::simulator::answer::Answer;
use crate::demo::simulator::answer::FieldError;
use crate::demo::simulator::answer::ListPage;
use crate::demo::simulator::clock::after;
use crate::demo::simulator::meetings::cursor::Cursor;
use crate::demo::simulator::meetings::cursor::Query;
use crate::demo::simulator::meetings::record::Meeting;
use crate::demo::simulator::meetings::render;
use crate::demo::simulator::modes::ListDates;
use crate::demo::simulator::modes::ListLag;
use crate::demo::simulator::modes::ListPages;
use crate::demo::simulator::modes::ListPaging;
use crate::demo::simulator::operation::Operation;
use crate::demo::simulator::received::Parameters;
use crate::demo::simulator::received::Received;
use crate::demo::simulator::state::State;
use crate::demo::simulator::user::UserId;
use crate::demo::simulator::users::refuse_foreign;

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
    let page = ListPage { list: cursor.list, number: cursor.offset / size + 1, total: ids.len() };
    cursor.offset += size;
    let next = if cursor.offset < ids.len() { state.put_cursor(cursor, now) } else { String::new() };
    Ok(Answer::json(
        StatusCode::OK,
        json!({
            "page_count": ids.len().div_ceil(size).max(1),
            "page_number": page.number,
            "page_size": size,
            "total_records": ids.len(),
            "next_page_token": next,
            "meetings": items,
        }),
    )
    .on(page))
}

impl State {
    fn first_page(
        &mut self,
        parameters: &Parameters,
        caller: &UserId,
        now: Timestamp,
    ) -> Result<Cursor, Answer> {
        let mut query = Query::parse(parameters)?;
        if let ListPages::AtMost { meetings } = self.modes.list_pages {
            query.page_size = query.page_size.min(meetings.max(1) as usize);
        }
        if self.modes.list_dates == ListDates::Ignored {
            (query.from, query.to) = (None, None);
        }
        let page = parameters.find("page_number").and_then(|page| page.parse::<usize>().ok()).unwrap_or(1);
        let offset = page.saturating_sub(1) * query.page_size;
        let (list, caller) = (self.cursors.begin(), caller.clone());
        let mut cursor = Cursor { list, caller, query, snapshot: None, offset, expires_at: now };
        if self.modes.list_paging == ListPaging::Stable {
            cursor.snapshot = Some(self.listed(&cursor, now));
        }
        Ok(cursor)
    }

    /// The ids of the meetings in a list, by start; the newest may be missing for a while.
    fn listed(&self, cursor: &Cursor, now: Timestamp) -> Vec<u64> {
        let mut meetings: Vec<&Meeting> = self
            .meetings
            .existing(now)
            .filter(|meeting| meeting.host == cursor.caller && cursor.query.takes(meeting, now))
            .filter(|meeting| after(meeting.created_at, self.lag_of(meeting)) <= now)
            .collect();
        meetings.sort_by_key(|meeting| (meeting.start, meeting.id));
        meetings.into_iter().map(|meeting| meeting.id).collect()
    }

    /// How long a new meeting is missing from lists.
    fn lag_of(&self, meeting: &Meeting) -> Duration {
        let longest = u64::from(self.modes.list_lag_seconds);
        Duration::from_secs(match self.modes.list_lag {
            ListLag::Equal => longest,
            ListLag::EachItsOwn => meeting.id % (longest + 1),
        })
    }

    fn put_cursor(&mut self, cursor: Cursor, now: Timestamp) -> String {
        let token = self.entropy.letters(35);
        self.cursors.put(token.clone(), cursor, now);
        token
    }
}
