//! Owns what of a session needs a person: what is not tried any more until somebody has looked.

use jiff::Timestamp;

use crate::domain::id::GrantId;
use crate::domain::minting::BlockReason;
use crate::domain::minting::MeetingState;
use crate::domain::session::Session;

/// One thing that needs a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attention {
    /// Why.
    pub why: Need,
    /// At whose account a person looks.
    pub host: GrantId,
}

/// Why a person is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The provider refused the meeting that was asked for.
    Rejected,
    /// Two creates ended without a clear answer: the host may have meetings that no session knows.
    Unclear,
}

/// What of a session needs a person, as it stands; nothing once it is over, when no meeting would help.
pub fn attention_of(session: &Session, now: Timestamp) -> Vec<Attention> {
    let is_ahead = session.booking.as_ref().is_some_and(|booking| now < booking.ends_at());
    match &session.minting.state {
        MeetingState::Blocked(blocked) if is_ahead => {
            let why = match blocked.reason {
                BlockReason::Rejected => Need::Rejected,
                BlockReason::NeedsAttention => Need::Unclear,
            };
            vec![Attention { why, host: blocked.grant.clone() }]
        }
        MeetingState::Blocked(_)
        | MeetingState::Nothing
        | MeetingState::Intended(_)
        | MeetingState::Bound(_) => Vec::new(),
    }
}

/// Whether a change makes something of a session need a person that did not before.
pub fn begins_to_need(before: Option<&Session>, after: &Session, now: Timestamp) -> bool {
    let before = before.map(|before| attention_of(before, now)).unwrap_or_default();
    attention_of(after, now).iter().any(|attention| !before.contains(attention))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::at;
    use crate::domain::fixture::grant;
    use crate::domain::fixture::meeting;
    use crate::domain::fixture::session;
    use crate::domain::fixture::shown;
    use crate::domain::minting::Blocked;

    fn blocked(reason: BlockReason) -> Session {
        let mut session = session("yoga", &[]);
        let (grant, shown) = (grant("lua"), shown(&session));
        session.minting.state = MeetingState::Blocked(Blocked { reason, grant, shown, kept: None });
        session
    }

    #[test]
    fn what_is_blocked_needs_a_person_until_the_session_is_over() {
        for (reason, why) in
            [(BlockReason::Rejected, Need::Rejected), (BlockReason::NeedsAttention, Need::Unclear)]
        {
            let session = blocked(reason);
            let host = grant("lua");
            assert_eq!(attention_of(&session, at(0)), [Attention { why, host }]);
            let end = session.booking.as_ref().unwrap().ends_at();
            assert_eq!(attention_of(&session, end), []);
        }
        let mut bound = session("yoga", &[]);
        assert_eq!(attention_of(&bound, at(0)), []);
        bound.minting.state = MeetingState::Bound(meeting(&bound, "lua", 1));
        assert_eq!(attention_of(&bound, at(0)), []);
        let mut cancelled = blocked(BlockReason::Rejected);
        cancelled.cancel();
        assert_eq!(attention_of(&cancelled, at(0)), []);
    }

    #[test]
    fn a_need_begins_once_and_another_one_begins_again() {
        let (bare, rejected) = (session("yoga", &[]), blocked(BlockReason::Rejected));
        assert!(begins_to_need(None, &rejected, at(0)));
        assert!(begins_to_need(Some(&bare), &rejected, at(0)));
        assert!(!begins_to_need(Some(&rejected), &rejected, at(0)));
        assert!(begins_to_need(Some(&rejected), &blocked(BlockReason::NeedsAttention), at(0)));
        assert!(!begins_to_need(Some(&rejected), &bare, at(0)));
    }
}
