//! Adds to every operation what the contract says of all: token and scopes, `X-Request-Id`, `ETag`, problems.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::web::internal::openapi::problems;
use crate::web::internal::openapi::problems::Shape;
use crate::web::internal::openapi::problems::Token;
use crate::web::schema::SCOPES;

/// Completes a document whose operations describe only what is their own.
pub(super) fn complete(document: &mut Value) {
    let mut components = document["components"].take();
    for operation in operations(document) {
        complete_operation(operation, &components["schemas"]);
    }
    for schema in components["schemas"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        describe_properties(schema);
    }
    close_requests(document, &mut components["schemas"]);
    document["components"] = components;
}

fn operations(document: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    let items = paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut);
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
    let mut scopes = None;
    if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
        parameters.retain_mut(|parameter| match parameter[SCOPES].take() {
            Value::Array(found) => {
                scopes = Some(found);
                false
            }
            _ => {
                parameter.as_object_mut().map(|fields| fields.remove(SCOPES));
                true
            }
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
    body["required"] = true.into();
    let described = resolve(&body["content"]["application/json"]["schema"], schemas)["description"].clone();
    body["description"] = described;
}

fn add_headers(status: &str, response: &mut Value, schemas: &Value) {
    let headers = &mut response["headers"];
    if headers.is_null() {
        *headers = json!({});
    }
    headers["X-Request-Id"] = header("The name of the request: the caller's, or ours.", "r-1");
    let body = resolve(&response["content"]["application/json"]["schema"], schemas);
    let has_revision = |schema: &Value| !schema["properties"]["revision"].is_null();
    let variants = body["oneOf"].as_array().and_then(|variants| variants.first());
    let body = variants.map_or(body, |variant| resolve(variant, schemas));
    if matches!(status, "200" | "201") && has_revision(body) {
        response["headers"]["ETag"] = header("The revision, to be presupposed in `If-Match`.", "\"3\"");
    }
}

fn header(description: &str, example: &str) -> Value {
    let schema = json!({"type": "string", "description": description, "examples": [example]});
    json!({"description": description, "required": true, "schema": schema})
}

/// The schema itself, or the one it refers to.
fn resolve<'a>(schema: &'a Value, schemas: &'a Value) -> &'a Value {
    match name(schema) {
        Some(name) => &schemas[name],
        None => schema,
    }
}

fn name(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/components/schemas/")
}

/// Says of a nullable property itself what the derive says of its other half, and of a tag what it is for.
fn describe_properties(schema: &mut Value) {
    for part in schema.get_mut("oneOf").and_then(Value::as_array_mut).into_iter().flatten() {
        describe_properties(part);
    }
    for property in
        schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
    {
        if property["description"].is_null() {
            let tag = property["enum"].as_array().is_some_and(|names| names.len() == 1);
            let halves = property["oneOf"].as_array().into_iter().flatten();
            let half = halves.map(|half| &half["description"]).find(|text| text.is_string()).cloned();
            let text = half.or_else(|| tag.then(|| "Which of the forms this is.".into()));
            if let (Some(fields), Some(text)) = (property.as_object_mut(), text) {
                fields.insert("description".into(), text);
            }
        }
    }
}

/// Refuses unknown fields in everything that a request body is made of (contract.md section 2).
fn close_requests(document: &mut Value, schemas: &mut Value) {
    let bodies: Vec<_> = operations(document).filter_map(|operation| operation.get("requestBody")).collect();
    let mut open: Vec<String> = bodies.into_iter().flat_map(names_within).collect();
    let mut seen = std::collections::BTreeSet::new();
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
