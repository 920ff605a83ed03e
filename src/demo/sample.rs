//! Owns the sample site: a studio, its services and its people, put through the API as a platform would.

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use crate::demo::platform::Platform;
use crate::providers::http::Unanswered;

/// The site's path in the API.
pub(super) const SITE: &str = "/v1/sites/studio-lua";
/// What the site is called.
pub(super) const STUDIO: &str = "Studio Lua";
/// The people who teach: their ids, and their names.
pub(super) const STAFF: [(&str, &str); 3] = [("ana", "Ana"), ("bob", "Bob"), ("carla", "Carla")];
/// The services: their ids, kinds and names.
pub(super) const SERVICES: [(&str, &str, &str); 3] = [
    ("yoga", "class", "Yoga"),
    ("consultation", "appointment", "Consultation"),
    ("training", "course", "Teacher training"),
];

/// Why the sample site is not there.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// The gateway did not answer.
    #[error("the gateway does not answer")]
    Unanswered(#[from] Unanswered),
    /// The gateway refused it.
    #[error("the gateway refuses the sample site: {0}")]
    Refused(String),
}

/// Puts the site and its services.
pub(super) async fn put(platform: &Platform) -> Result<(), SampleError> {
    let site = platform.put(SITE, &site()).await?;
    if !site.status.is_success() {
        return Err(SampleError::Refused(site.summary()));
    }
    for (id, kind, name) in SERVICES {
        let body = json!({"kind": kind, "name": name, "video": true});
        let service = platform.put(&format!("{SITE}/services/{id}"), &body).await?;
        if !service.status.is_success() {
            return Err(SampleError::Refused(service.summary()));
        }
    }
    Ok(())
}

/// The site as it is put: staff may set up their own accounts.
pub(super) fn site() -> Value {
    json!({"display_name": STUDIO, "staff_self_service": true, "locale": "en"})
}

/// A session as it is put: an hour, in São Paulo.
pub(super) fn session((service, staff): (&str, &str), title: &str, starts_at: Timestamp) -> Value {
    json!({
        "service_id": service,
        "staff_ids": [staff],
        "title": title,
        "starts_at": starts_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "duration_minutes": 60,
        "time_zone": "America/Sao_Paulo",
    })
}

/// A session's path in the API.
pub(super) fn session_path(id: &str) -> String {
    format!("{SITE}/sessions/{id}")
}
