//! Owns the two cookies: the portal session, and the language somebody chose.

use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum_extra::extract::cookie::Cookie;
use axum_extra::extract::cookie::CookieJar;
use axum_extra::extract::cookie::SameSite;
use url::Url;

use crate::domain::locale::Locale;
use crate::domain::token::Token;

const LANGUAGE: &str = "greenroom_language";
const A_YEAR: i64 = 365 * 24 * 60 * 60;

/// The session cookie's name: the prefix keeps other hosts from setting it, and browsers take it over https only
/// (RFC 6265bis section 4.1.3), so plain http on loopback goes without.
fn session_name(base_url: &Url) -> &'static str {
    if base_url.scheme() == "https" { "__Host-greenroom" } else { "greenroom" }
}

/// The session of a browser.
pub(super) fn session(base_url: &Url, headers: &HeaderMap) -> Option<Token> {
    Token::parse(CookieJar::from_headers(headers).get(session_name(base_url))?.value())
}

/// Gives a browser its session, for as long as it lasts.
pub(super) fn set_session(base_url: &Url, token: &Token, seconds: u64) -> HeaderValue {
    let age = i64::try_from(seconds).unwrap_or(A_YEAR);
    value(base_url, (session_name(base_url), token.expose()), age)
}

/// Takes a browser its session.
pub(super) fn clear_session(base_url: &Url) -> HeaderValue {
    value(base_url, (session_name(base_url), ""), 0)
}

/// The language somebody chose before.
pub(super) fn language(headers: &HeaderMap) -> Option<Locale> {
    Locale::parse(CookieJar::from_headers(headers).get(LANGUAGE)?.value()).ok()
}

/// Remembers a language.
pub(super) fn set_language(base_url: &Url, locale: Locale) -> HeaderValue {
    value(base_url, (LANGUAGE, locale.tag()), A_YEAR)
}

fn value(base_url: &Url, (name, content): (&str, &str), seconds: i64) -> HeaderValue {
    let cookie = Cookie::build((name.to_owned(), content.to_owned()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(base_url.scheme() == "https")
        .build();
    HeaderValue::from_str(&format!("{cookie}; Max-Age={seconds}"))
        .expect("tokens and tags are printable ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_cookie_is_bound_to_the_host_except_on_loopback() {
        let token = Token::new([1; 32]);
        let https = set_session(&Url::parse("https://meet.example").unwrap(), &token, 1_800);
        let text = https.to_str().unwrap();
        assert!(text.starts_with("__Host-greenroom=AQEB"), "{text}");
        for part in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=1800"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let http = set_session(&Url::parse("http://127.0.0.1:8080").unwrap(), &token, 1_800);
        let text = http.to_str().unwrap();
        assert!(text.starts_with("greenroom=") && !text.contains("Secure"), "{text}");
    }
}
