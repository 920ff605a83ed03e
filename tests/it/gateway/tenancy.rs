//! What happens on one site shows nowhere on another, and who may not touch a site cannot tell it from none (R35).

use std::time::Duration;

use reqwest::Method;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;

use crate::gateway::world::Backend;
use crate::gateway::world::World;
use crate::support::dice::Dice;
use crate::support::visitor::Visitor;

/// The site whose answers must not move.
const OURS: &str = "/v1/sites/studio";
/// The site where everything moves, with services, sessions and staff of the same ids.
const THEIRS: &str = "/v1/sites/theirs";
const SESSIONS: [&str; 6] = ["s-1", "s-2", "s-3", "s-4", "s-5", "s-6"];
const AUDIENCES: [&str; 6] =
    ["staff", "confirmation_email", "members_area", "reminder_email", "sms", "calendar_file"];
/// So many requests of each kind of traffic.
const TRAFFIC: usize = 80;

/// An answer, whole, but for its date.
type Bytes = (StatusCode, String, String);

async fn raw(world: &World, (method, path): (Method, &str), token: &str, body: Option<&Value>) -> Bytes {
    let mut request = world.anonymous(method, path).bearer_auth(token).header("x-request-id", "same");
    if let Some(body) = body {
        request = request.json(body);
    }
    let response = request.send().await.unwrap();
    let mut headers = response.headers().clone();
    headers.remove("date");
    (response.status(), format!("{headers:?}"), response.text().await.unwrap())
}

/// Every route that reads a site, with the body of the one that takes one.
fn reads(site: &str) -> Vec<(Method, String, Option<Value>)> {
    let get = |path: String| (Method::GET, format!("{site}{path}"), None);
    let mut all = vec![get(String::new()), get("/accounts".into()), get("/accounts/default".into())];
    all.extend(["ana", "bob", "carla"].map(|member| get(format!("/accounts/staff/{member}"))));
    all.extend(["yoga", "talk", "series", "gone"].map(|service| get(format!("/services/{service}"))));
    for session in SESSIONS {
        all.push(get(format!("/sessions/{session}")));
        all.extend(AUDIENCES.map(|audience| get(format!("/sessions/{session}/link?audience={audience}"))));
    }
    for audience in AUDIENCES {
        let body = json!({"session_ids": SESSIONS, "audience": audience});
        all.push((Method::POST, format!("{site}/links:batch"), Some(body)));
    }
    all
}

