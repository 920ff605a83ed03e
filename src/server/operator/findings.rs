//! Owns what an operator's command is told of what was found: the shape that goes through the socket. Names no address
//! beyond its host, and no person.

use serde::Deserialize;
use serde::Serialize;

use crate::domain::finding::Finding;
use crate::domain::finding::Verdict;
use crate::server::operator::finding_words;

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingRow {
    /// How bad it is.
    pub level: Level,
    /// What was looked at, in a word.
    pub check: String,
    /// Which of several: an endpoint's scheme and host, or a key of the configuration.
    pub subject: Option<String>,
    /// What was found.
    pub found: String,
    /// What the operator can do; none where nothing is wrong.
    pub what_to_do: Option<String>,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// It is as it should be.
    Ok,
    /// Something is lacking that heals by itself, or by somebody else.
    Warning,
    /// It stays wrong until the operator does something.
    Problem,
}

impl Level {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

impl From<&Finding> for FindingRow {
    fn from(finding: &Finding) -> Self {
        let Finding { seen, verdict } = finding;
        let (level, advice) = match verdict {
            Verdict::Ok => (Level::Ok, None),
            Verdict::Warning(advice) => (Level::Warning, Some(*advice)),
            Verdict::Problem(advice) => (Level::Problem, Some(*advice)),
        };
        Self {
            level,
            check: seen.check().name().to_owned(),
            subject: finding_words::subject(seen),
            found: finding_words::found(seen),
            what_to_do: advice.map(|advice| finding_words::what_to_do(seen, advice)),
        }
    }
}
