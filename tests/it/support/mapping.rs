//! Owns WireMock's mapping format as far as our fixtures use it. Refuses, by name, every key it does not know.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;
use serde::Deserialize;
use serde_json::Value;
use wiremock::Request;

/// One mapping file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Mapping {
    pub(crate) request: RequestPattern,
    pub(crate) response: ResponseDefinition,
    /// 1 is asked first; WireMock's default is 5.
    #[serde(default = "default_priority")]
    pub(crate) priority: u8,
    #[serde(rename = "id", default)]
    _id: Option<String>,
    #[serde(rename = "name", default)]
    _name: Option<String>,
    #[serde(rename = "metadata", default)]
    _metadata: Option<Value>,
}

fn default_priority() -> u8 {
    5
}

/// What an answer is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ResponseDefinition {
    pub(crate) status: Option<u16>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, OneOrMany>,
    pub(crate) json_body: Option<Value>,
    pub(crate) body: Option<String>,
    pub(crate) fixed_delay_milliseconds: Option<u64>,
    pub(crate) fault: Option<Fault>,
}

/// How a connection breaks instead of answering. WireMock knows two more, which a server of hyper cannot give.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Fault {
    EmptyResponse,
    ConnectionResetByPeer,
}

/// A header's value, or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub(crate) fn values(&self) -> &[String] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

/// Which requests are answered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct RequestPattern {
    method: String,
    url: Option<String>,
    url_path: Option<String>,
    url_path_pattern: Option<String>,
    url_path_template: Option<String>,
    #[serde(default)]
    query_parameters: BTreeMap<String, ValuePattern>,
    #[serde(default)]
    form_parameters: BTreeMap<String, ValuePattern>,
    #[serde(default)]
    headers: BTreeMap<String, ValuePattern>,
    basic_auth_credentials: Option<BasicAuth>,
    #[serde(default)]
    body_patterns: Vec<BodyPattern>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BasicAuth {
    username: String,
    password: String,
}

impl BasicAuth {
    fn header(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.username, self.password)))
    }
}

impl RequestPattern {
    /// Says what cannot be meant: a pattern without a place, with two, or one that no request can be held to.
    pub(crate) fn fault(&self) -> Option<String> {
        let places = [&self.url, &self.url_path, &self.url_path_pattern, &self.url_path_template];
        if places.iter().filter(|place| place.is_some()).count() != 1 {
            return Some("exactly one of url, urlPath, urlPathPattern, urlPathTemplate is needed".to_owned());
        }
        if let Some(Err(error)) = self.url_path_pattern.as_deref().map(whole) {
            return Some(format!("urlPathPattern: {error}"));
        }
        let values = [&self.query_parameters, &self.form_parameters, &self.headers];
        let patterns = values.into_iter().flat_map(BTreeMap::values).map(ValuePattern::fault);
        let bodies = self.body_patterns.iter().map(BodyPattern::fault);
        patterns.chain(bodies).flatten().next()
    }

    pub(crate) fn matches(&self, request: &Request) -> bool {
        let query: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
        let form: Vec<(String, String)> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        let authorized = self.basic_auth_credentials.as_ref().is_none_or(|basic| {
            header(request, "authorization").iter().any(|(_, value)| *value == basic.header())
        });
        (self.method == "ANY" || self.method == request.method.as_str())
            && authorized
            && self.matches_place(request)
            && all_match(&self.query_parameters, |_| query.clone())
            && all_match(&self.form_parameters, |_| form.clone())
            && all_match(&self.headers, |name| header(request, name))
            && self.body_patterns.iter().all(|pattern| pattern.matches(&request.body))
    }

    fn matches_place(&self, request: &Request) -> bool {
        let path = request.url.path();
        let whole = request.url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
        self.url.as_ref().is_none_or(|url| *url == whole)
            && self.url_path.as_ref().is_none_or(|url_path| url_path == path)
            && self.url_path_pattern.as_ref().is_none_or(|pattern| fits(pattern, path))
            && self.url_path_template.as_ref().is_none_or(|template| fills(template, path))
    }
}

/// A header's values, each under the name that was asked for.
fn header(request: &Request, name: &str) -> Vec<(String, String)> {
    let values = request.headers.get_all(name).iter();
    values.map(|value| (name.to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
}

/// Whether every pattern finds its value among those of its name.
fn all_match(
    patterns: &BTreeMap<String, ValuePattern>,
    values_of: impl Fn(&str) -> Vec<(String, String)>,
) -> bool {
    patterns.iter().all(|(name, pattern)| {
        let values: Vec<String> =
            values_of(name).into_iter().filter(|(found, _)| found == name).map(|(_, value)| value).collect();
        if pattern.absent { values.is_empty() } else { values.iter().any(|value| pattern.matches(value)) }
    })
}

/// Whether a text is matched by the whole expression, as Java's `String.matches` does.
fn fits(pattern: &str, text: &str) -> bool {
    whole(pattern).is_ok_and(|expression| expression.is_match(text))
}

fn whole(pattern: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!("^(?:{pattern})$"))
}

/// Whether a path fills a template: `/v2/meetings/{meetingId}`.
fn fills(template: &str, path: &str) -> bool {
    let (asked, found): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    let fills = |(asked, found): (&&str, &&str)| {
        if asked.starts_with('{') && asked.ends_with('}') { !found.is_empty() } else { asked == found }
    };
    asked.len() == found.len() && asked.iter().zip(&found).all(fills)
}

/// What a text has to be. Several conditions hold together.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct ValuePattern {
    equal_to: Option<String>,
    matches: Option<String>,
    does_not_match: Option<String>,
    contains: Option<String>,
    absent: bool,
}

