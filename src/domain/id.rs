//! Owns the identifiers of the platform: opaque, parsed once at the edge.

use std::fmt;

/// Why a text is not an identifier of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is 1 to 64 characters of A-Z a-z 0-9 . _ ~ - and neither \".\" nor \"..\"")]
pub struct InvalidId;

/// Whether a text follows the id alphabet of contract.md section 2.
fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text != "."
        && text != ".."
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'~' | b'-'))
}

macro_rules! platform_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// Reads an id: 1 to 64 of `A-Z a-z 0-9 . _ ~ -`, but not `.` or `..` (contract.md section 2).
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                if is_id(text) { Ok(Self(text.into())) } else { Err(InvalidId) }
            }

            /// The id as the platform wrote it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

platform_id!(
    /// A business on the platform: the tenant (R1, R35).
    SiteId
);
platform_id!(
    /// What a site sells: an appointment, a class or a course (R12).
    ServiceId
);
platform_id!(
    /// One occurrence of a service at a time: what gets a link (R11).
    SessionId
);
platform_id!(
    /// A person who gives sessions (R3).
    StaffId
);
platform_id!(
    /// Names one request in answers and logs: the caller's, or ours (contract.md section 2).
    RequestId
);

/// One Zoom user who authorised one app: what tokens belong to (correctness.md section 3).
///
/// Derived with a keyed hash, so that no Zoom user id stands in a store key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrantId(Box<str>);

impl GrantId {
    /// Reads a grant id: 26 characters of `a-z 2-7`.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let fits = text.len() == 26 && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'));
        if fits { Ok(Self(text.into())) } else { Err(InvalidId) }
    }

    /// The id as it stands in store keys.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GrantId({})", self.0)
    }
}

/// Under what a token or a locator is stored: 160 bits of its SHA-256, never the token itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash(Box<str>);

impl TokenHash {
    /// Reads a hash: 32 characters of `a-z 2-7`.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let fits = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'));
        if fits { Ok(Self(text.into())) } else { Err(InvalidId) }
    }

    /// The hash as it stands in store keys.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenHash({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_the_alphabet_are_read_and_others_refused() {
        for good in ["a", "A-z_0.9~", "...", &"x".repeat(64)] {
            assert_eq!(SiteId::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", ".", "..", "a b", "a/b", "a:b", "{a}", "ä", "a\0", &"x".repeat(65)] {
            assert_eq!(SiteId::parse(bad), Err(InvalidId), "{bad:?}");
        }
    }
}
