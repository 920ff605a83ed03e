//! Owns what an operator says about the two listeners.

use std::net::SocketAddr;

use url::Url;

/// The `[public]` section (contract.md section 4).
#[derive(Debug, Clone)]
pub struct Public {
    /// Where browsers and participants are answered.
    pub listen: SocketAddr,
    /// How they reach it: what join addresses and portal links start with. https, or http on loopback.
    pub base_url: Url,
}

/// The `[internal]` section (contract.md section 4).
#[derive(Debug, Clone)]
pub struct Internal {
    /// Where services and operators are answered.
    pub listen: SocketAddr,
}
