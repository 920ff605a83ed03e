//! Owns which addresses in Zoom's answers are followed or handed out. An address there is data, not trust.

use url::Host;
use url::Url;

use crate::providers::zoom::settings::InsecureUrls;
use crate::providers::zoom::settings::Settings;

/// Reads where Zoom wants a user's calls: an origin of Zoom's own over https, or that of the settings
/// (contract.md section 4, zoom/facts.md 2.1). Anything else is ignored.
pub(super) fn parse_api_url(text: &str, settings: &Settings) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_origin = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let is_known = is_zooms(&url) || url.origin() == settings.api_url.origin();
    (is_origin && is_plain(&url) && is_known).then_some(url)
}

/// Reads an address that participants or the host open: on Zoom over https, or where a simulator on loopback
/// gave it, on its own origin (zoom/facts.md 2.4).
pub(super) fn parse_link(text: &str, settings: &Settings) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_simulated =
        settings.insecure_urls == InsecureUrls::LoopbackOnly && url.origin() == settings.api_url.origin();
    (is_plain(&url) && (is_zooms(&url) || is_simulated)).then_some(url)
}

fn is_zooms(url: &Url) -> bool {
    let on_zoom = match url.host() {
        Some(Host::Domain(domain)) => domain == "zoom.us" || domain.ends_with(".zoom.us"),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) | None => false,
    };
    on_zoom && url.scheme() == "https" && url.port().is_none()
}

/// Whether it names nobody to sign in as.
fn is_plain(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn settings(api_url: &str, insecure_urls: InsecureUrls) -> Settings {
        let url = |text: &str| Url::parse(text).unwrap();
        Settings {
            client_id: "client".into(),
            authorize_url: url("https://zoom.us/oauth/authorize"),
            token_url: url("https://zoom.us/oauth/token"),
            revoke_url: url("https://zoom.us/oauth/revoke"),
            api_url: url(api_url),
            insecure_urls,
            refresh_takeover: Duration::from_mins(2),
            keep_alive: Duration::from_hours(168),
        }
    }

    #[test]
    fn an_api_url_is_followed_only_within_zoom_or_to_the_configured_origin() {
        let zoom = settings("https://api.zoom.us", InsecureUrls::Refused);
        for good in [
            "https://api-eu.zoom.us",
            "https://eu01api.zoom.us/",
            "https://zoom.us",
            "https://studio.zoom.us",
            "https://API.ZOOM.US",
        ] {
            assert!(parse_api_url(good, &zoom).is_some(), "{good}");
        }
        for bad in [
            "http://api.zoom.us",
            "https://zoom.us.example.com",
            "https://evilzoom.us",
            "https://api.zoom.us@example.com",
            "https://user@api.zoom.us",
            "https://api.zoom.us:8443",
            "https://api.zoom.us/v3",
            "https://api.zoom.us/?to=x",
            "https://127.0.0.1",
            "https://zoom.us.",
            "api.zoom.us",
            "",
        ] {
            assert_eq!(parse_api_url(bad, &zoom), None, "{bad}");
        }
        let simulator = settings("http://127.0.0.1:7070", InsecureUrls::LoopbackOnly);
        assert!(parse_api_url("http://127.0.0.1:7070/", &simulator).is_some());
        assert_eq!(parse_api_url("http://127.0.0.1:7071/", &simulator), None);
    }

    #[test]
    fn a_link_leads_to_zoom_or_to_the_simulator_that_was_allowed() {
        let zoom = settings("https://api.zoom.us", InsecureUrls::Refused);
        assert!(parse_link("https://us02web.zoom.us/j/1?pwd=a", &zoom).is_some());
        for bad in ["http://us02web.zoom.us/j/1", "https://example.com/j/1", "javascript:alert(1)"] {
            assert_eq!(parse_link(bad, &zoom), None, "{bad}");
        }
        let simulator = settings("http://127.0.0.1:7070", InsecureUrls::LoopbackOnly);
        assert!(parse_link("http://127.0.0.1:7070/j/1?pwd=a", &simulator).is_some());
        assert!(parse_link("https://us02web.zoom.us/j/1", &simulator).is_some());
        let strict = settings("http://127.0.0.1:7070", InsecureUrls::Refused);
        assert_eq!(parse_link("http://127.0.0.1:7070/j/1", &strict), None);
    }
}
