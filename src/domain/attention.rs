//! Owns what of a session needs a person: what is not tried any more until somebody has looked.

use jiff::Timestamp;

use crate::domain::id::GrantId;
use crate::domain::meeting::MeetingId;
use crate::domain::minting::BlockReason;
use crate::domain::minting::MeetingState;
use crate::domain::minting::Minting;
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// The provider refused the meeting that was asked for.
    Rejected,
    /// Two creates ended without a clear answer: the host may have meetings that no session knows.
    Unclear,
    /// The provider keeps refusing to remove a meeting that nothing wants any more.
    NotRemoved {
        /// Which: each is a need of its own, so that one which was left as it is hides none that follows.
        meeting: MeetingId,
    },
}

/// What of a session needs a person, as it stands. Once it is over no meeting would help; what is to be removed still
/// is.
pub fn attention_of(session: &Session, now: Timestamp) -> Vec<Attention> {
    let is_ahead = session.booking.as_ref().is_some_and(|booking| now < booking.ends_at());
    let mut all = Vec::new();
    if let MeetingState::Blocked(blocked) = &session.minting.state
        && is_ahead
    {
        let why = match blocked.reason {
            BlockReason::Rejected => Need::Rejected,
            BlockReason::NeedsAttention => Need::Unclear,
        };
        all.push(Attention { why, host: blocked.grant.clone() });
    }
    for doomed in session.minting.doomed.iter().filter(|doomed| doomed.needs_attention()) {
        let why = Need::NotRemoved { meeting: doomed.id.clone() };
        all.push(Attention { why, host: doomed.grant.clone() });
    }
    all
}

/// Begins anew with all that needed a person: what was blocked as a new generation, what was not removed as if it had
/// just been doomed. The hosts are asked at once.
#[must_use]
pub fn retried(mut minting: Minting) -> Minting {
    for doomed in minting.doomed.iter_mut().filter(|doomed| doomed.needs_attention()) {
        doomed.refusals = 0;
        minting.pauses.resume(&doomed.grant);
    }
    if let MeetingState::Blocked(blocked) = &minting.state {
        let (host, kept) = (blocked.grant.clone(), blocked.kept.clone());
        minting.next_generation(kept);
        minting.pauses.resume(&host);
    }
    minting
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
    use crate::domain::minting::Doom;
    use crate::domain::minting::Doomed;
    use crate::domain::pause::Pause;
    use crate::domain::pause::PauseReason;

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

    fn refused(id: &str, refusals: u8) -> Doomed {
        let (grant, id) = (grant("ana"), MeetingId::new(id));
        Doomed { refusals, ..Doomed::new(grant, id, Doom::Unwanted) }
    }

    fn not_removed(id: &str) -> Need {
        Need::NotRemoved { meeting: MeetingId::new(id) }
    }

    #[test]
    fn a_meeting_that_cannot_be_removed_needs_a_person_whatever_becomes_of_its_session() {
        let mut session = blocked(BlockReason::Rejected);
        session.minting.doomed = vec![refused("1", u8::MAX), refused("2", 1), refused("3", u8::MAX)];
        let whys = |session: &Session, second| {
            attention_of(session, at(second)).into_iter().map(|found| found.why).collect::<Vec<_>>()
        };
        assert_eq!(whys(&session, 0), [Need::Rejected, not_removed("1"), not_removed("3")]);
        session.cancel();
        assert_eq!(whys(&session, 0), [not_removed("1"), not_removed("3")]);
    }

    #[test]
    fn a_second_meeting_of_a_host_that_cannot_be_removed_is_a_need_of_its_own() {
        let mut one = session("yoga", &[]);
        one.minting.doomed = vec![refused("1", u8::MAX), refused("2", 1)];
        let mut both = one.clone();
        both.minting.doomed = vec![refused("1", u8::MAX), refused("2", u8::MAX)];
        assert!(begins_to_need(Some(&one), &both, at(0)));
        assert!(!begins_to_need(Some(&both), &both, at(0)));
        assert!(!begins_to_need(Some(&both), &one, at(0)));
    }

    #[test]
    fn what_is_tried_again_begins_anew_and_its_hosts_are_asked_at_once() {
        let mut session = blocked(BlockReason::NeedsAttention);
        let generation = session.minting.generation;
        session.minting.attempts = 2;
        session.minting.doomed = vec![refused("1", u8::MAX), refused("2", 1)];
        for host in ["lua", "ana"] {
            let (grant, reason, until) = (grant(host), PauseReason::Unavailable, at(600));
            session.minting.pauses.hold(Pause { grant, reason, until, failures: 9 });
        }
        session.minting = retried(session.minting);
        assert_eq!(attention_of(&session, at(0)), []);
        assert_eq!((session.minting.generation, session.minting.attempts), (generation + 1, 0));
        assert_eq!(session.minting.state, MeetingState::Nothing);
        assert_eq!(session.minting.doomed, [refused("1", 0), refused("2", 1)]);
        assert_eq!(session.minting.pauses.iter().count(), 0);
        assert_eq!(retried(session.minting.clone()), session.minting, "what needs nobody stays as it is");
    }
}