impl ValuePattern {
    fn fault(&self) -> Option<String> {
        let conditions = [&self.equal_to, &self.matches, &self.does_not_match, &self.contains];
        if conditions.iter().all(|condition| condition.is_none()) != self.absent {
            return Some(
                "a pattern is one of equalTo, matches, doesNotMatch, contains, or \"absent\": true"
                    .to_owned(),
            );
        }
        let expressions = self.matches.iter().chain(&self.does_not_match);
        expressions.filter_map(|expression| whole(expression).err()).map(|error| error.to_string()).next()
    }

    fn matches(&self, text: &str) -> bool {
        self.equal_to.as_ref().is_none_or(|expected| expected == text)
            && self.matches.as_ref().is_none_or(|pattern| fits(pattern, text))
            && self.does_not_match.as_ref().is_none_or(|pattern| !fits(pattern, text))
            && self.contains.as_ref().is_none_or(|part| text.contains(part.as_str()))
    }
}

/// What a body has to be: one condition, on its text or on its JSON.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct BodyPattern {
    equal_to: Option<String>,
    contains: Option<String>,
    matches: Option<String>,
    /// JSON, or JSON as text.
    equal_to_json: Option<Value>,
    #[serde(default)]
    ignore_extra_elements: bool,
    matches_json_path: Option<JsonPath>,
}

impl BodyPattern {
    fn fault(&self) -> Option<String> {
        let conditions =
            [self.text().fault().is_none(), self.equal_to_json.is_some(), self.matches_json_path.is_some()];
        if conditions.iter().filter(|condition| **condition).count() != 1 {
            return Some(
                "a body pattern is one of equalTo, contains, matches, equalToJson, matchesJsonPath"
                    .to_owned(),
            );
        }
        let placeholder =
            self.equal_to_json.as_ref().is_some_and(|json| json.to_string().contains("${json-unit"));
        placeholder.then(|| "equalToJson: placeholders are not known here, use matchesJsonPath".to_owned())
    }

    fn matches(&self, body: &[u8]) -> bool {
        let json = || serde_json::from_slice::<Value>(body).ok();
        self.text().matches(&String::from_utf8_lossy(body))
            && self
                .equal_to_json
                .as_ref()
                .is_none_or(|expected| json().is_some_and(|body| self.equals(&body, expected)))
            && self
                .matches_json_path
                .as_ref()
                .is_none_or(|path| json().is_some_and(|body| path.matches(&body)))
    }

    fn text(&self) -> ValuePattern {
        ValuePattern {
            equal_to: self.equal_to.clone(),
            contains: self.contains.clone(),
            matches: self.matches.clone(),
            ..ValuePattern::default()
        }
    }

    fn equals(&self, body: &Value, expected: &Value) -> bool {
        let written = expected.as_str().and_then(|text| serde_json::from_str(text).ok());
        let expected = written.as_ref().unwrap_or(expected);
        if self.ignore_extra_elements { holds(body, expected) } else { body == expected }
    }
}

/// A plain path into JSON, and what stands there: anything but null when no condition is given.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Value")]
struct JsonPath {
    pointer: String,
    expected: ValuePattern,
}

/// The written form with conditions beside the expression (serde cannot both flatten and refuse).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct PathAndValue {
    expression: String,
    equal_to: Option<String>,
    matches: Option<String>,
    contains: Option<String>,
}

impl TryFrom<Value> for JsonPath {
    type Error = String;

    fn try_from(written: Value) -> Result<Self, String> {
        if let Value::String(expression) = written {
            return Ok(Self { pointer: pointer(&expression)?, expected: ValuePattern::default() });
        }
        let PathAndValue { expression, equal_to, matches, contains } =
            serde_json::from_value(written).map_err(|error| format!("matchesJsonPath: {error}"))?;
        let expected = ValuePattern { equal_to, matches, contains, ..ValuePattern::default() };
        expected.fault().map_or(Ok(()), Err)?;
        Ok(Self { pointer: pointer(&expression)?, expected })
    }
}

impl JsonPath {
    fn matches(&self, body: &Value) -> bool {
        body.pointer(&self.pointer).filter(|value| !value.is_null()).is_some_and(|value| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            self.expected.matches(&text)
        })
    }
}

/// Whether a value has everything that is expected, and perhaps more.
fn holds(value: &Value, expected: &Value) -> bool {
    match (value, expected) {
        (Value::Object(value), Value::Object(expected)) => {
            expected.iter().all(|(key, expected)| value.get(key).is_some_and(|value| holds(value, expected)))
        }
        (Value::Array(value), Value::Array(expected)) => {
            value.len() == expected.len()
                && value.iter().zip(expected).all(|(value, expected)| holds(value, expected))
        }
        (value, expected) => value == expected,
    }
}

/// The JSON pointer of a plain path: `$.settings.hosts[0]` is `/settings/hosts/0`.
fn pointer(expression: &str) -> Result<String, String> {
    let plain =
        Regex::new(r"^\$((\.[A-Za-z_][A-Za-z0-9_]*)|(\[[0-9]+\]))+$").map_err(|error| error.to_string())?;
    if !plain.is_match(expression) {
        return Err(format!("matchesJsonPath: {expression} is not of the form $.name.name[0]"));
    }
    let names = expression.split(['$', '.', '[', ']']).filter(|name| !name.is_empty());
    Ok(names.flat_map(|name| ["/", name]).collect())
}
