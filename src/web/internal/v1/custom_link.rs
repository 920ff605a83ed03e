//! Owns a custom link on the wire, and where in a body it is wrong.

use std::fmt;

use crate::domain::custom_link::CustomLink;
use crate::web::problem::FieldError;
use crate::web::problem::Problem;

/// The three texts of a custom link, as a body holds them. Never shown in a log.
pub(super) struct LinkTexts<'a> {
    pub(super) url: &'a str,
    pub(super) password: Option<&'a str>,
    pub(super) description: Option<&'a str>,
}

impl fmt::Debug for LinkTexts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkTexts(…)")
    }
}

/// Reads a custom link; refuses with 422 `invalid_body`, one error a field.
pub(super) fn parse(texts: &LinkTexts<'_>) -> Result<CustomLink, Problem> {
    CustomLink::parse(texts.url, texts.password, texts.description).map_err(|found| {
        let errors = found
            .into_iter()
            .map(|error| FieldError::new(format!("/{}", error.field().name()), error.to_string()));
        Problem::invalid_body(errors.collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn showing_the_texts_shows_none_of_them() {
        let texts = LinkTexts { url: "s3cret", password: Some("s3cret"), description: Some("s3cret") };
        assert!(!format!("{texts:?}").contains("s3cret"));
    }
}
