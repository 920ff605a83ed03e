//! Webhooks: signed, told before or after the answer, and written down.

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use serde_json::Value;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;

use crate::simulator::world::World;
use crate::simulator::world::scheduled;

const LUA: &str = "lua@example.com";
/// The simulator's secret token where nobody names another.
const SECRET: &[u8] = b"the webhook secret of the simulator";

/// A request as it arrived.
struct Told {
    stream: TcpStream,
    head: String,
    body: String,
}

impl Told {
    async fn receive(listener: &TcpListener) -> Self {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = Vec::new();
        loop {
            let mut chunk = [0; 4096];
            let count = stream.read(&mut chunk).await.unwrap();
            assert!(count > 0, "{}", String::from_utf8_lossy(&read));
            read.extend_from_slice(&chunk[..count]);
            let text = String::from_utf8(read.clone()).unwrap();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let told = Self { stream, head: head.to_lowercase(), body: body.to_owned() };
            if told.header("content-length").parse::<usize>().unwrap() == body.len() {
                return told;
            }
            stream = told.stream;
        }
    }

    fn header(&self, name: &str) -> &str {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(&format!("{name}: "))).unwrap()
    }

    async fn answer(mut self, status: &str) {
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        self.stream.write_all(answer.as_bytes()).await.unwrap();
    }
}

async fn subscribed(world: &World) -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/webhooks/zoom", listener.local_addr().unwrap());
    world.tell("webhooks", json!({"url": url})).await;
    listener
}

#[tokio::test]
async fn the_app_is_told_of_a_meeting_before_its_create_is_answered() {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    let listener = subscribed(&world).await;
    let mut creating = Box::pin(world.create(&token, scheduled("2027-01-22T09:00:00Z")));
    let told = tokio::select! {
        early = &mut creating => panic!("{early:?}"),
        told = Told::receive(&listener) => told,
    };
    let (head, body) = (told.head.clone(), serde_json::from_str::<Value>(&told.body).unwrap());
    assert!(head.starts_with("post /webhooks/zoom "), "{head}");
    assert_eq!(
        (&body["event"], &body["event_ts"]),
        (&json!("meeting.created"), &json!(1_800_014_400_000_i64))
    );
    let signed = format!("v0:{}:{}", told.header("x-zm-request-timestamp"), told.body);
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET);
    let signature = HEXLOWER.encode(hmac::sign(&key, signed.as_bytes()).as_ref());
    assert_eq!(told.header("x-zm-request-timestamp"), "1800014400");
    assert_eq!(told.header("x-zm-signature"), format!("v0={signature}"));
    told.answer("404 Not Found").await;
    let answer = creating.await;
    let (object, id) = (&body["payload"]["object"], &answer.body["id"]);
    assert_eq!((&object["id"], &object["join_url"]), (id, &answer.body["join_url"]));
    assert!(object.get("start_url").is_none());
    assert_eq!(body["payload"]["operator"], LUA);
    let written = &world.ledger().await["webhooks"][0];
    assert_eq!(
        (&written["event"], &written["status"], &written["meeting_id"]),
        (&json!("meeting.created"), &json!(404), id)
    );
}

#[tokio::test]
async fn the_app_can_be_told_after_the_answer_or_not_at_all() {
    let world = World::start().await;
    let token = world.connect(LUA).await.access;
    let listener = subscribed(&world).await;
    world.tell("modes", json!({"webhooks": "after_answer"})).await;
    world.meeting(&token).await;
    Told::receive(&listener).await.answer("200 OK").await;
    world.control(reqwest::Method::DELETE, "webhooks", None).await;
    world.tell("modes", json!({"webhooks": "before_answer"})).await;
    world.meeting(&token).await;
    assert_eq!(world.ledger().await["webhooks"].as_array().unwrap().len(), 1);
}
