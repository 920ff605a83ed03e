//! Owns what an operator says about the store: where it is, and how sure a commit must be.

use std::path::PathBuf;

use secrecy::SecretString;

/// The `[store]` section (contract.md section 4).
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where records are.
    pub url: StoreUrl,
    /// When a commit counts.
    pub durability: Durability,
}

/// Where records are.
#[derive(Debug, Clone)]
pub enum StoreUrl {
    /// `redb:<path>`: the embedded store, for one process.
    Embedded(PathBuf),
    /// `redis://` or `rediss://`; a secret, because it may hold a password.
    Redis(SecretString),
}

/// When a commit counts (correctness.md section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// When the primary has it.
    Relaxed,
    /// When its replicas have it, too.
    Strict,
}
