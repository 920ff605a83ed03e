//! Use cases, one file each, and the ports they need. Knows neither HTTP, nor a provider's words, nor Redis.

pub mod accounts;
pub mod call;
pub mod change;
pub mod choice;
pub mod connect;
pub mod course_link;
pub mod dooming;
pub mod flights;
pub mod gateway;
pub mod grants;
pub mod host_link;
pub mod join;
pub mod mint;
pub mod portal;
pub mod ports;
pub mod presupposed;
pub mod reconcile;
pub mod redecide;
pub mod refresh;
pub mod schedule;
pub mod services;
pub mod sessions;
pub mod settings;
pub mod sites;
pub mod worker;
