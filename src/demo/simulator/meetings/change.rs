//! Creates, finds, updates and deletes meetings as Zoom does (zoom/facts.md 2.2, 2.5 to 2.7).

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use crate::demo::simulator::answer::Answer;
use crate::demo::simulator::answer::FieldError;
use crate::demo::simulator::meetings::draft::Draft;
use crate::demo::simulator::meetings::draft::Purpose;
use crate::demo::simulator::meetings::effective;
use crate::demo::simulator::meetings::record::Meeting;
use crate::demo::simulator::meetings::record::Passcode;
use crate::demo::simulator::meetings::record::Stage;
use crate::demo::simulator::meetings::render;
use crate::demo::simulator::modes::DailyCount;
use crate::demo::simulator::modes::DeleteInProgress;
use crate::demo::simulator::modes::JoinUrlAfterUpdate;
use crate::demo::simulator::news;
use crate::demo::simulator::operation::Operation;
use crate::demo::simulator::received::Received;
use crate::demo::simulator::settings::UserPlan;
use crate::demo::simulator::state::State;
use crate::demo::simulator::user::User;
use crate::demo::simulator::users::refuse_foreign;

/// Answers `POST /v2/users/{me}/meetings`.
pub(in crate::demo::simulator) fn create(
    state: &mut State,
    now: Timestamp,
    received: &Received,
) -> Result<Answer, Answer> {
    let host = state.admit(now, received, Operation::CreateMeeting)?;
    refuse_foreign(state, &host, received, Operation::CreateMeeting)?;
    let draft = state.admit_write(&host, now, received, Purpose::Create)?;
    refuse_scheduling_for_others(&draft, &host)?;
    let meeting = state.meeting_from(draft, &host, now)?;
    let id = meeting.id;
    state.meetings.put(meeting.clone());
    state.limits.count_host(&host.id, now);
    let body = render::whole(state, &meeting, now);
    news::created(state, &meeting, now);
    Ok(Answer::json(StatusCode::CREATED, body).about(id))
}

/// Answers `GET /v2/meetings/{id}`, with a fresh host link.
pub(in crate::demo::simulator) fn find(
    state: &mut State,
    now: Timestamp,
    received: &Received,
) -> Result<Answer, Answer> {
    let caller = state.admit(now, received, Operation::FindMeeting)?;
    let meeting = state.own_meeting(&caller, now, received)?;
    Ok(Answer::json(StatusCode::OK, render::whole(state, &meeting, now)))
}

/// Answers `PATCH /v2/meetings/{id}`: 204, which says nothing of what was ignored.
pub(in crate::demo::simulator) fn update(
    state: &mut State,
    now: Timestamp,
    received: &Received,
) -> Result<Answer, Answer> {
    let host = state.admit(now, received, Operation::UpdateMeeting)?;
    let meeting = state.own_meeting(&host, now, received)?;
    let draft = state.admit_write(&host, now, received, Purpose::Update)?;
    refuse_scheduling_for_others(&draft, &host)?;
    let before = meeting.clone();
    let meeting = state.changed(meeting, draft, now)?;
    state.meetings.put(meeting.clone());
    news::updated(state, (&before, &meeting), now);
    state.limits.count_host(&host.id, now);
    Ok(Answer::no_content())
}

/// Answers `DELETE /v2/meetings/{id}`.
pub(in crate::demo::simulator) fn delete(
    state: &mut State,
    now: Timestamp,
    received: &Received,
) -> Result<Answer, Answer> {
    let host = state.admit(now, received, Operation::DeleteMeeting)?;
    let meeting = state.own_meeting(&host, now, received)?;
    let query = received.query();
    let refused = |code, message: &str| Err(Answer::refusal(StatusCode::BAD_REQUEST, code, message));
    if query.has("occurrence_id") {
        return refused(300, "Invalid parameter: `occurrence_id`.");
    }
    for name in ["schedule_for_reminder", "cancel_meeting_reminder"] {
        if query.has(name) && !matches!(query.find(name), Some("true" | "false")) {
            return Err(Answer::invalid(&[FieldError::invalid(name)]));
        }
    }
    if meeting.is_personal_room() {
        return refused(3018, "Not allowed to delete PMI.");
    }
    if meeting.stage == Stage::Started && state.modes.delete_in_progress == DeleteInProgress::Refused {
        return refused(3002, "You cannot delete this meeting since it's in progress.");
    }
    news::deleted(state, &meeting, now);
    state.meetings.put(Meeting { stage: Stage::Deleted, ..meeting });
    if state.modes.daily_count == DailyCount::ExecutedAndDeletes {
        state.limits.count_host(&host.id, now);
    }
    Ok(Answer::no_content())
}

/// Refuses scheduling for someone else, which needs a privilege nobody here has.
fn refuse_scheduling_for_others(draft: &Draft, host: &User) -> Result<(), Answer> {
    let Some(other) = &draft.schedule_for else { return Ok(()) };
    if [host.profile.email.as_str(), host.id.as_str(), "me", ""].contains(&other.as_str()) {
        return Ok(());
    }
    let (code, message) = if draft.kind == Some(1) {
        (
            3000,
            "Instant meetings do not support the `schedule_for` parameter, and you can't schedule an instant meeting for another user.",
        )
    } else {
        (
            300,
            "The value that you entered in the `schedule_for` field is invalid. Enter a valid value and try again.",
        )
    };
    Err(Answer::refusal(StatusCode::BAD_REQUEST, code, message))
}

