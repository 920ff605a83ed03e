//! Adapters to video providers, one folder each, the one to receivers of events, and the one outbound HTTP client.

pub mod http;
mod retry_after;
pub mod standard_webhooks;
pub mod zoom;
