//! Takes JSON bodies: size, then media type, then form, then shape (contract.md section 2).

use std::collections::BTreeSet;
use std::fmt;

use axum::extract::FromRequest;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::DeserializeOwned;
use serde::de::Error;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use serde_path_to_error::Segment;

use crate::web::extract::body::read_body;
use crate::web::extract::object::Object;
use crate::web::problem::Code;
use crate::web::problem::FieldError;
use crate::web::problem::Problem;

/// How large a body may be.
pub const BODY_LIMIT: usize = 64 * 1024;
/// How large the body of a batch may be.
pub const BATCH_LIMIT: usize = 1024 * 1024;

/// A JSON body of type `T`, which must refuse unknown fields (`#[serde(deny_unknown_fields)]`).
///
/// Refuses in this order: 413 `too_large`, 415 `unsupported_media_type`, 400 `malformed_json`, 422 `invalid_body`.
#[derive(Debug, Clone, Copy)]
pub struct Json<T, const LIMIT: usize = BODY_LIMIT>(pub T);

/// A JSON body of a batch: up to 1 MiB.
pub type BatchJson<T> = Json<T, BATCH_LIMIT>;

impl<S: Send + Sync, T: DeserializeOwned, const LIMIT: usize> FromRequest<S> for Json<T, LIMIT> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = read_body(body, LIMIT).await?;
        if !is_json(&parts.headers) {
            return Err(Problem::new(Code::UnsupportedMediaType, Code::UnsupportedMediaType.doc()));
        }
        parse(&bytes).map(Self)
    }
}

/// A field whose absence means something else than `null`: put `#[serde(default)]` beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Field<T> {
    /// The field is not there.
    #[default]
    Absent,
    /// The field is `null`.
    Null,
    /// The field has a value.
    Given(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Given))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(given) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let subtype = essence.strip_prefix("application/");
    subtype.is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let malformed = |detail: String| Problem::new(Code::MalformedJson, detail);
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("Send the body in UTF-8.".to_owned()))?;
    if let Err(error) = serde_json::from_str::<WellFormed>(text) {
        let (line, column) = (error.line(), error.column());
        return Err(malformed(format!(
            "Mend the JSON at line {line}, column {column}: {}.",
            form_fault(&error)
        )));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut deserializer)
        .map(|Object(body)| body)
        .map_err(|error| Problem::invalid_body(vec![shape_fault(&error)]))
}

/// What is wrong with the form; never the content.
fn form_fault(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Data => "a key is said twice",
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
            "it is not JSON, or nests too deep"
        }
    }
}

/// Where the shape is wrong, and what is expected there; what was sent is not repeated.
fn shape_fault(error: &serde_path_to_error::Error<serde_json::Error>) -> FieldError {
    let mut pointer = String::new();
    for segment in error.path() {
        match segment {
            Segment::Seq { index } => push_key(&mut pointer, &index.to_string()),
            Segment::Map { key } => push_key(&mut pointer, key),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    let message = error.inner().to_string();
    let message = message.rsplit_once(" at line ").map_or(&*message, |(before, _)| before);
    if let Some(field) = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        push_key(&mut pointer, field);
        return FieldError::new(pointer, "is required");
    }
    if let Some(rest) = message.strip_prefix("unknown field `") {
        // Below a tag the path ends at the object: the field is named by the message only.
        let field = rest.split("`, ").next().unwrap_or(rest);
        if !pointer.ends_with(&segment(field)) {
            push_key(&mut pointer, field);
        }
        return FieldError::new(pointer, "is not a field here");
    }
    match message.rsplit_once(", expected ") {
        Some((_, expected)) => FieldError::new(pointer, format!("must be {expected}")),
        None => FieldError::new(pointer, message.to_owned()),
    }
}

/// A key as a JSON pointer holds it.
fn segment(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// Appends a key to a JSON pointer (RFC 6901 section 3).
fn push_key(pointer: &mut String, key: &str) {
    pointer.push_str(&segment(key));
}

/// Any JSON in which no object says a key twice.
struct WellFormed;

impl<'de> Deserialize<'de> for WellFormed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for WellFormed {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self, A::Error> {
        let mut keys = BTreeSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            if !keys.insert(key) {
                return Err(A::Error::custom("a key is said twice"));
            }
            entries.next_value::<Self>()?;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wanted {
        #[expect(dead_code, reason = "only its shape matters")]
        name: String,
        #[serde(default)]
        items: Vec<Item>,
        #[serde(default)]
        note: Field<String>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Item {
        #[expect(dead_code, reason = "only its shape matters")]
        count: u8,
    }

    fn refusal(body: &str) -> (Code, Vec<(String, String)>) {
        let problem = parse::<Wanted>(body.as_bytes()).unwrap_err();
        let errors = problem.errors().iter();
        (problem.code(), errors.map(|error| (error.pointer.clone(), error.detail.to_string())).collect())
    }

    #[test]
    fn what_is_not_one_json_value_is_malformed() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let bad =
            ["", "{", "{} {}", r#"{"name":"a","name":"b"}"#, r#"{"x":{"a":1,"\u0061":2}}"#, r#"["\ud800"]"#];
        for body in bad.into_iter().chain([&*deep]) {
            assert_eq!(refusal(body).0, Code::MalformedJson, "{body}");
        }
        assert_eq!(parse::<Wanted>(b"{\"name\":\"\xff\"}").unwrap_err().code(), Code::MalformedJson);
    }

    #[test]
    fn a_wrong_shape_is_pointed_to_and_never_repeated() {
        let table = [
            (r#"{"name":"a","pass/word~":1}"#, "/pass~1word~0", "is not a field here"),
            (r#"{"items":[]}"#, "/name", "is required"),
            (r#"{"name":"a","items":[{"count":1},{"count":"s3cret"}]}"#, "/items/1/count", "must be u8"),
            (r#"{"name":"a","items":[{"count":999}]}"#, "/items/0/count", "must be u8"),
            (r#"{"name":"a","items":[{"count":1,"more":2}]}"#, "/items/0/more", "is not a field here"),
            ("[]", "", "must be struct Wanted with 3 elements"),
        ];
        for (body, pointer, detail) in table {
            let expected = vec![(pointer.to_owned(), detail.to_owned())];
            let (code, errors) = refusal(body);
            assert_eq!(code, Code::InvalidBody, "{body}");
            if !body.starts_with('[') {
                assert_eq!(errors, expected, "{body}");
            }
        }
    }

    #[test]
    fn absent_null_and_given_are_told_apart() {
        let note = |body: &str| parse::<Wanted>(body.as_bytes()).unwrap().note;
        assert_eq!(note(r#"{"name":"a"}"#), Field::Absent);
        assert_eq!(note(r#"{"name":"a","note":null}"#), Field::Null);
        assert_eq!(note(r#"{"name":"a","note":"x"}"#), Field::Given("x".to_owned()));
        assert!(parse::<Wanted>(br#"{"name":"a"}"#).unwrap().items.is_empty());
    }
}
