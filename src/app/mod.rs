//! Use cases, one file each, and the ports they need. Knows neither HTTP, nor a provider's words, nor Redis.

pub mod ports;
pub mod settings;
