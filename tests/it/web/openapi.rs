//! The document of the API: whole, described, and the same as what is answered.

use std::collections::BTreeSet;

use greenroom::web::internal::document;
use greenroom::web::problem::Code;
use reqwest::Method;
use serde_json::Value;
use serde_json::json;

use crate::gateway::world::Backend;
use crate::gateway::world::World;
use crate::support::browser::Browser;
use crate::support::program::greenroom;

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "patch", "head", "options", "trace"];
/// What only lists other schemas needs no description of its own.
const UNDESCRIBED: [&str; 3] = ["oneOf", "allOf", "anyOf"];

/// Every operation: path, method, and what is said of it.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths.flat_map(|(path, item)| {
        let operations = item.as_object().unwrap().iter();
        operations
            .filter(|(name, _)| METHODS.contains(&name.as_str()))
            .map(|(name, operation)| (path.as_str(), name.as_str(), operation))
    })
}

fn is_said(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim().len() > 3)
}

/// Every `$ref` below a value.
fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(fields) => {
            let here = fields.get("$ref").and_then(Value::as_str);
            here.into_iter().chain(fields.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// Names every property below a schema that is not described.
fn undescribed(place: &str, schema: &Value, document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let place = format!("{place}.{name}");
        let target =
            property["$ref"].as_str().map(|to| document.pointer(to.trim_start_matches('#')).unwrap());
        if !is_said(&property["description"]) && !target.is_some_and(|target| is_said(&target["description"]))
        {
            found.push(place.clone());
        }
        found.extend(undescribed(&place, property, document));
    }
    for list in UNDESCRIBED {
        for part in schema[list].as_array().into_iter().flatten() {
            found.extend(undescribed(&format!("{place}/{list}"), part, document));
        }
    }
    found
}

#[test]
fn it_is_openapi_3_1_and_every_operation_says_what_it_does() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let tags: Vec<_> = document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    let (mut ids, mut lacking) = (BTreeSet::new(), Vec::new());
    for (path, method, operation) in operations(&document) {
        let mut lack = |what: &str| lacking.push(format!("{method} {path}: {what}"));
        for part in ["summary", "description", "operationId"] {
            if !is_said(&operation[part]) {
                lack(part);
            }
        }
        if !operation["tags"].as_array().is_some_and(|used| used.len() == 1 && tags.contains(&&used[0])) {
            lack("one tag of those described");
        }
        if !ids.insert(operation["operationId"].to_string()) {
            lack("an operationId of its own");
        }
        for parameter in operation["parameters"].as_array().unwrap() {
            if !is_said(&parameter["description"]) || parameter["schema"].is_null() {
                lack(&format!("description and schema of {}", parameter["name"]));
            }
        }
        if !operation["requestBody"].is_null() && !is_said(&operation["requestBody"]["description"]) {
            lack("description of the body");
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            if !is_said(&response["description"]) {
                lack(&format!("description of {status}"));
            }
            for (name, header) in response["headers"].as_object().unwrap() {
                if !is_said(&header["description"]) {
                    lack(&format!("description of {name} in {status}"));
                }
            }
        }
    }
    assert!(ids.len() > 20 && lacking.is_empty(), "{lacking:#?}");
}

#[test]
fn every_schema_and_property_is_described_and_every_body_has_an_example() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut lacking: Vec<_> =
        schemas.iter().flat_map(|(name, schema)| undescribed(name, schema, &document)).collect();
    lacking.extend(
        schemas.iter().filter(|(_, schema)| !is_said(&schema["description"])).map(|(name, _)| name.clone()),
    );
    for (path, method, operation) in operations(&document) {
        let responses = operation["responses"].as_object().unwrap().values();
        for content in responses.chain([&operation["requestBody"]]).map(|body| &body["content"]) {
            for (kind, content) in content.as_object().into_iter().flatten() {
                let schema = &content["schema"];
                let schema = schema["$ref"].as_str().map_or(schema, |to| document.pointer(&to[1..]).unwrap());
                let examples = [&content["example"], &content["examples"], &schema["examples"]];
                if examples.iter().all(|example| example.is_null()) {
                    lacking.push(format!("{method} {path}: an example of {kind}"));
                }
            }
        }
    }
    assert!(lacking.is_empty(), "{lacking:#?}");
}

