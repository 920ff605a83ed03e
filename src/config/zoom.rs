//! Fills the settings of Zoom from `[zoom]`.

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::config::address;
use crate::config::section::Section;
use crate::providers::zoom::settings::InsecureUrls;
use crate::providers::zoom::settings::Secrets;
use crate::providers::zoom::settings::Settings;

const DAY: Duration = Duration::from_hours(24);

/// Reads `[zoom]`.
pub(super) fn fill(mut section: Section<'_>) -> Option<(Settings, Secrets)> {
    let client_id = client_id(&mut section);
    let client = client_secrets(&mut section);
    let webhook = webhook_secrets(&mut section);
    let insecure_urls = section
        .switch("allow_insecure_urls")
        .map(|allowed| if allowed { InsecureUrls::LoopbackOnly } else { InsecureUrls::Refused })
        .or(InsecureUrls::Refused);
    let rule = insecure_urls.unwrap_or(InsecureUrls::LoopbackOnly);
    let authorize_url = url(&mut section, "authorize_url", rule, "https://zoom.us/oauth/authorize");
    let token_url = url(&mut section, "token_url", rule, "https://zoom.us/oauth/token");
    let revoke_url = url(&mut section, "revoke_url", rule, "https://zoom.us/oauth/revoke");
    let api_url = url(&mut section, "api_url", rule, "https://api.zoom.us");
    let takeover = section.number("refresh_takeover_seconds", 30..=3600).or(120);
    let keep_alive = section.number("keep_alive_days", 1..=60).or(7);
    section.finish();
    let settings = Settings {
        client_id: client_id?,
        authorize_url: authorize_url?,
        token_url: token_url?,
        revoke_url: revoke_url?,
        api_url: api_url?,
        insecure_urls: insecure_urls?,
        refresh_takeover: Duration::from_secs(takeover?),
        keep_alive: DAY.saturating_mul(u32::try_from(keep_alive?).ok()?),
    };
    Some((settings, Secrets { client: client?, webhook: webhook? }))
}

fn client_id(section: &mut Section<'_>) -> Option<String> {
    let remedy = "the client id of your Zoom app";
    let found = section.parsed("client_id", remedy, |id| is_written(id).then(|| id.to_owned()));
    section.required("client_id", found, remedy)
}

fn client_secrets(section: &mut Section<'_>) -> Option<Vec<SecretString>> {
    let remedy = "the client secrets of your Zoom app, the current one first";
    let found = section.secrets("client_secrets", remedy, is_written).filled();
    section.required("client_secrets", found, remedy)
}

/// Without a secret, every webhook is refused: polling goes on.
fn webhook_secrets(section: &mut Section<'_>) -> Option<Vec<SecretString>> {
    let remedy = "the webhook secret tokens of your Zoom app, the current one first";
    section.secrets("webhook_secrets", remedy, is_written).or(Vec::new())
}

fn is_written(text: &str) -> bool {
    !text.trim().is_empty()
}

fn url(section: &mut Section<'_>, key: &str, rule: InsecureUrls, default: &str) -> Option<Url> {
    let default = Url::parse(default).expect("a literal address");
    match rule {
        InsecureUrls::Refused => section.parsed(
            key,
            "an https address (plain http needs zoom.allow_insecure_urls = true and a loopback host)",
            address::https_url,
        ),
        InsecureUrls::LoopbackOnly => {
            section.parsed(key, "an https address, or an http one on loopback", address::secure_url)
        }
    }
    .or(default)
}
