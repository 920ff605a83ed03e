//! Owns who reads a page: which language they get, and how their request is called. Knows no sessions.

use std::convert::Infallible;
use std::fmt;

use axum::extract::FromRequestParts;
use axum::extract::Request;
use axum::extract::State;
use axum::http::Method;
use axum::http::Uri;
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use url::form_urlencoded;

use crate::domain::id::RequestId;
use crate::domain::locale::Locale;
use crate::domain::site::Site;
use crate::web::language;
use crate::web::public::cookies;
use crate::web::public::refusal::Refusal;
use crate::web::public::refusal::Why;
use crate::web::public::shell::Shell;
use crate::web::public::state::Public;
use crate::web::texts::Texts;
use crate::web::urls;

/// The parameter by which a reader chooses a language on a page.
const LANG: &str = "lang";

/// Who reads a page.
#[derive(Clone)]
pub(super) struct Reader {
    /// Chosen on this page.
    chosen: Option<Locale>,
    /// Asked for by the platform, in the link that led here.
    linked: Option<Locale>,
    /// Chosen before.
    remembered: Option<Locale>,
    /// Preferred by the browser.
    accepted: Option<Locale>,
    here: String,
    request: Option<RequestId>,
}

impl fmt::Debug for Reader {
    /// Without the page's address: it may hold a token or a code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = self.chosen.or(self.linked).or(self.remembered).or(self.accepted);
        f.debug_struct("Reader").field("locale", &own).field("request", &self.request).finish_non_exhaustive()
    }
}

impl Reader {
    /// Takes the language that the platform asked for.
    #[must_use]
    pub(super) fn linked(self, linked: Option<Locale>) -> Self {
        Self { linked, ..self }
    }

    /// Forgets the parameters of this page: those of a callback hold a code, and are not for a link.
    #[must_use]
    pub(super) fn without_parameters(mut self) -> Self {
        let path = self.here.split('?').next().unwrap_or_default().len();
        self.here.truncate(path);
        self
    }

    /// A parameter of this page.
    pub(super) fn parameter(&self, wanted: &str) -> Option<String> {
        let (_, query) = self.here.split_once('?')?;
        let mut parameters = form_urlencoded::parse(query.as_bytes());
        parameters.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    }

    /// The language chosen on this page.
    pub(super) fn chosen(&self) -> Option<Locale> {
        self.chosen
    }

    /// The reader's language: chosen on this page, else the link's, else chosen before, else the browser's, else
    /// the site's, else English (contract.md section 3, Pages).
    pub(super) fn locale(&self, site: Option<Locale>) -> Locale {
        let own = self.chosen.or(self.linked).or(self.remembered).or(self.accepted);
        own.or(site).unwrap_or_default()
    }

    /// The frame of a page of a business, in the reader's language.
    pub(super) fn shell_of(&self, site: &Site) -> Shell {
        self.shell(Some((site.settings.display_name.clone(), site.settings.locale)))
    }

    /// The frame of a page, in the reader's language.
    pub(super) fn shell(&self, business: Option<(String, Locale)>) -> Shell {
        let texts = Texts::of(self.locale(business.as_ref().map(|(_, locale)| *locale)));
        Shell::new(texts, business.map(|(name, _)| name), self.here.clone())
    }

    /// A page that says why not.
    pub(super) fn refuse(&self, why: impl Into<Why>) -> Refusal {
        Refusal::new(self.shell(None), why.into(), self.request.clone())
    }
}

impl FromRequestParts<Public> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Public) -> Result<Self, Infallible> {
        Ok(Self {
            chosen: chosen(&parts.uri),
            linked: None,
            remembered: cookies::language(&parts.headers),
            accepted: language::accepted(&parts.headers),
            here: here(&parts.uri),
            request: parts.extensions.get::<RequestId>().cloned(),
        })
    }
}

/// Remembers a language that was chosen on a page.
pub(super) async fn remember(State(public): State<Public>, request: Request, next: Next) -> Response {
    let chosen = chosen(request.uri()).filter(|_| request.method() == Method::GET);
    let mut response = next.run(request).await;
    if let Some(locale) = chosen {
        let cookie = cookies::set_language(public.base_url(), locale);
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn chosen(uri: &Uri) -> Option<Locale> {
    let mut parameters = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    parameters.find(|(name, _)| name == LANG).and_then(|(_, tag)| Locale::parse(&tag).ok())
}

/// This page, without the parameter that chooses a language. Of slashes that lead it, one is kept: as a link, two
/// would name another host (RFC 3986 section 4.2), and browsers take a backslash for a slash.
fn here(uri: &Uri) -> String {
    let parameters = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let others = parameters.filter(|(name, _)| name != LANG);
    let path = format!("/{}", uri.path().trim_start_matches(['/', '\\']));
    others.fold(path, |path, (name, value)| {
        let name: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
        urls::with(&path, &name, &value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_never_a_link_to_another_host() {
        for path in ["//evil.example/x", "///evil.example/x", "/\\evil.example/x", "/\\/evil.example/x"] {
            let uri = Uri::builder().path_and_query(path).build().unwrap();
            assert_eq!(here(&uri), "/evil.example/x", "{path}");
        }
    }

    #[test]
    fn showing_a_reader_or_a_page_does_not_show_its_address() {
        let reader = Reader {
            chosen: None,
            linked: None,
            remembered: None,
            accepted: None,
            here: "/portal/open/s3cret".into(),
            request: None,
        };
        let shown = format!("{reader:?} {:?}", reader.shell(None));
        assert!(shown.contains("Reader") && shown.contains("Shell") && !shown.contains("s3cret"), "{shown}");
    }

    #[test]
    fn the_page_is_named_without_its_language() {
        let uri: Uri = "/portal/connect?owner=staff%2Fana&lang=pt-BR".parse().unwrap();
        assert_eq!(here(&uri), "/portal/connect?owner=staff%2Fana");
        assert_eq!(chosen(&uri), Some(Locale::BrazilianPortuguese));
    }
}
