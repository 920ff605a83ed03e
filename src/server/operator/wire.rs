//! Owns how orders and answers go over a connection: one JSON text each way, bounded in size. Knows no sockets.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt;

/// The longest order: some hundred names.
pub(in crate::server::operator) const ORDER_BYTES: u64 = 64 << 10;
/// The longest answer: some hundred lines of a list.
pub(in crate::server::operator) const ANSWER_BYTES: u64 = 1 << 20;

/// Sends one text, and that nothing follows.
pub(in crate::server::operator) async fn send(
    to: &mut (impl AsyncWrite + Unpin),
    what: &impl Serialize,
) -> io::Result<()> {
    to.write_all(&serde_json::to_vec(what)?).await?;
    to.shutdown().await
}

/// What was read of the other side.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::server::operator) enum Received<T> {
    /// It said nothing.
    Nothing,
    /// It said this.
    Text(T),
    /// It said what cannot be read; why.
    Unreadable(String),
}

/// Reads one text to its end.
pub(in crate::server::operator) async fn receive<T: DeserializeOwned>(
    from: &mut (impl AsyncRead + Unpin),
    most: u64,
) -> io::Result<Received<T>> {
    let mut text = Vec::new();
    from.take(most + 1).read_to_end(&mut text).await?;
    if text.is_empty() {
        return Ok(Received::Nothing);
    }
    if text.len() as u64 > most {
        return Ok(Received::Unreadable(format!("it is longer than {most} bytes")));
    }
    Ok(match serde_json::from_slice(&text) {
        Ok(read) => Received::Text(read),
        Err(error) => Received::Unreadable(error.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_text_is_read_up_to_its_longest_and_nothing_is_no_text() {
        for (text, expected) in [
            ("", Received::Nothing),
            ("[1,2]", Received::Text(vec![1, 2])),
            ("[1,22]", Received::Unreadable("it is longer than 5 bytes".to_owned())),
        ] {
            let received = receive::<Vec<u8>>(&mut text.as_bytes(), 5).await.unwrap();
            assert_eq!(received, expected, "{text}");
        }
        let cut = receive::<Vec<u8>>(&mut "[1,".as_bytes(), 5).await.unwrap();
        assert!(matches!(cut, Received::Unreadable(_)), "{cut:?}");
    }
}
