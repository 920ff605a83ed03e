//! Tells the app what happened, in the order in which it did. Repeats nothing.

use std::time::Duration;

use serde_json::json;

use crate::demo::simulator::meetings::record::Meeting;
use crate::demo::simulator::meetings::render;
use crate::demo::simulator::state::Shared;
use crate::demo::simulator::state::State;
use crate::demo::simulator::webhooks::Notice;
use crate::demo::simulator::webhooks::request;

/// Zoom gives an app three seconds to answer.
const TIMEOUT: Duration = Duration::from_secs(3);

/// What happened to a meeting; `event` is Zoom's name for it.
pub(super) fn of_meeting(event: &'static str, state: &State, meeting: &Meeting) -> Notice {
    let host = state.users.get(&meeting.host);
    let payload = json!({
        "account_id": host.map(|host| host.account_id.as_str()),
        "operator": host.map(|host| host.profile.email.as_str()),
        "operator_id": meeting.host.as_str(),
        "operation": "single",
        "object": render::noticed(state, meeting),
    });
    Notice::new(event, payload)
}

/// Tells what is waiting to be told, one after the other.
pub(super) async fn deliver(shared: &Shared) {
    let at = shared.clock.now();
    let (told, subscriber, secret, names) = {
        let mut state = shared.open();
        let Some(subscriber) = state.webhooks.subscriber.clone() else { return };
        let told = state.webhooks.take();
        let names = told.iter().map(|_| state.entropy.letters(32).to_lowercase()).collect::<Vec<_>>();
        (told, subscriber, state.settings.webhook_secret.clone(), names)
    };
    for (notice, name) in told.into_iter().zip(names) {
        let request = request(&subscriber.url, (&notice, &name), &secret, at);
        let answer = match request {
            Ok(request) => subscriber.http.send(request, TIMEOUT).await.ok(),
            Err(_) => None,
        };
        let status = answer.map(|answer| answer.status.as_u16());
        shared.open().webhooks.told(&notice, at, status);
    }
}
