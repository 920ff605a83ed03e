//! What Zoom tells unasked: believed when proven, kept, acted on once, and made up for where it is lost (R32).

mod checks;
mod consent;
mod counted;
mod crowd;
mod meetings;
mod proof;

use std::time::Duration;

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use greenroom::app::ports::clock::Clock;
use reqwest::Method;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;

use crate::gateway::world::Reply;
use crate::gateway::world::World;

const HOOK: &str = "/webhooks/zoom";
/// What the simulator signs with, and the gateways of these tests believe.
const SECRET: &str = "the webhook secret of the simulator";

/// The signature of a body at a time, as Zoom makes it.
fn signature(secret: &str, seconds: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let signed = format!("v0:{seconds}:{body}");
    format!("v0={}", HEXLOWER.encode(hmac::sign(&key, signed.as_bytes()).as_ref()))
}

impl World {
    /// From here on Zoom tells the gateway what happens.
    pub(crate) async fn subscribe(&self) {
        let url = self.public.join(HOOK).unwrap();
        self.control(Method::POST, "webhooks", Some(&json!({"url": url}))).await;
    }

    /// The seconds that a signature of now names.
    fn seconds(&self) -> String {
        self.clock.now().as_second().to_string()
    }

    /// Sends a body as Zoom would; answers what the gateway says.
    async fn tell(&self, body: &str) -> Reply {
        let seconds = self.seconds();
        self.tell_signed((&seconds, &signature(SECRET, &seconds, body)), body).await
    }

    async fn tell_signed(&self, (seconds, signature): (&str, &str), body: &str) -> Reply {
        let headers = [("x-zm-request-timestamp", seconds), ("x-zm-signature", signature)];
        self.tell_with(&headers, body).await
    }

    async fn tell_with(&self, headers: &[(&str, &str)], body: &str) -> Reply {
        let request = self.outside(Method::POST, HOOK).body(body.to_owned());
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.send(request, None).await
    }

    /// What Zoom told, and how it was taken: `meeting.deleted 200`.
    async fn told(&self) -> Vec<String> {
        let ledger = self.ledger().await;
        let told = ledger["webhooks"].as_array().unwrap().iter();
        told.map(|told| format!("{} {}", told["event"].as_str().unwrap(), told["status"])).collect()
    }

    /// The organisation and the id of a user at Zoom.
    async fn zoom_user(&self, email: &str) -> (String, String) {
        let users = self.control(Method::GET, "users", None).await;
        let mut users = users["users"].as_array().unwrap().iter();
        let user = users.find(|user| user["profile"]["email"] == email).unwrap();
        let text = |field: &str| user[field].as_str().unwrap().to_owned();
        (text("account_id"), text("id"))
    }

    /// How often meetings were read at Zoom.
    async fn looks(&self) -> usize {
        self.asked("meetings.find").await.len()
    }

    async fn session(&self, session: &str) -> Value {
        let found = self.get(&format!("/v1/sites/studio/sessions/{session}")).await;
        assert_eq!(found.status, StatusCode::OK, "{}", found.body);
        found.body
    }

    /// Does to a meeting what its host would do at Zoom.
    async fn at_zoom(&self, link: &Value, deed: &str, body: Value) {
        let path = format!("meetings/{}/{deed}", link["meeting_id"].as_str().unwrap());
        self.control(Method::POST, &path, Some(&body)).await;
    }
}

/// What a meeting event tells of it, with an `event_ts`.
fn meeting_event(event: &str, organisation: &str, (meeting, event_ts): (&Value, i64)) -> String {
    let object = json!({"id": meeting, "uuid": "4444AAAiAAAAAiAiAiiAii==", "topic": "Yoga with Ana"});
    let payload = json!({"account_id": organisation, "operator": "lua@example.com", "object": object});
    json!({"event": event, "payload": payload, "event_ts": event_ts}).to_string()
}

const A_MINUTE: Duration = Duration::from_mins(1);
