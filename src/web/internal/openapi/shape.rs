//! Adds to every operation what the contract says of all: token and scopes, `X-Request-Id`, `ETag`, problems.

use std::collections::BTreeSet;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::web::internal::openapi::problems;
use crate::web::internal::openapi::problems::Shape;
use crate::web::internal::openapi::problems::Token;
use crate::web::schema::SCOPES;

/// Where a JSON body has its schema.
const JSON_SCHEMA: &str = "/content/application~1json/schema";
const SCHEMAS: &str = "/components/schemas";

/// Completes a document whose operations describe only what is their own.
pub(super) fn complete(document: &mut Value) {
    let mut schemas = document.pointer_mut(SCHEMAS).map(Value::take).unwrap_or_default();
    for operation in operations(document) {
        complete_operation(operation, &schemas);
    }
    for schema in schemas.as_object_mut().into_iter().flat_map(Map::values_mut) {
        describe_properties(schema);
    }
    close_requests(document, &mut schemas);
    if let Some(place) = document.pointer_mut(SCHEMAS) {
        *place = schemas;
    }
}

/// What stands at a pointer; null, where nothing does.
fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    static NOTHING: Value = Value::Null;
    value.pointer(pointer).unwrap_or(&NOTHING)
}

/// The values of an object below a value.
fn values_in<'a>(value: &'a mut Value, name: &str) -> impl Iterator<Item = &'a mut Value> {
    value.get_mut(name).and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
}

fn operations(document: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let items = values_in(document, "paths").filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    items.filter_map(Value::as_object_mut)
}

fn complete_operation(operation: &mut Map<String, Value>, schemas: &Value) {
    let token = take_scopes(operation);
    add_parameter(operation);
    let parameters = operation.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
    complete_body(operation, schemas);
    problems::describe(operation, &Shape { token, parameters });
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    for (status, response) in responses.into_iter().flatten() {
        add_headers(status, response, schemas);
    }
}

/// Moves the scopes from the parameter that carried them to where people and programs look for them.
fn take_scopes(operation: &mut Map<String, Value>) -> Token {
    let mut scopes: Option<Vec<Value>> = None;
    if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
        parameters.retain(|parameter| {
            let carried = parameter.get(SCOPES).and_then(Value::as_array);
            scopes = scopes.take().or_else(|| carried.cloned());
            carried.is_none()
        });
    }
    let Some(scopes) = scopes else {
        operation.insert("security".into(), json!([]));
        return Token::Unneeded;
    };
    let names: Vec<_> = scopes.iter().filter_map(Value::as_str).map(|name| format!("`{name}`")).collect();
    let text = operation.get("description").and_then(Value::as_str).unwrap_or_default();
    let text = format!("{text}\n\nNeeds the scope {}.", names.join(" or "));
    operation.insert("description".into(), text.trim().into());
    operation.insert(SCOPES.into(), scopes.into());
    operation.insert("security".into(), json!([{"bearer": []}]));
    Token::Needed
}

fn add_parameter(operation: &mut Map<String, Value>) {
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    if let Some(parameters) = parameters.as_array_mut() {
        parameters.push(json!({
            "name": "X-Request-Id",
            "in": "header",
            "required": false,
            "description": "Names the request in the answer and in the log: 1 to 64 of the alphabet of ids. What does not fit \
                            is replaced.",
            "schema": {"type": "string", "examples": ["r-1"]},
        }));
    }
}

fn complete_body(operation: &mut Map<String, Value>, schemas: &Value) {
    let Some(body) = operation.get_mut("requestBody") else { return };
    let described = at(resolve(at(body, JSON_SCHEMA), schemas), "/description").clone();
    if let Some(body) = body.as_object_mut() {
        body.insert("required".into(), true.into());
        body.insert("description".into(), described);
    }
}

fn add_headers(status: &str, response: &mut Value, schemas: &Value) {
    let body = resolve(at(response, JSON_SCHEMA), schemas);
    let body = body.pointer("/oneOf/0").map_or(body, |variant| resolve(variant, schemas));
    let has_revision = body.pointer("/properties/revision").is_some();
    let Some(response) = response.as_object_mut() else { return };
    let headers = response.entry("headers").or_insert_with(|| json!({}));
    let Some(headers) = headers.as_object_mut() else { return };
    headers.insert("X-Request-Id".into(), header("The name of the request: the caller's, or ours.", "r-1"));
    if matches!(status, "200" | "201") && has_revision {
        headers.insert("ETag".into(), header("The revision, to be presupposed in `If-Match`.", "\"3\""));
    }
}

fn header(description: &str, example: &str) -> Value {
    let schema = json!({"type": "string", "description": description, "examples": [example]});
    json!({"description": description, "required": true, "schema": schema})
}

/// The schema itself, or the one it refers to.
fn resolve<'a>(schema: &'a Value, schemas: &'a Value) -> &'a Value {
    name(schema).and_then(|name| schemas.get(name)).unwrap_or(schema)
}

fn name(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/components/schemas/")
}

/// Says of a nullable property itself what the derive says of its other half, and of a tag what it is for.
fn describe_properties(schema: &mut Value) {
    for form in schema.get_mut("oneOf").and_then(Value::as_array_mut).into_iter().flatten() {
        describe_properties(form);
    }
    for property in values_in(schema, "properties") {
        if property.get("description").is_some() {
            continue;
        }
        let is_tag = at(property, "/enum").as_array().is_some_and(|names| names.len() == 1);
        let halves = at(property, "/oneOf").as_array().into_iter().flatten();
        let half = halves.filter_map(|half| half.get("description")).next_back().cloned();
        let text = half.or_else(|| is_tag.then(|| "Which of the forms this is.".into()));
        if let (Some(fields), Some(text)) = (property.as_object_mut(), text) {
            fields.insert("description".into(), text);
        }
    }
}

/// Refuses unknown fields in everything that a request body is made of (contract.md section 2).
fn close_requests(document: &mut Value, schemas: &mut Value) {
    let bodies = operations(document).filter_map(|operation| operation.get("requestBody"));
    let mut open: Vec<String> = bodies.flat_map(names_within).collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        if let Some(schema) = schemas.get_mut(&name).filter(|_| seen.insert(name)) {
            close(schema);
            open.extend(names_within(schema));
        }
    }
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.get("type") == Some(&json!("object")) && fields.contains_key("properties") {
                fields.insert("additionalProperties".into(), false.into());
            }
            fields.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn names_within(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            let here = name(value).map(str::to_owned);
            here.into_iter().chain(fields.values().flat_map(names_within)).collect()
        }
        Value::Array(items) => items.iter().flat_map(names_within).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}
