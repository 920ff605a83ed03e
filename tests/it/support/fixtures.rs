//! Mounts WireMock's mapping files on a server of the `wiremock` crate. Refuses what it cannot serve faithfully.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use wiremock::Mock;
use wiremock::MockServer;
use wiremock::Request;
use wiremock::ResponseTemplate;

use crate::support::mapping::Mapping;

/// Asked last, after every fixture.
const LAST: u8 = u8::MAX;

/// Answers to be mounted together: where two of one priority fit, the one loaded first answers.
#[derive(Debug)]
pub(crate) struct Fixtures {
    mappings: Vec<(String, Mapping)>,
}

impl Fixtures {
    /// Reads one mapping below `wiremock-fixtures/mappings/`, by a name written out: the architecture test looks
    /// for it. Panics, naming file and key, when it asks for more than the test server can do.
    pub(crate) fn load(name: &str) -> Self {
        Self { mappings: Vec::new() }.and(name)
    }

    /// Adds another mapping.
    pub(crate) fn and(self, name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("wiremock-fixtures/mappings").join(name);
        let text = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("wiremock-fixtures/mappings/{name} cannot be read: {error}"));
        self.and_parse(name, &text)
    }

    /// Reads a mapping that a test writes itself, under a name of its own.
    pub(crate) fn parse(name: &str, text: &str) -> Self {
        Self { mappings: Vec::new() }.and_parse(name, text)
    }

    /// Adds a mapping that a test writes itself.
    pub(crate) fn and_parse(mut self, name: &str, text: &str) -> Self {
        let mapping =
            parse(text).unwrap_or_else(|fault| panic!("wiremock-fixtures/mappings/{name}: {fault}"));
        self.mappings.push((name.to_owned(), mapping));
        self
    }

    /// Lets the server answer with these, and 500 naming the request to anything else. Mount once per server.
    pub(crate) async fn mount(self, server: &MockServer) -> Hits {
        let hits = Hits::default();
        for (name, mapping) in self.mappings {
            mock(name, mapping, hits.clone()).mount(server).await;
        }
        let unmatched = hits.clone();
        Mock::given(|_: &Request| true)
            .respond_with(move |request: &Request| unmatched.refuse(request))
            .with_priority(LAST)
            .mount(server)
            .await;
        hits
    }
}

fn parse(text: &str) -> Result<Mapping, String> {
    let mapping: Mapping = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if let Some(fault) = mapping.request.fault() {
        return Err(fault);
    }
    let response = &mapping.response;
    let answers = [response.status.is_some(), response.fault.is_some()];
    if answers.iter().filter(|answer| **answer).count() != 1 {
        return Err("exactly one of status and fault is needed".to_owned());
    }
    if response.fault.is_some() && response.fixed_delay_milliseconds.is_some() {
        return Err("fixedDelayMilliseconds beside a fault cannot be served".to_owned());
    }
    if response.json_body.is_some() && response.body.is_some() {
        return Err("jsonBody beside body".to_owned());
    }
    Ok(mapping)
}

fn mock(name: String, mapping: Mapping, hits: Hits) -> Mock {
    let Mapping { request: pattern, response, priority, .. } = mapping;
    let given = Mock::given(move |request: &Request| pattern.matches(request));
    if let Some(fault) = response.fault {
        let broken = move |_: &Request| {
            hits.record(&name);
            io::Error::new(io::ErrorKind::ConnectionReset, format!("{fault:?}"))
        };
        return given.respond_with_err(broken).with_priority(priority);
    }
    let mut answer = ResponseTemplate::new(response.status.expect("checked when parsed"));
    for (header, values) in &response.headers {
        for value in values.values() {
            answer = answer.append_header(header.as_str(), value.as_str());
        }
    }
    if let Some(body) = response.json_body.map(|json| json.to_string()).or(response.body) {
        answer = answer.set_body_raw(body, "");
    }
    if let Some(delay) = response.fixed_delay_milliseconds {
        answer = answer.set_delay(Duration::from_millis(delay));
    }
    let answers = move |_: &Request| {
        hits.record(&name);
        answer.clone()
    };
    given.respond_with(answers).with_priority(priority)
}

/// Which fixtures were asked for, and what no fixture answered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hits {
    answered: Arc<Mutex<BTreeMap<String, usize>>>,
    unmatched: Arc<Mutex<Vec<String>>>,
}

impl Hits {
    /// How often this fixture has answered.
    pub(crate) fn of(&self, name: &str) -> usize {
        self.answered.lock().unwrap().get(name).copied().unwrap_or_default()
    }

    /// The requests that no fixture answered, as `POST /v2/users/me/meetings`.
    pub(crate) fn unmatched(&self) -> Vec<String> {
        self.unmatched.lock().unwrap().clone()
    }

    fn record(&self, name: &str) {
        *self.answered.lock().unwrap().entry(name.to_owned()).or_default() += 1;
    }

    fn refuse(&self, request: &Request) -> ResponseTemplate {
        let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let line = format!("{} {}{query}", request.method, request.url.path());
        self.unmatched.lock().unwrap().push(line.clone());
        ResponseTemplate::new(500).set_body_string(format!("no fixture answers {line}"))
    }
}
