//! Owns custom links: what may be one, read from the raw text before any URL parser sees it (R5,
//! correctness.md section 5).

use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use url::Host;
use url::Url;

use crate::domain::concealed::Concealed;
use crate::domain::concealed::LinkUrl;

/// A link to any provider, with its password and description: all three are secrets at rest (R5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomLink {
    /// Where it leads.
    pub url: LinkUrl,
    /// What participants type to get in; 1 to 128 characters.
    pub password: Option<Concealed>,
    /// What participants read beside it; 1 to 4,000 characters of plain text.
    pub description: Option<Concealed>,
}

/// The longest address, in bytes.
pub const URL_BYTES: usize = 2_048;
/// The longest password, in characters.
pub const PASSWORD_CHARACTERS: usize = 128;
/// The longest description, in characters.
pub const DESCRIPTION_CHARACTERS: usize = 4_000;

/// A field of a custom link, as forms and bodies name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// `url`
    Url,
    /// `password`
    Password,
    /// `description`
    Description,
}

impl Field {
    /// The field's name in forms and bodies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Password => "password",
            Self::Description => "description",
        }
    }
}

/// Why a text cannot be part of a custom link; the text itself is never repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLink {
    /// Nothing was given.
    #[error("enter the address that participants open, such as https://meet.example.com/room")]
    UrlMissing,
    /// More than 2,048 bytes.
    #[error("the address is longer than 2048 bytes: use a shorter one")]
    UrlTooLong,
    /// A space, a backslash, a control, bidirectional or invisible character.
    #[error("the address contains a space, a backslash or an invisible character: copy it again")]
    UrlCharacter,
    /// Not an absolute `https` address.
    #[error("the address must begin with https:// and name a host")]
    UrlNotHttps,
    /// `user:password@` before the host.
    #[error("the address must not contain a user name or password before the host")]
    UrlUserInfo,
    /// Loopback, private, link-local, single-label or `.local` host.
    #[error("the address leads to a private or local host, which participants cannot reach")]
    UrlPrivateHost,
    /// More than 128 characters.
    #[error("the password is longer than 128 characters: use a shorter one")]
    PasswordTooLong,
    /// A control character.
    #[error("the password contains a line break or another control character: remove it")]
    PasswordCharacter,
    /// More than 4,000 characters.
    #[error("the description is longer than 4000 characters: shorten it")]
    DescriptionTooLong,
    /// A control character other than a line break or a tab.
    #[error("the description contains a control character: remove it")]
    DescriptionCharacter,
}

impl InvalidLink {
    /// The field that is wrong.
    pub const fn field(self) -> Field {
        match self {
            Self::UrlMissing
            | Self::UrlTooLong
            | Self::UrlCharacter
            | Self::UrlNotHttps
            | Self::UrlUserInfo
            | Self::UrlPrivateHost => Field::Url,
            Self::PasswordTooLong | Self::PasswordCharacter => Field::Password,
            Self::DescriptionTooLong | Self::DescriptionCharacter => Field::Description,
        }
    }
}

impl CustomLink {
    /// Reads the three texts; an empty password or description is none. Reports every field that is wrong.
    pub fn parse(
        url: &str,
        password: Option<&str>,
        description: Option<&str>,
    ) -> Result<Self, Vec<InvalidLink>> {
        match (parse_url(url), parse_password(password), parse_description(description)) {
            (Ok(url), Ok(password), Ok(description)) => Ok(Self { url, password, description }),
            (url, password, description) => {
                Err([url.err(), password.err(), description.err()].into_iter().flatten().collect())
            }
        }
    }
}

fn parse_url(text: &str) -> Result<LinkUrl, InvalidLink> {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    if text.is_empty() {
        return Err(InvalidLink::UrlMissing);
    }
    if text.len() > URL_BYTES {
        return Err(InvalidLink::UrlTooLong);
    }
    if text.chars().any(|c| c == '\\' || c.is_whitespace() || is_invisible(c)) {
        return Err(InvalidLink::UrlCharacter);
    }
    let lower = text.get(..8).map(str::to_ascii_lowercase);
    if lower.as_deref() != Some("https://") {
        return Err(InvalidLink::UrlNotHttps);
    }
    let url = Url::parse(text).map_err(|_| InvalidLink::UrlNotHttps)?;
    if !url.username().is_empty() || url.password().is_some() || has_user_info(text) {
        return Err(InvalidLink::UrlUserInfo);
    }
    match url.host() {
        None => Err(InvalidLink::UrlNotHttps),
        Some(host) if is_private(&host) => Err(InvalidLink::UrlPrivateHost),
        Some(_) if url.as_str().len() > URL_BYTES => Err(InvalidLink::UrlTooLong),
        Some(_) => Ok(LinkUrl::new(url)),
    }
}

/// Whether an `@` stands in the authority, also an empty `https://@host`.
fn has_user_info(text: &str) -> bool {
    let rest = text.get(8..).unwrap_or_default();
    rest.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@'))
}

fn parse_password(text: Option<&str>) -> Result<Option<Concealed>, InvalidLink> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > PASSWORD_CHARACTERS {
        return Err(InvalidLink::PasswordTooLong);
    }
    if text.chars().any(is_invisible) {
        return Err(InvalidLink::PasswordCharacter);
    }
    Ok(Some(Concealed::new(text)))
}

