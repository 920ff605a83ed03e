//! greenroom: the meeting-link gateway of a bookings platform.
//!
//! The rooms and what each owns and refuses are drawn in `ARCHITECTURE.md`; `tests/architecture.rs` keeps the
//! arrows pointing one way.

pub mod app;
pub mod cli;
pub mod config;
pub mod crypto;
#[cfg(feature = "demo")]
pub mod demo;
pub mod domain;
pub mod providers;
pub mod server;
pub mod store;
pub mod web;
