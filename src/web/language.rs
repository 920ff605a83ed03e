//! Owns which language of ours a reader accepts. Knows neither texts nor pages.

use axum::http::HeaderMap;
use axum::http::header;
use unic_langid::LanguageIdentifier;

use crate::domain::locale::Locale;

/// The first language of ours that the reader accepts, by its weights (RFC 9110 section 12.5.4).
pub(in crate::web) fn accepted(headers: &HeaderMap) -> Option<Locale> {
    let text = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut ranges: Vec<(u16, Locale)> = text.split(',').take(32).filter_map(range).collect();
    ranges.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    ranges.first().map(|(_, locale)| *locale)
}

/// One range that speaks a language of ours, and its weight in thousandths; a weight of zero refuses it.
fn range(text: &str) -> Option<(u16, Locale)> {
    let mut parts = text.split(';').map(str::trim);
    let wanted: LanguageIdentifier = parts.next()?.parse().ok()?;
    let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1_000), thousandths)?;
    let speaks = |locale: &Locale| {
        locale.tag().parse::<LanguageIdentifier>().is_ok_and(|ours| ours.language == wanted.language)
    };
    let locale = Locale::ALL.into_iter().find(speaks)?;
    (weight > 0).then_some((weight, locale))
}

fn thousandths(weight: &str) -> Option<u16> {
    let (whole, rest) = weight.split_once('.').unwrap_or((weight, ""));
    let digits = format!("{rest:0<3}");
    let rest: u16 = digits.get(..3)?.parse().ok()?;
    Some(whole.parse::<u16>().ok()?.min(1) * 1_000 + rest).map(|weight| weight.min(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readers_weights_decide() {
        let cases = [
            ("pt-BR,pt;q=0.9,en;q=0.8", Some(Locale::BrazilianPortuguese)),
            ("pt-PT", Some(Locale::BrazilianPortuguese)),
            ("en;q=0.5, pt;q=0.7", Some(Locale::BrazilianPortuguese)),
            ("en-GB", Some(Locale::English)),
            ("fr, de;q=0.5", None),
            ("fr, en;q=0", None),
            ("*", None),
            ("", None),
            ("en;q=x", None),
        ];
        for (header, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, header.parse().unwrap());
            assert_eq!(accepted(&headers), expected, "{header}");
        }
    }
}
