//! Reads the keys of one section into types, collecting every problem. Knows no section by name.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use toml::Table;
use toml::Value;

use crate::config::layers::Raw;
use crate::config::layers::Values;
use crate::config::layers::variable_name;
use crate::config::problem::ConfigProblem;
use crate::config::reading::Reading;

/// What became of a key.
pub(super) enum Found<T> {
    /// Nobody wrote it.
    Absent,
    /// It was written and cannot be used; the problem is reported.
    Refused,
    /// It was written and read.
    Given(T),
}

impl<T> Found<T> {
    /// The value, or the default where nobody wrote one.
    pub(super) fn or(self, default: T) -> Option<T> {
        match self {
            Self::Absent => Some(default),
            Self::Refused => None,
            Self::Given(value) => Some(value),
        }
    }

    /// Changes the value, if there is one.
    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Found<U> {
        match self {
            Self::Absent => Found::Absent,
            Self::Refused => Found::Refused,
            Self::Given(value) => Found::Given(change(value)),
        }
    }
}

impl<T> Found<Vec<T>> {
    /// An empty list says as little as none.
    pub(super) fn filled(self) -> Self {
        match self {
            Self::Given(items) if items.is_empty() => Self::Absent,
            Self::Absent | Self::Refused | Self::Given(_) => self,
        }
    }
}

/// Where a value was written, and what stands there.
struct Written {
    /// The key as its writer knows it.
    name: String,
    raw: Raw,
}

/// One section, or one table in a list, while it is being read.
pub(super) struct Section<'a> {
    name: Cow<'static, str>,
    values: Values,
    asked: Vec<String>,
    reading: &'a mut Reading,
}

impl<'a> Section<'a> {
    /// A section with what was written in it.
    pub(super) fn new(name: impl Into<Cow<'static, str>>, values: Values, reading: &'a mut Reading) -> Self {
        Self { name: name.into(), values, asked: Vec::new(), reading }
    }

    /// Reads a key as text and gives it a type; `expected` completes "write …".
    pub(super) fn parsed<T>(
        &mut self,
        key: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Found<T> {
        let Some(written) = self.take(key) else { return Found::Absent };
        let text = match written.raw {
            Raw::File(Value::String(text)) | Raw::Environment(text) => Some(text),
            Raw::File(_) => None,
        };
        match text.as_deref().and_then(parse) {
            Some(value) => Found::Given(value),
            None => self.refuse(written.name, expected),
        }
    }

    /// Reads a whole number within a range.
    pub(super) fn number(&mut self, key: &str, range: RangeInclusive<u64>) -> Found<u64> {
        let Some(written) = self.take(key) else { return Found::Absent };
        let number = match written.raw {
            Raw::File(Value::Integer(number)) => u64::try_from(number).ok(),
            Raw::Environment(text) => text.trim().parse().ok(),
            Raw::File(_) => None,
        };
        match number.filter(|number| range.contains(number)) {
            Some(number) => Found::Given(number),
            None => self
                .refuse(written.name, &format!("a whole number from {} to {}", range.start(), range.end())),
        }
    }

    /// Reads `true` or `false`.
    pub(super) fn switch(&mut self, key: &str) -> Found<bool> {
        let Some(written) = self.take(key) else { return Found::Absent };
        let switch = match written.raw {
            Raw::File(Value::Boolean(switch)) => Some(switch),
            Raw::Environment(text) => text.trim().parse().ok(),
            Raw::File(_) => None,
        };
        match switch {
            Some(switch) => Found::Given(switch),
            None => self.refuse(written.name, "true or false"),
        }
    }

    /// Reads a list of texts; a variable may also hold a single one, without brackets.
    pub(super) fn texts(&mut self, key: &str) -> Found<(String, Vec<String>)> {
        let Some(written) = self.take(key) else { return Found::Absent };
        let texts = match written.raw {
            Raw::File(Value::Array(items)) => all_text(items),
            Raw::Environment(text) if text.trim_start().starts_with('[') => list(&text).and_then(all_text),
            Raw::Environment(text) if text.is_empty() => Some(Vec::new()),
            Raw::Environment(text) => Some(vec![text]),
            Raw::File(_) => None,
        };
        match texts {
            Some(texts) => Found::Given((written.name, texts)),
            None => self.refuse(written.name, "a list of texts, as in [\"one\", \"two\"]"),
        }
    }

    /// Reads a text or a list of texts: the paths of secret files.
    pub(super) fn paths(&mut self, key: &str) -> Found<(String, Vec<String>)> {
        if let Some(Raw::File(Value::String(_))) = self.values.get(key) {
            let name = self.place(key);
            return self.parsed(key, "a path", |path| Some((name, vec![path.to_owned()])));
        }
        self.texts(key)
    }

    /// Reads a list of tables, each to be read as a section of its own with [`Section::nested`].
    pub(super) fn tables(&mut self, key: &str) -> Found<Vec<(String, Values)>> {
        let Some(written) = self.take(key) else { return Found::Absent };
        let items = match written.raw {
            Raw::File(Value::Array(items)) => Some(items),
            Raw::Environment(text) => list(&text),
            Raw::File(_) => None,
        };
        match items.and_then(all_tables) {
            Some(tables) => {
                let named = tables.into_iter().enumerate();
                Found::Given(
                    named.map(|(index, table)| (format!("{}[{index}]", written.name), table)).collect(),
                )
            }
            None => self.refuse(written.name, "a list of tables, as in [ { … }, { … } ]"),
        }
    }

    /// A section for one table of a list, reporting to the same place.
    pub(super) fn nested(&mut self, name: String, values: Values) -> Section<'_> {
        Section::new(name, values, self.reading)
    }

