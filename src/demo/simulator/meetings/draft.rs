//! Reads the body of a create or an update, as strictly as Zoom: a wrong type or length is a 300, an unknown field
//! is ignored (zoom/facts.md 2.2, 2.3, 2.6).

use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Map;
use serde_json::Value;

use crate::demo::simulator::answer::Answer;
use crate::demo::simulator::answer::FieldError;
use crate::demo::simulator::meetings::effective;
use crate::demo::simulator::meetings::effective::Fits;
use crate::demo::simulator::received::Received;

const KINDS: [u64; 5] = [1, 2, 3, 8, 10];
/// Fields that are only handed back, with their types.
const KEPT: [(&str, Fits); 4] = [
    ("pre_schedule", Value::is_boolean),
    ("recurrence", Value::is_object),
    ("template_id", Value::is_string),
    ("tracking_fields", Value::is_array),
];

/// What a body is for: the rules of passcodes differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo::simulator) enum Purpose {
    /// A new meeting.
    Create,
    /// A change of one.
    Update,
}

/// A start as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// `yyyy-MM-ddTHH:mm:ssZ`.
    Utc(Timestamp),
    /// `yyyy-MM-ddTHH:mm:ss`, in the meeting's time zone.
    Local(DateTime),
}

impl Start {
    fn parse(text: &str) -> Option<Self> {
        let (local, utc) = match text.strip_suffix('Z') {
            Some(local) => (local, true),
            None => (text, false),
        };
        let shape = local.len() == 19
            && local.bytes().enumerate().all(|(place, byte)| match place {
                4 | 7 => byte == b'-',
                10 => byte == b'T',
                13 | 16 => byte == b':',
                _ => byte.is_ascii_digit(),
            });
        let written = shape.then(|| local.parse::<DateTime>().ok())??;
        if utc {
            return written.to_zoned(TimeZone::UTC).ok().map(|zoned| Self::Utc(zoned.timestamp()));
        }
        Some(Self::Local(written))
    }

    /// The moment it names.
    pub(super) fn moment(self, time_zone: &str) -> Option<Timestamp> {
        match self {
            Self::Utc(moment) => Some(moment),
            Self::Local(written) => {
                written.to_zoned(TimeZone::get(time_zone).ok()?).ok().map(|zoned| zoned.timestamp())
            }
        }
    }
}

/// A body, read: every field absent or well formed.
#[derive(Clone, Default)]
pub(in crate::demo::simulator) struct Draft {
    pub(super) topic: Option<String>,
    pub(super) agenda: Option<String>,
    pub(super) kind: Option<u64>,
    pub(super) start: Option<Start>,
    pub(super) duration_minutes: Option<u64>,
    pub(super) time_zone: Option<String>,
    pub(super) password: Option<String>,
    /// Whether Zoom chooses a passcode where none is given; true where absent.
    pub(super) default_password: Option<bool>,
    pub(super) schedule_for: Option<String>,
    pub(super) settings: Map<String, Value>,
    pub(super) kept: Map<String, Value>,
}

impl Draft {
    /// Reads the JSON body of a request.
    pub(super) fn parse(received: &Received, purpose: Purpose) -> Result<Self, Answer> {
        let body = received.is("application/json").then(|| serde_json::from_slice(&received.body).ok());
        match body.flatten() {
            Some(Value::Object(body)) => Self::read(body, purpose),
            _ => Err(not_an_object()),
        }
    }

    /// Reads the fields of an object; every wrong one is named.
    pub(in crate::demo::simulator) fn read(
        body: Map<String, Value>,
        purpose: Purpose,
    ) -> Result<Self, Answer> {
        let mut fields = Fields { body, errors: Vec::new() };
        let draft = Self {
            topic: fields.text("topic", 200),
            agenda: fields.text("agenda", 2000),
            kind: fields.number("type", |kind| KINDS.contains(&kind)),
            start: fields.read("start_time", |value| Start::parse(value.as_str()?)),
            duration_minutes: fields.number("duration", |minutes| (1..=1440).contains(&minutes)),
            time_zone: fields.read("timezone", |value| {
                value.as_str().filter(|name| TimeZone::get(name).is_ok()).map(str::to_owned)
            }),
            password: fields.read("password", |value| {
                value.as_str().filter(|text| is_passcode(text, purpose)).map(str::to_owned)
            }),
            default_password: fields.read("default_password", Value::as_bool),
            schedule_for: fields.text("schedule_for", 200),
            settings: fields.read("settings", |value| value.as_object().cloned()).unwrap_or_default(),
            kept: KEPT
                .iter()
                .filter_map(|(name, fits)| {
                    let value = fields.read(name, |value| fits(value).then(|| value.clone()))?;
                    Some(((*name).to_owned(), value))
                })
                .collect(),
        };
        fields.errors.extend(effective::errors(&draft.settings));
        if draft.kind == Some(8) && !draft.kept.contains_key("recurrence") {
            fields.errors.push(FieldError::invalid("recurrence"));
        }
        if fields.errors.is_empty() { Ok(draft) } else { Err(Answer::invalid(&fields.errors)) }
    }
}

/// The refusal of a body that is not a JSON object.
pub(in crate::demo::simulator) fn not_an_object() -> Answer {
    Answer::refusal(StatusCode::BAD_REQUEST, 300, "Request Body should be a valid JSON object.")
}

/// A body while it is read.
struct Fields {
    body: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Fields {
    /// A field that is absent, null, or read; what cannot be read is an error.
    fn read<T>(&mut self, name: &str, read: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        let value = self.body.get(name).filter(|value| !value.is_null())?;
        let read = read(value);
        if read.is_none() {
            self.errors.push(FieldError::invalid(name));
        }
        read
    }

    fn text(&mut self, name: &str, limit: usize) -> Option<String> {
        self.read(name, |value| {
            value.as_str().filter(|text| text.chars().count() <= limit).map(str::to_owned)
        })
    }

    fn number(&mut self, name: &str, fits: impl FnOnce(u64) -> bool) -> Option<u64> {
        self.read(name, |value| value.as_u64().filter(|number| fits(*number)))
    }
}

/// At most ten characters; an update allows fewer kinds of them.
fn is_passcode(text: &str, purpose: Purpose) -> bool {
    let allowed = |byte: u8| match purpose {
        Purpose::Create => byte.is_ascii_graphic(),
        Purpose::Update => byte.is_ascii_alphanumeric() || matches!(byte, b'@' | b'-' | b'_' | b'*'),
    };
    text.len() <= 10 && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_zooms_two_forms_of_a_start_are_read() {
        for good in ["2026-12-01T09:00:00Z", "2026-12-01T09:00:00"] {
            assert!(Start::parse(good).is_some(), "{good}");
        }
        for bad in [
            "2026-12-01T09:00:00.000Z",
            "2026-12-01T09:00Z",
            "2026-12-01 09:00:00",
            "2026-12-01T09:00:00+01:00",
            "2026-13-01T09:00:00Z",
            "tomorrow",
            "",
        ] {
            assert_eq!(Start::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_local_start_is_read_in_its_time_zone() {
        let start = Start::parse("2026-12-01T09:00:00").unwrap();
        assert_eq!(start.moment("America/Sao_Paulo").unwrap().to_string(), "2026-12-01T12:00:00Z");
    }

    #[test]
    fn an_update_allows_fewer_characters_in_a_passcode() {
        assert!(is_passcode("a!b#1", Purpose::Create));
        assert!(!is_passcode("a!b#1", Purpose::Update));
        assert!(is_passcode("a@b-_*1", Purpose::Update));
        assert!(!is_passcode("12345678901", Purpose::Create));
    }
}
