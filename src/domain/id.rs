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

macro_rules! hashed_id {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            #[doc = concat!("Reads one: ", $length, " characters of `a-z 2-7`.")]
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                let fits =
                    text.len() == $length && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'));
                if fits { Ok(Self(text.into())) } else { Err(InvalidId) }
            }

            /// The text as it stands in store keys.
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

hashed_id!(
    /// One Zoom user who authorised one app: what tokens belong to (correctness.md section 3).
    ///
    /// Derived with a keyed hash, so that no Zoom user id stands in a store key.
    GrantId,
    26
);
hashed_id!(
    /// One organisation at the provider: whose limits all its users share (R30).
    ///
    /// Derived with a keyed hash, so that no provider's id stands in a store key.
    OrganisationId,
    26
);
hashed_id!(
    /// Something that a provider told: the same however often it is told (correctness.md section 7).
    ///
    /// Derived with a keyed hash, so that no provider's id stands in a store key.
    NoticeId,
    26
);
hashed_id!(
    /// A receiver of events.
    ///
    /// Derived with a keyed hash of its address, so that no address, which may hold a secret, stands in a store key.
    EndpointId,
    26
);
hashed_id!(
    /// Under what a token or a locator is stored: 160 bits of its SHA-256, never the token itself.
    TokenHash,
    32
);

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