#[test]
fn every_reference_leads_somewhere_and_every_schema_is_used() {
    let document = document();
    let used: BTreeSet<_> = references(&document).into_iter().collect();
    for to in &used {
        assert!(document.pointer(to.trim_start_matches('#')).is_some(), "{to} leads nowhere");
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(used.contains(&*format!("#/components/schemas/{name}")), "{name} is used nowhere");
    }
}

#[test]
fn every_problem_is_named_and_what_a_body_takes_is_closed() {
    let document = document();
    let names: Vec<_> = Code::ALL.iter().map(|code| json!(code.name())).collect();
    assert_eq!(document["components"]["schemas"]["ProblemCode"]["enum"], json!(names));
    let schemas = &document["components"]["schemas"];
    for name in ["PutSite", "PutSession", "Visibility", "AskLinks"] {
        assert_eq!(schemas[name]["additionalProperties"], json!(false), "{name}");
    }
    for name in ["PutChoice", "CreatePortalLink", "Actor"] {
        for form in schemas[name]["oneOf"].as_array().unwrap() {
            assert_eq!(form["additionalProperties"], json!(false), "{name}: {form}");
        }
    }
}

#[tokio::test]
async fn it_is_served_without_a_token_and_printed_by_the_command() {
    let world = World::start(Backend::Embedded).await;
    let served = world.send(world.anonymous(Method::GET, "/openapi.json"), None).await;
    assert_eq!(
        (served.status.as_u16(), &served.headers["content-type"]),
        (200, &"application/json".parse().unwrap())
    );
    let printed = greenroom(world.files.path()).arg("openapi").output().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&printed.stdout).unwrap(), served.body);
    assert_eq!(served.body, document());
}

#[tokio::test]
async fn a_token_without_scopes_is_told_those_of_the_document() {
    let world = World::start(Backend::Embedded).await;
    let document = document();
    let token = world.token_with(&json!({"scope": "", "sites": "*"}));
    for (path, method, operation) in operations(&document) {
        let at = path.replace("{code}", "not_found").replace(['{', '}'], "");
        let method: Method = method.to_uppercase().parse().unwrap();
        let answer = world.send(world.anonymous(method.clone(), &at).bearer_auth(&token), None);
        if operation["security"] == json!([]) {
            assert!(!path.starts_with("/v1/"), "{method} {path} must name its scope");
            continue;
        }
        let answer = answer.await;
        assert_eq!(answer.body["code"], "missing_scope", "{method} {path}: {}", answer.body);
        let scopes: Vec<_> =
            operation["x-scopes"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let detail = format!("Ask the issuer for a token with the scope {}.", scopes.join(" or "));
        assert_eq!(answer.body["detail"], detail, "{method} {path}");
        for scope in scopes {
            assert!(operation["description"].as_str().unwrap().contains(scope), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_browser_shows_its_operations_and_loads_nothing_from_elsewhere() {
    let world = World::start(Backend::Embedded).await;
    let browser = Browser::start().await;
    browser.goto(world.internal.join("/docs").unwrap().as_str()).await;
    browser.wait_for_text("Book or change a session").await;
    browser.press("#operations-Sessions-putSession .opblock-summary-control").await;
    browser.wait_for_text("unknown_service").await;
    assert_eq!(browser.url().await.path(), "/docs/");
    browser.goto(world.internal.join("/problems/unknown_service").unwrap().as_str()).await;
    assert_eq!(browser.read("h1").await, "Unknown service");
}

#[tokio::test]
async fn a_problem_is_explained_in_plain_text_to_whoever_does_not_ask_for_a_page() {
    let world = World::start(Backend::Embedded).await;
    let request = world.anonymous(Method::GET, "/problems/no_link").header("accept", "text/plain");
    let text = request.send().await.unwrap().text().await.unwrap();
    assert!(text.starts_with("no_link (409)\nNo link\n"), "{text}");
}
