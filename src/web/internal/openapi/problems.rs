//! Owns which problems an operation can answer: those that follow from its shape, and those it names itself.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::web::problem::Code;

/// The extension in which a route names the refusals that are its own.
const OWN: &str = "x-problems";

/// What an operation looks like to who refuses.
#[derive(Debug)]
pub(super) struct Shape {
    /// Whether it needs a token.
    pub(super) token: Token,
    /// Its parameters.
    pub(super) parameters: Vec<Value>,
}

/// Whether an operation needs a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Needed,
    Unneeded,
}

/// Describes every refusal of an operation, grouped by status; takes its own out of it.
pub(super) fn describe(operation: &mut Map<String, Value>, shape: &Shape) {
    let own = operation.remove(OWN).unwrap_or_default();
    let mut codes = implied(shape, operation.contains_key("requestBody"));
    for name in own.as_array().into_iter().flatten() {
        codes.insert(name.as_str().and_then(Code::find).expect("a Code writes its own name"));
    }
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status().as_u16()).or_default().push(code);
    }
    let responses = operation.entry("responses").or_insert_with(|| json!({}));
    for (status, codes) in by_status {
        if let Some(responses) = responses.as_object_mut() {
            responses.entry(status.to_string()).or_insert_with(|| response(&codes));
        }
    }
}

fn implied(shape: &Shape, has_body: impl Into<Body>) -> BTreeSet<Code> {
    let mut codes = BTreeSet::from([Code::Internal, Code::Overloaded]);
    let has = |place: &str, name: Option<&str>| {
        let says =
            |parameter: &Value, key: &str, text: &str| parameter.get(key).is_some_and(|said| said == text);
        shape.parameters.iter().any(|parameter| {
            says(parameter, "in", place) && name.is_none_or(|name| says(parameter, "name", name))
        })
    };
    if shape.token == Token::Needed {
        codes.extend([
            Code::Unauthenticated,
            Code::KeysUnavailable,
            Code::MissingScope,
            Code::InvalidQuery,
            Code::StoreUnavailable,
        ]);
        if has("path", None) {
            codes.insert(Code::InvalidId);
        }
    }
    if has("path", Some("site_id")) {
        codes.insert(Code::UnknownSite);
    }
    if has("header", Some("If-Match")) {
        codes.insert(Code::RevisionMismatch);
    }
    if has_body.into() == Body::Taken {
        codes.extend([
            Code::RequestTimeout,
            Code::TooLarge,
            Code::UnsupportedMediaType,
            Code::MalformedJson,
            Code::InvalidBody,
        ]);
    }
    codes
}

#[derive(PartialEq, Eq)]
enum Body {
    Taken,
    None,
}

impl From<bool> for Body {
    fn from(taken: bool) -> Self {
        if taken { Self::Taken } else { Self::None }
    }
}

fn response(codes: &[Code]) -> Value {
    let lines: Vec<_> = codes.iter().map(|code| format!("`{}`: {}", code.name(), code.doc())).collect();
    let examples: Map<_, _> = codes.iter().map(|code| (code.name().to_owned(), example(*code))).collect();
    let problem = json!({"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples});
    let headers = codes.iter().filter_map(|code| headers(*code)).collect::<Map<_, _>>();
    json!({
        "description": lines.join("\n\n"),
        "headers": headers,
        "content": {"application/problem+json": problem},
    })
}

fn example(code: Code) -> Value {
    let mut value = json!({
        "type": format!("/problems/{}", code.name()),
        "title": code.title(),
        "status": code.status().as_u16(),
        "detail": code.doc(),
        "code": code.name(),
        "request_id": "r-1",
    });
    if let Some(fields) = value.as_object_mut().filter(|_| code == Code::InvalidBody) {
        fields.insert("errors".into(), json!([{"pointer": "/url", "detail": "is required"}]));
    }
    json!({"summary": code.title(), "value": value})
}

/// The headers that come with a refusal. Where several share a status, some of them come without.
fn headers(code: Code) -> Option<(String, Value)> {
    let (name, description, kind) = if code == Code::Unauthenticated {
        ("WWW-Authenticate", "How to authenticate (RFC 6750).", "string")
    } else if matches!(code, Code::Overloaded | Code::KeysUnavailable | Code::ProviderUnavailable) {
        ("Retry-After", "After so many seconds another try makes sense, where that is known.", "integer")
    } else {
        return None;
    };
    Some((
        name.to_owned(),
        json!({"description": description, "schema": {"type": kind, "description": description}}),
    ))
}
