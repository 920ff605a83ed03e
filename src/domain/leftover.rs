//! Owns what a session may have left at a provider, and how it goes (R20, correctness.md section 2, steps 5 and 6).

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::id::GrantId;
use crate::domain::meeting::Meeting;
use crate::domain::meeting::MeetingId;
use crate::domain::meeting::after;
use crate::domain::minting::Doom;
use crate::domain::minting::Doomed;
use crate::domain::minting::Intent;
use crate::domain::minting::MeetingState;
use crate::domain::minting::Minting;
use crate::domain::minting::Stray;
use crate::domain::minting::Wanted;
use crate::domain::pause::Pause;

/// Whether a host is still needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It is.
    Needed,
    /// It is not.
    Over,
}

/// So many refusals of a removal, with growing pauses of ten minutes at most, are longer than a meeting that runs.
const REFUSALS: u8 = 150;

/// When a stray is looked for, counted from when its create was begun. By the first time, a create carried out 90 seconds
/// late shows in a list that lags by two minutes.
const STRAY_LOOKS: [Duration; 3] =
    [Duration::from_mins(5), Duration::from_hours(1), Duration::from_hours(24)];

impl Doomed {
    /// A meeting that is to go from now on.
    pub fn new(grant: GrantId, id: MeetingId, why: Doom) -> Self {
        Self { grant, id, why, refusals: 0 }
    }

    /// Whether it is this meeting.
    pub fn is(&self, grant: &GrantId, id: &MeetingId) -> bool {
        self.grant == *grant && self.id == *id
    }

    /// Whether the provider refused it so often that a person must look.
    pub const fn needs_attention(&self) -> bool {
        self.refusals >= REFUSALS
    }
}

impl Stray {
    /// When to look for it next; `None` where that was done often enough.
    pub fn look_at(&self) -> Option<Timestamp> {
        STRAY_LOOKS.get(usize::from(self.looks)).map(|delay| after(self.begun_at, *delay))
    }
}

impl Minting {
    /// A create was given up: its meeting may come late.
    pub(in crate::domain) fn missed(&mut self, intent: &Intent) {
        self.strays.push(Stray {
            grant: intent.grant.clone(),
            generation: self.generation,
            shown: intent.shown.clone(),
            begun_at: intent.begun_at,
            looks: 0,
        });
    }

    /// Whether something is left to do with a host that a session is not served by any more: its meeting there is to be
    /// replaced or removed first.
    pub fn needs(&self, host: &GrantId, wanted: &Wanted) -> Use {
        let is_doomed = self.doomed.iter().any(|doomed| doomed.grant == *host && !doomed.needs_attention());
        let is_intended = matches!(&self.state, MeetingState::Intended(intent) if intent.grant == *host);
        let is_left = self.handed_out().is_some_and(|meeting| meeting.grant == *host)
            && match wanted {
                Wanted::Meeting(wish) => wish.grant != *host,
                Wanted::Nothing => true,
                Wanted::Kept => false,
            };
        if is_doomed || is_intended || is_left { Use::Needed } else { Use::Over }
    }

    /// Marks a meeting for removal, once. One that is handed out is never marked.
    pub fn doom(&mut self, grant: GrantId, id: MeetingId, why: Doom) {
        let is_held = self.handed_out().is_some_and(|held| held.grant == grant && held.id == id);
        if !is_held && !self.doomed.iter().any(|doomed| doomed.is(&grant, &id)) {
            self.doomed.push(Doomed::new(grant, id, why));
        }
    }

    /// A doomed meeting is removed at the provider.
    #[must_use]
    pub fn removed(mut self, doomed: &Doomed) -> Self {
        self.doomed.retain(|other| !other.is(&doomed.grant, &doomed.id));
        self.pauses.resume(&doomed.grant);
        self.claimed_until = None;
        self
    }

    /// The provider refused to remove a doomed meeting, as it stands: to be tried again after the pause, until a person
    /// must look.
    #[must_use]
    pub fn not_removed(mut self, doomed: &Doomed, pause: Pause) -> Self {
        let mut all = self.doomed.iter_mut();
        if let Some(doomed) = all.find(|other| other.is(&doomed.grant, &doomed.id)) {
            doomed.refusals = doomed.refusals.saturating_add(1);
        }
        self.paused(pause)
    }

    /// A complete listing showed these meetings of a stray's generation, the oldest of them is `first`. Where the session
    /// has none of that generation, it gets the first; all others are doomed. Not so while a create is under way, whose
    /// own meeting may be among them: then the look counts as not done.
    #[must_use]
    pub fn searched(mut self, stray: &Stray, (first, found): (Option<Meeting>, &[MeetingId])) -> Self {
        self.claimed_until = None;
        if matches!(self.state, MeetingState::Intended(_)) {
            return self;
        }
        if let Some(first) = first {
            self = self.bound(first);
        }
        for id in found {
            self.doom(stray.grant.clone(), id.clone(), Doom::Stray);
        }
        for own in &mut self.strays {
            if own.begun_at == stray.begun_at && own.grant == stray.grant {
                own.looks = stray.looks.saturating_add(1);
            }
        }
        self.strays.retain(|stray| stray.look_at().is_some());
        self.pauses.resume(&stray.grant);
        self
    }
}
