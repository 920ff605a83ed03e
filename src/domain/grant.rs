//! Owns grants: a user at a provider, their tokens, and who refers to them (R2, R29, correctness.md section 3).

use std::collections::BTreeSet;
use std::hash::DefaultHasher;
use std::hash::Hash;
use std::hash::Hasher;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use url::Url;

use crate::domain::account::Host;
use crate::domain::account::Owner;
use crate::domain::id::GrantId;
use crate::domain::id::SiteId;
use crate::domain::meeting::after;

pub use crate::domain::account::LapseReason;

/// One app and one user at a provider: one living grant, whichever sites refer to it.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Its id: a keyed hash of client, account and user.
    pub id: GrantId,
    /// The client id its tokens belong to.
    pub client_id: String,
    /// Who authorised it.
    pub host: Host,
    /// What was consented to.
    pub scopes: BTreeSet<String>,
    /// Its tokens.
    pub tokens: Tokens,
    /// The accounts that use it; the last one gone, it is revoked (R7).
    pub references: BTreeSet<Reference>,
    /// When the user consented last.
    pub authorized_at: Timestamp,
    /// When the provider said last who the user is: what [`Grant::host`] holds.
    pub looked_at: Timestamp,
}

impl Grant {
    /// Whether it is from before another state of the same grant: a store went back that had both.
    pub fn is_before(&self, other: &Self) -> bool {
        (self.authorized_at, self.tokens.generation()) < (other.authorized_at, other.tokens.generation())
    }

    /// When its tokens are renewed: each pair at a time of its own within 20 % around what is usual, so that those that
    /// were obtained together are not renewed together.
    pub fn refresh_timing(&self, timing: RefreshTiming) -> RefreshTiming {
        let mut spread = DefaultHasher::new();
        (self.id.as_str(), self.tokens.generation()).hash(&mut spread);
        let percent = 80 + u32::try_from(spread.finish() % 41).unwrap_or_default();
        RefreshTiming { lead: timing.lead * percent / 100, ..timing }
    }
}

/// An account that uses a grant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Of which site.
    pub site: SiteId,
    /// Whose account there.
    pub owner: Owner,
}

/// Where a grant's tokens stand.
#[derive(Debug, Clone)]
pub enum Tokens {
    /// They can be used, or refreshed.
    Active(TokenPair),
    /// A replica is refreshing them: from here on the refresh token may be spent.
    Refreshing {
        /// The tokens from before.
        pair: TokenPair,
        /// Names the one refresh that is under way.
        fence: u64,
        /// When it began.
        since: Timestamp,
    },
    /// They do not work any more: the user must consent again.
    Lapsed {
        /// When that was found.
        since: Timestamp,
        /// Why.
        reason: LapseReason,
        /// The generation of the tokens that lapsed.
        generation: u64,
    },
}

/// An access token and the refresh token that follows it.
#[derive(Debug, Clone)]
pub struct TokenPair {
    /// Opens the API.
    pub access: SecretString,
    /// Works once.
    pub refresh: SecretString,
    /// When the access token stops working.
    pub expires_at: Timestamp,
    /// When it was obtained.
    pub obtained_at: Timestamp,
    /// Grows with every pair: a newer one always wins.
    pub generation: u64,
    /// Where the provider wants this user's calls.
    pub api_url: Option<Url>,
}

/// What a caller needs of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// One that works.
    Valid,
    /// Another one than that of this generation, which the provider refused.
    NewerThan(u64),
}

/// When tokens are renewed, and how long another's renewal is left alone.
#[derive(Debug, Clone, Copy)]
pub struct RefreshTiming {
    /// Renewed when less than this is left, 10 min (correctness.md section 3), or a little more or less: see
    /// [`Grant::refresh_timing`].
    pub lead: Duration,
    /// Another's refresh is taken over after this.
    pub takeover: Duration,
    /// Tokens that nobody used are renewed after this: the refresh token dies after 90 days (zoom/facts.md 1.4).
    pub keep_alive: Duration,
}

