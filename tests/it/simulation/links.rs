//! Owns which links were handed out, and what must never be: two of one generation of a session.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;

use greenroom::app::sessions::SessionView;
use greenroom::domain::id::SessionId;
use jiff::Timestamp;

/// The meetings that links led to, by session and generation.
type Handed = BTreeMap<(SessionId, u64), BTreeSet<String>>;

/// The links that were handed out. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Links(Arc<Mutex<Handed>>);

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Links")
    }
}

impl Links {
    /// Notes what somebody was told of a session's link; answers it in a word.
    pub(super) fn note(&self, view: &SessionView, now: Timestamp) -> String {
        let link = view.link(now);
        let meeting = link.meeting_id.filter(|_| link.provider_url.is_some());
        if let (Some(meeting), Some(held)) = (meeting, view.session.minting.handed_out()) {
            let place = (view.session.id.clone(), held.generation);
            self.0.lock().unwrap().entry(place).or_default().insert(meeting.as_str().to_owned());
        }
        let meeting = meeting.map_or("", |meeting| meeting.as_str());
        format!("{} {:?} {meeting} g{}", view.session.id, link.status, view.session.minting.generation)
    }

    /// The generations of which more than one was handed out.
    pub(super) fn contradictions(&self) -> Vec<String> {
        let handed = self.0.lock().unwrap();
        let several = handed.iter().filter(|(_, meetings)| meetings.len() > 1);
        several
            .map(|((session, generation), meetings)| {
                format!("several links were handed out of {session}, generation {generation}: {meetings:?}")
            })
            .collect()
    }
}
