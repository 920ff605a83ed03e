//! Owns what operators need to find every site: no request of anybody else goes through all of them.

use std::fmt;

use crate::app::ports::stored::StoreError;
use crate::domain::id::SiteId;

/// The names of all sites.
#[async_trait::async_trait]
pub trait Register: Send + Sync + fmt::Debug {
    /// Goes through everything that is stored, a piece at a time, and names the sites in it. A site that is there all along
    /// is named at least once, perhaps twice; one that comes or goes meanwhile may be.
    async fn sites(&self, after: Option<&RegisterPlace>) -> Result<SitePage, StoreError>;
}

/// Where a list of sites goes on. Means something only to the store that gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterPlace(pub String);

/// Some sites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SitePage {
    /// May be none before the end.
    pub sites: Vec<SiteId>,
    /// Where to go on; `None` at the end.
    pub next: Option<RegisterPlace>,
}
