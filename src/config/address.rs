//! Decides which addresses a configuration may name: https, or plain http to this machine.

use url::Host;
use url::Url;

/// Reads an https address, or an http one on loopback, without user, password, query and fragment.
pub(super) fn secure_url(text: &str) -> Option<Url> {
    let url = https_or_http(text)?;
    (url.scheme() == "https" || is_loopback(&url)).then_some(url)
}

/// Reads an https address, without user, password, query and fragment.
pub(super) fn https_url(text: &str) -> Option<Url> {
    https_or_http(text).filter(|url| url.scheme() == "https")
}

/// Reads a secure address that has nothing after its host and port.
pub(super) fn origin(text: &str) -> Option<Url> {
    secure_url(text).filter(|url| url.path() == "/")
}

/// Whether an address leads to this machine itself.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn https_or_http(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    (matches!(url.scheme(), "https" | "http") && url.has_host() && plain).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_leads_only_to_this_machine() {
        for good in ["https://a.example/x", "http://127.0.0.1:8080", "http://[::1]/", "http://localhost:1/x"]
        {
            assert!(secure_url(good).is_some(), "{good}");
        }
        for bad in [
            "http://a.example",
            "http://localhost.example",
            "http://10.0.0.1",
            "ftp://localhost",
            "https://u:p@a.example",
            "https://a.example/?q=1",
            "a.example",
            "",
        ] {
            assert!(secure_url(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn an_origin_has_no_path() {
        assert!(origin("https://app.example.com").is_some());
        assert!(origin("https://app.example.com/back").is_none());
    }
}
