//! Nothing that is stored or logged can be read: what goes in is looked for in every spelling, wherever it could lie.

use std::fs;

use reqwest::StatusCode;
use rstest::rstest;
use serde_json::json;
use url::Url;

use crate::gateway::search::Log;
use crate::gateway::search::Secrets;
use crate::gateway::search::Wire;
use crate::gateway::stored::dump;
use crate::gateway::world::Backend;
use crate::gateway::world::RETURN_TO;
use crate::gateway::world::World;
use crate::support::visitor::Visitor;

const API_PATH: &str = "api-room-Zq81xVw0";
const API_PASSWORD: &str = "api pass/word+Kj72";
const API_DESCRIPTION: &str = "Dial \"+55 11 api-9041\" & ask";
const FORM_PATH: &str = "form-room-Pw93mLs2";
const FORM_PASSWORD: &str = "form-password-Hg41";
const FORM_DESCRIPTION: &str = "Ring form-7713 twice, <then> wait";
const TITLE: &str = "Therapy for Joana Prado, 2nd";

/// Puts secrets in by every way there is; answers them.
async fn filled(world: &World, wire: &Wire) -> Secrets {
    world.site().await;
    world.connect("default", "lua@example.com").await;
    let mut known = on_the_wire(wire);
    known.extend(custom_link_by_api(world).await);
    known.extend(custom_link_by_form(world).await);
    known.extend(sessions(world).await);
    let account = world.get("/v1/sites/studio/accounts/default").await.body;
    for (name, field) in [("e-mail", "email"), ("zoom user", "user_id"), ("zoom account", "account_id")] {
        known.push((name, account["zoom"][field].as_str().unwrap().to_owned()));
    }
    let ring = fs::read_to_string(world.files.path().join("keyring.json")).unwrap();
    known.push(("keyring", ring.split("\"secret\": \"").nth(1).unwrap()[..43].to_owned()));
    let token = world.token_with(&json!({}));
    let request = world.anonymous(reqwest::Method::GET, "/v1/sites/studio").bearer_auth(&token);
    assert_eq!(world.send(request, None).await.status, StatusCode::OK);
    known.push(("caller's token", token.rsplit('.').next().unwrap().to_owned()));
    Secrets::new(known)
}

fn on_the_wire(wire: &Wire) -> Vec<(&'static str, String)> {
    let mut known = Vec::new();
    for (name, before, after) in [
        ("access token", "\"access_token\":\"", '"'),
        ("refresh token", "\"refresh_token\":\"", '"'),
        ("code", "code=", '&'),
        ("code verifier", "code_verifier=", '&'),
        ("client secret", "asic ", '\r'),
    ] {
        let found = wire.between(before, after);
        assert!(!found.is_empty(), "{name}");
        known.extend(found.into_iter().map(|secret| (name, secret)));
    }
    known.push(("client secret", "client-secret-for-tests".to_owned()));
    known
}

async fn custom_link_by_api(world: &World) -> Vec<(&'static str, String)> {
    let url = format!("https://meet.example.com/{API_PATH}?pin=1");
    let body = json!({"provider": "custom_link", "url": url, "password": API_PASSWORD, "description": API_DESCRIPTION});
    let put = world.put("/v1/sites/studio/accounts/staff/ana", &body).await;
    assert_eq!(put.status, StatusCode::CREATED, "{}", put.body);
    vec![("url", API_PATH.into()), ("password", API_PASSWORD.into()), ("description", API_DESCRIPTION.into())]
}

/// Also answers what let the browser in: the link's token, the cookie, the form's token.
async fn custom_link_by_form(world: &World) -> Vec<(&'static str, String)> {
    let body =
        json!({"actor": {"role": "staff", "staff_id": "bia"}, "page": "manage", "return_to": RETURN_TO});
    let made = world.post("/v1/sites/studio/portal-links", &body).await.body;
    let link = Url::parse(made["url"].as_str().unwrap()).unwrap();
    let visitor = Visitor::new();
    let manage = visitor.enter(&link).await;
    let form = visitor.press(&manage, "connect_custom_link", &[]).await;
    let (_, hidden) = form.form("save", None);
    let url = format!("https://meet.example.org/{FORM_PATH}");
    let fields = [("url", &*url), ("password", FORM_PASSWORD), ("description", FORM_DESCRIPTION)];
    let saved = visitor.press(&form, "save", &fields).await;
    assert!(saved.text.contains("https://meet.example.org/…"), "{}", saved.text);
    vec![
        ("url", FORM_PATH.into()),
        ("password", FORM_PASSWORD.into()),
        ("description", FORM_DESCRIPTION.into()),
        ("portal link", link.path().rsplit('/').next().unwrap().into()),
        ("form token", hidden.into_iter().find(|(name, _)| name == "form_token").unwrap().1),
        ("cookie", visitor.cookie("greenroom").unwrap()),
    ]
}

