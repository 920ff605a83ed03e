//! Keeps what checked tokens allow, by their hash, so that a token is checked once (performance.md).

use std::sync::Arc;

use aws_lc_rs::digest;
use jiff::Timestamp;
use moka::future::Cache;

use crate::web::auth::caller::Caller;

/// More tokens than are in use at one time; beyond it, the least used are forgotten.
pub(super) const MOST_TOKENS: u64 = 10_000;

/// The hash of a token: the token itself is not kept.
pub(super) type TokenHash = [u8; 32];

/// What checked tokens allow.
#[derive(Debug)]
pub(super) struct Checked {
    tokens: Cache<TokenHash, (Arc<Caller>, Timestamp)>,
}

impl Checked {
    /// Keeps at most so many.
    pub(super) fn new(most: u64) -> Self {
        Self { tokens: Cache::new(most) }
    }

    /// Finds what a token allows, if it may still be taken for good.
    pub(super) async fn find(&self, token: &TokenHash, now: Timestamp) -> Option<Arc<Caller>> {
        let (caller, until) = self.tokens.get(token).await?;
        (now < until).then_some(caller)
    }

    /// Keeps what a token allows until then.
    pub(super) async fn put(&self, token: TokenHash, caller: Arc<Caller>, until: Timestamp) {
        self.tokens.insert(token, (caller, until)).await;
    }
}

/// The hash of a token.
pub(super) fn hash(token: &str) -> TokenHash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
    hash
}
