//! Owns in which indexes a session stands: by its start, among those of its site, its service, each of its staff, and
//! its venue; and by its meeting.
//!
//! It stands there while it is booked. Says what a commit changes of that; reads and writes nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::app::ports::store::SessionChange;
use crate::app::ports::store::SessionEntry;
use crate::app::ports::store::SessionRange;
use crate::app::ports::store::SessionWrite;
use crate::app::ports::store::SessionsOf;
use crate::app::ports::traces::AtVenue;
use crate::domain::hash::HashKey;
use crate::domain::id::SessionId;
use crate::domain::session::Session;
use crate::store::hashed;
use crate::store::keys;
use crate::store::keys::IndexName;
use crate::store::sealed;

/// The index in which these sessions stand.
pub(in crate::store) fn index(of: &SessionsOf) -> IndexName {
    match of {
        SessionsOf::All => keys::SESSIONS,
        SessionsOf::Service(service) => keys::sessions_of_service(service),
        SessionsOf::Staff(member) => keys::sessions_of_staff(member),
    }
}

/// The entries that may be of sessions in the range: an index counts whole milliseconds. `None` for an empty range.
pub(in crate::store) fn range(range: &SessionRange) -> Option<sealed::Range> {
    let last = range.to.checked_sub(Duration::from_nanos(1)).ok()?;
    let after = range.after.as_ref().map(|entry| sealed::Entry {
        score: entry.starts_at.as_millisecond(),
        member: entry.id.as_str().into(),
    });
    Some(sealed::Range {
        min: range.from.as_millisecond(),
        max: last.as_millisecond(),
        after,
        limit: range.limit,
        order: sealed::Order::Ascending,
    })
}

/// Reads an entry; `None` for what names no session.
pub(in crate::store) fn entry(entry: &sealed::Entry) -> Option<SessionEntry> {
    let starts_at = Timestamp::from_millisecond(entry.score).ok()?;
    Some(SessionEntry { id: SessionId::parse(&entry.member).ok()?, starts_at })
}

/// What a change of a session changes of its entries; nothing where it stays as it was read. `key` is that of the hashes
/// that stand in keys.
pub(in crate::store) fn changes(key: &HashKey, change: &SessionChange) -> Vec<sealed::IndexChange> {
    let written = match &change.write {
        SessionWrite::Keep => return Vec::new(),
        SessionWrite::Put(session) => Some(&**session),
        SessionWrite::Remove => None,
    };
    let (old, new) = (standing(key, change.before.as_deref()), standing(key, written));
    let stays = |index: &IndexName, entry: &sealed::Entry| {
        new.get(index).is_some_and(|standing| standing.member == entry.member)
    };
    let gone = old.iter().filter(|(index, entry)| !stays(index, entry));
    let gone = gone.map(|(index, entry)| sealed::IndexChange::Remove {
        index: index.clone(),
        member: entry.member.clone(),
    });
    let moved = new.iter().filter(|(index, entry)| old.get(index) != Some(entry));
    let moved = moved.map(|(index, entry)| sealed::IndexChange::Add {
        index: index.clone(),
        member: entry.member.clone(),
        score: entry.score,
    });
    gone.chain(moved).collect()
}

/// In which indexes a session stands, and where.
fn standing(key: &HashKey, session: Option<&Session>) -> BTreeMap<IndexName, sealed::Entry> {
    let Some((session, booking)) = session.and_then(|session| Some((session, session.booking.as_ref()?)))
    else {
        return BTreeMap::new();
    };
    let entry = |member| sealed::Entry { score: booking.starts_at.as_millisecond(), member };
    let own = [keys::SESSIONS, keys::sessions_of_service(&booking.service_id)];
    let staff = booking.staff_ids.iter().map(keys::sessions_of_staff);
    let listed = own.into_iter().chain(staff).map(|index| (index, entry(session.id.as_str().to_owned())));
    let venue = session.venue.as_ref().map(|venue| {
        (keys::sessions_at(venue), entry(format!("{}/{}", session.id, booking.duration_minutes)))
    });
    let meeting = session.minting.handed_out().map(|meeting| {
        let (score, member) = (hashed::meeting_number(key, &meeting.id), session.id.as_str().to_owned());
        (keys::MEETINGS, sealed::Entry { score, member })
    });
    listed.chain(venue).chain(meeting).collect()
}