/// One session of each kind of account, read by every audience and followed.
async fn sessions(world: &World) -> Vec<(&'static str, String)> {
    let mut known = vec![("title", TITLE.to_owned())];
    for (session, staff) in [("s-zoom", "nobody"), ("s-ana", "ana"), ("s-bia", "bia")] {
        let mut booking = world.booking("yoga", &[staff]);
        booking["title"] = TITLE.into();
        let booked = world.put(&format!("/v1/sites/studio/sessions/{session}"), &booking).await;
        assert_eq!(booked.body["link"]["status"], "ready", "{}", booked.body);
        for audience in
            ["staff", "confirmation_email", "members_area", "reminder_email", "sms", "calendar_file"]
        {
            let link = world.link(session, audience).await;
            world.join(&link).await;
            let token = link["join_url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
            known.push(("locator", token[..16].to_owned()));
            known.push(("join token", token));
        }
    }
    let meeting = &world.meetings().await[0];
    let url = Url::parse(meeting["join_url"].as_str().unwrap()).unwrap();
    let embedded = url.query_pairs().find(|(name, _)| name == "pwd").unwrap().1.into_owned();
    known.push(("passcode in the link", embedded));
    known.push(("passcode", meeting["password"].as_str().unwrap().to_owned()));
    known.push(("meeting", meeting["id"].to_string()));
    known
}

/// A gateway full of secrets, and the log of how they got in.
async fn world(backend: Backend) -> (World, Secrets, Log) {
    let log = Log::start();
    let (wire, address) = Wire::start().await;
    let token_url = format!("http://{address}/oauth/token");
    let world = World::start_with(backend, &[("ZOOM__TOKEN_URL", &token_url)]).await;
    wire.leads_to.set(world.zoom.authority().to_owned()).unwrap();
    let secrets = filled(&world, &wire).await;
    (world, secrets, log)
}

#[tokio::test]
async fn the_embedded_stores_file_cannot_be_read() {
    let (mut world, secrets, _) = world(Backend::Embedded).await;
    let path = world.files.path().join("greenroom.redb");

    let look = || {
        let file = fs::read(&path).unwrap();
        secrets.assert_none_in("greenroom.redb", &file);
        let platforms = Secrets::new(vec![("site", "s:studio".into()), ("session", "session/s-zoom".into())]);
        assert!(platforms.find(&file).is_some(), "what does stand in it is found");
    };
    look();
    world.stop().await;
    look();
    for entry in fs::read_dir(world.files.path()).unwrap() {
        let name = entry.unwrap().file_name();
        assert!(["greenroom.redb", "issuer", "keyring.json"].contains(&name.to_str().unwrap()), "{name:?}");
    }
}

#[tokio::test]
async fn redis_and_its_file_cannot_be_read() {
    let (world, secrets, _) = world(Backend::Redis).await;
    let server = world.redis.as_ref().unwrap();
    let platforms = Secrets::new(vec![("site", "s:studio".into()), ("session", "session/s-zoom".into())]);

    let dump = dump(server).await;
    let dumped: Vec<u8> =
        dump.into_iter().flat_map(|(key, value)| [key.into_bytes(), value].concat()).collect();
    secrets.assert_none_in("keys and values", &dumped);
    assert!(platforms.find(&dumped).is_some(), "what does stand in it is found");

    let mut connection = server.connect().await;
    let () = redis::cmd("SAVE").query_async(&mut connection).await.unwrap();
    let folder: Vec<String> =
        redis::cmd("CONFIG").arg("GET").arg("dir").query_async(&mut connection).await.unwrap();
    let file = fs::read(format!("{}/dump.rdb", folder[1])).unwrap();
    secrets.assert_none_in("dump.rdb", &file);
    assert!(platforms.find(&file).is_some(), "what does stand in it is found");
}

#[rstest]
#[tokio::test]
async fn no_log_of_any_crate_at_any_level_tells(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let (mut world, secrets, log) = world(backend).await;
    world.fault("meetings.create", 1, json!({"kind": "status", "status": 500})).await;
    world.book("s-lost", "yoga", &["nobody"]).await;
    world.restart().await;
    world.stop().await;

    let log = log.bytes();
    let seen = Secrets::new(vec![("route", "/v1/sites/{site_id}/sessions/{session_id}/link".into())]);
    assert!(seen.find(&log).is_some(), "the gateway's requests are in it");
    secrets.assert_none_in("log", &log);
}

#[tokio::test]
async fn no_answer_tells_more_than_it_is_asked_for() {
    let (world, secrets, _) = world(Backend::Embedded).await;
    let inside = Secrets::new(
        secrets
            .known
            .iter()
            .filter(|(name, _)| !name.contains("zoom") && *name != "e-mail")
            .cloned()
            .collect(),
    );
    let accounts = [
        "/accounts",
        "/accounts/default",
        "/accounts/staff/ana",
        "/accounts/staff/bia",
        "",
        "/services/yoga",
    ];
    for path in accounts {
        let answer = world.get(&format!("/v1/sites/studio{path}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        inside.assert_none_in(path, format!("{:?} {}", answer.headers, answer.body).as_bytes());
    }
    let hidden = json!({"display_name": "Studio Lua", "visibility": {"confirmation_email": false, "members_area": false}});
    assert_eq!(world.put("/v1/sites/studio", &hidden).await.status, StatusCode::OK);
    for session in ["s-zoom", "s-ana", "s-bia"] {
        let link = world.link(session, "sms").await;
        assert_eq!(link["status"], "hidden");
        secrets.assert_none_in(session, link.to_string().as_bytes());
    }
    let bad = [
        json!({"provider": "custom_link", "url": format!("http://meet.example.com/{API_PATH}")}),
        json!({"provider": "custom_link", "url": [format!("https://meet.example.com/{API_PATH}")]}),
        json!({"provider": "custom_link", "url": {"x": API_PATH}, "password": API_PASSWORD}),
        json!({"provider": API_PATH, "url": "https://meet.example.com/", "password": API_PASSWORD}),
        json!({"provider": "custom_link", "url": "https://meet.example.com/", "password": API_PASSWORD.repeat(20)}),
        json!([API_PASSWORD, API_DESCRIPTION]),
        json!(API_PASSWORD),
    ];
    for body in bad {
        let refused = world.put("/v1/sites/studio/accounts/default", &body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        secrets.assert_none_in("problem", refused.body.to_string().as_bytes());
    }
}
