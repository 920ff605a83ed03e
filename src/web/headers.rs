//! Owns the security headers of every answer, and what a page may ask to differ (correctness.md section 5).

use axum::http::HeaderMap;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::header;
use axum::response::IntoResponseParts;
use axum::response::ResponseParts;
use url::Url;

/// Which answers the headers are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Browsers over https: answers also say that it stays so.
    PublicHttps,
    /// Browsers over plain http on loopback.
    PublicLoopback,
    /// Services and operators.
    Internal,
}

impl Audience {
    /// Browsers who reach us at this address.
    pub fn public(base_url: &Url) -> Self {
        if base_url.scheme() == "https" { Self::PublicHttps } else { Self::PublicLoopback }
    }

    /// Fills in what the handler did not say itself.
    pub(in crate::web) fn complete(self, headers: &mut HeaderMap) {
        let policy = match self {
            Self::PublicHttps | Self::PublicLoopback => PAGE_WITHOUT_FORM,
            Self::Internal => "default-src 'none'; frame-ancestors 'none'",
        };
        fill(headers, header::CONTENT_SECURITY_POLICY, policy);
        fill(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        fill(headers, header::CACHE_CONTROL, "no-store");
        fill(headers, header::REFERRER_POLICY, "no-referrer");
        if self == Self::PublicHttps {
            fill(headers, header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
        }
    }
}

/// What every page may load: our own styles, pictures and scripts, never inline ones.
macro_rules! sources {
    () => {
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; base-uri 'none'; \
         frame-ancestors 'none'; form-action "
    };
}

const PAGE_WITHOUT_FORM: &str = concat!(sources!(), "'none'");

/// What a page with forms answers beside its body: `(FormPage::new(&[zoom]), html)`.
///
/// Its `Referrer-Policy` is `same-origin`: under `no-referrer` browsers send `Origin: null` with a post.
#[derive(Debug, Clone)]
pub struct FormPage {
    policy: HeaderValue,
}

impl FormPage {
    /// Forms that post to ourselves, and may be redirected to these origins: Chromium checks the redirect, too.
    /// Origins are printable ASCII; what is not could not be posted to at all.
    pub fn new(redirect_origins: &[Url]) -> Self {
        let mut policy = concat!(sources!(), "'self'").to_owned();
        for url in redirect_origins {
            policy.push(' ');
            policy.push_str(&url.origin().ascii_serialization());
        }
        let policy = HeaderValue::from_str(&policy);
        Self { policy: policy.unwrap_or(HeaderValue::from_static(PAGE_WITHOUT_FORM)) }
    }
}

impl IntoResponseParts for FormPage {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        parts.headers_mut().insert(header::CONTENT_SECURITY_POLICY, self.policy);
        parts.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        Ok(parts)
    }
}

fn fill(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;

    #[test]
    fn a_page_with_forms_keeps_its_own_policy() {
        let zoom = Url::parse("https://zoom.us/oauth/authorize").unwrap();
        let mut response = (FormPage::new(&[zoom]), "page").into_response();
        Audience::PublicHttps.complete(response.headers_mut());
        let policy = response.headers().get("content-security-policy").unwrap().to_str().unwrap();
        assert!(policy.ends_with("form-action 'self' https://zoom.us"), "{policy}");
        assert_eq!(response.headers().get("referrer-policy").unwrap(), "same-origin");
        assert!(response.headers().contains_key("strict-transport-security"));
    }

    #[test]
    fn a_page_without_forms_posts_nowhere_and_loopback_promises_no_https() {
        let mut headers = HeaderMap::new();
        Audience::public(&Url::parse("http://127.0.0.1").unwrap()).complete(&mut headers);
        let policy = headers.get("content-security-policy").unwrap().to_str().unwrap();
        assert!(
            policy.ends_with("form-action 'none'") && policy.starts_with("default-src 'none'"),
            "{policy}"
        );
        assert_eq!(headers.get("referrer-policy").unwrap(), "no-referrer");
        assert!(!headers.contains_key("strict-transport-security"));
    }
}
