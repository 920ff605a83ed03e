//! Ports for servers that must be told theirs before they bind it.

use std::net::TcpListener;

use greenroom::crypto::entropy::SystemEntropy;
use greenroom::domain::entropy::Entropy;

/// A port that is free now, and that no client's connection is given meanwhile: it lies below the range from which the
/// system takes those. Drawn by chance, since many tests draw at once.
pub(crate) fn free() -> u16 {
    loop {
        let mut bytes = [0; 2];
        SystemEntropy.fill(&mut bytes);
        let port = 12_000 + u16::from_be_bytes(bytes) % 20_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
