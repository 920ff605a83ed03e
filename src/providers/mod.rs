//! Adapters to video providers, one folder each, and the one outbound HTTP client.

pub mod http;
pub mod zoom;