/// A site with every kind of account, link and session, and nothing left to do.
async fn ours(world: &World) {
    world.connect("staff/ana", "ana@example.com").await;
    let link =
        json!({"provider": "custom_link", "url": "https://meet.example.com/carla", "password": "1234"});
    assert_eq!(world.put(&format!("{OURS}/accounts/staff/carla"), &link).await.status, StatusCode::CREATED);
    let site =
        json!({"display_name": "Studio Lua", "staff_self_service": true, "visibility": {"sms": false}});
    assert_eq!(world.put(OURS, &site).await.status, StatusCode::OK);
    let booked = [
        ("s-1", "yoga", "ana"),
        ("s-2", "talk", "carla"),
        ("s-3", "series", "ana"),
        ("s-4", "yoga", "bob"),
        ("s-5", "talk", "bob"),
        ("s-6", "yoga", "ana"),
    ];
    for (session, service, member) in booked {
        let reply = world.book(session, service, &[member]).await;
        assert_eq!(reply.body["link"]["status"], "ready", "{}", reply.body);
    }
    let choice = json!({"mode": "custom", "url": "https://own.example.com/", "description": "Ring twice."});
    assert_eq!(world.put(&format!("{OURS}/sessions/s-4/link"), &choice).await.status, StatusCode::OK);
    assert_eq!(world.delete(&format!("{OURS}/sessions/s-5/link")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.delete(&format!("{OURS}/sessions/s-6")).await.status, StatusCode::NO_CONTENT);
    world.until("nothing is left to do", async || world.meetings().await.len() == 3).await;
}

/// All that can be read of our site, also by those who hold its join addresses.
async fn everything(world: &World, addresses: &[String]) -> Vec<(String, Bytes)> {
    let token = world.token_with(&json!({"sites": ["studio"]}));
    let mut all = Vec::new();
    for (method, path, body) in reads(OURS) {
        let bytes = raw(world, (method.clone(), &path), &token, body.as_ref()).await;
        all.push((format!("{method} {path}"), bytes));
    }
    for address in addresses {
        let page = Visitor::new().get(address).await;
        let mut headers = page.headers.clone();
        headers.remove("date");
        headers.remove("x-request-id");
        all.push((format!("GET {address}"), (page.status, format!("{headers:?}"), page.text)));
    }
    all
}

/// The join addresses of our sessions, whoever they are for.
async fn addresses(world: &World) -> Vec<String> {
    let mut all = Vec::new();
    for session in SESSIONS {
        for audience in AUDIENCES {
            let link = world.link(session, audience).await;
            all.extend(link["join_url"].as_str().map(str::to_owned));
        }
    }
    all
}

/// Something that happens on their site.
fn traffic(world: &World, dice: &mut Dice) -> (Method, String, Option<Value>) {
    let session = format!("{THEIRS}/sessions/{}", dice.one_of(&SESSIONS));
    let service = dice.one_of(&["yoga", "talk", "series"]);
    let owner = dice.one_of(&["default", "default", "staff/ana", "staff/carla"]);
    let account = format!("{THEIRS}/accounts/{owner}?meetings={}", dice.one_of(&["keep", "delete"]));
    let staff = dice.one_of(&[&["ana"][..], &["carla", "ana"], &[]]);
    let link = json!({"provider": "custom_link", "url": "https://meet.example.com/theirs"});
    let choice = dice.one_of(&[
        json!({"mode": "none"}),
        json!({"mode": "inherit"}),
        json!({"mode": "account"}),
        json!({"mode": "custom", "url": "https://theirs.example.com/"}),
    ]);
    let kind = dice.one_of(&["class", "appointment", "course"]);
    let sold = json!({"kind": kind, "name": "Theirs", "video": dice.coin()});
    let site =
        json!({"entitled": dice.coin(), "visibility": {"sms": dice.coin(), "members_area": dice.coin()}});
    match dice.below(24) {
        0 => (Method::DELETE, THEIRS.into(), None),
        1..4 => (Method::PUT, THEIRS.into(), Some(site)),
        4..7 => (Method::PUT, format!("{THEIRS}/accounts/{owner}"), Some(link)),
        7 => (Method::DELETE, account, None),
        8..11 => (Method::PUT, format!("{THEIRS}/services/{service}"), Some(sold)),
        11 => (Method::DELETE, format!("{THEIRS}/services/{service}"), None),
        12..17 => (Method::PUT, session, Some(world.booking(service, staff))),
        17 => (Method::DELETE, session, None),
        18..21 => (Method::PUT, format!("{session}/link"), Some(choice)),
        21 => (Method::DELETE, format!("{session}/link"), None),
        22 => (Method::GET, format!("{session}/link?audience=sms"), None),
        _ => (Method::POST, format!("{THEIRS}/links:batch"), Some(json!({"session_ids": SESSIONS}))),
    }
}

/// A site of theirs that has our Zoom users, for default and staff.
async fn theirs(world: &World) {
    assert!(world.put(THEIRS, &json!({"entitled": true})).await.status.is_success());
    for (owner, email) in [("default", "lua@example.com"), ("staff/ana", "ana@example.com")] {
        let link = world.portal_link_of("theirs", owner).await;
        world.connect_by(&link, email).await;
    }
}

#[rstest]
#[tokio::test]
async fn what_happens_on_one_site_changes_no_byte_of_another(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
    #[values(1, 2)] seed: u64,
) {
    let world = World::connected(backend).await;
    ours(&world).await;
    let addresses = addresses(&world).await;
    let before = everything(&world, &addresses).await;
    let found = before.iter().filter(|(_, (status, ..))| status.is_success() || status.is_redirection());
    assert_eq!(found.count(), 69, "there is something to see");
    let mut dice = Dice::new(seed);
    let mut done = 0;

    for round in 0..TRAFFIC {
        if round % 40 == 0 {
            theirs(&world).await;
        }
        let (method, path, body) = traffic(&world, &mut dice);
        let reply = world.call(method.clone(), &path, body.as_ref()).await;
        assert!(!reply.status.is_server_error(), "{method} {path}: {}", reply.body);
        done += usize::from(reply.status.is_success());
        world.clock.advance(Duration::from_secs(1));
    }
    let halfway = everything(&world, &addresses).await;
    theirs(&world).await;
    assert_eq!(world.delete(THEIRS).await.status, StatusCode::NO_CONTENT);
    world.clock.advance(Duration::from_mins(11));
    let after = everything(&world, &addresses).await;

    assert!(done > TRAFFIC / 3, "most of the traffic is refused: {done}");
    for ((before, halfway), after) in before.iter().zip(&halfway).zip(&after) {
        assert_eq!(halfway, before);
        assert_eq!(after, before);
    }
    // Our grants outlive their site's references to them.
    let booked = world.book("s-7", "yoga", &["ana"]).await;
    assert_eq!(booked.body["link"]["status"], "ready", "{}", booked.body);
}

#[rstest]
#[tokio::test]
async fn a_site_that_a_token_does_not_name_reads_as_one_that_is_not_there(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    ours(&world).await;
    assert_eq!(world.put("/v1/sites/b", &json!({})).await.status, StatusCode::CREATED);
    let theirs = world.token_with(&json!({"sites": ["b"]}));
    let all = world.token_with(&json!({}));

    for ((method, path, body), (_, nowhere, _)) in reads(OURS).into_iter().zip(reads("/v1/sites/nowhere")) {
        let foreign = raw(&world, (method.clone(), &path), &theirs, body.as_ref()).await;
        assert_eq!(foreign.0, StatusCode::NOT_FOUND, "{method} {path}");
        let never = raw(&world, (method.clone(), &nowhere), &theirs, body.as_ref()).await;
        assert_eq!(foreign, never, "{method} {path}");
        // Nor does it matter whether the token would allow it.
        let absent = raw(&world, (method.clone(), &nowhere), &all, body.as_ref()).await;
        assert_eq!(foreign, absent, "{method} {path}");
    }
}
