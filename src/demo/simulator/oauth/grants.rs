//! Owns codes and grants: what is issued, what kills what, and when it dies by itself (zoom/facts.md 1.4, 1.5).

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use crate::demo::simulator::clock::after;
use crate::demo::simulator::entropy::Entropy;
use crate::demo::simulator::modes::Modes;
use crate::demo::simulator::modes::OldAccessToken;
use crate::demo::simulator::modes::RefreshLifetime;
use crate::demo::simulator::modes::Rotation;
use crate::demo::simulator::user::UserId;

const CODE_LIFETIME: Duration = Duration::from_mins(5);
pub(super) const ACCESS_LIFETIME: Duration = Duration::from_hours(1);
const REFRESH_LIFETIME: Duration = Duration::from_hours(90 * 24);

/// What the app asked for with PKCE.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// The verifier itself.
    Plain(String),
    /// The verifier's SHA-256 in base64url.
    S256(String),
}

/// An authorization code.
#[derive(Clone)]
pub(super) struct Code {
    pub(super) user: UserId,
    pub(super) redirect_uri: String,
    pub(super) challenge: Option<Challenge>,
}

/// The codes not used yet.
#[derive(Default)]
pub(in crate::demo::simulator) struct Codes(BTreeMap<String, (Code, Timestamp)>);

impl Codes {
    /// Issues a code.
    pub(super) fn put(&mut self, text: String, code: Code, now: Timestamp) {
        self.0.insert(text, (code, after(now, CODE_LIFETIME)));
    }

    /// Whom a code stands for, used or not.
    pub(in crate::demo::simulator) fn owner(&self, text: &str) -> Option<&UserId> {
        self.0.get(text).map(|(code, _)| &code.user)
    }

    /// Uses a code up; `None` when it is unknown, used or older than five minutes.
    pub(super) fn take(&mut self, text: &str, now: Timestamp) -> Option<Code> {
        self.0.remove(text).filter(|(_, expires_at)| now < *expires_at).map(|(code, _)| code)
    }
}

/// The tokens an exchange answers with.
#[derive(Clone)]
pub(super) struct Pair {
    pub(super) access: String,
    pub(super) refresh: String,
    pub(super) scopes: Vec<String>,
}

/// The tokens of one authorisation.
pub(in crate::demo::simulator) struct Grant {
    pub(in crate::demo::simulator) user: UserId,
    pub(in crate::demo::simulator) granted_at: Timestamp,
    pub(in crate::demo::simulator) refreshes: u32,
    pub(in crate::demo::simulator) access_expires_at: Timestamp,
    pub(in crate::demo::simulator) refresh_expires_at: Timestamp,
    scopes: Vec<String>,
    access: String,
    refresh: String,
    /// Access tokens of before that still live.
    older_access: Vec<(String, Timestamp)>,
    /// The refresh token before the present one, and when it was replaced.
    previous_refresh: Option<(String, Timestamp)>,
    spent: BTreeSet<String>,
}

impl Grant {
    fn pair(&self) -> Pair {
        Pair { access: self.access.clone(), refresh: self.refresh.clone(), scopes: self.scopes.clone() }
    }

    fn rotate(&mut self, now: Timestamp, modes: &Modes, entropy: &mut Entropy) -> Pair {
        let access = std::mem::replace(&mut self.access, entropy.token());
        let refresh = std::mem::replace(&mut self.refresh, entropy.token());
        if modes.old_access_token == OldAccessToken::Lives {
            self.older_access.push((access, self.access_expires_at));
        }
        self.spent.insert(refresh.clone());
        self.previous_refresh = Some((refresh, now));
        self.access_expires_at = after(now, ACCESS_LIFETIME);
        if modes.refresh_lifetime == RefreshLifetime::Sliding {
            self.refresh_expires_at = after(now, REFRESH_LIFETIME);
        }
        self.refreshes += 1;
        self.pair()
    }

    /// Whether this is the token of before, within a grace period.
    fn within_grace(&self, token: &str, now: Timestamp, modes: &Modes) -> bool {
        let Rotation::Grace { seconds } = &modes.refresh else { return false };
        self.previous_refresh.as_ref().is_some_and(|(previous, replaced_at)| {
            previous == token && now < after(*replaced_at, Duration::from_secs(u64::from(*seconds)))
        })
    }

