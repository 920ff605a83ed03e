//! Writes meetings as Zoom does: whole for create and find, short for lists (zoom/facts.md 2.2, 2.4, 2.8).

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::demo::simulator::meetings::record::Meeting;
use crate::demo::simulator::meetings::record::Stage;
use crate::demo::simulator::modes::Presence;
use crate::demo::simulator::settings::JoinUrls;
use crate::demo::simulator::state::State;

/// Where Zoom's own links lead.
const REAL_ORIGIN: &str = "https://us02web.zoom.us";

/// How much of an agenda a list shows.
const AGENDA_IN_LISTS: usize = 250;

/// A meeting with everything, and a fresh host link.
pub(super) fn whole(state: &mut State, meeting: &Meeting, now: Timestamp) -> Value {
    let zak = state.meetings.admit_host(meeting.id, &mut state.entropy, now);
    let mut fields = common(state, meeting);
    let host = state.users.get(&meeting.host);
    fields.extend(object(json!({
        "host_email": host.map(|host| host.profile.email.as_str()),
        "assistant_id": "",
        "created_at": seconds(meeting.created_at),
        "status": if meeting.stage == Stage::Started { "started" } else { "waiting" },
        "agenda": meeting.agenda,
        "start_url": format!("{}/s/{}?zak={zak}", origin(state), meeting.id),
        "pre_schedule": false,
        "creation_source": "open_api",
        "settings": meeting.settings,
    })));
    if let Some(passcode) = &meeting.passcode {
        fields.extend(object(json!({
            "h323_password": passcode.digits.to_string(),
            "pstn_password": passcode.digits.to_string(),
            "encrypted_password": passcode.embedded,
        })));
        if state.modes.password_in_answer == Presence::Present {
            fields.insert("password".to_owned(), json!(passcode.text));
        }
    }
    fields.extend(meeting.kept.clone());
    Value::Object(fields)
}

/// A meeting as lists show it: no passcode, no host link, and only the beginning of the agenda.
pub(super) fn short(state: &State, meeting: &Meeting) -> Value {
    let mut fields = common(state, meeting);
    let agenda: String = meeting.agenda.chars().take(AGENDA_IN_LISTS).collect();
    fields.insert("agenda".to_owned(), json!(agenda));
    fields.insert("created_at".to_owned(), json!(seconds(meeting.created_at)));
    Value::Object(fields)
}

/// A meeting as webhooks show it: with its passcode and settings, without a host link or the time it
/// was made at (zoom/facts.md 5.5).
pub(in crate::demo::simulator) fn noticed(state: &State, meeting: &Meeting) -> Value {
    let mut fields = common(state, meeting);
    fields.insert("settings".to_owned(), json!(meeting.settings));
    if let Some(passcode) = &meeting.passcode {
        fields.insert("password".to_owned(), json!(passcode.text));
    }
    Value::Object(fields)
}

/// A meeting as webhooks show it that is gone, or held (zoom/facts.md 5.5).
pub(in crate::demo::simulator) fn brief(meeting: &Meeting) -> Value {
    let mut fields = object(json!({
        "uuid": meeting.uuid,
        "id": meeting.id,
        "host_id": meeting.host.as_str(),
        "topic": meeting.topic,
        "type": meeting.kind,
        "duration": meeting.duration_minutes,
        "timezone": meeting.time_zone,
    }));
    if let Some(start) = meeting.start {
        fields.insert("start_time".to_owned(), json!(seconds(start)));
    }
    Value::Object(fields)
}

fn common(state: &State, meeting: &Meeting) -> Map<String, Value> {
    let mut fields = object(json!({
        "uuid": meeting.uuid,
        "id": meeting.id,
        "host_id": meeting.host.as_str(),
        "topic": meeting.topic,
        "type": meeting.kind,
        "duration": meeting.duration_minutes,
        "timezone": meeting.time_zone,
        "join_url": join_url(state, meeting),
    }));
    if let Some(start) = meeting.start {
        fields.insert("start_time".to_owned(), json!(seconds(start)));
    }
    if meeting.is_personal_room() {
        fields.insert("pmi".to_owned(), json!(meeting.id.to_string()));
    }
    fields
}

/// The link for participants.
pub(in crate::demo::simulator) fn join_url(state: &State, meeting: &Meeting) -> String {
    let plain = format!("{}/j/{}", origin(state), meeting.id);
    match (&meeting.passcode, &state.modes.password_in_join_url) {
        (Some(passcode), Presence::Present) => format!("{plain}?pwd={}", passcode.embedded),
        (Some(_), Presence::Absent) | (None, _) => plain,
    }
}

fn origin(state: &State) -> &str {
    match state.settings.join_urls {
        JoinUrls::Real => REAL_ORIGIN,
        JoinUrls::Simulator => state.settings.origin(),
    }
}

/// A time as Zoom writes it: no fraction.
pub(in crate::demo::simulator) fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}
