//! Owns when a grant needs attention next: to be looked at, renewed, or revoked. Does none of it.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::grant::Grant;
use crate::domain::grant::Tokens;
use crate::domain::meeting::after;

/// How long a person has to confirm a user who came back from the provider.
pub const CONFIRM_WITHIN: Duration = Duration::from_mins(10);
/// When a revocation that was not answered is tried again.
pub const REVOKE_AGAIN: Duration = Duration::from_mins(15);
/// How long meetings that are to be deleted have before their grant is revoked.
pub const RELEASE_AFTER: Duration = Duration::from_mins(10);
/// How soon is looked again at a grant that meetings which move, or go, still need, at first.
pub const NEEDED_FOR_NOW: Duration = Duration::from_mins(2);
/// When that takes long.
pub const NEEDED_FOR_LONG: Duration = Duration::from_mins(30);
/// Meetings that could not move or go by then stay.
pub const NEEDED_AT_MOST: Duration = Duration::from_hours(7 * 24);
/// Must exceed [`RELEASE_AFTER`]: how soon a look is made up for that a change displaced.
const LOOK_AGAIN: Duration = Duration::from_mins(15);
/// Must exceed [`CONFIRM_WITHIN`]: a reference is held before its site bears it out, and must not be swept between.
const SETTLED_AFTER: Duration = Duration::from_mins(11);
/// A user is looked at again after this at the soonest: with the spread it is a day, in which a licence that is lost must
/// be noticed (zoom/facts.md 2.10).
const USER_AGAIN: Duration = Duration::from_hours(22);
/// How much longer it may be, by grant.
const USER_SPREAD: Duration = Duration::from_mins(115);
/// How long after a lapse every write leaves its accounts to be told once more.
const TOLD_WITHIN: Duration = Duration::from_hours(1);
/// How soon they are.
const TELL_AGAIN: Duration = Duration::from_mins(1);
/// How soon accounts are told again whose sites could not be read or written.
pub const UNTOLD_AGAIN: Duration = Duration::from_mins(5);
/// How soon is looked whether accounts still use a grant that has long lapsed.
const SWEEP_AGAIN: Duration = Duration::from_hours(24);

/// When a grant needs attention next, after it was looked at; `keep_alive` is how old tokens may grow.
pub fn after_look(grant: &Grant, keep_alive: Duration, now: Timestamp) -> Timestamp {
    if !is_settled(grant, now) {
        let settled = after(grant.authorized_at, SETTLED_AFTER);
        return match grant.tokens {
            Tokens::Lapsed { .. } => settled.min(after(now, TELL_AGAIN)),
            Tokens::Active(_) | Tokens::Refreshing { .. } => settled,
        };
    }
    if grant.references.is_empty() {
        return after(now, REVOKE_AGAIN);
    }
    match &grant.tokens {
        // Nobody may ask for the tokens for long: whoever looks ends what was left half done.
        Tokens::Refreshing { .. } => after(now, LOOK_AGAIN),
        Tokens::Active(pair) => {
            let due = after(pair.obtained_at, keep_alive).min(user_due(grant));
            due.max(after(now, LOOK_AGAIN))
        }
        // Whoever writes before its accounts are told leaves it due.
        Tokens::Lapsed { since, .. } if now < after(*since, TOLD_WITHIN) => after(now, TELL_AGAIN),
        Tokens::Lapsed { .. } => after(now, SWEEP_AGAIN),
    }
}

/// When a grant needs attention next, after a change by somebody who did not look at what refers to it: soon, since a
/// look that was due before is due no more.
pub fn after_change(grant: &Grant, keep_alive: Duration, now: Timestamp) -> Timestamp {
    after_look(grant, keep_alive, now).min(after(now, LOOK_AGAIN))
}

/// When the user of a grant is to be looked at next: within a day. Each grant goes round in a time of its own, so that
/// users who were looked at together come one by one.
pub fn user_due(grant: &Grant) -> Timestamp {
    let number = |sum: u64, byte: u8| sum.wrapping_mul(31).wrapping_add(byte.into());
    let share = grant.id.as_str().bytes().fold(0, number) % (USER_SPREAD.as_secs() + 1);
    after(after(grant.looked_at, USER_AGAIN), Duration::from_secs(share))
}

/// When tokens are renewed next though nobody uses them: a look at the user needs tokens that work.
pub fn renewal_due(grant: &Grant, keep_alive: Duration) -> Option<Timestamp> {
    grant.tokens.pair().map(|pair| after(pair.obtained_at, keep_alive).min(user_due(grant)))
}

/// Whether nobody can still be about to confirm the last authorisation.
pub fn is_settled(grant: &Grant, now: Timestamp) -> bool {
    now >= after(grant.authorized_at, SETTLED_AFTER)
}
