//! Owns a warning on the wire, of a link or an account: its stable name, and what to do about it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::id::SessionId;
use crate::domain::link::Warning;
use crate::web::schema::Id;
use crate::web::schema::WarningCode;

/// What somebody should know about a link or an account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Warning)]
pub(super) struct WarningBody {
    /// Its stable name.
    #[schema(value_type = WarningCode)]
    code: &'static str,
    /// What to do about it.
    detail: &'static str,
    /// The other sessions it concerns.
    #[schema(value_type = Vec<Id>)]
    session_ids: Vec<String>,
}

impl From<&Warning> for WarningBody {
    fn from(warning: &Warning) -> Self {
        let (detail, others): (_, &[SessionId]) = match warning {
            Warning::HostDoubleBooked(others) => (
                "The host has another session at the same time and can run one meeting only. Move one of them, or let somebody else host it.",
                others,
            ),
            Warning::SharedLinkOverlap(others) => (
                "Another session has the same link at the same time: its people would meet these. Move one of them, or give one a link of its own.",
                others,
            ),
            Warning::StaffAccountUnavailable => (
                "The staff member's account cannot make meetings. Reconnect it in the portal, or give it a plan with meetings.",
                &[],
            ),
            Warning::BasicPlanTimeLimit => (
                "The host has a Basic plan: meetings end after 40 minutes. Keep sessions shorter, or upgrade the host.",
                &[],
            ),
            Warning::AccountNeedsReauthorization => (
                "The account no longer lets us in: changes do not reach its meetings. Reconnect it in the portal.",
                &[],
            ),
        };
        let session_ids = others.iter().map(|other| other.as_str().into()).collect();
        Self { code: warning.code(), detail, session_ids }
    }
}