/// What to do before a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenStep {
    /// Use the access token there is.
    Use,
    /// Use the access token there is, and refresh beside it.
    UseAndRefresh,
    /// Refresh, then use the new one.
    Refresh,
    /// Somebody refreshes: read again, at the latest then.
    Wait(Timestamp),
    /// The user must consent again.
    Reauthorize(LapseReason),
}

impl Tokens {
    /// Names what to do before a call. Another's refresh is left alone from when it was first `seen` here: whoever began
    /// it may have another clock.
    pub fn next_step(
        &self,
        need: Need,
        timing: RefreshTiming,
        (now, seen): (Timestamp, Timestamp),
    ) -> TokenStep {
        match self {
            Self::Lapsed { reason, .. } => TokenStep::Reauthorize(*reason),
            Self::Active(pair) if !pair.serves(need, now) => TokenStep::Refresh,
            Self::Active(pair) if after(now, timing.lead) >= pair.expires_at => TokenStep::UseAndRefresh,
            Self::Active(_) => TokenStep::Use,
            Self::Refreshing { pair, since, .. } => {
                let patience =
                    after(seen, timing.takeover).min(after(after(*since, timing.takeover), CLOCKS_APART));
                match (pair.serves(need, now), now >= patience) {
                    (true, false) => TokenStep::Use,
                    (true, true) => TokenStep::UseAndRefresh,
                    (false, false) => TokenStep::Wait(patience),
                    (false, true) => TokenStep::Refresh,
                }
            }
        }
    }

    /// The generation of the newest tokens there were.
    pub const fn generation(&self) -> u64 {
        match self {
            Self::Active(pair) | Self::Refreshing { pair, .. } => pair.generation,
            Self::Lapsed { generation, .. } => *generation,
        }
    }

    /// The tokens, where there are any.
    pub const fn pair(&self) -> Option<&TokenPair> {
        match self {
            Self::Active(pair) | Self::Refreshing { pair, .. } => Some(pair),
            Self::Lapsed { .. } => None,
        }
    }

    /// Begins a refresh: the state to commit before the request is sent. Lapsed tokens stay lapsed.
    #[must_use]
    pub fn refreshing(self, fence: u64, now: Timestamp) -> Self {
        match self {
            Self::Active(pair) | Self::Refreshing { pair, .. } => {
                Self::Refreshing { pair, fence, since: now }
            }
            Self::Lapsed { since, reason, generation } => Self::Lapsed { since, reason, generation },
        }
    }

    /// Takes the tokens of a refresh. A newer generation always wins, over any state; an older one never. Where the user
    /// withdrew the consent none does: they end with it, whenever they were obtained.
    #[must_use]
    pub fn renewed(self, pair: TokenPair) -> Self {
        if matches!(self, Self::Lapsed { reason: LapseReason::Removed, .. }) {
            return self;
        }
        if pair.generation > self.generation() { Self::Active(pair) } else { self }
    }

    /// The refresh of `fence` did not happen: the tokens from before are tried again. Another's refresh stays.
    #[must_use]
    pub fn not_refreshed(self, fence: u64) -> Self {
        match self {
            Self::Refreshing { pair, fence: current, .. } if current == fence => Self::Active(pair),
            other @ (Self::Active(_) | Self::Refreshing { .. } | Self::Lapsed { .. }) => other,
        }
    }

    /// The refresh of `fence` was refused: its tokens do not work any more. Where another's refresh is under way it may be
    /// the one that spent them: that one tells.
    #[must_use]
    pub fn refused(self, fence: u64, generation: u64, now: Timestamp) -> Self {
        match self {
            Self::Refreshing { fence: current, .. } if current != fence => self,
            Self::Active(_) | Self::Refreshing { .. } | Self::Lapsed { .. } => {
                self.lapsed(generation, LapseReason::Refused, now)
            }
        }
    }

