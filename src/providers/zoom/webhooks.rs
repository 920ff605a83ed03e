//! Owns what Zoom tells unasked: its signature, its challenge, its events (zoom/facts.md 5). Believes nothing unsigned,
//! acts on nothing.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use aws_lc_rs::digest;
use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::json;
use tracing::debug;
use tracing::warn;

use crate::app::ports::webhooks::Claim;
use crate::app::ports::webhooks::Heard;
use crate::app::ports::webhooks::NotProven;
use crate::app::ports::webhooks::Received;
use crate::app::ports::webhooks::Webhooks;
use crate::domain::meeting::MeetingId;
use crate::domain::notice::News;
use crate::domain::notice::Notice;
use crate::domain::notice::UserId;
use crate::providers::zoom::parts::Parts;
use crate::providers::zoom::settings::Secrets;
use crate::providers::zoom::settings::Settings;
use crate::providers::zoom::wire;

const TIMESTAMP: &str = "x-zm-request-timestamp";
const SIGNATURE: &str = "x-zm-signature";

/// How far a signature's time may be from ours, either way: Zoom signs every repetition anew (zoom/facts.md 5.2).
const WINDOW: Duration = Duration::from_mins(10);
/// Zoom's ids are shorter, and made of printable ASCII.
const LONGEST_ID: usize = 64;
/// Anything else might be a message that somebody wants signed (correctness.md section 7).
const LONGEST_PLAIN_TOKEN: usize = 128;

/// Webhooks from Zoom.
pub struct ZoomWebhooks {
    settings: Arc<Settings>,
    secrets: Arc<ArcSwap<Secrets>>,
}

impl fmt::Debug for ZoomWebhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZoomWebhooks").finish_non_exhaustive()
    }
}

impl ZoomWebhooks {
    /// Makes the adapter. Without a webhook secret it believes nobody.
    pub fn new(parts: &Parts) -> Self {
        Self { settings: Arc::clone(&parts.settings), secrets: Arc::clone(&parts.secrets) }
    }

    /// The key that a request is signed with, if it is one of those held.
    fn signer(&self, claim: &Claim, body: &[u8]) -> Result<hmac::Key, NotProven> {
        let signed = [b"v0:", claim.timestamp.as_bytes(), b":", body].concat();
        let secrets = self.secrets.load();
        let mut keys = secrets.webhook.iter().map(|secret| key(secret.expose_secret()));
        keys.find(|key| hmac::verify(key, &signed, &claim.signature).is_ok()).ok_or(NotProven)
    }

    /// What an event says; `None` for what is not used.
    fn read(&self, event: &wire::Webhook, now: Timestamp) -> Option<Read> {
        let payload = &event.payload;
        let object = || payload.object.as_ref().and_then(|object| id(&object.id.as_ref()?.0));
        let is_number = |id: &String| id.bytes().all(|byte| byte.is_ascii_digit());
        let meeting = || object().filter(is_number).map(|id| MeetingId::new(&id));
        let at = happened_at(event).filter(|at| *at <= now).unwrap_or(now);
        let news = match event.event.as_str() {
            "meeting.updated" | "meeting.deleted" | "meeting.permanently_deleted" | "meeting.recovered" => {
                News::MeetingChanged(meeting()?)
            }
            "meeting.started" => News::MeetingStarted(meeting()?),
            "meeting.ended" => News::MeetingEnded(meeting()?),
            "user.deactivated" | "user.deleted" | "user.disassociated" => News::UserLeft(UserId(object()?)),
            "app_deauthorized" => self.withdrawn(payload, happened_at(event))?,
            _ => return None,
        };
        let about = match &news {
            News::MeetingChanged(id) | News::MeetingStarted(id) | News::MeetingEnded(id) => id.to_string(),
            News::UserLeft(user) | News::ConsentWithdrawn(user, _) => user.0.clone(),
        };
        let organisation = id(payload.account_id.as_deref()?)?;
        Some(Read { notice: Notice { organisation, news, at, told_at: now }, about })
    }

