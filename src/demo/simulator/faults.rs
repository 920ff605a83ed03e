//! Owns the faults waiting to happen: which operation, how often, and what goes wrong.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::Response;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::de::Error;

use crate::demo::simulator::operation::Operation;

/// A fault as the control address takes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ordered {
    pub(super) operation: Operation,
    /// Requests to leave alone before it strikes.
    #[serde(default)]
    pub(super) skip: u32,
    /// Requests it strikes.
    #[serde(default = "once")]
    pub(super) times: u32,
    /// The e-mail address of the one user it strikes; everybody where absent.
    #[serde(default)]
    pub(super) user: Option<String>,
    pub(super) fault: Fault,
}

const fn once() -> u32 {
    1
}

/// What goes wrong.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Fault {
    /// Carried out at once, answered this much later.
    Delay { seconds: u32 },
    /// Carried out and answered this much later.
    DelayBefore { seconds: u32 },
    /// Not carried out: this answer.
    Status(Substitute),
    /// Not carried out: the connection closes without an answer.
    DropBefore,
    /// Carried out: the connection closes without an answer.
    ProcessThenDrop,
    /// Carried out: this answer takes the place of the right one.
    ProcessThenStatus(Substitute),
    /// Carried out: the answer breaks off in the middle.
    TruncatedBody,
    /// Not carried out: a page of HTML, as an edge in front of Zoom sends it.
    Html,
    /// The connection closes without an answer, and the request is carried out this much later.
    LateCommit { seconds: u32 },
    /// Carried out and answered: every page token there is, also one in this answer, has expired.
    ExpiringPages,
}

impl Fault {
    /// The name the control address knows it by.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Delay { .. } => "delay",
            Self::DelayBefore { .. } => "delay_before",
            Self::Status(_) => "status",
            Self::DropBefore => "drop_before",
            Self::ProcessThenDrop => "process_then_drop",
            Self::ProcessThenStatus(_) => "process_then_status",
            Self::TruncatedBody => "truncated_body",
            Self::Html => "html",
            Self::LateCommit { .. } => "late_commit",
            Self::ExpiringPages => "expiring_pages",
        }
    }

    /// The page an edge sends.
    pub(super) fn page() -> Response {
        let html = "<html><head><title>502 Bad Gateway</title></head>\
                    <body><center><h1>502 Bad Gateway</h1></center></body></html>";
        Substitute {
            status: Status(StatusCode::BAD_GATEWAY),
            body: html.to_owned(),
            content_type: "text/html".to_owned(),
            headers: BTreeMap::new(),
        }
        .response()
    }
}

/// An answer to give in place of the right one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Substitute {
    pub(super) status: Status,
    #[serde(default)]
    pub(super) body: String,
    #[serde(default = "json")]
    pub(super) content_type: String,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
}

fn json() -> String {
    "application/json".to_owned()
}

impl Substitute {
    /// The answer itself; headers that cannot be written are left out.
    pub(super) fn response(&self) -> Response {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = self.status.0;
        let named = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in named.chain([(header::CONTENT_TYPE.as_str(), self.content_type.as_str())]) {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// An HTTP status between 200 and 599.
#[derive(Debug, Clone, Copy)]
pub(super) struct Status(pub(super) StatusCode);

impl Serialize for Status {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.0.as_u16())
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u16::deserialize(deserializer)?;
        if !(200..=599).contains(&number) {
            return Err(D::Error::custom("a status is a number between 200 and 599"));
        }
        StatusCode::from_u16(number).map(Self).map_err(D::Error::custom)
    }
}

/// The faults waiting, in the order they were asked for.
#[derive(Debug, Default, Clone)]
pub(super) struct Faults(Vec<Ordered>);

impl Faults {
    /// Adds one behind the others.
    pub(super) fn put(&mut self, ordered: Ordered) {
        self.0.push(ordered);
    }

    /// Those still waiting.
    pub(super) fn list(&self) -> &[Ordered] {
        &self.0
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault that strikes this request, if any; counts the request.
    pub(super) fn take(&mut self, operation: Operation, email: Option<&str>) -> Option<Fault> {
        let ordered = self.0.iter_mut().find(|ordered| {
            ordered.operation == operation
                && ordered.user.as_deref().is_none_or(|user| Some(user) == email)
                && ordered.times > 0
        })?;
        if ordered.skip > 0 {
            ordered.skip -= 1;
            return None;
        }
        ordered.times -= 1;
        let fault = ordered.fault.clone();
        self.0.retain(|ordered| ordered.times > 0);
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(text: &str) -> Result<Ordered, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn a_fault_strikes_as_often_as_it_was_ordered_and_only_its_own() {
        let mut faults = Faults::default();
        faults.put(
            ordered(r#"{"operation":"users.me","times":2,"skip":1,"user":"a@example.com","fault":{"kind":"html"}}"#)
                .unwrap(),
        );
        let mut strikes = |operation, email| faults.take(operation, email).is_some();
        assert!(!strikes(Operation::CreateMeeting, Some("a@example.com")));
        assert!(!strikes(Operation::ShowUser, Some("b@example.com")));
        assert!(!strikes(Operation::ShowUser, Some("a@example.com")), "skipped");
        assert!(strikes(Operation::ShowUser, Some("a@example.com")));
        assert!(strikes(Operation::ShowUser, Some("a@example.com")));
        assert!(!strikes(Operation::ShowUser, Some("a@example.com")), "used up");
    }

    #[test]
    fn what_is_not_a_fault_is_refused() {
        for bad in [
            r#"{"operation":"users.you","fault":{"kind":"html"}}"#,
            r#"{"operation":"users.me","fault":{"kind":"explode"}}"#,
            r#"{"operation":"users.me","fault":{"kind":"delay"}}"#,
            r#"{"operation":"users.me","fault":{"kind":"status","status":99}}"#,
            r#"{"operation":"users.me","fault":{"kind":"html"},"oops":1}"#,
        ] {
            assert!(ordered(bad).is_err(), "{bad}");
        }
    }
}
