//! Owns the languages people read greenroom in (R39).

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Locale {
    /// English.
    #[default]
    English,
    /// Brazilian Portuguese.
    BrazilianPortuguese,
}

/// Why a text names no language of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the language is not one of en, pt-BR")]
pub struct UnknownLocale;

impl Locale {
    /// Every language there is.
    pub const ALL: [Self; 2] = [Self::English, Self::BrazilianPortuguese];

    /// Reads a BCP 47 tag: `en`, `pt-BR`; upper and lower case are one.
    pub fn parse(tag: &str) -> Result<Self, UnknownLocale> {
        Self::ALL.into_iter().find(|locale| locale.tag().eq_ignore_ascii_case(tag)).ok_or(UnknownLocale)
    }

    /// The BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::BrazilianPortuguese => "pt-BR",
        }
    }
}
