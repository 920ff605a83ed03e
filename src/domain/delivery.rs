//! Owns deliveries: who was handed which version of a provider's address, and whether they hold an old one (R23).

use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;

use crate::domain::account::Revision;
use crate::domain::concealed::Concealed;
use crate::domain::hash::HashKey;
use crate::domain::id::SessionId;
use crate::domain::link::Link;
use crate::domain::venue::LinkName;
use crate::domain::visibility::Audience;

/// A provider's address that somebody was handed. Who holds a join address is not recorded: it is never stale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Of which session.
    pub session: SessionId,
    /// To whom, in the platform's own words.
    pub recipient: Concealed,
    /// By which way.
    pub channel: Audience,
    /// Which revision of the link.
    pub revision: Revision,
    /// When.
    pub delivered_at: Timestamp,
    /// Which address that was, by name; `None` where that revision had none.
    pub address: Option<LinkName>,
}

/// Names a delivery: one a session, recipient and channel. A keyed hash, so that no recipient stands in a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeliveryName(Box<str>);

const NAME_CHARACTERS: usize = 26;

impl DeliveryName {
    /// The name of what somebody is handed by a channel.
    pub fn of(key: &HashKey, recipient: &Concealed, channel: Audience) -> Self {
        let hash = key.hash(&[b"delivery", recipient.expose().as_bytes(), channel.name().as_bytes()]);
        let mut name = BASE32_NOPAD.encode(&hash).to_ascii_lowercase();
        name.truncate(NAME_CHARACTERS);
        Self(name.into())
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

impl Delivery {
    /// Whether what was handed out leads elsewhere than the link does now.
    pub fn is_stale(&self, key: &HashKey, link: &Link<'_>) -> bool {
        self.address.is_some() && self.address != address_of(key, link)
    }
}

/// The name of what a link hands out: the provider's address and what is typed there; `None` where it has none.
pub fn address_of(key: &HashKey, link: &Link<'_>) -> Option<LinkName> {
    Some(LinkName::with_password(key, link.provider_url?, link.password))
}
