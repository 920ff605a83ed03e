//! Slow, idle and superfluous connections, and how a listener stops, over real sockets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use axum::Router;
use axum::routing::get;
use axum::routing::post;
use greenroom::web::extract::Json;
use greenroom::web::frame::Frame;
use greenroom::web::headers::Audience;
use greenroom::web::listener::Limits;
use greenroom::web::listener::Listener;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

struct Running {
    address: SocketAddr,
    stop: CancellationToken,
    served: JoinHandle<()>,
    entered: Arc<Notify>,
    release: Arc<Notify>,
}

/// Limits so short that a test may reach them, and so far apart that it can tell them.
const LIMITS: Limits = Limits {
    connections: 3,
    header_read: Duration::from_millis(300),
    idle: Duration::from_millis(300),
    farewell: Duration::from_millis(200),
    drain: Duration::from_millis(500),
};

async fn serve(limits: Limits) -> Running {
    let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let notifies = (Arc::clone(&entered), Arc::clone(&release));
    let slow = get(move || async move {
        notifies.0.notify_one();
        notifies.1.notified().await;
        "slow"
    });
    let echo = post(|Json(body): Json<serde_json::Value>| async move { body.to_string() });
    let answers =
        Router::new().route("/fast", get(async || "fast")).route("/slow", slow).route("/echo", echo);
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), limits).await.unwrap();
    let (address, stop) = (listener.address().unwrap(), CancellationToken::new());
    let router = Frame::new(Audience::Internal, 100).around_all(answers);
    let served = tokio::spawn(listener.serve(router, stop.clone()));
    Running { address, stop, served, entered, release }
}

async fn connect(running: &Running, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut bytes)).await;
    drop(read.expect("the connection is closed"));
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn connections_that_say_nothing_or_too_slowly_are_closed() {
    for opening in ["", "P", "GET /fast HTTP/1.1\r\nhost: x\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let running = serve(LIMITS).await;
        let started = Instant::now();
        rest(connect(&running, opening).await).await;
        assert!(started.elapsed() < Duration::from_secs(3), "{opening:?}");
    }
}

#[tokio::test]
async fn a_connection_that_is_idle_after_an_answer_is_closed() {
    let running = serve(LIMITS).await;
    let answer = rest(connect(&running, "GET /fast HTTP/1.1\r\nhost: x\r\n\r\n").await).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("fast"), "{answer}");
}

#[tokio::test]
async fn a_running_request_is_not_idle() {
    let running = serve(LIMITS).await;
    let stream = connect(&running, "GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    running.entered.notified().await;
    let silent = connect(&running, "").await;
    rest(silent).await;
    running.release.notify_one();
    assert!(rest(stream).await.ends_with("slow"));
}

#[tokio::test]
async fn one_connection_too_many_is_told_so() {
    let running = serve(Limits { connections: 1, ..LIMITS }).await;
    let stream = connect(&running, "GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    running.entered.notified().await;
    let refused = rest(connect(&running, "").await).await;
    assert!(refused.starts_with("HTTP/1.1 503") && refused.contains("retry-after"), "{refused}");
    running.release.notify_one();
    assert!(rest(stream).await.ends_with("slow"));
}

#[tokio::test]
async fn a_body_that_says_it_is_too_large_is_refused_and_one_that_fits_is_read() {
    let running = serve(LIMITS).await;
    let head = "POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n";
    let large = format!("{head}content-length: 65537\r\n\r\n{}", " ".repeat(65537));
    assert!(rest(connect(&running, &large).await).await.starts_with("HTTP/1.1 413"));
    let fitting = format!("{head}content-length: 2\r\n\r\n{{}}");
    assert!(rest(connect(&running, &fitting).await).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let running = serve(LIMITS).await;
    let text = format!("GET /fast HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "x".repeat(40_000));
    assert!(rest(connect(&running, &text).await).await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn stopping_answers_what_runs_and_accepts_no_more() {
    let long = Duration::from_secs(30);
    let running = serve(Limits { header_read: long, idle: long, drain: long, ..LIMITS }).await;
    let idle = connect(&running, "").await;
    let stream = connect(&running, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    running.entered.notified().await;
    running.stop.cancel();
    while TcpStream::connect(running.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    running.release.notify_one();
    tokio::time::timeout(Duration::from_secs(5), running.served).await.expect("stopped").unwrap();
    assert!(rest(stream).await.ends_with("slow"));
    assert_eq!(rest(idle).await, "");
}

#[tokio::test]
async fn stopping_cuts_off_what_does_not_end_in_time() {
    let running = serve(LIMITS).await;
    let stream = connect(&running, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    running.entered.notified().await;
    running.stop.cancel();
    tokio::time::timeout(Duration::from_secs(5), running.served).await.expect("stopped").unwrap();
    assert_eq!(rest(stream).await, "");
}
