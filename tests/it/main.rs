//! The system from outside: through HTTP, the command line and the store only.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on fails, and its helpers with it"
)]

mod store;
mod support;
