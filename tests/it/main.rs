//! Everything that is tested from outside: through HTTP, the command line and the store. One binary for all.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "the helpers of tests fail as tests do"
)]

mod auth;
mod config;
mod web;
