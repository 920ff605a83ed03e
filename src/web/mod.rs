//! The two listeners: public pages and the internal API. Knows no provider's words.

pub mod auth;
mod error;
pub mod extract;
pub mod frame;
pub mod headers;
pub mod internal;
mod language;
pub mod listener;
pub mod metrics;
pub mod problem;
pub mod problem_pages;
pub mod public;
pub mod request_id;
mod schema;
pub mod settings;
mod texts;
pub mod urls;
