//! Owns texts that hide themselves: what a participant may see, and a log may not (H11, R33).

use std::fmt;

use zeroize::Zeroize;

/// A password, a description or a whole address: shown only where `.expose()` stands.
#[derive(Clone, PartialEq, Eq)]
pub struct Concealed(String);

impl Concealed {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for an answer to somebody who may see it, or for sealing.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Concealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Concealed(…)")
    }
}

impl Drop for Concealed {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// An address that leads into a meeting: prints as scheme and host, `https://us02web.zoom.us/…`.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkUrl(url::Url);

impl LinkUrl {
    /// Takes an address that its maker has checked: a provider's answer, or a parsed custom link.
    pub fn new(url: url::Url) -> Self {
        Self(url)
    }

    /// The whole address.
    pub fn expose(&self) -> &str {
        self.0.as_str()
    }

    /// The host it leads to, in its plain (punycode) form.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

impl fmt::Display for LinkUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}/…", self.0.scheme(), self.host())
    }
}

impl fmt::Debug for LinkUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LinkUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_shows_only_its_host_unless_exposed() {
        let link = LinkUrl::new("https://us02web.zoom.us/j/1?pwd=abc".parse().unwrap());
        assert_eq!(link.to_string(), "https://us02web.zoom.us/…");
        assert_eq!(format!("{link:?}"), "LinkUrl(https://us02web.zoom.us/…)");
        assert_eq!(format!("{:?}", Concealed::new("abc")), "Concealed(…)");
        assert_eq!(link.expose(), "https://us02web.zoom.us/j/1?pwd=abc");
    }
}
