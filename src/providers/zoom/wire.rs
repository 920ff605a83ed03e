//! Owns Zoom's shapes on the wire: unknown fields are ignored, and what is not needed may be missing or odd.

use std::time::Duration;

use oauth2::AccessToken;
use oauth2::RefreshToken;
use oauth2::Scope;
use oauth2::TokenResponse;
use oauth2::basic::BasicTokenType;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::Error;
use serde_json::Value;

/// Reads an object. Serde would take a list for one, field by field.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    body.trim_ascii_start().starts_with(b"{").then(|| serde_json::from_slice(body).ok()).flatten()
}

/// A meeting to be made (zoom/facts.md 2.2).
#[derive(Serialize)]
pub(super) struct CreateMeeting<'a> {
    pub(super) topic: &'a str,
    #[serde(rename = "type")]
    pub(super) kind: u8,
    pub(super) start_time: String,
    pub(super) timezone: &'a str,
    pub(super) duration: u16,
    pub(super) agenda: String,
    pub(super) default_password: bool,
    pub(super) settings: CreateSettings,
}

/// The settings of a meeting to be made: what is not said follows the host's own settings.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "Zoom's switches, each on its own")]
pub(super) struct CreateSettings {
    pub(super) use_pmi: bool,
    pub(super) approval_type: u8,
    pub(super) join_before_host: bool,
    pub(super) waiting_room: bool,
    pub(super) auto_recording: &'static str,
    pub(super) email_notification: bool,
    pub(super) alternative_hosts_email_notification: bool,
}

/// What a meeting is made to show (zoom/facts.md 2.6).
#[derive(Serialize)]
pub(super) struct UpdateMeeting<'a> {
    pub(super) topic: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) start_time: Option<String>,
    pub(super) timezone: &'a str,
    pub(super) duration: u16,
}

/// A meeting as Zoom answers it.
#[derive(Deserialize)]
pub(super) struct Meeting {
    pub(super) id: Digits,
    pub(super) join_url: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) start_url: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) password: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) pmi: Option<Digits>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) topic: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) status: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) start_time: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) duration: Option<u16>,
}

/// A page of a host's meetings (zoom/facts.md 2.8). Without `meetings` it is no page: none found is a finding.
#[derive(Deserialize)]
pub(super) struct MeetingPage {
    pub(super) meetings: Vec<ListedMeeting>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) next_page_token: Option<String>,
}

/// A meeting in a list.
#[derive(Deserialize)]
pub(super) struct ListedMeeting {
    pub(super) id: Digits,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) agenda: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) created_at: Option<String>,
}

/// A user (zoom/facts.md 2.9).
#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) account_id: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) email: Option<String>,
    #[serde(rename = "type", default, deserialize_with = "lenient")]
    pub(super) kind: Option<i64>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) pmi: Option<Digits>,
}

/// An error of the REST API (zoom/facts.md 3).
#[derive(Deserialize)]
pub(super) struct RestError {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) code: Option<i64>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) message: Option<String>,
}

/// An error of a token endpoint (zoom/facts.md 1.6). The numeric code stands in some bodies only.
#[derive(Deserialize)]
pub(super) struct TokenError {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) error: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) reason: Option<String>,
    #[serde(default, alias = "errorCode", deserialize_with = "lenient")]
    pub(super) code: Option<i64>,
}

/// Fresh tokens (zoom/facts.md 1.3). Both are needed: without a refresh token the grant would end in an hour.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Tokens {
    access_token: AccessToken,
    refresh_token: RefreshToken,
    #[serde(skip, default = "bearer")]
    token_type: BasicTokenType,
    #[serde(default, deserialize_with = "lenient")]
    expires_in: Option<u64>,
    #[serde(default, rename = "scope", deserialize_with = "scopes")]
    scopes: Option<Vec<Scope>>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) api_url: Option<String>,
}

impl TokenResponse for Tokens {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &BasicTokenType {
        &self.token_type
    }

    fn expires_in(&self) -> Option<Duration> {
        self.expires_in.map(Duration::from_secs)
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        Some(&self.refresh_token)
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        self.scopes.as_ref()
    }
}

/// Zoom gives no other.
fn bearer() -> BasicTokenType {
    BasicTokenType::Bearer
}

fn scopes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Scope>>, D::Error> {
    let text: Option<String> = lenient(deserializer)?;
    Ok(text.map(|text| text.split_whitespace().map(|scope| Scope::new(scope.to_owned())).collect()))
}

/// Something that Zoom tells unasked (zoom/facts.md 5.5): whatever is not used may be of any type.
#[derive(Deserialize)]
pub(super) struct Webhook {
    pub(super) event: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) event_ts: Option<Word>,
    #[serde(default)]
    pub(super) payload: WebhookPayload,
}

/// What an event is about.
#[derive(Default, Deserialize)]
pub(super) struct WebhookPayload {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) account_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) object: Option<WebhookObject>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) user_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) client_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) deauthorization_time: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) event_ts: Option<Word>,
    #[serde(default, rename = "plainToken", deserialize_with = "lenient")]
    pub(super) plain_token: Option<String>,
}

/// The meeting or user of an event.
#[derive(Deserialize)]
pub(super) struct WebhookObject {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) id: Option<Word>,
}

/// A text, or an integer that is as good as one.
pub(super) struct Word(pub(super) String);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let number = value.as_u64().map(|number| number.to_string());
        let text = number.or_else(|| value.as_str().map(str::to_owned));
        text.map(Self).ok_or_else(|| D::Error::custom("no text and no integer"))
    }
}

/// A number of up to 64 bits that is only a name: an integer in some answers, a string in others.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Digits(pub(super) String);

impl<'de> Deserialize<'de> for Digits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let number = value.as_u64().map(|number| number.to_string());
        let text = number.or_else(|| value.as_str().map(str::to_owned)).unwrap_or_default();
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then_some(Self(text)).ok_or_else(|| D::Error::custom("no number"))
    }
}

/// Takes a field that is not needed: of another type, it counts as missing.
fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_from_a_number_and_from_a_string() {
        for text in ["92674392836", "\"92674392836\""] {
            assert_eq!(serde_json::from_str::<Digits>(text).unwrap().0, "92674392836");
        }
        for bad in ["\"\"", "\"9/../x\"", "-1", "1.5", "null", "{}"] {
            assert!(serde_json::from_str::<Digits>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_id_and_join_url_are_needed_of_a_meeting() {
        let odd = r#"{"id":1,"join_url":"https://zoom.us/j/1","password":7,"pmi":"","duration":"45","x":{}}"#;
        let meeting: Meeting = parse(odd.as_bytes()).unwrap();
        assert_eq!((meeting.password, meeting.duration, meeting.pmi.is_none()), (None, None, true));
        for bad in [r#"{"id":1}"#, r#"{"join_url":"https://zoom.us/j/1"}"#, r#"[1,"https://zoom.us/j/1"]"#] {
            assert!(parse::<Meeting>(bad.as_bytes()).is_none(), "{bad}");
        }
    }

    #[test]
    fn tokens_do_not_show_themselves() {
        let text = r#"{"access_token":"access-token-1","refresh_token":"refresh-token-1","scope":null}"#;
        let tokens: Tokens = serde_json::from_str(text).unwrap();
        assert!(!format!("{tokens:?}").contains("token-1"));
    }
}
