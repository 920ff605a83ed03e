//! Owns which session a step is taken of, and what happens where it cannot be taken now.

use tracing::warn;

use crate::app::call::CallFailure;
use crate::app::gateway::Gateway;
use crate::app::mint::persist;
use crate::domain::id::GrantId;
use crate::domain::id::SessionId;
use crate::domain::id::SiteId;

/// Which session, for a step.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// With what.
    pub gateway: &'a Gateway,
    /// Of which site.
    pub site: &'a SiteId,
    /// Which session.
    pub session: &'a SessionId,
}

/// Gives a claimed step back: its host is left alone for a while.
pub async fn pause(target: Target<'_>, (grant, failure, failures): (&GrantId, CallFailure, u32)) {
    warn!(session.id = %target.session, ?failure, "a step was not taken");
    let pause = failure.pause(target.gateway, grant, failures);
    persist(target.gateway, target.site, target.session, |minting| minting.paused(pause.clone())).await;
}
