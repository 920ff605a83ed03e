//! Owns a custom link on the wire, and where in a body it is wrong.

use crate::domain::custom_link::CustomLink;
use crate::web::problem::FieldError;
use crate::web::problem::Problem;

/// The three texts of a custom link, as a body holds them.
#[derive(Debug)]
pub(super) struct LinkTexts<'a> {
    pub(super) url: &'a str,
    pub(super) password: Option<&'a str>,
    pub(super) description: Option<&'a str>,
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
