//! Owns the frame around every page: its language, its business, and the choice of language.

use std::fmt;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Html;
use axum::response::IntoResponse;
use axum::response::Response;
use tracing::error;

use crate::domain::locale::Locale;
use crate::web::problem::Problem;
use crate::web::public::assets;
use crate::web::texts::Texts;
use crate::web::urls;

/// The frame around a page.
pub(super) struct Shell {
    texts: &'static Texts,
    /// Whose page it is.
    pub(super) business: Option<String>,
    here: String,
}

impl fmt::Debug for Shell {
    /// Without the page's address: it may hold a token or a code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shell").field("lang", &self.lang()).finish_non_exhaustive()
    }
}

/// A language the page can be read in.
pub(super) struct Language {
    /// Its BCP 47 tag.
    pub(super) tag: &'static str,
    /// Its own name.
    pub(super) name: &'static str,
    /// The page in it.
    pub(super) href: String,
    /// Whether the page is in it.
    pub(super) current: bool,
}

impl Shell {
    /// The frame of a page.
    pub(super) fn new(texts: &'static Texts, business: Option<String>, here: String) -> Self {
        Self { texts, business, here }
    }

    /// A text in the page's language.
    pub(super) fn say(&self, key: &str) -> String {
        self.texts.say(key)
    }

    /// A text with values in it.
    pub(super) fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        self.texts.fill(key, values)
    }

    /// The page's language.
    pub(super) fn lang(&self) -> &'static str {
        self.texts.locale().tag()
    }

    /// The languages there are.
    pub(super) fn languages(&self) -> Vec<Language> {
        let language = |locale: Locale| Language {
            tag: locale.tag(),
            name: match locale {
                Locale::English => "English",
                Locale::BrazilianPortuguese => "Português (Brasil)",
            },
            href: urls::with(&self.here, "lang", locale.tag()),
            current: locale == self.texts.locale(),
        };
        Locale::ALL.into_iter().map(language).collect()
    }
}

/// Where a file of the pages is.
pub(super) fn asset(name: &str) -> String {
    urls::asset(name, &assets::mark(name))
}

/// Answers a page.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            error!(error = %error, "page cannot be written");
            Problem::internal().into_response()
        }
    }
}
