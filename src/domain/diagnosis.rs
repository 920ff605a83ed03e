//! Owns what is wrong with an account, as far as somebody can do something about it (R38). Repairs nothing.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::account::Account;
use crate::domain::account::AccountState;
use crate::domain::account::HostedAccount;
use crate::domain::account::LapseReason;
use crate::domain::account::Plan;
use crate::domain::grant::Grant;
use crate::domain::grant::RefreshTiming;
use crate::domain::grant::Tokens;
use crate::domain::meeting::after;

/// What is wrong with an account: what must be mended first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Diagnosis {
    /// Nothing that is known.
    Healthy,
    /// The authorisation does not work any more.
    Lapsed {
        /// Since when that is known.
        since: Timestamp,
        /// Why.
        reason: LapseReason,
    },
    /// The account names a grant that is gone.
    Severed,
    /// Whoever renewed the tokens did not finish, and nobody took over.
    Stuck {
        /// When it began.
        since: Timestamp,
    },
    /// Nobody renewed the tokens for so long that they are about to die.
    Neglected {
        /// When they were renewed last.
        since: Timestamp,
    },
    /// The user may host no meetings.
    Unlicensed,
    /// The grant's record cannot be opened: nothing is known of its tokens.
    Unreadable,
}

/// Tokens that are this much older than they may grow were not tended: no gateway runs, or Zoom does not answer.
const LATE: Duration = Duration::from_hours(24);

/// Says what is wrong with an account, whose grant is this one, if it still is there. A grant knows of a lapse first: its
/// accounts are told a moment later.
pub fn diagnosis(
    account: &Account,
    grant: Option<&Grant>,
    timing: RefreshTiming,
    now: Timestamp,
) -> Diagnosis {
    let Some(hosted) = account.connection.hosted() else { return Diagnosis::Healthy };
    let Some(grant) = grant else { return severed(hosted) };
    let renewed_at = match &grant.tokens {
        Tokens::Lapsed { since, reason, .. } => return Diagnosis::Lapsed { since: *since, reason: *reason },
        Tokens::Refreshing { since, .. } if now >= after(after(*since, timing.takeover), LATE) => {
            return Diagnosis::Stuck { since: *since };
        }
        Tokens::Refreshing { pair, .. } | Tokens::Active(pair) => pair.obtained_at,
    };
    if now >= after(after(renewed_at, timing.keep_alive), LATE) {
        return Diagnosis::Neglected { since: renewed_at };
    }
    if grant.host.plan == Plan::Unassigned { Diagnosis::Unlicensed } else { Diagnosis::Healthy }
}

fn severed(account: &HostedAccount) -> Diagnosis {
    match account.state {
        AccountState::Active => Diagnosis::Severed,
        AccountState::ReauthorizationRequired { since, reason } => Diagnosis::Lapsed { since, reason },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::Connection;
    use crate::domain::account::Revision;
    use crate::domain::fixture::at;
    use crate::domain::fixture::custom;
    use crate::domain::fixture::hosted;
    use crate::domain::grant::TokenPair;

    const TIMING: RefreshTiming = RefreshTiming {
        lead: Duration::from_mins(10),
        takeover: Duration::from_mins(2),
        keep_alive: Duration::from_hours(7 * 24),
    };
    const DAY: i64 = 86_400;

    fn account(connection: Connection) -> Account {
        Account { connection, connected_at: at(0), updated_at: at(0), revision: Revision(1) }
    }

    fn ana() -> HostedAccount {
        hosted("ana").hosted().unwrap().clone()
    }

    fn held(tokens: Tokens, plan: Plan) -> Grant {
        let HostedAccount { grant: id, mut host, scopes, .. } = ana();
        host.plan = plan;
        Grant {
            id,
            client_id: "client".into(),
            host,
            scopes,
            tokens,
            references: std::collections::BTreeSet::new(),
            authorized_at: at(0),
            looked_at: at(0),
        }
    }

    fn pair() -> TokenPair {
        TokenPair {
            access: "a".into(),
            refresh: "r".into(),
            expires_at: at(3_600),
            obtained_at: at(0),
            generation: 1,
            api_url: None,
        }
    }

    #[test]
    fn what_must_be_mended_first_is_named() {
        let told = |state| account(Connection::Hosted(HostedAccount { state, ..ana() }));
        let lapsed_since = |since, reason| told(AccountState::ReauthorizationRequired { since, reason });
        let healthy = told(AccountState::Active);
        let told = lapsed_since(at(5), LapseReason::Removed);
        let custom = account(custom("room"));
        let lapsed = Tokens::Lapsed { since: at(5), reason: LapseReason::Removed, generation: 1 };
        let refreshing = || Tokens::Refreshing { pair: pair(), fence: 1, since: at(100) };
        let expected = Diagnosis::Lapsed { since: at(5), reason: LapseReason::Removed };
        let active = |plan| Some(held(Tokens::Active(pair()), plan));
        let cases = [
            (&healthy, active(Plan::Licensed), DAY, Diagnosis::Healthy),
            (&healthy, active(Plan::Basic), 8 * DAY - 1, Diagnosis::Healthy),
            (&healthy, active(Plan::Basic), 8 * DAY, Diagnosis::Neglected { since: at(0) }),
            (&healthy, active(Plan::Unassigned), DAY, Diagnosis::Unlicensed),
            (&healthy, Some(held(lapsed, Plan::Unassigned)), DAY, expected),
            (&told, active(Plan::Licensed), DAY, Diagnosis::Healthy),
            (&healthy, Some(held(refreshing(), Plan::Basic)), DAY, Diagnosis::Healthy),
            (&healthy, Some(held(refreshing(), Plan::Basic)), DAY + 220, Diagnosis::Stuck { since: at(100) }),
            (&healthy, None, DAY, Diagnosis::Severed),
            (&told, None, DAY, expected),
            (&custom, None, 9 * DAY, Diagnosis::Healthy),
        ];
        for (account, grant, now, expected) in cases {
            assert_eq!(diagnosis(account, grant.as_ref(), TIMING, at(now)), expected, "{now} {grant:?}");
        }
    }
}
