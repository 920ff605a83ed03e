//! Owns what an operator's command asks of a gateway, and what it is answered: the shapes that go through the socket.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::server::operator::account_orders::AccountAnswer;
use crate::server::operator::account_orders::AccountOrder;
use crate::server::operator::findings::FindingRow;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// Some of what needs a person.
    ListJobs {
        /// Of this site only.
        site_id: Option<String>,
        /// After this.
        after: Option<Place>,
    },
    /// Try these sessions again.
    RetryJobs {
        /// Which.
        jobs: Vec<JobName>,
    },
    /// List these sessions no more.
    DropJobs {
        /// Which.
        jobs: Vec<JobName>,
    },
    /// Something about accounts.
    Accounts {
        /// What.
        asked: AccountOrder,
    },
    /// Say what is wrong with the store, the key ring and the endpoints of events.
    Examine,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// Some of what needs a person; there may be none before the end.
    Jobs {
        /// The longest standing first.
        jobs: Vec<JobRow>,
        /// Where to go on; `None` at the end.
        next: Option<Place>,
    },
    /// What came of each.
    Outcomes {
        /// One for each session.
        outcomes: Vec<JobOutcome>,
    },
    /// Something about accounts.
    Accounts {
        /// What.
        told: AccountAnswer,
    },
    /// What was found.
    Examined {
        /// In the order in which it was looked at.
        findings: Vec<FindingRow>,
    },
    /// It could not be done.
    Failed {
        /// Why, and what to do next.
        reason: String,
    },
}

/// A session by its names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobName {
    /// Of which site.
    pub site_id: String,
    /// Which session.
    pub session_id: String,
}

/// Where a list goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Since when what was listed last needs a person.
    pub since: Timestamp,
    /// Which that was.
    pub job: JobName,
}

/// One thing that needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobRow {
    /// Of which site.
    pub site_id: String,
    /// Which session.
    pub session_id: String,
    /// Why: the reason that its link gives, or `removal_refused`.
    pub why: String,
    /// Since when.
    pub since: Timestamp,
    /// At which grant of the site's a person looks.
    pub grant_id: String,
    /// Which account of the site that is, such as `default` or `staff/ana`; none where it is connected no more.
    pub host: Option<String>,
    /// Which meeting could not be removed, where that is why.
    pub meeting_id: Option<String>,
    /// What a person can do.
    pub what_to_do: String,
}

/// What came of one session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobOutcome {
    /// Of which site.
    pub site_id: String,
    /// Which session.
    pub session_id: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is tried again, from the beginning.
    Retried,
    /// It needs nobody: nothing was done.
    NotNeeded,
    /// It is listed no more.
    Dropped,
    /// It was not listed: nothing was done.
    NotListed,
    /// There is no such session.
    UnknownSession,
}

impl Outcome {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Retried => "retried",
            Self::NotNeeded => "not_needed",
            Self::Dropped => "dropped",
            Self::NotListed => "not_listed",
            Self::UnknownSession => "unknown_session",
        }
    }
}