    fn access_until(&self, token: &str) -> Option<Timestamp> {
        if self.access == token {
            return Some(self.access_expires_at);
        }
        self.older_access.iter().find(|(each, _)| each == token).map(|(_, expires_at)| *expires_at)
    }
}

/// How an access token stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::demo::simulator) enum Standing {
    /// It works.
    Valid {
        /// Whose it is.
        user: UserId,
        /// What it may do.
        scopes: Vec<String>,
    },
    /// Its hour is over.
    Expired,
    /// It was never issued, or something killed it.
    Unknown,
}

/// The living grants.
#[derive(Default)]
pub(in crate::demo::simulator) struct Grants(Vec<Grant>);

impl Grants {
    /// Begins a grant, beside those the user already has.
    pub(super) fn begin(
        &mut self,
        user: UserId,
        scopes: Vec<String>,
        now: Timestamp,
        entropy: &mut Entropy,
    ) -> Pair {
        let grant = Grant {
            user,
            granted_at: now,
            refreshes: 0,
            access_expires_at: after(now, ACCESS_LIFETIME),
            refresh_expires_at: after(now, REFRESH_LIFETIME),
            scopes,
            access: entropy.token(),
            refresh: entropy.token(),
            older_access: Vec::new(),
            previous_refresh: None,
            spent: BTreeSet::new(),
        };
        let pair = grant.pair();
        self.0.push(grant);
        pair
    }

    /// Exchanges a refresh token; `None` when it is dead.
    pub(super) fn refresh(
        &mut self,
        token: &str,
        now: Timestamp,
        modes: &Modes,
        entropy: &mut Entropy,
    ) -> Option<Pair> {
        if modes.refresh == Rotation::ReuseRevokesFamily {
            self.0.retain(|grant| !grant.spent.contains(token));
        }
        self.0.retain(|grant| now < grant.refresh_expires_at);
        if let Some(grant) = self.0.iter_mut().find(|grant| grant.refresh == token) {
            return Some(grant.rotate(now, modes, entropy));
        }
        self.0.iter().find(|grant| grant.within_grace(token, now, modes)).map(Grant::pair)
    }

    /// Kills the grant this access token belongs to; false when there is none.
    pub(super) fn revoke(&mut self, token: &str, now: Timestamp) -> Revoked {
        self.remove_if(|grant| grant.access_until(token).is_some_and(|expires_at| now < expires_at))
    }

    /// Kills the grant this refresh token belongs to.
    pub(super) fn revoke_by_refresh_token(&mut self, token: &str) -> Revoked {
        self.remove_if(|grant| grant.refresh == token)
    }

    fn remove_if(&mut self, dies: impl Fn(&Grant) -> bool) -> Revoked {
        let before = self.0.len();
        self.0.retain(|grant| !dies(grant));
        if self.0.len() < before { Revoked::Done } else { Revoked::Unknown }
    }

    /// Kills everything of a user, as removing the app does.
    pub(in crate::demo::simulator) fn remove_user(&mut self, user: &UserId) {
        self.0.retain(|grant| grant.user != *user);
    }

    /// Gives a user's living grants other scopes.
    pub(in crate::demo::simulator) fn rescope(&mut self, user: &UserId, scopes: &[String]) {
        for grant in self.0.iter_mut().filter(|grant| grant.user == *user) {
            grant.scopes = scopes.to_vec();
        }
    }

    /// Whose token this is, access or refresh, living or spent.
    pub(in crate::demo::simulator) fn owner(&self, token: &str) -> Option<&UserId> {
        let knows = |grant: &&Grant| {
            grant.access_until(token).is_some() || grant.refresh == token || grant.spent.contains(token)
        };
        self.0.iter().find(knows).map(|grant| &grant.user)
    }

    /// How an access token stands.
    pub(in crate::demo::simulator) fn standing(&self, token: &str, now: Timestamp) -> Standing {
        let found =
            self.0.iter().find_map(|grant| grant.access_until(token).map(|expires_at| (grant, expires_at)));
        match found {
            Some((grant, expires_at)) if now < expires_at => {
                Standing::Valid { user: grant.user.clone(), scopes: grant.scopes.clone() }
            }
            Some(_) => Standing::Expired,
            None => Standing::Unknown,
        }
    }

    /// Those that live.
    pub(in crate::demo::simulator) fn list(&self) -> &[Grant] {
        &self.0
    }
}

/// What became of a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Revoked {
    /// The grant is dead.
    Done,
    /// No living grant has this token.
    Unknown,
}
