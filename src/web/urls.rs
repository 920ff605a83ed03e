//! Owns every address of the public listener: made here, and nowhere else.

use url::Url;
use url::form_urlencoded::byte_serialize;

use crate::domain::account::Owner;
use crate::domain::join::JoinToken;
use crate::domain::token::Token;

/// The portal's first page.
pub const PORTAL: &str = "/portal";
/// Where a connect flow begins.
pub const CONNECT: &str = "/portal/connect";
/// Where a user who came back from the provider is confirmed.
pub const CONFIRM: &str = "/portal/confirm";
/// Where the person chooses another user.
pub const USE_ANOTHER: &str = "/portal/use-another";
/// Where a connect flow is given up.
pub const CANCEL: &str = "/portal/cancel";
/// Where a connect flow that failed is explained.
pub const FAILED: &str = "/portal/failed";
/// Where a custom link is written.
pub const CUSTOM_LINK: &str = "/portal/custom-link";
/// Where an account is disconnected.
pub const DISCONNECT: &str = "/portal/disconnect";
/// Where an owner names a staff member.
pub const STAFF: &str = "/portal/staff";
/// Where the portal is left.
pub const DONE: &str = "/portal/done";
/// The last page, where there is nowhere to go back to.
pub const FINISHED: &str = "/portal/finished";
/// Where Zoom sends browsers back to: registered there.
pub const ZOOM_CALLBACK: &str = "/oauth/zoom/callback";

/// Where Zoom tells unasked what happened: registered there.
pub const ZOOM_WEBHOOKS: &str = "/webhooks/zoom";

/// The address of a one-time link into the portal.
pub fn portal_link(base_url: &Url, token: &Token) -> Url {
    at(base_url, &format!("/portal/open/{}", token.expose()))
}

/// A permanent join address (R22).
pub fn join(base_url: &Url, token: &JoinToken) -> Url {
    at(base_url, &format!("/j/{}", token.expose()))
}

/// Where Zoom sends browsers back to.
pub fn zoom_callback(base_url: &Url) -> Url {
    at(base_url, ZOOM_CALLBACK)
}

/// Where Zoom tells unasked what happened.
pub fn zoom_webhooks(base_url: &Url) -> Url {
    at(base_url, ZOOM_WEBHOOKS)
}

/// A page about an account.
pub(in crate::web) fn about(path: &str, owner: &Owner) -> String {
    with(path, "owner", &owner.to_string())
}

/// A page with one more parameter.
pub(in crate::web) fn with(path: &str, name: &str, value: &str) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    let value: String = byte_serialize(value.as_bytes()).collect();
    format!("{path}{joint}{name}={value}")
}

/// A file of the pages; its mark changes with its content, so that it may be kept for ever.
pub(in crate::web) fn asset(name: &str, mark: &str) -> String {
    format!("/portal/assets/{name}?v={mark}")
}

fn at(base_url: &Url, path: &str) -> Url {
    let mut url = base_url.clone();
    url.set_path(path);
    url.set_query(None);
    url.set_fragment(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_start_at_the_base_and_escape_what_they_carry() {
        let base = Url::parse("https://meet.studio.example").unwrap();
        assert_eq!(zoom_callback(&base).as_str(), "https://meet.studio.example/oauth/zoom/callback");
        let ana = Owner::parse("staff/ana").unwrap();
        assert_eq!(about(CONNECT, &ana), "/portal/connect?owner=staff%2Fana");
        assert_eq!(with("/portal?a=b", "notice", "x&y"), "/portal?a=b&notice=x%26y");
    }
}
