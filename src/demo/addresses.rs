//! Owns where everything of the demo is found.

use url::Url;

use crate::demo::ports::Ports;

/// Where everything is.
#[derive(Debug, Clone)]
pub(super) struct Addresses {
    /// Pages and join addresses.
    pub(super) public: Url,
    /// The API.
    pub(super) internal: Url,
    /// The Zoom simulator.
    pub(super) simulator: Url,
    /// Which usual ports were taken.
    pub(super) notices: Vec<String>,
}

impl Addresses {
    pub(super) fn of(ports: &Ports) -> Self {
        let all = [&ports.public, &ports.internal, &ports.simulator];
        Self {
            public: ports.public.url(),
            internal: ports.internal.url(),
            simulator: ports.simulator.url(),
            notices: all.into_iter().filter_map(|port| port.notice()).collect(),
        }
    }
}
