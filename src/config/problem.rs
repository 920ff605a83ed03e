//! Owns what is said about a configuration that cannot be used. Never repeats a value: it may be a secret.

use std::fmt;

use serde::Serialize;

/// One thing that is wrong: which key, what about it, and what to write there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfigProblem {
    /// The key as the operator wrote it: `zoom.client_id`, or the name of the environment variable.
    pub key: String,
    /// What is wrong with it.
    pub what: String,
    /// What to write there.
    pub remedy: String,
}

impl ConfigProblem {
    /// Names a key, what is wrong with it, and what to write.
    pub fn new(key: impl Into<String>, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { key: key.into(), what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for ConfigProblem {
    /// One line, whatever characters a key may hold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.key.escape_debug(), self.what, self.remedy)
    }
}

/// Everything that is wrong with a configuration, in the order of its sections; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblems(Vec<ConfigProblem>);

impl ConfigProblems {
    /// What one pass found, at least one problem.
    pub(super) fn new(found: Vec<ConfigProblem>) -> Self {
        Self(found)
    }

    /// The problems one by one.
    pub fn as_slice(&self) -> &[ConfigProblem] {
        &self.0
    }
}

impl fmt::Display for ConfigProblems {
    /// One line a problem.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigProblems {}
