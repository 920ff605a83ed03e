//! Owns the names of the places where sessions take place (R31).
//!
//! A venue is named after what serves the session, not after the link: an edited link moves no session, and a course
//! link of 10,000 sessions is one venue however often it changes.

use std::fmt;

use data_encoding::BASE32_NOPAD;

use crate::domain::account::Owner;
use crate::domain::concealed::Concealed;
use crate::domain::concealed::LinkUrl;
use crate::domain::hash::HashKey;
use crate::domain::id::ServiceId;
use crate::domain::id::SessionId;

/// Where a session takes place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Venue {
    /// On an account of the site.
    Account(Owner),
    /// Where all sessions of the course do.
    Course(ServiceId),
    /// At a link set by hand; named by a keyed hash of its address.
    ByHand(LinkName),
}

/// A keyed hash of an address: 26 characters of base32, so that no address stands in a key of the store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkName(Box<str>);

const NAME_CHARACTERS: usize = 26;

impl LinkName {
    /// The name of an address, under a key of its site.
    pub fn of(key: &HashKey, url: &LinkUrl) -> Self {
        Self::from_hash(&key.hash(&[b"venue", url.expose().as_bytes()]))
    }

    fn from_hash(hash: &[u8; 32]) -> Self {
        let mut name = BASE32_NOPAD.encode(hash).to_ascii_lowercase();
        name.truncate(NAME_CHARACTERS);
        Self(name.into())
    }

    /// The name of an address together with its password.
    pub fn with_password(key: &HashKey, url: &LinkUrl, password: Option<&Concealed>) -> Self {
        let password = password.map(Concealed::expose).unwrap_or_default();
        Self::from_hash(&key.hash(&[b"address", url.expose().as_bytes(), password.as_bytes()]))
    }

    /// Reads a name that was written before; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == NAME_CHARACTERS && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        fits.then(|| Self(text.into()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Venue {
    /// Reads what [`Venue`]'s `Display` writes; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(service) = text.strip_prefix("course/") {
            return ServiceId::parse(service).ok().map(Self::Course);
        }
        if let Some(name) = text.strip_prefix("link/") {
            return LinkName::parse(name).map(Self::ByHand);
        }
        Owner::parse(text).map(Self::Account)
    }
}

impl fmt::Display for Venue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(owner) => owner.fmt(f),
            Self::Course(service) => write!(f, "course/{service}"),
            Self::ByHand(LinkName(name)) => write!(f, "link/{name}"),
        }
    }
}

/// Another session at the same time, and where it takes place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Overlap {
    /// Which session.
    pub session: SessionId,
    /// Where.
    pub venue: Venue,
}
