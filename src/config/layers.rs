//! Lays the environment over the file, before anything has a type. Knows no section by name.

use std::collections::BTreeMap;

use toml::Table;
use toml::Value;

use crate::config::problem::ConfigProblem;

/// What every variable that holds a key starts with.
const PREFIX: &str = "GREENROOM_";

/// One value before it has a type; where it came from decides how it is read.
pub(super) enum Raw {
    /// As the file says it.
    File(Value),
    /// As an environment variable says it: text, to be read by the type it should have.
    Environment(String),
}

/// The keys of one section, or of one table in it.
pub(super) type Values = BTreeMap<String, Raw>;

/// The file with the environment laid over it, section by section.
#[derive(Default)]
pub(super) struct Layers {
    sections: BTreeMap<String, Values>,
}

impl Layers {
    /// Reads the file's text and lays the environment over it. Nothing, and a problem, where it is not TOML.
    pub(super) fn lay(
        file: Option<&str>,
        environment: &[(String, String)],
        problems: &mut Vec<ConfigProblem>,
    ) -> Option<Self> {
        let mut layers = Self::default();
        if let Some(text) = file {
            match text.parse::<Table>() {
                Ok(table) => layers.add_file(table, problems),
                Err(error) => {
                    problems.push(syntax(text, &error));
                    return None;
                }
            }
        }
        for (name, text) in environment {
            layers.add_variable(name, text);
        }
        Some(layers)
    }

    /// Takes a section out; one that nobody wrote is empty.
    pub(super) fn take(&mut self, section: &str) -> Values {
        self.sections.remove(section).unwrap_or_default()
    }

    /// Reports the sections that nobody took.
    pub(super) fn finish(self, known: &[&str], problems: &mut Vec<ConfigProblem>) {
        for (section, values) in self.sections {
            let variable = values.iter().find(|(_, raw)| matches!(raw, Raw::Environment(_)));
            let name = match variable {
                Some((key, _)) => variable_name(&section, key),
                None => section,
            };
            problems.push(ConfigProblem::new(
                name,
                "is not a section",
                format!("the sections are {}", known.join(", ")),
            ));
        }
    }

    fn add_file(&mut self, table: Table, problems: &mut Vec<ConfigProblem>) {
        for (section, value) in table {
            if let Value::Table(keys) = value {
                let values = keys.into_iter().map(|(key, value)| (key, Raw::File(value))).collect();
                self.sections.insert(section, values);
            } else {
                problems.push(ConfigProblem::new(
                    section,
                    "stands outside of any section",
                    "write it under a [section]",
                ));
            }
        }
    }

    /// Lays one variable over the file. A name without `__` is not a key: orchestrators set such names by
    /// themselves (`GREENROOM_PORT`, `GREENROOM_SERVICE_HOST`).
    fn add_variable(&mut self, name: &str, text: &str) {
        let Some((section, key)) = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once("__")) else {
            return;
        };
        let (section, key) = (section.to_ascii_lowercase(), key.to_ascii_lowercase());
        let values = self.sections.entry(section).or_default();
        let twin = key.strip_suffix("_file").map_or_else(|| format!("{key}_file"), str::to_owned);
        if matches!(values.get(&twin), Some(Raw::File(_))) {
            values.remove(&twin);
        }
        values.insert(key, Raw::Environment(text.to_owned()));
    }
}

/// The variable that holds a key.
pub(super) fn variable_name(section: &str, key: &str) -> String {
    format!("{PREFIX}{}__{}", section.to_ascii_uppercase(), key.to_ascii_uppercase())
}

/// Says where TOML cannot be read, without the line itself: it may hold a secret.
fn syntax(text: &str, error: &toml::de::Error) -> ConfigProblem {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    ConfigProblem::new(
        format!("line {line}"),
        format!("is not TOML: {}", error.message().replace('\n', " ")),
        "mend the line; `greenroom config example` prints a file that can be read",
    )
}