    /// Reads a file that a key names.
    pub(super) fn file(&mut self, name: &str, path: &str) -> Option<Vec<u8>> {
        self.reading.file(name, path)
    }

    /// Reads a file that a key names; `absent` says what to do where there is none.
    pub(super) fn file_or(&mut self, name: &str, path: &str, absent: &str) -> Option<Vec<u8>> {
        self.reading.file_or(name, path, absent)
    }

    /// The key as an operator finds it in the file.
    pub(super) fn place(&self, key: &str) -> String {
        format!("{}.{key}", self.name)
    }

    /// The key as its writer knows it: in the file, or the name of the variable.
    pub(super) fn name_of(&self, key: &str) -> String {
        self.values.get(key).map_or_else(|| self.place(key), |raw| self.written_as(key, raw))
    }

    /// Reports a problem found by the section itself.
    pub(super) fn report(
        &mut self,
        name: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.reading.problems.push(ConfigProblem::new(name, what, remedy));
    }

    /// The value, or a problem that it is missing.
    pub(super) fn required<T>(&mut self, key: &str, found: Found<T>, remedy: &str) -> Option<T> {
        match found {
            Found::Absent => {
                let place = self.place(key);
                self.report(place, "is missing", format!("write {remedy}"));
                None
            }
            Found::Refused => None,
            Found::Given(value) => Some(value),
        }
    }

    /// Whether the key was written at all.
    pub(super) fn wrote(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// Names a key that may be written, where it was not asked for.
    pub(super) fn also_known(&mut self, key: &str) {
        self.asked.push(key.to_owned());
    }

    /// Reports every key that nobody asked for.
    pub(super) fn finish(mut self) {
        self.asked.sort_unstable();
        self.asked.dedup();
        let known = self.asked.join(", ");
        for (key, raw) in std::mem::take(&mut self.values) {
            let name = self.written_as(&key, &raw);
            self.report(name, "is not a key", format!("the keys of {} are {known}", self.name));
        }
    }

    fn take(&mut self, key: &str) -> Option<Written> {
        self.asked.push(key.to_owned());
        let raw = self.values.remove(key)?;
        Some(Written { name: self.written_as(key, &raw), raw })
    }

    fn written_as(&self, key: &str, raw: &Raw) -> String {
        match raw {
            Raw::File(_) => self.place(key),
            Raw::Environment(_) => variable_name(&self.name, key),
        }
    }

    fn refuse<T>(&mut self, name: String, expected: &str) -> Found<T> {
        self.report(name, "cannot be read", format!("write {expected}"));
        Found::Refused
    }
}

fn all_text(items: Vec<Value>) -> Option<Vec<String>> {
    items.into_iter().map(|item| if let Value::String(text) = item { Some(text) } else { None }).collect()
}

fn all_tables(items: Vec<Value>) -> Option<Vec<Values>> {
    let table = |item| if let Value::Table(table) = item { Some(values(table)) } else { None };
    items.into_iter().map(table).collect()
}

fn values(table: Table) -> Values {
    table.into_iter().map(|(key, value)| (key, Raw::File(value))).collect()
}

/// Reads a TOML list out of a variable.
fn list(text: &str) -> Option<Vec<Value>> {
    match format!("list = {}", text.trim()).parse::<Table>().ok()?.remove("list")? {
        Value::Array(items) => Some(items),
        Value::String(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Datetime(_)
        | Value::Table(_) => None,
    }
}