    /// The tokens of this generation do not work any more. Newer ones are left alone.
    #[must_use]
    pub fn lapsed(self, generation: u64, reason: LapseReason, now: Timestamp) -> Self {
        match self {
            Self::Active(pair) | Self::Refreshing { pair, .. } if pair.generation <= generation => {
                Self::Lapsed { since: now, reason, generation: pair.generation }
            }
            other @ (Self::Active(_) | Self::Refreshing { .. } | Self::Lapsed { .. }) => other,
        }
    }
}

impl TokenPair {
    fn serves(&self, need: Need, now: Timestamp) -> bool {
        let is_new_enough = match need {
            Need::Valid => true,
            Need::NewerThan(generation) => self.generation > generation,
        };
        is_new_enough && now < after_margin(self.expires_at)
    }
}

/// So far apart may two clocks be, of replicas or the provider's: what is older than that for one of them is old.
pub const CLOCKS_APART: Duration = Duration::from_mins(15);

/// Must exceed the provider timeout: a token that dies in flight reads as a revoked grant.
const MARGIN: Duration = Duration::from_secs(30);

fn after_margin(expires_at: Timestamp) -> Timestamp {
    expires_at.checked_sub(MARGIN).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMING: RefreshTiming = RefreshTiming {
        lead: Duration::from_mins(10),
        takeover: Duration::from_mins(2),
        keep_alive: Duration::from_hours(168),
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn pair(generation: u64, expires: i64) -> TokenPair {
        TokenPair {
            access: "access".into(),
            refresh: "refresh".into(),
            expires_at: at(expires),
            obtained_at: at(0),
            generation,
            api_url: None,
        }
    }

    #[test]
    fn a_refresh_that_comes_after_the_consent_was_withdrawn_brings_nothing_back() {
        let active = Tokens::Active(pair(3, 4_000));
        let lapsed = |reason| active.clone().lapsed(3, reason, at(1)).renewed(pair(4, 9_000));
        assert_eq!(
            lapsed(LapseReason::Refused).generation(),
            4,
            "a suspicion never stands against newer tokens"
        );
        assert!(lapsed(LapseReason::Removed).pair().is_none());
    }

    #[test]
    fn the_step_follows_from_what_is_left_and_who_is_at_it() {
        let refreshing = |since| Tokens::Refreshing { pair: pair(3, 4_000), fence: 1, since: at(since) };
        let lapsed = Tokens::Lapsed { since: at(0), reason: LapseReason::Refused, generation: 3 };
        let cases = [
            (Tokens::Active(pair(3, 4_000)), Need::Valid, TokenStep::Use),
            (Tokens::Active(pair(3, 1_500)), Need::Valid, TokenStep::UseAndRefresh),
            (Tokens::Active(pair(3, 1_020)), Need::Valid, TokenStep::Refresh),
            (Tokens::Active(pair(3, 4_000)), Need::NewerThan(3), TokenStep::Refresh),
            (Tokens::Active(pair(4, 4_000)), Need::NewerThan(3), TokenStep::Use),
            (refreshing(990), Need::Valid, TokenStep::Use),
            (refreshing(990), Need::NewerThan(3), TokenStep::Wait(at(1_110))),
            // Whoever began it may have a clock that is ten minutes behind, or ahead.
            (refreshing(390), Need::NewerThan(3), TokenStep::Wait(at(1_110))),
            (refreshing(1_590), Need::NewerThan(3), TokenStep::Wait(at(1_110))),
            (refreshing(-20), Need::NewerThan(3), TokenStep::Refresh),
            (refreshing(-20), Need::Valid, TokenStep::UseAndRefresh),
            (lapsed, Need::Valid, TokenStep::Reauthorize(LapseReason::Refused)),
        ];
        for (tokens, need, expected) in cases {
            let step = tokens.next_step(need, TIMING, (at(1_000), at(990)));
            assert_eq!(step, expected, "{tokens:?} {need:?}");
        }
        let seen_long = refreshing(880).next_step(Need::NewerThan(3), TIMING, (at(1_000), at(880)));
        assert_eq!(seen_long, TokenStep::Refresh);
    }

    #[test]
    fn a_newer_generation_wins_over_any_state_and_an_older_one_never() {
        let lapsed = Tokens::Active(pair(3, 9)).lapsed(3, LapseReason::Refused, at(5));
        assert!(matches!(
            lapsed.clone().renewed(pair(4, 9)),
            Tokens::Active(TokenPair { generation: 4, .. })
        ));
        assert!(matches!(lapsed.renewed(pair(3, 9)), Tokens::Lapsed { .. }));
    }

    #[test]
    fn a_suspicion_about_old_tokens_leaves_newer_ones_alone() {
        let newer = Tokens::Active(pair(4, 9));
        assert!(matches!(newer.lapsed(3, LapseReason::Refused, at(5)), Tokens::Active(_)));
    }

    #[test]
    fn a_refusal_is_believed_unless_another_refresh_may_have_spent_the_token() {
        let mine = Tokens::Active(pair(3, 9)).refreshing(7, at(1));
        assert!(matches!(mine.clone().refused(7, 3, at(5)), Tokens::Lapsed { .. }));
        assert!(matches!(mine.refused(6, 3, at(5)), Tokens::Refreshing { fence: 7, .. }));
        assert!(matches!(Tokens::Active(pair(3, 9)).refused(7, 3, at(5)), Tokens::Lapsed { .. }));
        assert!(matches!(Tokens::Active(pair(4, 9)).refused(7, 3, at(5)), Tokens::Active(_)));
    }

    fn grant(authorized: i64, tokens: Tokens) -> Grant {
        let host = Host {
            user_id: "user".into(),
            account_id: "account".into(),
            email: "lua@example.com".into(),
            plan: crate::domain::account::Plan::Licensed,
            personal_room: None,
        };
        let id = GrantId::parse(&"a".repeat(26)).unwrap();
        let (client_id, references) = ("client".into(), BTreeSet::new());
        let (authorized_at, looked_at) = (at(authorized), at(authorized));
        Grant { id, client_id, host, scopes: BTreeSet::new(), tokens, references, authorized_at, looked_at }
    }

    #[test]
    fn what_went_back_is_told_from_what_goes_on() {
        let kept = grant(10, Tokens::Active(pair(4, 9)));
        let lapsed = Tokens::Lapsed { since: at(0), reason: LapseReason::Refused, generation: 3 };
        let cases = [
            (grant(10, Tokens::Active(pair(3, 9))), true),
            (grant(10, lapsed), true),
            (grant(9, Tokens::Active(pair(7, 9))), true),
            (grant(10, Tokens::Active(pair(4, 9)).refreshing(1, at(1))), false),
            (grant(10, Tokens::Active(pair(5, 9))), false),
            (grant(11, Tokens::Active(pair(1, 9))), false),
        ];
        for (stands, is_before) in cases {
            assert_eq!(stands.is_before(&kept), is_before, "{stands:?}");
        }
    }

    #[test]
    fn pairs_are_renewed_eight_to_twelve_minutes_before_their_end_and_not_all_at_once() {
        let leads = (1..=100).map(|generation| {
            grant(1, Tokens::Active(pair(generation, 9))).refresh_timing(TIMING).lead.as_secs()
        });
        let leads = leads.collect::<BTreeSet<_>>();
        assert!(leads.iter().all(|lead| (480..=720).contains(lead)), "{leads:?}");
        assert!(leads.len() > 20, "{leads:?}");
    }

    #[test]
    fn giving_up_a_refresh_leaves_that_of_another_alone() {
        let tokens = Tokens::Active(pair(3, 9)).refreshing(7, at(1));
        assert!(matches!(tokens.clone().not_refreshed(6), Tokens::Refreshing { fence: 7, .. }));
        assert!(matches!(tokens.not_refreshed(7), Tokens::Active(_)));
    }
}
