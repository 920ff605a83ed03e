//! Who is believed: whoever holds the secret, a short while ago.

use std::time::Duration;

use greenroom::app::ports::clock::Clock;
use reqwest::Method;
use reqwest::StatusCode;
use rstest::rstest;
use serde_json::Value;
use serde_json::json;
use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::BufReader;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::gateway::stored::dump;
use crate::gateway::webhooks::HOOK;
use crate::gateway::webhooks::SECRET;
use crate::gateway::webhooks::meeting_event;
use crate::gateway::webhooks::signature;
use crate::gateway::world::Backend;
use crate::gateway::world::Reply;
use crate::gateway::world::World;
use crate::support::dice::Dice;

fn assert_refused(reply: &Reply) {
    let told = (reply.status, &reply.body["code"]);
    assert_eq!(told, (StatusCode::UNAUTHORIZED, &json!("bad_signature")), "{}", reply.body);
    assert_eq!(reply.headers["content-type"], "application/problem+json");
}

fn challenge(plain: &Value) -> String {
    json!({"event": "endpoint.url_validation", "payload": {"plainToken": plain}, "event_ts": 1}).to_string()
}

/// One forged request: its headers and its body.
fn forge(dice: &mut Dice, (now, body): (i64, &str)) -> (Vec<(&'static str, String)>, String) {
    let timestamp = |seconds: String| ("x-zm-request-timestamp", seconds);
    let signed = |text: String| ("x-zm-signature", text);
    let sign = |seconds: &str, body: &str| signature(SECRET, seconds, body);
    let whole = |seconds: String, body: &str| {
        let signature = sign(&seconds, body);
        (vec![timestamp(seconds), signed(signature)], body.to_owned())
    };
    let seconds = now.to_string();
    let right = sign(&seconds, body);
    let oracle = |plain: &str| whole(now.to_string(), &challenge(&json!(plain)));
    match dice.below(16) {
        0 => (
            vec![timestamp(seconds.clone()), signed(signature("another secret", &seconds, body))],
            body.into(),
        ),
        1 => {
            let mut bytes = body.as_bytes().to_vec();
            let at = dice.below(bytes.len());
            bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
            (vec![timestamp(seconds), signed(right)], String::from_utf8(bytes).unwrap())
        }
        2 => whole((now - 602 - i64::try_from(dice.below(9_999)).unwrap()).to_string(), body),
        3 => whole((now + 660 + i64::try_from(dice.below(9_999)).unwrap()).to_string(), body),
        4 => (vec![timestamp(seconds)], body.into()),
        5 => (vec![signed(right)], body.into()),
        6 => (Vec::new(), body.into()),
        7 => (vec![timestamp((now + 1).to_string()), signed(right)], body.into()),
        8 => (vec![timestamp(seconds), signed(right.to_uppercase())], body.into()),
        9 => (vec![timestamp(seconds), signed(right.trim_start_matches("v0=").into())], body.into()),
        10 => (vec![timestamp(seconds), signed(right[..right.len() - 2].into())], body.into()),
        11 => (vec![timestamp(seconds.clone()), timestamp(seconds), signed(right)], body.into()),
        12 => (vec![timestamp(seconds), signed(signature("", &now.to_string(), body))], body.into()),
        13 => oracle(&format!("v0:{now}:{body}")),
        14 => oracle(["", "a:b", "a b", "a.b", "ä", "{}", "a\n"][dice.below(7)]),
        _ => oracle(&"a".repeat(129 + dice.below(99))),
    }
}

#[rstest]
#[tokio::test]
async fn r32_three_hundred_forged_webhooks_are_all_refused_and_change_nothing(
    #[values(Backend::Embedded, Backend::Redis)] backend: Backend,
) {
    let world = World::connected(backend).await;
    let link = world.book("s-1", "yoga", &["ana"]).await.body["link"].clone();
    world.quiet().await;
    let (organisation, user) = world.zoom_user("lua@example.com").await;
    let (session, requests) = (world.session("s-1").await, world.requests().await);
    let now = world.clock.now();
    let payload = json!({
        "account_id": organisation, "user_id": user, "client_id": "greenroom-test",
        "deauthorization_time": now.to_string(),
    });
    let removed = json!({"event": "app_deauthorized", "payload": payload}).to_string();
    let told = ["meeting.deleted", "meeting.started", "meeting.ended"];
    let meeting = (&link["meeting_id"], now.as_millisecond());
    let mut bodies = told.map(|event| meeting_event(event, &organisation, meeting)).to_vec();
    bodies.push(removed);
    let mut dice = Dice::new(32);
    for number in 0..300 {
        let body = &bodies[number % bodies.len()];
        let (headers, body) = forge(&mut dice, (world.clock.now().as_second(), body));
        let headers = headers.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>();
        assert_refused(&world.tell_with(&headers, &body).await);
    }
    world.quiet().await;
    assert_eq!(world.session("s-1").await, session);
    assert_eq!(world.get("/v1/sites/studio/accounts/default").await.body["state"], "active");
    assert_eq!(world.requests().await, requests);
    if let Some(server) = &world.redis {
        let kept = dump(server).await.into_keys().filter(|key| key.starts_with("gr:{in:"));
        assert_eq!(kept.collect::<Vec<_>>(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn r32_zoom_is_proven_that_the_secret_is_held_here() {
    let world = World::connected(Backend::Embedded).await;
    world.subscribe().await;
    let asked = json!({"plain_token": "qgg8vlvZRS6UYooatFL8Aw"});
    let answered = world.control(Method::POST, "webhooks/validate", Some(&asked)).await;
    let encrypted = {
        use aws_lc_rs::hmac;
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
        data_encoding::HEXLOWER.encode(hmac::sign(&key, b"qgg8vlvZRS6UYooatFL8Aw").as_ref())
    };
    let expected = json!({"plainToken": "qgg8vlvZRS6UYooatFL8Aw", "encryptedToken": encrypted});
    assert_eq!((&answered["status"], &answered["body"]), (&json!(200), &expected));
    for plain in [json!("a:b"), json!(""), json!(7), json!(null), json!("a".repeat(129))] {
        assert_refused(&world.tell(&challenge(&plain)).await);
    }
    let body = challenge(&json!("abc"));
    assert_refused(&world.tell_with(&[], &body).await);
}

#[tokio::test]
async fn r32_either_secret_is_believed_and_none_where_none_is_held() {
    let secrets = format!("[\"the new secret\", \"{SECRET}\"]");
    let world = World::start_with(Backend::Embedded, &[("ZOOM__WEBHOOK_SECRETS", &secrets)]).await;
    let body = meeting_event("meeting.deleted", "organisation", (&json!(1), 1_800_000_000_000));
    for secret in ["the new secret", SECRET] {
        let seconds = world.seconds();
        let told = world.tell_signed((&seconds, &signature(secret, &seconds, &body)), &body).await;
        assert_eq!(told.status, StatusCode::OK, "{secret}");
        let asked = challenge(&json!("abc"));
        let answer = world.tell_signed((&seconds, &signature(secret, &seconds, &asked)), &asked).await;
        let own = signature(secret, &seconds, "");
        assert_eq!((answer.status, own.len()), (StatusCode::OK, 67), "{}", answer.body);
    }
    let world = World::start_with(Backend::Embedded, &[("ZOOM__WEBHOOK_SECRETS", "[]")]).await;
    for secret in [SECRET, ""] {
        let seconds = world.seconds();
        assert_refused(&world.tell_signed((&seconds, &signature(secret, &seconds, &body)), &body).await);
    }
}

#[tokio::test]
async fn r32_the_secret_is_replaced_while_the_gateway_runs() {
    let world = World::start(Backend::Embedded).await;
    let body = meeting_event("meeting.deleted", "organisation", (&json!(1), 1_800_000_000_000));
    let told = async |secret: &str| {
        let seconds = world.seconds();
        world.tell_signed((&seconds, &signature(secret, &seconds, &body)), &body).await.status.as_u16()
    };
    assert_eq!((told(SECRET).await, told("the new secret").await), (200, 401));
    world.take_over(&[("ZOOM__WEBHOOK_SECRETS", &format!("[\"the new secret\", \"{SECRET}\"]"))]);
    assert_eq!((told(SECRET).await, told("the new secret").await), (200, 200));
    world.take_over(&[("ZOOM__WEBHOOK_SECRETS", "[\"the new secret\"]")]);
    assert_eq!((told(SECRET).await, told("the new secret").await), (401, 200));
}

#[tokio::test]
async fn r32_a_signature_is_good_for_ten_minutes_either_way() {
    let world = World::start(Backend::Embedded).await;
    let now = world.clock.now().as_second();
    for (offset, status) in [(-590, 200), (590, 200), (-615, 401), (660, 401)] {
        let body = meeting_event("meeting.deleted", "organisation", (&json!(1), now + offset));
        let seconds = (now + offset).to_string();
        let told = world.tell_signed((&seconds, &signature(SECRET, &seconds, &body)), &body).await;
        assert_eq!(told.status.as_u16(), status, "{offset}");
    }
}

#[tokio::test]
async fn r32_whatever_is_signed_and_of_no_use_is_taken() {
    let world = World::start(Backend::Embedded).await;
    let bodies = [
        "",
        "not json",
        "[]",
        "{}",
        r#"{"event":7}"#,
        r#"{"event":"meeting.deleted"}"#,
        r#"{"event":"meeting.deleted","payload":{"account_id":"a","object":{"id":"../x"}}}"#,
        r#"{"event":"meeting.deleted","payload":{"account_id":"a","object":{"id":-1}}}"#,
        r#"{"event":"meeting.deleted","payload":{"account_id":7,"object":{"id":1}}}"#,
        r#"{"event":"meeting.created","payload":{"account_id":"a","object":{"id":1}}}"#,
        r#"{"event":"phone.rang","payload":{"account_id":"a"}}"#,
        r#"{"event":"app_deauthorized","payload":{"account_id":"a","client_id":"greenroom-test"}}"#,
    ];
    for body in bodies {
        assert_eq!(world.tell(body).await.status, StatusCode::OK, "{body}");
    }
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(world.requests().await, 0);
}

#[tokio::test]
async fn r32_a_body_that_is_too_large_and_another_method_are_problems_and_no_pages() {
    let world = World::start(Backend::Embedded).await;
    let large = format!("{{\"event\":\"{}\"}}", "x".repeat(1024 * 1024));
    let told = world.tell(&large).await;
    assert_eq!((told.status, &told.body["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("too_large")));
    let most = format!("{{\"event\":\"{}\"}}", "x".repeat(1024 * 1024 - 12));
    assert_eq!((most.len(), world.tell(&most).await.status), (1024 * 1024, StatusCode::OK));
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let answer = world.send(world.outside(method.clone(), HOOK), None).await;
        let told = (answer.status, &answer.body["code"]);
        assert_eq!(told, (StatusCode::METHOD_NOT_ALLOWED, &json!("method_not_allowed")), "{method}");
    }
}

/// Sends the head of a webhook whose body never comes; answers the status line.
async fn without_body(world: &World, headers: &[(&str, &str)]) -> String {
    let mut connection = TcpStream::connect(&*world.public.socket_addrs(|| None).unwrap()).await.unwrap();
    let host = world.public.authority();
    let lines =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<Vec<_>>().concat();
    let head =
        format!("POST {HOOK} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 1000\r\n{lines}\r\n{{\"event\":");
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut line = String::new();
    let read = BufReader::new(connection);
    let mut read = read.take(1_000);
    let answered = tokio::time::timeout(Duration::from_secs(8), read.read_line(&mut line)).await;
    answered.expect("it is answered before Zoom is long gone").unwrap();
    line.trim().to_owned()
}

#[tokio::test]
async fn r32_who_cannot_be_zoom_is_refused_before_the_body_and_nobody_is_waited_for_long() {
    let world = World::start(Backend::Embedded).await;
    let now = world.clock.now().as_second();
    let at = |offset: i64| (now + offset).to_string();
    let signature = signature(SECRET, &at(0), "");
    let [old, ahead, recent] = [at(-700), at(700), at(0)];
    let signed = ("x-zm-signature", signature.as_str());
    let timed = |seconds| ("x-zm-request-timestamp", seconds);
    let [none, short, long] = [0, 62, 66].map(|digits| format!("v0={}", "a".repeat(digits)));
    let impossible = [
        vec![],
        vec![signed],
        vec![timed(recent.as_str())],
        vec![timed(&old), signed],
        vec![timed(&ahead), signed],
        vec![timed("soon"), signed],
        vec![timed(&recent), timed(&recent), signed],
        vec![timed(&recent), ("x-zm-signature", "v0=xyz")],
        vec![timed(&recent), ("x-zm-signature", &none)],
        vec![timed(&recent), ("x-zm-signature", &short)],
        vec![timed(&recent), ("x-zm-signature", &long)],
    ];
    let begun = Instant::now();
    for headers in impossible {
        assert_eq!(without_body(&world, &headers).await, "HTTP/1.1 401 Unauthorized", "{headers:?}");
    }
    assert!(begun.elapsed() < Duration::from_secs(3), "none of them was waited for");
    let slow = without_body(&world, &[timed(&recent), signed]).await;
    assert_eq!(slow, "HTTP/1.1 408 Request Timeout");
}
