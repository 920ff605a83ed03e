//! Owns what the app is told of what happens, in the words of Zoom (zoom/facts.md 5.5 and 5.6). Sends nothing.

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::demo::simulator::meetings::record::Meeting;
use crate::demo::simulator::meetings::render;
use crate::demo::simulator::modes::DeauthorizationTime;
use crate::demo::simulator::notices::Notice;
use crate::demo::simulator::state::State;
use crate::demo::simulator::user::User;

/// A meeting was made.
pub(super) fn created(state: &mut State, meeting: &Meeting, now: Timestamp) {
    let object = render::noticed(state, meeting);
    by_host(state, ("meeting.created", meeting), &object, now);
}

/// A meeting was put into the trash.
pub(super) fn deleted(state: &mut State, meeting: &Meeting, now: Timestamp) {
    let object = render::brief(meeting);
    by_host(state, ("meeting.deleted", meeting), &object, now);
}

/// A meeting was taken out of the trash.
pub(super) fn recovered(state: &mut State, meeting: &Meeting, now: Timestamp) {
    let object = render::brief(meeting);
    by_host(state, ("meeting.recovered", meeting), &object, now);
}

/// A meeting was changed: only its id and what changed is told. Nothing is where nothing did.
pub(super) fn updated(state: &mut State, (before, after): (&Meeting, &Meeting), now: Timestamp) {
    let (old, new) = (render::noticed(state, before), render::noticed(state, after));
    let is_other = |name: &String| old.get(name) != new.get(name);
    let of = |all: &Value| {
        let fields = all.as_object().into_iter().flatten();
        let changed = fields.filter(|(name, _)| *name == "id" || is_other(name));
        Value::Object(changed.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>())
    };
    let (old_object, object) = (of(&old), of(&new));
    if object.as_object().is_none_or(|fields| fields.len() < 2) {
        return;
    }
    let mut payload = payload_by_host(state, after, &object);
    payload.remove("operation");
    payload.insert("scope".to_owned(), json!("all"));
    payload.insert("old_object".to_owned(), old_object);
    payload.insert("time_stamp".to_owned(), json!(now.as_millisecond()));
    note(state, ("meeting.updated", Some(after.id)), &payload, now);
}

/// A meeting was started: its id is a text here.
pub(super) fn started(state: &mut State, meeting: &Meeting, now: Timestamp) {
    held(state, ("meeting.started", meeting), &[], now);
}

/// A meeting ended.
pub(super) fn ended(state: &mut State, meeting: &Meeting, now: Timestamp) {
    held(state, ("meeting.ended", meeting), &[("end_time", json!(render::seconds(now)))], now);
}

/// A user removed the app.
pub(super) fn deauthorized(state: &mut State, user: &User, now: Timestamp) {
    let signature = state.entropy.letters(64).to_lowercase();
    let mut payload = object(json!({
        "account_id": user.account_id,
        "user_id": user.id.as_str(),
        "client_id": state.settings.client_id,
        "deauthorization_time": now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "signature": signature,
    }));
    if state.modes.deauthorization_time == DeauthorizationTime::Inside {
        let text = now.strftime("%Y-%m-%d %H:%M:%S").to_string();
        payload.insert("event_ts".to_owned(), json!(text));
        let told = json!({"event": "app_deauthorized", "payload": payload});
        return put(state, ("app_deauthorized", None), &told);
    }
    note(state, ("app_deauthorized", None), &payload, now);
}

fn by_host(state: &mut State, (event, meeting): (&'static str, &Meeting), object: &Value, now: Timestamp) {
    let payload = payload_by_host(state, meeting, object);
    note(state, (event, Some(meeting.id)), &payload, now);
}

fn payload_by_host(state: &State, meeting: &Meeting, told: &Value) -> Map<String, Value> {
    let host = state.users.get(&meeting.host);
    object(json!({
        "account_id": host.map(|host| host.account_id.as_str()),
        "operator": host.map(|host| host.profile.email.as_str()),
        "operator_id": meeting.host.as_str(),
        "operation": "single",
        "object": told,
    }))
}

fn held(
    state: &mut State,
    (event, meeting): (&'static str, &Meeting),
    further: &[(&str, Value)],
    now: Timestamp,
) {
    let mut told = object(render::brief(meeting));
    told.insert("id".to_owned(), json!(meeting.id.to_string()));
    let begun = meeting.last_started_at.unwrap_or(now);
    told.insert("start_time".to_owned(), json!(render::seconds(begun)));
    told.extend(further.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    let account = state.users.get(&meeting.host).map(|host| host.account_id.clone());
    let payload = object(json!({"account_id": account, "object": told}));
    note(state, (event, Some(meeting.id)), &payload, now);
}

fn note(state: &mut State, about: (&'static str, Option<u64>), payload: &Map<String, Value>, now: Timestamp) {
    let told = json!({"event": about.0, "event_ts": now.as_millisecond(), "payload": payload});
    put(state, about, &told);
}

fn put(state: &mut State, (event, meeting): (&'static str, Option<u64>), told: &Value) {
    let name = state.entropy.letters(32).to_lowercase();
    state.webhooks.note(Notice { event, meeting, body: told.to_string().into(), name: name.into() });
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}