/// Reads an entry of a venue; `None` for what names no session and length.
pub(in crate::store) fn at_venue(entry: &sealed::Entry) -> Option<AtVenue> {
    let (session, minutes) = entry.member.split_once('/')?;
    Some(AtVenue {
        session: SessionId::parse(session).ok()?,
        starts_at: Timestamp::from_millisecond(entry.score).ok()?,
        minutes: minutes.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::ports::stored::Basis;
    use crate::domain::account::Revision;
    use crate::domain::concealed::LinkUrl;
    use crate::domain::id::GrantId;
    use crate::domain::id::ServiceId;
    use crate::domain::id::StaffId;
    use crate::domain::join::JoinKey;
    use crate::domain::meeting::Held;
    use crate::domain::meeting::Meeting;
    use crate::domain::meeting::MeetingId;
    use crate::domain::minting::MeetingState;
    use crate::domain::session::Booking;
    use crate::domain::session::Choice;
    use crate::domain::session::NewSession;
    use crate::domain::time_zone::TimeZoneName;

    fn session(service: &str, staff: &[&str], second: i64) -> Session {
        let booking = Booking {
            service_id: ServiceId::parse(service).unwrap(),
            staff_ids: staff.iter().map(|member| StaffId::parse(member).unwrap()).collect(),
            title: "Yoga".into(),
            starts_at: Timestamp::from_second(second).unwrap(),
            duration_minutes: 30,
            time_zone: TimeZoneName::trusted("UTC"),
        };
        let new = NewSession { join: JoinKey::new([1; 44]), first: Revision(1), now: Timestamp::UNIX_EPOCH };
        Session::new(SessionId::parse("s-1").unwrap(), booking, new)
    }

    /// What is changed, in words: `+sessions@1000`, `-sessions`.
    fn changed(before: Option<Session>, write: SessionWrite) -> Vec<String> {
        let id = SessionId::parse("s-1").unwrap();
        let (basis, before) = (Basis::Version(1), before.map(Arc::new));
        let words = |change| match change {
            sealed::IndexChange::Add { index, score, member }
            | sealed::IndexChange::Append { index, score, member } => {
                assert_eq!(member, "s-1");
                format!("+{}@{score}", index.as_str())
            }
            sealed::IndexChange::Remove { index, member }
            | sealed::IndexChange::RemoveSeen { index, member, .. } => {
                assert_eq!(member, "s-1");
                format!("-{}", index.as_str())
            }
        };
        changes(&HashKey::new([7; 32]), &SessionChange { id, basis, before, write, due: None })
            .into_iter()
            .map(words)
            .collect()
    }

    fn put(session: Session) -> SessionWrite {
        SessionWrite::Put(Arc::new(session))
    }

    #[test]
    fn a_new_session_stands_in_every_index_once() {
        let written = changed(None, put(session("yoga", &["ana", "bo", "ana"], 1)));
        let all = ["+sessions@1000", "+sessions/service/yoga@1000"];
        let staff = ["+sessions/staff/ana@1000", "+sessions/staff/bo@1000"];
        assert_eq!(written, [all, staff].concat());
    }

    #[test]
    fn what_stays_where_it_stood_is_not_written() {
        let old = session("yoga", &["ana", "bo"], 1);
        let mut chosen = old.clone();
        chosen.choose(Choice::None);
        assert_eq!(changed(Some(old.clone()), put(chosen)), [""; 0]);
        assert_eq!(changed(Some(old.clone()), put(session("yoga", &["bo", "ana"], 1))), [""; 0]);
        assert_eq!(changed(Some(old), SessionWrite::Keep), [""; 0]);
    }

    #[test]
    fn another_service_another_member_and_another_start_move_what_they_touch() {
        let old = || Some(session("yoga", &["ana", "bo"], 1));
        let service = changed(old(), put(session("talk", &["ana", "bo"], 1)));
        assert_eq!(service, ["-sessions/service/yoga", "+sessions/service/talk@1000"]);
        let staff = changed(old(), put(session("yoga", &["bo", "cy"], 1)));
        assert_eq!(staff, ["-sessions/staff/ana", "+sessions/staff/cy@1000"]);
        let start = changed(old(), put(session("yoga", &["bo"], 2)));
        let moved = ["-sessions/staff/ana", "+sessions@2000", "+sessions/service/yoga@2000"];
        assert_eq!(start, [&moved[..], &["+sessions/staff/bo@2000"]].concat());
    }

    #[test]
    fn a_session_that_is_cancelled_or_forgotten_stands_nowhere() {
        let old = session("yoga", &["ana"], 1);
        let mut cancelled = old.clone();
        cancelled.cancel();
        let gone = ["-sessions", "-sessions/service/yoga", "-sessions/staff/ana"];
        assert_eq!(changed(Some(old.clone()), put(cancelled.clone())), gone);
        assert_eq!(changed(Some(old.clone()), SessionWrite::Remove), gone);
        assert_eq!(changed(Some(cancelled.clone()), SessionWrite::Remove), [""; 0]);
        assert_eq!(changed(Some(cancelled), put(old)).len(), 3);
    }

    #[test]
    fn a_session_stands_under_the_meeting_that_it_hands_out() {
        let number = |id: &str| hashed::meeting_number(&HashKey::new([7; 32]), &MeetingId::new(id));
        assert!((0..1 << 52).contains(&number("1")) && number("1") != number("2"));
        let bound = |id: &str| {
            let mut session = session("yoga", &[], 1);
            let shown = session.booking.as_ref().unwrap().shown();
            session.minting.state = MeetingState::Bound(Meeting {
                grant: GrantId::parse(&"a".repeat(26)).unwrap(),
                id: MeetingId::new(id),
                join_url: LinkUrl::new("https://zoom.example/j/1".parse().unwrap()),
                passcode: None,
                shown,
                shown_at: Timestamp::UNIX_EPOCH,
                doubt: None,
                seen_at: Timestamp::UNIX_EPOCH,
                asked_at: None,
                held: Held::default(),
                generation: 1,
                bound_at: Timestamp::UNIX_EPOCH,
            });
            session
        };
        let added = |id: &str| format!("+meetings@{}", number(id));
        assert_eq!(changed(Some(session("yoga", &[], 1)), put(bound("1"))), [added("1")]);
        assert_eq!(changed(Some(bound("1")), put(bound("2"))), [added("2")]);
        assert_eq!(changed(Some(bound("1")), put(session("yoga", &[], 1))), ["-meetings"]);
    }
}