impl State {
    /// Reads a body that counts in the host's hundred a day; the limit is checked before the body.
    fn admit_write(
        &mut self,
        host: &User,
        now: Timestamp,
        received: &Received,
        purpose: Purpose,
    ) -> Result<Draft, Answer> {
        self.limits.refuse_host(&host.id, now)?;
        let draft = Draft::parse(received, purpose);
        if draft.is_err() && self.modes.daily_count == DailyCount::Attempts {
            self.limits.count_host(&host.id, now);
        }
        draft
    }

    /// The meeting a path names; another account's does not exist, another host's is refused.
    fn own_meeting(&self, caller: &User, now: Timestamp, received: &Received) -> Result<Meeting, Answer> {
        let Some(id) = received.meeting() else {
            return Err(Answer::invalid(&[FieldError::invalid("meetingId")]));
        };
        let meeting = self.meetings.find(id, now).ok_or_else(|| Answer::no_meeting(id))?;
        let host = self.users.get(&meeting.host);
        match host {
            Some(host) if host.id == caller.id => Ok(meeting.clone()),
            Some(host) if host.account_id == caller.account_id => {
                Err(Answer::refusal(StatusCode::BAD_REQUEST, 3003, "You are not the meeting host."))
            }
            Some(_) | None => Err(Answer::no_meeting(id)),
        }
    }

    /// Makes a meeting of a draft: a start that is missing or past becomes now, and without a word on `use_pmi` the
    /// host's own setting decides.
    fn meeting_from(&mut self, draft: Draft, host: &User, now: Timestamp) -> Result<Meeting, Answer> {
        let kind = draft.kind.unwrap_or(2);
        let time_zone = draft.time_zone.clone().unwrap_or_else(|| host.profile.timezone.clone());
        let start = moment(&draft, &time_zone)?.filter(|start| *start > now && kind != 1).unwrap_or(now);
        let mut settings = effective::defaults();
        let personal = host.profile.use_pmi && matches!(kind, 2 | 3);
        settings.insert("use_pmi".to_owned(), json!(personal));
        effective::apply(&mut settings, &draft.settings, host.profile.plan);
        if !matches!(kind, 2 | 3) {
            settings.insert("use_pmi".to_owned(), json!(false));
        }
        let personal = settings.get("use_pmi") == Some(&json!(true));
        Ok(Meeting {
            id: if personal { host.pmi } else { self.meetings.free_id(&mut self.entropy) },
            uuid: self.entropy.uuid(),
            host: host.id.clone(),
            topic: draft.topic.unwrap_or_else(|| format!("{}'s Zoom Meeting", host.display_name())),
            kind,
            start: (kind != 3).then(|| whole_seconds(start)),
            duration_minutes: draft.duration_minutes.unwrap_or(60),
            time_zone,
            agenda: draft.agenda.unwrap_or_default(),
            created_at: now,
            passcode: match draft.password.filter(|text| !text.is_empty()) {
                Some(text) => Some(Passcode::new(text, &mut self.entropy)),
                None if draft.default_password == Some(false) && host.profile.plan == UserPlan::Licensed => {
                    None
                }
                None => Some(Passcode::generated(&mut self.entropy)),
            },
            settings,
            kept: draft.kept,
            stage: Stage::Waiting,
            last_started_at: None,
        })
    }

    /// The meeting with a draft applied: a start in the past is ignored.
    pub(in crate::demo::simulator) fn changed(
        &mut self,
        mut meeting: Meeting,
        draft: Draft,
        now: Timestamp,
    ) -> Result<Meeting, Answer> {
        let time_zone = draft.time_zone.clone().unwrap_or_else(|| meeting.time_zone.clone());
        let start = moment(&draft, &time_zone)?.filter(|start| *start > now).map(whole_seconds);
        let plan = self.users.get(&meeting.host).map_or(UserPlan::Basic, |host| host.profile.plan);
        meeting.start = start.or(meeting.start);
        meeting.time_zone = time_zone;
        meeting.topic = draft.topic.unwrap_or(meeting.topic);
        meeting.agenda = draft.agenda.unwrap_or(meeting.agenda);
        meeting.kind = draft.kind.unwrap_or(meeting.kind);
        meeting.duration_minutes = draft.duration_minutes.unwrap_or(meeting.duration_minutes);
        meeting.kept.extend(draft.kept);
        let personal = meeting.is_personal_room();
        effective::apply(&mut meeting.settings, &draft.settings, plan);
        meeting.settings.insert("use_pmi".to_owned(), json!(personal));
        if let Some(text) = draft.password {
            meeting.passcode = (!text.is_empty()).then(|| Passcode::new(text, &mut self.entropy));
        } else if self.modes.join_url_after_update == JoinUrlAfterUpdate::Renewed {
            let renewed = meeting.passcode.take();
            meeting.passcode = renewed.map(|passcode| Passcode::new(passcode.text, &mut self.entropy));
        }
        Ok(meeting)
    }
}

/// The moment a draft's start names; a local time that its zone lacks is an invalid field.
fn moment(draft: &Draft, time_zone: &str) -> Result<Option<Timestamp>, Answer> {
    let Some(start) = draft.start else { return Ok(None) };
    start.moment(time_zone).map(Some).ok_or_else(|| Answer::invalid(&[FieldError::invalid("start_time")]))
}

/// A moment without its fraction: Zoom keeps whole seconds.
fn whole_seconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}
