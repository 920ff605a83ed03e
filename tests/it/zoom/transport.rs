//! What broken connections mean: whether a request may have been executed, told from the socket up.

use std::net::SocketAddr;
use std::time::Duration;

use greenroom::app::ports::provider::Authorization;
use greenroom::app::ports::provider::CallError;
use greenroom::app::ports::provider::Meetings;
use greenroom::providers::http::HttpClient;
use greenroom::providers::zoom::meetings::ZoomMeetings;
use greenroom::providers::zoom::oauth::ZoomAuthorization;
use rstest::rstest;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use url::Url;

use crate::zoom::adapter::draft;
use crate::zoom::adapter::host;
use crate::zoom::adapter::parts;

/// What a server does with a connection.
#[derive(Debug, Clone)]
enum Conduct {
    /// Reads the request, then hangs up.
    HangUp,
    /// Reads the request, then says nothing more.
    Silence,
    /// Sends this, then says nothing more.
    Send(Vec<u8>),
    /// Sends this, then hangs up.
    SendAndHangUp(Vec<u8>),
}

async fn serve(conduct: Conduct) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, conduct.clone()));
        }
    });
    address
}

async fn answer(mut stream: TcpStream, conduct: Conduct) {
    read_request(&mut stream).await;
    match conduct {
        Conduct::HangUp => {}
        Conduct::SendAndHangUp(bytes) => stream.write_all(&bytes).await.unwrap_or_default(),
        Conduct::Send(bytes) => {
            stream.write_all(&bytes).await.unwrap_or_default();
            std::future::pending::<()>().await;
        }
        Conduct::Silence => std::future::pending().await,
    }
}

/// Reads until the body is complete, so that hanging up is no reset before the request was taken.
async fn read_request(stream: &mut TcpStream) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await.unwrap_or_default();
        if read == 0 {
            return;
        }
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.split_once("content-length: ").map_or("0", |(_, rest)| rest);
        let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
        if body.len() >= length {
            return;
        }
    }
}

/// An origin where nobody listens.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

async fn create_at(origin: &str) -> String {
    let (_, parts) = parts(origin, Duration::from_millis(300));
    let error = ZoomMeetings::new(&parts).create(&host(), &draft()).await.unwrap_err();
    let port = Url::parse(origin).unwrap().port().unwrap().to_string();
    let text = format!("{error:?} {error} {:?}", std::error::Error::source(&error).map(ToString::to_string));
    assert!(!text.contains(&port), "an error names an address: {text}");
    format!("{error:?}")
}

async fn refresh_at(origin: &str) -> String {
    let (_, parts) = parts(origin, Duration::from_millis(300));
    let refresh = ZoomAuthorization::new(&parts);
    format!("{:?}", refresh.refresh(&"refresh-token-1".into()).await.unwrap_err())
}

#[tokio::test]
async fn a_connection_that_is_refused_carried_nothing() {
    assert_eq!(create_at(&nobody().await).await, "NotExecuted(Connect)");
    assert_eq!(refresh_at(&nobody().await).await, "Unreachable(Connect)");
}

#[rstest]
#[case::hung_up(Conduct::HangUp, "Ambiguous(Broken)")]
#[case::silent(Conduct::Silence, "Ambiguous(Timeout)")]
#[case::half_a_head(Conduct::SendAndHangUp(b"HTTP/1.1 201 Cre".to_vec()), "Ambiguous(Broken)")]
#[case::no_http(Conduct::SendAndHangUp(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()), "Ambiguous(Broken)")]
#[case::half_a_body(
    Conduct::SendAndHangUp(head(b"content-length: 100\r\n", b"{\"id\":1,")),
    "Ambiguous(Broken)"
)]
#[case::slow_body(Conduct::Send(head(b"content-length: 100\r\n", b"{\"id\":1,")), "Ambiguous(Timeout)")]
#[case::oversized(Conduct::SendAndHangUp(head(b"", &vec![b' '; 1024 * 1024 + 1])), "Ambiguous(Unreadable)")]
#[case::no_gzip(
    Conduct::SendAndHangUp(head(b"content-encoding: gzip\r\n", b"{\"access_token\":1}")),
    "Ambiguous(Broken)"
)]
#[tokio::test]
async fn a_request_that_was_sent_may_have_been_executed(#[case] conduct: Conduct, #[case] expected: &str) {
    let origin = format!("http://{}", serve(conduct).await);

    assert_eq!(create_at(&origin).await, expected);
    assert_eq!(refresh_at(&origin).await, expected);
}

/// An answer that ends with the connection, unless a header says otherwise.
fn head(headers: &[u8], body: &[u8]) -> Vec<u8> {
    [b"HTTP/1.1 200 OK\r\nconnection: close\r\n", headers, b"\r\n", body].concat()
}

#[tokio::test]
async fn a_document_is_fetched_whole_or_not_at_all() {
    let client = HttpClient::open().unwrap();
    let fetch = async |conduct| {
        let url = Url::parse(&format!("http://{}/jwks", serve(conduct).await)).unwrap();
        client.fetch(&url).await
    };

    let document = vec![b' '; 1024 * 1024];
    assert_eq!(fetch(Conduct::SendAndHangUp(head(b"", &document))).await, Ok(document.clone()));
    let oversized = head(b"", &[document, vec![b' ']].concat());
    assert_eq!(fetch(Conduct::SendAndHangUp(oversized)).await, Err(CallError::Unreadable));
    let elsewhere = b"HTTP/1.1 302 Found\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n".to_vec();
    assert_eq!(fetch(Conduct::SendAndHangUp(elsewhere)).await, Err(CallError::Status(302)));
    let nowhere = Url::parse(&nobody().await).unwrap();
    assert_eq!(client.fetch(&nowhere).await, Err(CallError::Connect));
}