fn parse_description(text: Option<&str>) -> Result<Option<Concealed>, InvalidLink> {
    let Some(text) = text else { return Ok(None) };
    let text = text.replace("\r\n", "\n");
    if text.trim().is_empty() {
        return Ok(None);
    }
    if text.chars().count() > DESCRIPTION_CHARACTERS {
        return Err(InvalidLink::DescriptionTooLong);
    }
    if text.chars().any(|c| !matches!(c, '\n' | '\t') && c.is_control() || is_bidi(c)) {
        return Err(InvalidLink::DescriptionCharacter);
    }
    Ok(Some(Concealed::new(text)))
}

/// Controls, bidirectional marks and characters of no width: they make an address look like another.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || is_bidi(c)
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'
                ..='\u{180f}'
        )
        || matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}')
        || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn is_bidi(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_private(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => is_local_name(name.trim_end_matches('.')),
        Host::Ipv4(address) => is_private_v4(*address),
        Host::Ipv6(address) => is_private_v6(*address),
    }
}

fn is_local_name(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    !name.contains('.')
        || matches!(
            last,
            "local"
                | "localhost"
                | "internal"
                | "localdomain"
                | "home"
                | "lan"
                | "test"
                | "invalid"
                | "onion"
        )
        || name.ends_with(".home.arpa")
        || last.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 198 && (b == 18 || b == 19))
        || (a == 192 && b == 0 && c == 0)
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    let [first, second, third, fourth, fifth, sixth, seventh, eighth] = address.segments();
    let embedded = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        is_private_v4(Ipv4Addr::new(a, b, c, d))
    };
    let starts_with_zeros = [first, second, third, fourth, fifth] == [0; 5];
    address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || (first & 0xfe00) == 0xfc00
        || (first & 0xff80) == 0xfe80
        || (first == 0x2001 && second == 0xdb8)
        || (starts_with_zeros && (sixth == 0xffff || sixth == 0) && embedded(seventh, eighth))
        || (first == 0x64 && second == 0xff9b && embedded(seventh, eighth))
        || (first == 0x2002 && embedded(second, third))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> InvalidLink {
        CustomLink::parse(url, None, None).expect_err(url).remove(0)
    }

    #[test]
    fn public_https_addresses_are_read() {
        for url in [
            "https://meet.example.com/room?x=1#y",
            "HTTPS://Meet.Example.com",
            "  https://teams.live.com/meet/9 \n",
            "https://bücher.example/raum",
            "https://8.8.8.8/room",
            "https://[2606:4700::1111]/room",
            "https://meet.example.com:8443/room",
        ] {
            assert!(CustomLink::parse(url, None, None).is_ok(), "{url}");
        }
        let punycode = CustomLink::parse("https://bücher.example/raum", None, None).unwrap();
        assert_eq!(punycode.url.host(), "xn--bcher-kva.example");
    }

    #[test]
    fn addresses_that_deceive_or_lead_inside_are_refused() {
        use InvalidLink::{UrlCharacter, UrlMissing, UrlNotHttps, UrlPrivateHost, UrlTooLong, UrlUserInfo};
        let long = format!("https://a.example/{}", "x".repeat(2_040));
        let cases = [
            ("", UrlMissing),
            (&long, UrlTooLong),
            ("https://a.example/a b", UrlCharacter),
            ("https:\\\\a.example", UrlCharacter),
            ("https://a.exa\u{200b}mple/", UrlCharacter),
            ("https://a.example/\u{202e}gpj", UrlCharacter),
            ("https://a.example/\u{0}", UrlCharacter),
            ("http://a.example/", UrlNotHttps),
            ("javascript:alert(1)", UrlNotHttps),
            ("https:a.example", UrlNotHttps),
            ("https://", UrlNotHttps),
            ("//a.example", UrlNotHttps),
            ("https://zoom.us@evil.example/", UrlUserInfo),
            ("https://@evil.example/", UrlUserInfo),
            ("https://localhost/", UrlPrivateHost),
            ("https://intranet/", UrlPrivateHost),
            ("https://printer.local/", UrlPrivateHost),
            ("https://printer.local./", UrlPrivateHost),
            ("https://127.1/", UrlPrivateHost),
            ("https://0x7f000001/", UrlPrivateHost),
            ("https://2130706433/", UrlPrivateHost),
            ("https://0177.0.0.1/", UrlPrivateHost),
            ("https://10.0.0.1/", UrlPrivateHost),
            ("https://169.254.169.254/", UrlPrivateHost),
            ("https://100.64.0.1/", UrlPrivateHost),
            ("https://[::1]/", UrlPrivateHost),
            ("https://[::ffff:10.0.0.1]/", UrlPrivateHost),
            ("https://[fe80::1]/", UrlPrivateHost),
            ("https://[fd00::1]/", UrlPrivateHost),
            ("https://[2002:7f00:1::]/", UrlPrivateHost),
        ];
        for (url, reason) in cases {
            assert_eq!(refused(url), reason, "{url}");
        }
    }

    #[test]
    fn every_wrong_field_is_reported() {
        let password = "x".repeat(129);
        let description = "é".repeat(4_001);
        let found = CustomLink::parse("ftp://x", Some(&password), Some(&description)).unwrap_err();
        assert_eq!(
            found.iter().map(|e| e.field().name()).collect::<Vec<_>>(),
            ["url", "password", "description"]
        );
    }

    #[test]
    fn lengths_count_characters_and_empty_is_none() {
        let link =
            CustomLink::parse("https://a.example", Some(&"é".repeat(128)), Some(&"ß".repeat(4_000))).unwrap();
        assert!(link.password.is_some() && link.description.is_some());
        let bare = CustomLink::parse("https://a.example", Some(""), Some("  ")).unwrap();
        assert_eq!((bare.password, bare.description), (None, None));
    }
}
