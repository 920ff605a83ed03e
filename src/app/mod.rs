//! Use cases, one file each, and the ports they need. Knows neither HTTP, nor a provider's words, nor Redis.

pub mod accounts;
pub mod connect;
pub mod dooming;
pub mod gateway;
pub mod grants;
pub mod join;
pub mod portal;
pub mod ports;
pub mod presupposed;
pub mod refresh;
pub mod settings;
