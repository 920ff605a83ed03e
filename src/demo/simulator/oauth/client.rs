//! Checks who the app is: HTTP Basic with its client id and any of its living secrets.

use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use crate::demo::simulator::answer::Answer;
use crate::demo::simulator::received::Received;
use crate::demo::simulator::settings::Settings;

/// Refuses a request that is not the app's (zoom/facts.md 1.6: `invalid_client`, with status 400).
pub(super) fn authenticate(settings: &Settings, received: &Received) -> Result<(), Answer> {
    let known = received.basic().is_some_and(|(id, secret)| {
        id == settings.client_id
            && settings
                .client_secrets
                .iter()
                .any(|each| bool::from(each.expose_secret().as_bytes().ct_eq(secret.as_bytes())))
    });
    if known { Ok(()) } else { Err(Answer::oauth("Invalid client_id or client_secret", "invalid_client")) }
}
