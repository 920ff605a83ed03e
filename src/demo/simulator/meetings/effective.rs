//! Owns a meeting's `settings`: their types, and what Zoom makes of what was asked (zoom/facts.md 2.2, 2.6).

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::demo::simulator::answer::FieldError;
use crate::demo::simulator::settings::UserPlan;

/// Whether a value has the right type.
pub(super) type Fits = fn(&Value) -> bool;

/// Switches, with their defaults.
const SWITCHES: [(&str, bool); 34] = [
    ("allow_host_control_participant_mute_state", false),
    ("allow_multiple_devices", false),
    ("alternative_host_manage_cloud_recording", false),
    ("alternative_host_manage_meeting_summary", false),
    ("alternative_host_update_polls", false),
    ("alternative_hosts_email_notification", true),
    ("auto_start_ai_companion_questions", false),
    ("auto_start_meeting_summary", false),
    ("close_registration", false),
    ("cn_meeting", false),
    ("device_testing", false),
    ("disable_participant_video", false),
    ("email_in_attendee_report", false),
    ("email_notification", true),
    ("focus_mode", false),
    ("host_save_video_order", false),
    ("host_video", false),
    ("in_meeting", false),
    ("internal_meeting", false),
    ("join_before_host", false),
    ("meeting_authentication", false),
    ("mute_upon_entry", false),
    ("participant_focused_meeting", false),
    ("participant_video", false),
    ("private_meeting", false),
    ("push_change_to_calendar", false),
    ("registrants_confirmation_email", true),
    ("registrants_email_notification", true),
    ("request_permission_to_unmute_participants", false),
    ("show_join_info", false),
    ("show_share_button", false),
    ("use_pmi", false),
    ("waiting_room", true),
    ("watermark", false),
];

/// Texts with a list of values; the first is the default, and what becomes of an unknown one.
const WORDS: [(&str, &[&str]); 3] = [
    ("audio", &["both", "telephony", "voip", "thirdParty"]),
    ("auto_recording", &["none", "local", "cloud"]),
    ("encryption_type", &["enhanced_encryption", "e2ee"]),
];

/// Free texts.
const TEXTS: [&str; 7] = [
    "alternative_hosts",
    "audio_conference_info",
    "authentication_domains",
    "authentication_option",
    "contact_email",
    "contact_name",
    "summary_template_id",
];

/// Numbers with a list of values; the first is the default, and what becomes of an unknown one.
const NUMBERS: [(&str, &[u64]); 6] = [
    ("approval_type", &[2, 0, 1]),
    ("calendar_type", &[1, 2]),
    ("jbh_time", &[0, 5, 10, 15]),
    ("registration_type", &[1, 2, 3]),
    ("who_can_ask_questions", &[1, 2, 3, 4, 5]),
    ("who_will_receive_summary", &[1, 2, 3, 4]),
];

/// Objects and lists, handed back as they came.
const OBJECTS: [(&str, Fits); 13] = [
    ("additional_data_center_regions", Value::is_array),
    ("approved_or_denied_countries_or_regions", Value::is_object),
    ("authentication_exception", Value::is_array),
    ("auto_add_recording_to_video_management", Value::is_object),
    ("breakout_room", Value::is_object),
    ("continuous_meeting_chat", Value::is_object),
    ("global_dial_in_countries", Value::is_array),
    ("language_interpretation", Value::is_object),
    ("meeting_invitees", Value::is_array),
    ("question_and_answer", Value::is_object),
    ("resources", Value::is_array),
    ("sign_language_interpretation", Value::is_object),
    ("waiting_room_options", Value::is_object),
];

/// The settings of the wrong type.
pub(super) fn errors(asked: &Map<String, Value>) -> Vec<FieldError> {
    asked
        .iter()
        .filter(|(name, value)| !value.is_null() && !fits(name, value))
        .map(|(name, _)| FieldError::invalid(format!("settings.{name}")))
        .collect()
}

/// Whether a value has its setting's type; a setting nobody knows may be anything.
fn fits(name: &str, value: &Value) -> bool {
    if SWITCHES.iter().any(|(each, _)| *each == name) {
        return value.is_boolean();
    }
    if TEXTS.contains(&name) || WORDS.iter().any(|(each, _)| *each == name) {
        return value.is_string();
    }
    if NUMBERS.iter().any(|(each, _)| *each == name) {
        return value.is_u64();
    }
    OBJECTS.iter().find(|(each, _)| *each == name).is_none_or(|(_, fits)| fits(value))
}

/// The settings of a meeting nobody asked anything of.
pub(super) fn defaults() -> Map<String, Value> {
    let switches = SWITCHES.iter().map(|(name, on)| ((*name).to_owned(), json!(on)));
    let words = WORDS.iter().filter_map(|(name, values)| Some(((*name).to_owned(), json!(values.first()?))));
    let numbers = ["approval_type", "jbh_time"].iter().filter_map(|name| {
        let (_, values) = NUMBERS.iter().find(|(each, _)| each == name)?;
        Some(((*name).to_owned(), json!(values.first()?)))
    });
    switches.chain(words).chain(numbers).collect()
}

/// Applies what was asked: unknown settings are dropped, unknown values coerced, and some settings overrule others.
pub(super) fn apply(settings: &mut Map<String, Value>, asked: &Map<String, Value>, plan: UserPlan) {
    for (name, value) in asked.iter().filter(|(_, value)| !value.is_null()) {
        if let Some(value) = coerced(name, value) {
            settings.insert(name.clone(), value);
        }
    }
    if settings.get("waiting_room") == Some(&json!(true)) {
        settings.insert("join_before_host".to_owned(), json!(false));
    }
    if settings.get("auto_recording") == Some(&json!("cloud")) && plan != UserPlan::Licensed {
        settings.insert("auto_recording".to_owned(), json!("none"));
    }
}

fn coerced(name: &str, value: &Value) -> Option<Value> {
    if let Some((_, words)) = WORDS.iter().find(|(each, _)| *each == name) {
        let known = words.iter().find(|word| Some(**word) == value.as_str());
        return known.or(words.first()).map(|word| json!(word));
    }
    if let Some((_, numbers)) = NUMBERS.iter().find(|(each, _)| *each == name) {
        let known = numbers.iter().find(|number| Some(**number) == value.as_u64());
        return known.or(numbers.first()).map(|number| json!(number));
    }
    let known = SWITCHES.iter().any(|(each, _)| *each == name)
        || TEXTS.contains(&name)
        || OBJECTS.iter().any(|(each, _)| *each == name);
    known.then(|| value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn unknown_values_are_coerced_and_a_waiting_room_overrules() {
        let mut settings = defaults();
        let asked = object(&json!({
            "audio": "carrier pigeon", "approval_type": 9, "waiting_room": true, "join_before_host": true,
            "auto_recording": "cloud", "no_such_setting": 1,
        }));
        apply(&mut settings, &asked, UserPlan::Basic);
        for (name, value) in [
            ("audio", json!("both")),
            ("approval_type", json!(2)),
            ("join_before_host", json!(false)),
            ("auto_recording", json!("none")),
        ] {
            assert_eq!(settings.get(name), Some(&value), "{name}");
        }
        assert!(!settings.contains_key("no_such_setting"));
    }

    #[test]
    fn a_setting_of_the_wrong_type_is_named() {
        let wrong = errors(&object(&json!({"waiting_room": "yes", "audio": 1, "jbh_time": 5, "other": []})));
        let mut fields: Vec<_> = wrong.iter().map(|error| error.field.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["settings.audio", "settings.waiting_room"]);
    }
}
