//! Who may not call, and which ids cannot be: refused before a body is read.

use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use serde_json::Value;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::gateway::refusals::IDS;
use crate::gateway::refusals::SITE;
use crate::gateway::refusals::assert_problem;
use crate::gateway::refusals::everything;
use crate::gateway::refusals::filled;
use crate::gateway::refusals::routes;
use crate::gateway::refusals::templates;
use crate::gateway::refusals::world;

#[tokio::test]
async fn who_does_not_say_who_it_is_learns_nothing_and_changes_nothing() {
    let world = world().await;
    let before = everything(&world).await;
    let expired = world.token_with(&json!({"iat": 1, "exp": 600}));
    let foreign = world.token_with(&json!({"iss": "somebody"}));
    let elsewhere = world.token_with(&json!({"aud": "billing"}));
    let eternal = world.token_with(&json!({"exp": 99_999_999_999_u64}));
    let tokens =
        [None, Some(""), Some("x.y.z"), Some(&*expired), Some(&*foreign), Some(&*elsewhere), Some(&*eternal)];
    for (method, path, _, body) in routes(&world) {
        for token in tokens {
            let mut request = world.anonymous(method.clone(), &path);
            if let Some(token) = token {
                request = request.header(AUTHORIZATION, format!("Bearer {token}"));
            }
            let reply = world.send(request, body.as_ref()).await;
            assert_problem(&format!("{method} {path} {token:?}"), &reply, 401, "unauthenticated");
            assert!(reply.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"), "{path}");
        }
    }
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn every_route_needs_its_scope_and_no_other_will_do() {
    let world = world().await;
    let before = everything(&world).await;
    let scopes = [
        "sites:write",
        "accounts:read",
        "accounts:write",
        "links:read",
        "links:write",
        "links:host",
        "events:read",
    ];
    for (method, path, needed, body) in routes(&world) {
        let others = scopes.into_iter().filter(|scope| !needed.split(" or ").any(|own| own == *scope));
        let others = others.collect::<Vec<_>>().join(" ");
        let token = world.token_with(&json!({"scope": others}));
        let request = world.anonymous(method.clone(), &path).bearer_auth(token);
        let reply = world.send(request, body.as_ref()).await;
        assert_problem(&format!("{method} {path}"), &reply, 403, "missing_scope");
        assert_eq!(
            reply.body["detail"],
            format!("Ask the issuer for a token with the scope {needed}."),
            "{path}"
        );
    }
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn a_site_of_another_tenant_is_answered_as_one_that_does_not_exist() {
    let world = world().await;
    let before = everything(&world).await;
    let theirs = world.token_with(&json!({"sites": ["theirs"]}));
    let ours = world.token_with(&json!({"sites": ["nowhere"]}));
    let bytes = async |token: &str, method: &Method, path: &str, body: Option<&Value>| {
        let mut request = world.anonymous(method.clone(), path).bearer_auth(token);
        request = request.header("x-request-id", "same");
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let (status, mut headers) = (response.status(), response.headers().clone());
        headers.remove("date");
        (status, headers, response.text().await.unwrap())
    };
    let on_site = routes(&world).into_iter().filter(|(_, path, ..)| path.starts_with(SITE));
    for (method, path, _, body) in on_site {
        let nowhere = path.replace("/studio", "/nowhere");
        let foreign = bytes(&theirs, &method, &path, body.as_ref()).await;
        assert!(foreign.0 == 404 && foreign.2.contains("\"unknown_site\""), "{method} {path} {foreign:?}");
        assert_eq!(bytes(&theirs, &method, &nowhere, body.as_ref()).await, foreign, "{method} {path}");
        let makes_it = method == Method::PUT && path == SITE;
        if !makes_it && method != Method::DELETE {
            assert_eq!(bytes(&ours, &method, &nowhere, body.as_ref()).await, foreign, "{method} {path}");
        }
    }
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn an_id_that_cannot_be_one_is_refused_wherever_it_stands() {
    let world = world().await;
    let before = everything(&world).await;
    let long = "a".repeat(65);
    let ids = [
        &*long,
        "a%7Bb",
        "a%7Db",
        "%7Bs:studio%7D",
        "a%3Ab",
        "a%2Fb",
        "a%00",
        "%C3%A9",
        "%FF",
        "a%20b",
        "a%0Ab",
        "*",
        "a%25",
    ];
    for (method, template, _, body) in templates(&world) {
        for (name, _) in IDS.iter().filter(|(name, _)| template.contains(name)) {
            let place = filled(&template.replace(&format!("{{{name}}}"), "PLACE"));
            for id in ids {
                let path = place.replace("PLACE", id);
                let reply = world.call(method.clone(), &path, body.as_ref()).await;
                assert_problem(&format!("{method} {path}"), &reply, 400, "invalid_id");
                assert!(reply.body["detail"].as_str().unwrap().contains(name), "{path}: {}", reply.body);
            }
            let empty = place.replace("PLACE", "");
            let (status, code) = if empty.ends_with('/') { (404, "not_found") } else { (400, "invalid_id") };
            let reply = world.call(method.clone(), &empty, body.as_ref()).await;
            assert_problem(&format!("{method} {empty}"), &reply, status, code);
        }
    }
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn an_id_of_dots_is_refused_though_most_clients_would_never_send_it() {
    let world = world().await;
    let before = everything(&world).await;
    for (path, code) in [
        ("/v1/sites/.", "invalid_id"),
        ("/v1/sites/..", "invalid_id"),
        ("/v1/sites/%2e%2E", "invalid_id"),
        ("/v1/sites/studio/services/..", "invalid_id"),
        ("/v1/sites/studio/sessions/../link", "invalid_id"),
        ("/v1/sites/studio/sessions/%2E/link/explain", "invalid_id"),
        ("/v1/sites/studio/accounts/staff/..", "invalid_id"),
    ] {
        let address = (world.internal.host_str().unwrap(), world.internal.port().unwrap());
        let mut stream = TcpStream::connect(address).await.unwrap();
        let token = world.token_with(&json!({}));
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: greenroom\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains(code), "{path}: {answer}");
    }
    assert_eq!(everything(&world).await, before);
}
