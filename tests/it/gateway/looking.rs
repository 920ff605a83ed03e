//! What the tests of single requirements do and look at beside what every test does.

use std::time::Duration;

use reqwest::Method;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;

use crate::gateway::world::World;

pub(crate) const SITE: &str = "/v1/sites/studio";
pub(crate) const DEFAULT: &str = "/v1/sites/studio/accounts/default";

/// A custom link as it is put for an account; nothing of it but its host may show where it must not be seen.
pub(crate) fn custom(room: &str) -> Value {
    json!({"provider": "custom_link", "url": format!("https://meet.example.com/{room}")})
}

/// Who serves a link, and where it comes from: status, provider and source.
pub(crate) fn told(link: &Value) -> [&str; 3] {
    ["status", "provider", "source"].map(|field| link[field].as_str().unwrap_or("-"))
}

impl World {
    /// Puts what must be taken.
    pub(crate) async fn taken(&self, path: &str, body: &Value) -> Value {
        let put = self.put(path, body).await;
        assert!(put.status.is_success(), "{path}: {} {}", put.status, put.body);
        put.body
    }

    /// Changes settings of the site, the rest being as it was made.
    pub(crate) async fn settings(&self, settings: &[(&str, Value)]) {
        let mut site = json!({"display_name": "Studio Lua", "staff_self_service": true});
        for (name, value) in settings {
            site[name] = value.clone();
        }
        self.taken(SITE, &site).await;
    }

    /// The link of a session as its staff see it, once it is as it is waited for.
    pub(crate) async fn link_when(&self, session: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let mut link = Value::Null;
        self.until(&format!("the link of {session}"), async || {
            link = self.link(session, "staff").await;
            fits(&link)
        })
        .await;
        link
    }

    /// The link of a session once it is ready.
    pub(crate) async fn ready(&self, session: &str) -> Value {
        self.link_when(session, |link| link["status"] == "ready").await
    }

    /// Waits until nothing more comes by itself.
    pub(crate) async fn quiet(&self) {
        let (mut before, mut looks) = (self.requests().await, 0);
        while looks < 20 {
            self.clock.advance(Duration::from_millis(500));
            self.rests().await;
            let now = self.requests().await;
            tokio::task::yield_now().await;
            looks = if now == before { looks + 1 } else { 0 };
            before = now;
        }
    }

    /// How many requests of a kind Zoom carried out.
    pub(crate) async fn succeeded(&self, operation: &str) -> u64 {
        self.ledger().await["counts"][operation]["succeeded"].as_u64().unwrap_or(0)
    }

    /// What Zoom was asked of a kind, oldest first.
    pub(crate) async fn asked(&self, operation: &str) -> Vec<Value> {
        let ledger = self.ledger().await;
        let all = ledger["requests"].as_array().unwrap();
        all.iter().filter(|request| request["operation"] == operation).cloned().collect()
    }

    /// The users whose authorisations live at Zoom.
    pub(crate) async fn authorised(&self) -> Vec<String> {
        let ledger = self.ledger().await;
        let grants = ledger["grants"].as_array().unwrap();
        grants.iter().map(|grant| grant["user"].as_str().unwrap().to_owned()).collect()
    }

    /// Gives a record, such as `{s:studio}:r:site/self`, another version than the one it is sealed with.
    pub(crate) async fn spoil(&self, record: &str) {
        let mut store = self.redis.as_ref().unwrap().connect().await;
        let name = format!("gr:{record}");
        let mut bytes: Vec<u8> = redis::cmd("GET").arg(&name).query_async(&mut store).await.unwrap();
        bytes[7] ^= 1;
        let () = redis::cmd("SET").arg(&name).arg(bytes).query_async(&mut store).await.unwrap();
    }

    /// Does so to the only grant.
    pub(crate) async fn spoil_grant(&self) {
        let mut store = self.redis.as_ref().unwrap().connect().await;
        let names: Vec<String> =
            redis::cmd("KEYS").arg("gr:{g:*}:r:grant/self").query_async(&mut store).await.unwrap();
        assert_eq!(names.len(), 1, "one grant");
        self.spoil(names[0].strip_prefix("gr:").unwrap()).await;
    }

    /// A host removes a meeting at Zoom.
    pub(crate) async fn delete_at_zoom(&self, link: &Value) {
        let path = format!("meetings/{}/delete", link["meeting_id"].as_str().unwrap());
        self.control(Method::POST, &path, Some(&json!({}))).await;
    }

    /// A user removes the app at Zoom; `session` is booked on their account, which tells the gateway.
    pub(crate) async fn lapse(&self, (owner, email): (&str, &str), (session, staff): (&str, &[&str])) {
        let path = format!("users/{email}/remove-app");
        self.control(Method::POST, &path, Some(&json!({}))).await;
        self.book(session, "yoga", staff).await;
        self.until("the account is known to need its owner", async || {
            let account = self.get(&format!("{SITE}/accounts/{owner}")).await.body;
            account["state"] == "reauthorization_required"
        })
        .await;
    }

    /// Asserts that a session shows no link to anybody, wherever it is asked for, for this reason.
    pub(crate) async fn assert_dark(&self, session: &str, reason: &str) {
        for audience in AUDIENCES {
            let link = self.link(session, audience).await;
            assert_eq!((&link["status"], &link["reason"]), (&json!("none"), &json!(reason)), "{link}");
            for field in ["join_url", "provider_url", "password", "description", "meeting_id", "provider"] {
                assert_eq!(link[field], Value::Null, "{audience} {field}");
            }
            let batch = json!({"session_ids": [session], "audience": audience});
            let batch = self.post(&format!("{SITE}/links:batch"), &batch).await;
            assert_eq!(batch.body["links"][0], link);
        }
        let staff = self.link(session, "staff").await;
        assert_eq!(self.get(&format!("{SITE}/sessions/{session}")).await.body["link"], staff);
        let host = self.get(&format!("{SITE}/sessions/{session}/host-link")).await;
        assert_eq!((host.status, &host.body["code"]), (StatusCode::CONFLICT, &json!("no_link")));
    }
}

/// Everybody a link is asked for.
pub(crate) const AUDIENCES: [&str; 6] =
    ["staff", "confirmation_email", "members_area", "reminder_email", "sms", "calendar_file"];
