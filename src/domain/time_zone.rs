//! Owns names of time zones, checked against the IANA database that is built in.

use std::fmt;

/// An IANA time zone name, such as `America/Sao_Paulo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeZoneName(Box<str>);

/// Why a text is no time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the time zone is not an IANA name such as America/Sao_Paulo")]
pub struct UnknownTimeZone;

impl TimeZoneName {
    /// Reads an IANA name.
    pub fn parse(name: &str) -> Result<Self, UnknownTimeZone> {
        let database = jiff::tz::TimeZoneDatabase::bundled();
        let zone = database.get(name).map_err(|_| UnknownTimeZone)?;
        Ok(Self(zone.iana_name().unwrap_or(name).into()))
    }

    /// Takes a name that was parsed before it was stored: the database may have dropped it since.
    pub fn trusted(name: &str) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TimeZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iana_names_are_read_and_offsets_refused() {
        assert_eq!(TimeZoneName::parse("America/Sao_Paulo").unwrap().as_str(), "America/Sao_Paulo");
        assert_eq!(TimeZoneName::parse("UTC").unwrap().as_str(), "UTC");
        for bad in ["", "GMT+25", "-03:00", "Mars/Olympus", "../etc"] {
            assert_eq!(TimeZoneName::parse(bad), Err(UnknownTimeZone), "{bad}");
        }
    }
}