    /// The consent that a user withdrew, if it was given to this app. Without a time nothing tells it from a consent given
    /// since: then the user is looked at.
    fn withdrawn(&self, payload: &wire::WebhookPayload, told_at: Option<Timestamp>) -> Option<News> {
        if payload.client_id.as_deref() != Some(self.settings.client_id.as_str()) {
            warn!("a webhook tells of a consent to another app");
            return None;
        }
        let user = UserId(id(payload.user_id.as_deref()?)?);
        let at = payload.deauthorization_time.as_deref().and_then(|text| text.parse().ok()).or(told_at);
        Some(match at {
            Some(at) => News::ConsentWithdrawn(user, at),
            None => News::UserLeft(user),
        })
    }
}

impl Webhooks for ZoomWebhooks {
    fn claim(&self, headers: &[(&str, &str)], now: Timestamp) -> Result<Claim, NotProven> {
        let timestamp = only(headers, TIMESTAMP)?;
        let signature = only(headers, SIGNATURE)?;
        if !is_recent(timestamp, now) {
            return Err(NotProven);
        }
        let signature = signature.strip_prefix("v0=").ok_or(NotProven)?;
        let signature = HEXLOWER.decode(signature.as_bytes()).map_err(|_| NotProven)?;
        let signature = signature.try_into().map_err(|_| NotProven)?;
        Ok(Claim { timestamp: timestamp.to_owned(), signature })
    }

    fn verify(&self, claim: &Claim, body: &[u8], now: Timestamp) -> Result<Heard, NotProven> {
        let signer = self.signer(claim, body)?;
        let Some(event) = wire::parse::<wire::Webhook>(body) else {
            warn!("a webhook is signed and cannot be read");
            return Ok(Heard::Other);
        };
        if event.event == "endpoint.url_validation" {
            return answer(&signer, event.payload.plain_token.as_deref()).map(Heard::Challenge);
        }
        let Some(Read { notice, about }) = self.read(&event, now) else {
            debug!("a webhook tells nothing that is used");
            return Ok(Heard::Other);
        };
        // One event comes again with the same body, or with slightly another (zoom/facts.md 5.4).
        let stamp = stamp(&event).unwrap_or_else(|| body_hash(body));
        let identity = vec![notice.organisation.clone(), event.event, about, stamp];
        Ok(Heard::Notice(Received { notice, identity }))
    }
}

/// What an event says, and whom or what it is about.
struct Read {
    notice: Notice,
    about: String,
}

fn key(secret: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())
}

/// The one header of this name.
fn only<'a>(headers: &[(&str, &'a str)], name: &str) -> Result<&'a str, NotProven> {
    let mut found = headers.iter().filter(|(other, _)| *other == name).map(|(_, text)| *text);
    match (found.next(), found.next()) {
        (Some(text), None) => Ok(text),
        (_, _) => Err(NotProven),
    }
}

/// Whether a time in seconds is close to now.
fn is_recent(seconds: &str, now: Timestamp) -> bool {
    let is_number = (1..=12).contains(&seconds.len()) && seconds.bytes().all(|byte| byte.is_ascii_digit());
    let at = seconds.parse().ok().filter(|_| is_number).and_then(|at| Timestamp::from_second(at).ok());
    at.is_some_and(|at| now.duration_since(at).unsigned_abs() <= WINDOW)
}

/// Proves that the secret is held here. Anything that could be signed content is refused: else whoever gets one signed
/// request through could have others signed.
fn answer(signer: &hmac::Key, plain: Option<&str>) -> Result<String, NotProven> {
    let fits = |plain: &&str| {
        (1..=LONGEST_PLAIN_TOKEN).contains(&plain.len())
            && plain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let plain = plain.filter(fits).ok_or(NotProven)?;
    let encrypted = HEXLOWER.encode(hmac::sign(signer, plain.as_bytes()).as_ref());
    Ok(json!({"plainToken": plain, "encryptedToken": encrypted}).to_string())
}

/// An id of Zoom's, if it looks like one.
fn id(text: &str) -> Option<String> {
    let fits = (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| text.to_owned())
}

/// The time of an event as it was sent: beside the payload or inside, a number or a text (zoom/facts.md 5.6).
fn stamp(event: &wire::Webhook) -> Option<String> {
    event.event_ts.as_ref().or(event.payload.event_ts.as_ref()).map(|id| id.0.clone())
}

/// When an event happened, where that is told in milliseconds.
fn happened_at(event: &wire::Webhook) -> Option<Timestamp> {
    Timestamp::from_millisecond(stamp(event)?.parse().ok()?).ok()
}

fn body_hash(body: &[u8]) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, body).as_ref())
}
